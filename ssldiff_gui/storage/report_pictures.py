"""The pictures of a report as PNGs that say what they are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ssldiff_gui.storage.marking import program

if TYPE_CHECKING:
    from ssldiff_gui.storage.report_page import Plot, Sheet

DPI = 150
SMALLEST = 480
"""Width in pixels to which the pictures of a sheet are enlarged, by whole factors."""

_MADE = "SYNTHETIC in part: it holds pictures that a model made. Not for diagnosis."


def png_of(item: Plot | Sheet) -> bytes:
    """Return a plot or a sheet as a PNG."""
    from ssldiff_gui.storage.report_page import Sheet

    return _sheet(item) if isinstance(item, Sheet) else _plot(item)


def _plot(item: Plot) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(item.figure)
    buffer = io.BytesIO()
    item.figure.savefig(
        buffer, dpi=DPI, format="png", facecolor="white", metadata={"Software": program()}
    )
    return buffer.getvalue()


def _sheet(item: Sheet) -> bytes:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_itxt("Title", item.heading)
    words.add_itxt("Software", program())
    if item.synthetic:
        words.add_itxt("Description", f"{_MADE} {item.note}".strip())
    picture = Image.fromarray(item.picture)
    factor = max(1, SMALLEST // max(1, picture.width))
    if factor > 1:
        size = picture.width * factor, picture.height * factor
        picture = picture.resize(size, Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=words)
    return buffer.getvalue()
