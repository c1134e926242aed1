"""Pixels through GDAL: no sockets, no side files, one dataset to one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.positioned import Gate
from ssldiff_gui.slides.quiet import hush
from ssldiff_gui.slides.scene import Pixels

IDLE = 8
"""Most datasets of one level that wait for their next reader."""

OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no .aux.xml, .msk or .ovr beside the file
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_CACHEMAX": 64,  # MB
    "GDAL_MAX_DATASET_POOL_SIZE": 16,
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "GDAL_NUM_THREADS": 1,
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_MAX_RETRY": 0,
}
REMOTE_OPTIONS = {
    **{key: value for key, value in OPTIONS.items() if not key.startswith("CPL_")},
    "GDAL_HTTP_TIMEOUT": 20,
    "GDAL_HTTP_CONNECTTIMEOUT": 10,
}


def gdal(address: str) -> rasterio.Env:
    """Return the settings under which GDAL may touch `address`."""
    return rasterio.Env(**(REMOTE_OPTIONS if address.startswith("/vsicurl/") else OPTIONS))


def opened(address: str, overview: int | None) -> Any:
    """Open a GeoTIFF, or one of its overviews, and nothing but a GeoTIFF.

    Parameters
    ----------
    address
        An absolute path, or /vsicurl/ and an address that the user chose.
    overview
        Number of the overview; None for the whole resolution.
    """
    options = {} if overview is None else {"overview_level": overview}
    hush()
    with gdal(address):
        return rasterio.open(address, driver="GTiff", sharing=False, **options)


class DatasetPool:
    """Datasets of each level, lent to one thread at a time: GDAL's are not safe to share.

    Parameters
    ----------
    address
        What to open.
    levels
        How many levels there are; all but the first are overviews.
    """

    def __init__(self, address: str, levels: int) -> None:
        self.address = address
        self._idle: list[list[Any]] = [[] for _ in range(levels)]
        self._lock = threading.Lock()
        self._gate = Gate()

    @contextmanager
    def dataset(self, level: int) -> Iterator[Any]:
        """Lend a dataset of a level."""
        with self._gate.inside():
            with self._lock:
                waiting = self._idle[level]
                dataset = waiting.pop() if waiting else None
            if dataset is None:
                dataset = opened(self.address, None if level == 0 else level - 1)
            with gdal(self.address):
                fine = False
                try:
                    yield dataset
                    fine = True
                finally:
                    self._give_back(level, dataset, fine=fine)

    def _give_back(self, level: int, dataset: Any, *, fine: bool) -> None:
        """Keep a dataset for its next reader, unless it failed or enough wait already."""
        with self._lock:
            keep = fine and len(self._idle[level]) < IDLE
            if keep:
                self._idle[level].append(dataset)
        if not keep:
            dataset.close()

    def close(self) -> None:
        """Close every dataset when the last reader has given its own back."""
        self._gate.shut()
        with self._lock, gdal(self.address):
            for waiting in self._idle:
                while waiting:
                    waiting.pop().close()


class RasterSource:
    """A PixelSource over a GeoTIFF.

    Parameters
    ----------
    pool
        Datasets to read from.
    indexes
        GDAL's numbers of the bands; alpha is not among them.
    dtype
        Type that holds the values of all bands.
    palette
        (256, 3) colours of an indexed picture.
    """

    def __init__(
        self,
        pool: DatasetPool,
        indexes: Sequence[int],
        dtype: np.dtype[Any],
        palette: npt.NDArray[np.uint8] | None,
    ) -> None:
        self._pool, self._indexes, self._dtype, self._palette = pool, list(indexes), dtype, palette

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`; valid says what nodata, masks, alpha and NaN leave."""
        window = Window(box.x, box.y, box.width, box.height)
        with self._pool.dataset(level) as dataset:
            read = dataset.read(self._indexes, window=window)
            valid = self._valid(dataset, window)
        values = np.ascontiguousarray(np.moveaxis(read, 0, -1)).astype(self._dtype, copy=False)
        if self._dtype.kind == "f":
            known = ~np.isnan(values).all(axis=2)
            valid = known if valid is None else valid & known
        if self._palette is not None:
            values = self._palette[values[..., 0]]
        return Pixels(values, None if valid is None or valid.all() else valid)

    def _valid(self, dataset: Any, window: Window) -> npt.NDArray[np.bool_] | None:
        flags = [dataset.mask_flag_enums[index - 1] for index in self._indexes]
        if all(MaskFlags.all_valid in found for found in flags):
            return None
        mask: npt.NDArray[Any] = dataset.dataset_mask(window=window)
        return mask > 0

    def close(self) -> None:
        """Let go of the file."""
        self._pool.close()
