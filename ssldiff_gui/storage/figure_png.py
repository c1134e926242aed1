"""Figures with synthetic pictures in them: PNGs that say so, in their words and in their name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.recipe import COMPOSITE
from ssldiff_gui.storage.export_png import XMP_KEYWORD
from ssldiff_gui.storage.marking import marked, program, title_of, xmp_packet
from ssldiff_gui.storage.placing import placing
from ssldiff_gui.storage.provenance import Record

if TYPE_CHECKING:
    from PIL.Image import Image


def write_figure(path: Path, figure: Image, record: Record, what: str) -> Path:
    """Write a figure as a PNG; return where it is, with "synthetic" in its name.

    Parameters
    ----------
    path
        Where to.
    figure
        RGB.
    record
        Of the synthetic picture in it.
    what
        What the figure shows, in a sentence.

    Raises
    ------
    NoSpace, FileProblem
        When it cannot be written; nothing is left of the attempt.
    """
    from PIL.PngImagePlugin import PngInfo

    path = marked(path)
    said = (
        f"SYNTHETIC in part. {what} Rendered with the model {record.recipe.model} and the seed "
        f"{record.recipe.seed} by {program()}; not for diagnosis."
    )
    of_parts = record.recipe.model_copy(update={"source_type": COMPOSITE})
    told = Record(of_parts, record.grid, record.title, program(), layout=record.layout)
    words = PngInfo()
    words.add_itxt(XMP_KEYWORD, xmp_packet(told, said))
    words.add_itxt("Title", title_of(told))
    words.add_itxt("Description", said)
    words.add_itxt("Software", program())
    with placing(path) as fresh:
        figure.save(fresh, "PNG", pnginfo=words, compress_level=6)
    return path
