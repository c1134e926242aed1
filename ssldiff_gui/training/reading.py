"""One picture file of whatever kind, as upright pixels of red, green and blue.

Colours mean here what they mean when a slide is read: what has more than eight bits is stretched
between percentiles, what is transparent lies on white.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from ssldiff_gui.core.geometry import Region
from ssldiff_gui.slides.display import Display
from ssldiff_gui.slides.display import Pixels as Values
from ssldiff_gui.slides.formats import Family, family_of
from ssldiff_gui.slides.open import open_slide
from ssldiff_gui.slides.picture import MOST_PIXELS
from ssldiff_gui.slides.problems import broken, naming, oversized, unsupported
from ssldiff_gui.slides.quiet import hush
from ssldiff_gui.slides.scene import STRETCH_PERCENTILES
from ssldiff_gui.training.pictures import Pixels

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
"""Pillow is asked for these alone: others start programs, or were never made for strangers."""

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_DEEP = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
_WHITE = (255, 255, 255)


def read_picture(path: Path) -> Pixels:
    """Return (height, width, 3) uint8 of an image file.

    Parameters
    ----------
    path
        A local file; its content says what it is.

    Raises
    ------
    FileProblem
        Names the file, and says what is wrong with it.
    OversizedRequest
        It is a TIFF of more pixels than are read at once.
    """
    with naming(path):
        if not path.stat().st_size:
            raise broken(path, "it is empty")
        if not path.is_file():
            raise unsupported(path, "it is not an ordinary file")
        if family_of(path) is Family.TIFF:
            return _tiff(path)
        with path.open("rb") as file:
            return decoded(file, path)


def decoded(file: BinaryIO, path: Path) -> Pixels:
    """Return (height, width, 3) uint8 of an image; its header is looked at before its pixels.

    Parameters
    ----------
    file
        Its content, from the beginning.
    path
        What it is called in errors.
    """
    hush()
    with naming(path):
        try:
            image: Image.Image = Image.open(file, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise oversized(path, "it claims far more pixels than a picture has") from error
        except UnidentifiedImageError as error:
            raise unsupported(
                path, "its content is no picture", "Convert it to PNG, JPEG or TIFF."
            ) from error
        with image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise oversized(path, f"it claims {width:,} × {height:,} pixels")
            ImageOps.exif_transpose(image, in_place=True)
            return _in_colour(image)


def _tiff(path: Path) -> Pixels:
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        if scene.width * scene.height > MOST_PIXELS:
            raise oversized(path, f"it claims {scene.width:,} × {scene.height:,} pixels")
        return scene.read(Region(scene.box))


def _in_colour(image: Image.Image) -> Pixels:
    if image.mode in _DEEP:
        return _stretched(np.asarray(image))
    if image.has_transparency_data:
        above = image.convert("LA") if image.mode == "La" else image
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(above.convert("RGBA"))
        image = ground
    return np.asarray(image.convert("RGB"))


def _stretched(values: npt.NDArray[Any]) -> Pixels:
    """Show (height, width) of numbers as a scene shows its bands."""
    valid = np.isfinite(values)
    low, high = np.percentile(values[valid], STRETCH_PERCENTILES) if valid.any() else (0.0, 1.0)
    limits = (float(low), float(high))
    shown = Display((0, 0, 0), (limits, limits, limits))
    return shown.rgb(Values(values[..., np.newaxis], valid), _WHITE)
