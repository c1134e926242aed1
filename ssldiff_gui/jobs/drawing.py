"""What the figures are drawn with: the house's type and colours, a scale bar, a badge."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ssldiff_gui.core.check_colours import CIVIDIS
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.resources import resource_path

Colour = tuple[int, int, int]
Weight = Literal["Regular", "Medium", "SemiBold"]

GROUND: Colour = (20, 23, 28)
CARD: Colour = (29, 33, 40)
TEXT: Colour = (236, 239, 243)
MUTED: Colour = (152, 161, 174)
WARNING: Colour = (255, 196, 61)
LINE: Colour = (255, 255, 255)
CASING: Colour = (12, 14, 18)

STEPS = (1, 2, 5)


@lru_cache(maxsize=64)
def font(size: int, weight: Weight = "Regular") -> ImageFont.FreeTypeFont:
    """Return the house's type at a size in pixels."""
    return ImageFont.truetype(str(resource_path("fonts", f"Inter-{weight}.otf")), size)


def coloured(values: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Return (…, 3) uint8: dark blue at `low`, yellow at `high`; NaN as the card's ground."""
    stops = np.array(CIVIDIS, np.float64)
    known = np.isfinite(values)
    places = np.clip((np.where(known, values, low) - low) / (high - low), 0, 1) * (len(stops) - 1)
    first = np.minimum(places.astype(np.int64), len(stops) - 2)
    share = (places - first)[..., None]
    found = stops[first] * (1 - share) + stops[first + 1] * share
    return np.where(known[..., None], np.round(found), np.array(CARD)).astype(np.uint8)


def fitted(
    draw: ImageDraw.ImageDraw, words: str, width: float, size: int, weight: Weight = "Regular"
) -> tuple[str, ImageFont.FreeTypeFont]:
    """Return words and the type that fit a width: smaller type first, then fewer words."""
    for smaller in range(size, max(9, size * 3 // 5), -1):
        if draw.textlength(words, font(smaller, weight)) <= width:
            return words, font(smaller, weight)
    least = font(max(10, size * 3 // 5), weight)
    while len(words) > 1 and draw.textlength(words + "…", least) > width:
        words = words[:-1].rstrip()
    return words + "…", least


def paragraph(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], words: str, width: int, size: int
) -> int:
    """Write words in lines that fit a width; return where the next line would begin."""
    x, y = place
    colour = MUTED
    kind, line = font(size), ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and draw.textlength(longer, kind) > width:
            draw.text((x, y), line, colour, kind)
            y, line = y + round(size * 1.42), word
        else:
            line = longer
    draw.text((x, y), line, colour, kind)
    return y + round(size * 1.42)


def badge(draw: ImageDraw.ImageDraw, right: int, top: int, words: str = "SYNTHETIC") -> None:
    """Draw the word that says a picture is not real, ending at `right`."""
    kind = font(19, "SemiBold")
    wide = round(draw.textlength(words, kind)) + 26
    draw.rounded_rectangle((right - wide, top, right, top + 34), 17, WARNING)
    draw.text((right - wide / 2, top + 17), words, CASING, kind, anchor="mm")


def outline(
    draw: ImageDraw.ImageDraw, mask: npt.NDArray[np.bool_], corner: tuple[int, int], side: float
) -> None:
    """Draw the border of cells: white, in a dark casing that keeps it visible on anything.

    Parameters
    ----------
    draw
        On what.
    mask
        (rows, columns) of the cells.
    corner
        Of the first cell, in pixels.
    side
        Of a cell, in pixels.
    """
    padded = np.pad(mask, 1)
    lines = []
    for row, column in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
        lines.append(((column, row), (column + 1, row)))
    for row, column in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
        lines.append(((column, row), (column, row + 1)))
    for colour, width in ((CASING, 7), (LINE, 3)):
        for ends in lines:
            (x, y), (x2, y2) = (
                (corner[0] + int(c) * side, corner[1] + int(r) * side) for c, r in ends
            )
            half = width // 2
            box = (round(x) - half, round(y) - half, round(x2) + half, round(y2) + half)
            draw.rectangle(box, colour)


def scale_bar(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], width: int, scale: Scale | None
) -> None:
    """Draw a bar of a round length, its lower left end at a corner.

    Parameters
    ----------
    draw
        On what.
    corner
        Lower left, in pixels.
    width
        That may be used, in pixels; the bar takes a quarter of it at most.
    scale
        Of a pixel of the drawing; None draws nothing.
    """
    if scale is None:
        return
    most = width / 4 * scale.x
    power = 10 ** math.floor(math.log10(most))
    length = max(step * power for step in STEPS if step * power <= most)
    x, y = corner
    wide = round(length / scale.x)
    for grown, colour in ((2, CASING), (0, LINE)):
        draw.rectangle((x - grown, y - 6 - grown, x + wide + grown, y + grown), colour)
    words = f"{length:g} {scale.unit}"
    place = (x + wide / 2, y - 14)
    draw.text(place, words, LINE, font(22, "Medium"), "mb", stroke_width=3, stroke_fill=CASING)


def placed(
    sheet: Image.Image, pixels: npt.NDArray[np.uint8], corner: tuple[int, int], side: int,
    *, smooth: bool = True,
) -> None:  # fmt: skip
    """Put a picture into a square of a sheet; its longer side fills it."""
    picture = Image.fromarray(pixels)
    share = side / max(picture.size)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    how = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    sheet.paste(picture.resize(size, how), corner)
