"""What the samples of a TIFF's pixels mean, and which pixels are not read here at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ssldiff_gui.slides import tiff_colour as colour

JPEG = {7, 33007, 34892}
JPEG_2000 = {33003, 33004, 33005, 34712}
WEBP = {34927, 50001}
PACKED = {1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 34926, 50000}
COMPRESSIONS = JPEG | JPEG_2000 | WEBP | PACKED | {34933}


class Unreadable(Exception):
    """A picture of a kind that is not decoded here; says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the samples of a picture mean.

    Parameters
    ----------
    dtype
        Of the bands.
    bands
        How many bands there are, alpha not counted.
    convert
        From stored samples (alpha not among them) to bands.
    alpha
        Index of the stored sample that says where the picture is, if there is one.
    """

    dtype: np.dtype[Any]
    bands: int
    convert: colour.Convert
    alpha: int | None


def layout_of(page: Any, *, palette: bool = True) -> Layout:
    """Tell what the samples of a tifffile page mean, or raise Unreadable.

    Parameters
    ----------
    page
        A tifffile page.
    palette
        Whether a palette holds the picture's colours; microscopes put pseudo-colours there.
    """
    _refuse_unknown(page)
    dtype = np.dtype(page.dtype)
    return _coloured(page, dtype, palette=palette) or _plain(page, dtype)


def _refuse_unknown(page: Any) -> None:
    if (
        page.dtype is None
        or page.dtype.kind not in "uifb"
        or not isinstance(page.bitspersample, int)
    ):
        raise Unreadable("its pixel type is not supported")
    if page.compression not in COMPRESSIONS:
        raise Unreadable(f"its compression ({int(page.compression)}) is not supported")
    if int(page.photometric) not in colour.PLAIN:
        raise Unreadable(f"its colour model ({int(page.photometric)}) is not supported")


def _coloured(page: Any, dtype: np.dtype[Any], *, palette: bool) -> Layout | None:
    """Return the layout of a picture whose samples are not red, green and blue yet."""
    photometric, samples = int(page.photometric), page.samplesperpixel
    whole = np.dtype(np.uint8)
    if photometric == colour.PALETTE and palette and page.colormap is not None and samples == 1:
        return Layout(whole, 3, colour.looked_up(page.colormap), None)
    if photometric == colour.CMYK and samples >= 4 and dtype == whole:
        return Layout(whole, 3, colour.from_cmyk, None)
    if photometric == colour.YCBCR and samples == 3 and page.compression not in JPEG | WEBP:
        if dtype != whole:
            raise Unreadable("its colours are stored in an unusual way")
        return Layout(whole, 3, colour.from_ycbcr, None)
    return None


def _plain(page: Any, dtype: np.dtype[Any]) -> Layout:
    first_extra = page.samplesperpixel - len(page.extrasamples)
    kinds = enumerate(page.extrasamples, first_extra)
    alpha = next((index for index, kind in kinds if int(kind) in {1, 2}), None)
    bands = page.samplesperpixel - (alpha is not None)
    inverted = int(page.photometric) == colour.WHITE_IS_ZERO and dtype.kind in "ub"
    if page.bitspersample < 8:
        convert = colour.widened(page.bitspersample, invert=inverted)
        return Layout(np.dtype(np.uint8), bands, convert, alpha)
    if inverted:
        return Layout(dtype, bands, colour.inverted(page.bitspersample), alpha)
    if dtype == np.float16:
        return Layout(np.dtype(np.float32), bands, lambda array: array.astype(np.float32), alpha)
    return Layout(dtype, bands, colour.unchanged, alpha)
