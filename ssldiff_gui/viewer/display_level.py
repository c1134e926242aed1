"""One level of a pyramid, as napari takes it: an array that answers at once with what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.viewer.indexing import span, three_indices

if TYPE_CHECKING:
    from ssldiff_gui.viewer.levels import DisplayPyramid


class DisplayLevel:
    """One level of a pyramid, as an array that napari slices.

    Parameters
    ----------
    pyramid
        Where pixels come from.
    index
        Which of its levels this is.
    """

    def __init__(self, pyramid: DisplayPyramid, index: int) -> None:
        rung = pyramid.rungs[index]
        self.shape = (rung.height, rung.width, 3)
        self.dtype = np.dtype(np.uint8)
        self.ndim = 3
        self.size = rung.height * rung.width * 3
        self.chunks = (pyramid.side[1], pyramid.side[0], 3)
        self._pyramid = pyramid
        self._index = index

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[np.uint8]:
        """Return what can be shown now of a part; takes integers, slices and an ellipsis."""
        rows, columns, bands = three_indices(key)
        y, height, pick_y = span(rows, self.shape[0])
        x, width, pick_x = span(columns, self.shape[1])
        box = Box(x, y, width, height)
        if box.empty:
            picture = np.empty((height, width, 3), dtype=np.uint8)
        else:
            picture = self._pyramid.picture(self._index, box)
        part: npt.NDArray[np.uint8] = picture[pick_y, pick_x, bands]
        return part

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        """Return the whole level as it can be shown now; refused where that would be giant."""
        if self._index == len(self._pyramid.levels) - 1:
            whole: npt.NDArray[Any] = self._pyramid.base
        else:
            whole = self[:]
        if dtype is not None and np.dtype(dtype) != self.dtype:
            return whole.astype(dtype)
        return whole.copy() if copy else whole
