"""napari's image layer, with a thumbnail that needs no scipy.

napari shrinks thumbnails with scipy.ndimage, and its import takes longer than reading the tiles
that a first picture is made of.
"""

from __future__ import annotations

import numpy as np
from napari.layers import Image


class SceneImage(Image):  # type: ignore[misc]
    """An RGB image layer over the levels of a `DisplayPyramid`."""

    @property
    def _type_string(self) -> str:
        """Be an image to whoever saves, converts or lists layers."""
        return "image"

    def _update_thumbnail(self) -> None:
        """Take every n-th pixel of the coarsest level."""
        picture = np.asarray(self._slice.thumbnail.raw)
        height, width = self._thumbnail_shape[:2]
        step = max(1, -(-picture.shape[0] // height), -(-picture.shape[1] // width))
        small = picture[::step, ::step]
        opaque = np.full((*small.shape[:2], 1), round(255 * self.opacity), dtype=np.uint8)
        self.thumbnail = np.concatenate([small, opaque], axis=2)
