"""A sheet for each class: real pictures above, synthetic ones below, the rejected ones crossed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from ssldiff_gui.core.recipe import COMPOSITE
from ssldiff_gui.jobs.augment_drawing import resized
from ssldiff_gui.storage.atomic import replacing
from ssldiff_gui.storage.export_png import XMP_KEYWORD
from ssldiff_gui.storage.marking import program, title_of, xmp_packet
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.training.pictures import Pixels

ACROSS = 8
REAL, KEPT, REJECTED = 8, 24, 8
"""Pictures of each kind, at most."""

_SIDE, _GAP, _HEAD = 96, 4, 18
_RED = (200, 40, 40)


def write_sheet(
    path: Path, rows: Sequence[tuple[str, Sequence[Pixels], bool]], record: Record, label: str
) -> None:
    """Draw a class's sheet.

    Parameters
    ----------
    path
        With "synthetic" in its name.
    rows
        Of each kind of picture: what it is, the pictures, and whether they are crossed.
    record
        Of one of the synthetic pictures.
    label
        The class.
    """
    blocks = [_block(words, pictures, crossed=crossed) for words, pictures, crossed in rows]
    sheet = Image.fromarray(np.concatenate(blocks))
    said = (
        f"SYNTHETIC in part. Pictures of the class {label}: real ones above, synthetic ones "
        f"below, those that were rejected crossed. Drawn by {program()}; not for diagnosis."
    )
    part = record.recipe.model_copy(update={"source_type": COMPOSITE})
    told = Record(part, record.grid, f"Augmentation: {label}", program())
    words = PngInfo()
    words.add_itxt(XMP_KEYWORD, xmp_packet(told, said))
    words.add_itxt("Title", title_of(told))
    words.add_itxt("Description", said)
    with replacing(path) as fresh:
        sheet.save(fresh, "PNG", pnginfo=words, compress_level=6)


def _block(words: str, pictures: Sequence[Pixels], *, crossed: bool) -> Pixels:
    """Return a head line and the pictures below it."""
    down = max(1, -(-len(pictures) // ACROSS))
    step = _SIDE + _GAP
    size = (ACROSS * step + _GAP, _HEAD + down * step + _GAP)
    block = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(block)
    pen.text((_GAP, 3), words if pictures else f"{words}: none", fill="black")
    for number, picture in enumerate(pictures):
        left = _GAP + (number % ACROSS) * step
        top = _HEAD + (number // ACROSS) * step
        block.paste(Image.fromarray(_thumbnail(picture)), (left, top))
        if crossed:
            right, bottom = left + _SIDE - 1, top + _SIDE - 1
            pen.rectangle((left, top, right, bottom), outline=_RED, width=2)
            pen.line((left, top, right, bottom), fill=_RED, width=2)
    return np.asarray(block)


def _thumbnail(picture: Pixels) -> Pixels:
    """Return the middle square of a picture, at the size of the sheet's."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resized(picture[top : top + side, left : left + side], (_SIDE, _SIDE))
