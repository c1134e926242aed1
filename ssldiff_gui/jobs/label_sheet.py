"""A sheet of labelled pictures, to see at a glance whether the labels are any good."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ssldiff_gui.core.annotations import Colour
from ssldiff_gui.core.palettes import many_colours
from ssldiff_gui.jobs.drawing import CASING, GROUND, MUTED, TEXT, font
from ssldiff_gui.jobs.label_pictures import FolderPictures
from ssldiff_gui.storage.atomic import replacing
from ssldiff_gui.training.self_labels.labelled import Labelled, PictureLabels, read_mask

SHEET = "sheet.png"
SIDE, GAP, HEAD = 128, 6, 26
ACROSS = 10
ROWS = 16
"""Most rows of a sheet: of more clusters, the first are shown."""

_BOX: Colour = (255, 196, 61)
_COVER = 0.55

Pixels = npt.NDArray[np.uint8]


def write_sheet(out: Path, labels: Labelled, pictures: FolderPictures) -> Path:
    """Draw pictures with their labels into a folder of labels; return where the sheet is.

    Parameters
    ----------
    out
        Where the masks are, and the sheet goes.
    labels
        What is shown.
    pictures
        What they are of, in the same order.
    """
    rows = _by_cluster(labels) if labels.method == "clusters" else _in_order(labels)
    width = GAP + ACROSS * (SIDE + GAP)
    sheet = Image.new("RGB", (width, GAP + len(rows) * (HEAD + SIDE + GAP)), GROUND)
    draw = ImageDraw.Draw(sheet)
    for k, (words, colour, numbers) in enumerate(rows):
        top = GAP + k * (HEAD + SIDE + GAP)
        if colour is not None:
            draw.rectangle((GAP, top + 4, GAP + 14, top + 18), colour)
        left = GAP + (22 if colour is not None else 0)
        draw.text((left, top + 2), words, TEXT if colour is not None else MUTED, font(14))
        for place, number in enumerate(numbers):
            found = _shown(out, labels, pictures, number)
            for step, picture in enumerate(found):
                x = GAP + (place * len(found) + step) * (SIDE + GAP)
                sheet.paste(Image.fromarray(picture), (x, top + HEAD))
    with replacing(out / SHEET) as fresh:
        sheet.save(fresh, "PNG")
    return out / SHEET


Row = tuple[str, Colour | None, list[int]]


def _by_cluster(labels: Labelled) -> list[Row]:
    """Return a row for each cluster, with some of its pictures."""
    colours = many_colours(len(labels.classes))
    rows: list[Row] = []
    for cluster, name in enumerate(labels.classes[:ROWS]):
        own = [k for k, one in enumerate(labels.pictures) if one.cluster == cluster]
        count = "1 picture" if len(own) == 1 else f"{len(own):,} pictures"
        rows.append((f"{name}: {count}", colours[cluster], _spread(own, ACROSS)))
    return rows


def _in_order(labels: Labelled) -> list[Row]:
    """Return rows of pictures from all over the folder, in their order."""
    across = ACROSS // 2 if labels.method == "masks" else ACROSS
    rows = min(4, -(-len(labels.pictures) // across))
    chosen = _spread(list(range(len(labels.pictures))), rows * across)
    parts = [chosen[start : start + across] for start in range(0, len(chosen), across)]
    return [(f"{labels.pictures[part[0]].name} …", None, part) for part in parts]


def _spread(numbers: list[int], most: int) -> list[int]:
    if len(numbers) <= most:
        return numbers
    places = np.linspace(0, len(numbers) - 1, most).round().astype(int)
    return [numbers[place] for place in places]


def _shown(out: Path, labels: Labelled, pictures: FolderPictures, number: int) -> list[Pixels]:
    """Return (SIDE, SIDE, 3) pictures: one, or one and its mask."""
    one, picture = labels.pictures[number], pictures.original(number)
    if labels.method != "masks":
        return [_square(picture, one)]
    mask = read_mask(out, labels, one)
    colours = np.array(many_colours(len(labels.classes)), np.float32)
    mixed = _COVER * colours[mask] + (1 - _COVER) * picture
    return [_square(picture, one), _square(mixed.astype(np.uint8), one)]


def _square(picture: Pixels, one: PictureLabels) -> Pixels:
    """Return a picture within a square, its boxes drawn."""
    share = SIDE / max(one.width, one.height)
    size = (max(1, round(one.width * share)), max(1, round(one.height * share)))
    small = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(small)
    for box in one.areas:
        x, y, x2, y2 = (n * share for n in (box.x, box.y, box.x2, box.y2))
        ends: Sequence[float] = (x, y, max(x, x2 - 1), max(y, y2 - 1))
        draw.rectangle(ends, outline=CASING, width=4)
        draw.rectangle(ends, outline=_BOX, width=2)
    square = Image.new("RGB", (SIDE, SIDE), GROUND)
    square.paste(small, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return np.asarray(square)
