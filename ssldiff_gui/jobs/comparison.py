"""The figure that shows a whole journey: original | grid | result | check map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Mask
from ssldiff_gui.core.grid_colours import grid_colours
from ssldiff_gui.evaluation.consistency import CheckMap
from ssldiff_gui.jobs import drawing

RGB = npt.NDArray[np.uint8]

SIDE, GAP, EDGE = 768, 40, 72
HEAD, HEADING, FOOT = 190, 96, 226
WIDTH = 2 * EDGE + 4 * SIDE + 3 * GAP

LOW, HIGH = 0.0, 1.0
"""Ends of the check map's colours; a cell less like its request than the mean is dark blue."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What the figure shows.

    Parameters
    ----------
    original, result
        (height, width, 3) uint8 RGB of the same region, before and after.
    grid
        What was rendered.
    changed
        (rows, columns): cells that an edit changed; they are outlined.
    check
        Requested against found.
    title, subtitle
        Above everything.
    told
        A sentence or two under the original, the grid and the result.
    scale
        Of a pixel of the original; None draws no bars.
    donor
        (height, width, 3) uint8 RGB: where transplanted cells came from.
    original_synthetic
        Whether the original is synthetic as well.
    """

    original: RGB
    result: RGB
    grid: EmbeddingGrid
    changed: Mask
    check: CheckMap
    title: str
    subtitle: str
    told: tuple[str, str, str]
    scale: Scale | None = None
    donor: RGB | None = None
    original_synthetic: bool = False


def comparison_figure(shown: Comparison) -> Image.Image:
    """Draw the figure."""
    high = round(SIDE * shown.grid.rows / max(shown.grid.rows, shown.grid.columns))
    sheet = Image.new("RGB", (WIDTH, HEAD + HEADING + high + FOOT), drawing.GROUND)
    draw = ImageDraw.Draw(sheet)
    wide = WIDTH - 2 * EDGE
    title, kind = drawing.fitted(draw, shown.title, wide, 54, "SemiBold")
    draw.text((EDGE, 50), title, drawing.TEXT, kind)
    words, kind = drawing.fitted(draw, shown.subtitle, wide, 29)
    draw.text((EDGE, 124), words, drawing.MUTED, kind)
    _panels(sheet, draw, shown)
    _feet(sheet, draw, shown, HEAD + HEADING + high + 28)
    return sheet


def _panels(sheet: Image.Image, draw: ImageDraw.ImageDraw, shown: Comparison) -> None:
    top = HEAD + HEADING
    cells = max(shown.grid.rows, shown.grid.columns)
    colours = grid_colours(shown.grid)
    likeness = drawing.coloured(shown.check.centred, LOW, HIGH)
    panels = (
        ("Original", "what the encoder saw", shown.original, True),
        ("Grid", f"{shown.grid.rows} × {shown.grid.columns} embeddings, edited", colours, False),
        ("Result", "rendered from the grid", shown.result, True),
        ("Check map", "the result, embedded again", likeness, False),
    )
    scale = _drawn_scale(shown)
    for number, (name, words, pixels, real) in enumerate(panels):
        left = EDGE + number * (SIDE + GAP)
        _heading(draw, left, number + 1, name, words)
        drawing.placed(sheet, pixels, (left, top), SIDE, smooth=real)
        drawing.outline(draw, shown.changed, (left, top), SIDE / cells)
        if real:
            bottom = top + round(SIDE * shown.grid.rows / cells)
            drawing.scale_bar(draw, (left + 24, bottom - 24), SIDE, scale)
        if (number == 0 and shown.original_synthetic) or number == 2:
            drawing.badge(draw, left + SIDE, HEAD + 26)


def _drawn_scale(shown: Comparison) -> Scale | None:
    if shown.scale is None:
        return None
    ratio = max(shown.original.shape[:2]) / SIDE
    return Scale(shown.scale.x * ratio, shown.scale.y * ratio, shown.scale.unit)


def _heading(draw: ImageDraw.ImageDraw, left: int, number: int, name: str, words: str) -> None:
    middle = HEAD + 43
    draw.ellipse((left, middle - 20, left + 40, middle + 20), drawing.CARD)
    kind = drawing.font(23, "SemiBold")
    draw.text((left + 20, middle), str(number), drawing.TEXT, kind, anchor="mm")
    kind = drawing.font(34, "SemiBold")
    draw.text((left + 56, middle), name, drawing.TEXT, kind, anchor="lm")
    after = left + 56 + draw.textlength(name, kind) + 16
    draw.text((after, middle + 3), words, drawing.MUTED, drawing.font(24), anchor="lm")


def _feet(sheet: Image.Image, draw: ImageDraw.ImageDraw, shown: Comparison, top: int) -> None:
    for number, words in enumerate(shown.told):
        left, wide = EDGE + number * (SIDE + GAP), SIDE
        if number == 0 and shown.donor is not None:
            side = FOOT - 64
            drawing.placed(sheet, shown.donor, (left, top), side)
            box = (left - 1, top - 1, left + side, top + side)
            draw.rectangle(box, outline=drawing.LINE, width=3)
            left, wide = left + side + 28, wide - side - 28
        drawing.paragraph(draw, (left, top - 4), words, wide, 25)
    _legend(sheet, draw, shown.check, EDGE + 3 * (SIDE + GAP), top)


def _legend(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, check: CheckMap, left: int, top: int
) -> None:
    """Draw the colours with their numbers, and over them how many cells have which."""
    bar, high = top + 84, 22
    ramp = np.linspace(LOW, HIGH, SIDE)[None].repeat(high, 0)
    sheet.paste(Image.fromarray(drawing.coloured(ramp, LOW, HIGH)), (left, bar))
    values = check.centred[np.isfinite(check.centred)]
    counts, _ = np.histogram(np.clip(values, LOW, HIGH), 48, (LOW, HIGH))
    step = SIDE / len(counts)
    for place, count in enumerate(counts):
        tall = round(76 * count / max(1, counts.max()))
        x = left + place * step
        if tall:
            draw.rectangle((x, bar - 6 - tall, x + step - 3, bar - 6), drawing.MUTED)
    kind = drawing.font(22)
    for share, anchor in ((0.0, "la"), (0.25, "ma"), (0.5, "ma"), (0.75, "ma"), (1.0, "ra")):
        number = f"{LOW + share * (HIGH - LOW):g}"
        words = f"≤ {number}" if share == 0 else number
        draw.text((left + share * SIDE, bar + high + 8), words, drawing.MUTED, kind, anchor=anchor)
    facts = check.summary()
    if facts:
        words = (
            f"Likeness to the request, from 0 to 1: {facts['centred']:.2f} on average "
            f"({facts['cosine']:.2f} with what all cells share)"
        )
        words, kind = drawing.fitted(draw, words, SIDE, 24)
        draw.text((left, bar + high + 42), words, drawing.TEXT, kind)
