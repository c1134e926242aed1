"""PNG and JPEG: plain pictures, decoded once when the first pixel is wanted."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.problems import Closed, naming, oversized
from ssldiff_gui.slides.scene import Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide

FORMATS = ("PNG", "JPEG")
MOST_PIXELS = 120_000_000
"""Decoding takes up to 11 bytes for each: 1.3 GB for the largest that is turned."""

ORIENTATION = 274
SWAPPED = {5, 6, 7, 8}
"""EXIF orientations that swap width and height."""

WITH_ALPHA = {"RGBA": 3, "LA": 1}


class PictureSource:
    """A PixelSource over one picture that Pillow decodes whole.

    Parameters
    ----------
    path
        A PNG or JPEG.
    mode
        Pillow's mode that the picture is turned into.
    """

    def __init__(self, path: Path, mode: str) -> None:
        self._path, self._mode = path, mode
        self._decoding = threading.Lock()
        self._values: npt.NDArray[Any] | None = None
        self._closed = False

    def read(self, level: int, box: Box) -> Pixels:  # noqa: ARG002 - there is only one level
        """Return the pixels of `box`."""
        with self._decoding:
            if self._closed:
                raise Closed
            if self._values is None:
                self._values = decoded(self._path, self._mode)
            part = self._values[box.y : box.y2, box.x : box.x2]
        alpha = WITH_ALPHA.get(self._mode)
        if alpha is None:
            return Pixels(part.copy())
        return Pixels(part[..., :alpha].copy(), part[..., alpha] > 0)

    def close(self) -> None:
        """Forget the pixels."""
        with self._decoding:
            self._closed, self._values = True, None


def decoded(path: Path, mode: str) -> npt.NDArray[Any]:
    """Return the picture upright, as (height, width, samples).

    Parameters
    ----------
    path
        A PNG or JPEG.
    mode
        Pillow's mode that the picture is turned into.
    """
    with Image.open(path, formats=FORMATS) as image:
        ImageOps.exif_transpose(image, in_place=True)  # a second copy only when it is turned
        values = np.asarray(image if image.mode == mode else image.convert(mode))
    return values if values.ndim == 3 else values[..., np.newaxis]


def _mode_for(image: Image.Image) -> str:
    """Return the mode that keeps what the picture holds: colours, alpha, 16 bits of grey."""
    if image.mode in {"L", "RGB", "RGBA", "LA", "I;16", "I", "F"}:
        return "RGBA" if image.mode == "RGB" and "transparency" in image.info else image.mode
    if image.mode == "1":
        return "L"
    return "RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB"


def open_picture(path: Path, identity: Identity) -> Slide:
    """Open a PNG or a JPEG; EXIF orientation is respected, a print resolution is no scale.

    Parameters
    ----------
    path
        A local file.
    identity
        What the file was when opening began.
    """
    with naming(path):
        try:
            image = Image.open(path, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise oversized(path, "it claims far more pixels than a picture has") from error
        with image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise oversized(path, f"it claims {width:,} × {height:,} pixels")
            mode, kind = _mode_for(image), str(image.format)
            if image.getexif().get(ORIENTATION) in SWAPPED:
                width, height = height, width
    bands = ("Grey",) if mode in {"L", "LA", "I;16", "I", "F"} else ("Red", "Green", "Blue")
    dtypes = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    scene = Scene(
        path,
        path.stem,
        PictureSource(path, mode),
        levels_of([(width, height)]),
        dtype=dtypes.get(mode, np.uint8),
        bands=bands,
    )
    return Slide(path, "JPEG" if kind == "MPO" else kind, [scene], identity=identity)
