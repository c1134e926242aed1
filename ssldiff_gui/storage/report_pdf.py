"""A report as PDF: words and tables first, then each plot and each sheet on a page."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.storage.marking import program
from ssldiff_gui.storage.placing import placing
from ssldiff_gui.storage.report_page import Plot, Sheet, Table, Text, interval, shown

if TYPE_CHECKING:
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    from ssldiff_gui.storage.report_page import Page

A4 = (8.27, 11.69)
_MARGIN, _LINE = 0.08, 0.0165
_LETTERS = 100
_BODY, _HEADING, _TITLE = 9.0, 12.0, 16.0


def write_pdf(path: Path, page: Page) -> None:
    """Write the report as one PDF.

    Raises
    ------
    NoSpace, FileProblem
        It cannot be written.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    told = {"Title": page.title, "Creator": program(), "Subject": page.summary[:500]}
    with placing(path) as fresh, PdfPages(fresh, metadata=told) as pdf:
        flow = _Flow(pdf)
        _front(flow, page)
        for item in page.sections:
            if isinstance(item, Text):
                flow.heading(item.heading)
                flow.words(item.words)
            elif isinstance(item, Table):
                flow.heading(item.heading)
                flow.table(item)
                flow.words(item.note)
        flow.end()
        for item in page.sections:
            if isinstance(item, Plot):
                item.figure.suptitle(item.heading, fontsize=_HEADING, fontweight="bold")
                pdf.savefig(item.figure)
            elif isinstance(item, Sheet):
                pdf.savefig(_sheet(item))


def _front(flow: _Flow, page: Page) -> None:
    flow.line(page.title, _TITLE, weight="bold")
    flow.words(page.created)
    flow.words(page.summary)
    for item in page.headline:
        flow.words(f"{item.name}: {interval(item)}")
    if page.notes:
        flow.heading("To be known")
        for note in page.notes:
            flow.words(f"• {note}")


def _sheet(item: Sheet) -> Figure:
    from matplotlib.figure import Figure

    height, width = item.picture.shape[:2]
    figure = Figure(figsize=(8, min(11.0, 8 * height / max(1, width) + 0.8)), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(item.picture)
    axes.set_axis_off()
    axes.set_title(item.heading + (" (synthetic in part)" if item.synthetic else ""), fontsize=11)
    return figure


class _Flow:
    """Lines of text that go on to the next page when one is full."""

    def __init__(self, pdf: PdfPages) -> None:
        self._pdf = pdf
        self._figure: Figure | None = None
        self._y = 0.0

    def heading(self, words: str) -> None:
        """Write a heading."""
        if words:
            self._y -= _LINE / 2
            self.line(words, _HEADING, weight="bold")

    def words(self, words: str) -> None:
        """Write paragraphs."""
        for part in words.split("\n\n"):
            for line in textwrap.wrap(part, _LETTERS):
                self.line(line, _BODY)

    def table(self, item: Table) -> None:
        """Write rows in columns as wide as what is in them."""
        rows = [list(item.columns), *([shown(cell) for cell in row] for row in item.rows)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(item.columns))]
        size = min(_BODY - 1, (_BODY - 1) * 105 / max(1, sum(widths) + 2 * len(widths)))
        for number, row in enumerate(rows):
            cells = [
                cell.ljust(width) if isinstance(item.rows[0][k] if item.rows else "", str)
                else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]  # fmt: skip
            self.line("  ".join(cells), size, weight="normal" if number else "bold",
                      family="monospace")  # fmt: skip

    def line(
        self, words: str, size: float, *, weight: str = "normal", family: str = "sans-serif"
    ) -> None:
        """Write one line; `$` means nothing but itself."""
        from matplotlib.figure import Figure

        step = _LINE * max(1.0, size / _BODY)
        if self._figure is None or self._y - step < _MARGIN:
            self.end()
            self._figure = Figure(figsize=A4)
            self._y = 1 - _MARGIN
        self._y -= step
        self._figure.text(
            _MARGIN, self._y, words, fontsize=size, fontweight=weight, family=family,
            parse_math=False,
        )  # fmt: skip

    def end(self) -> None:
        """Put the page away."""
        if self._figure is not None:
            self._pdf.savefig(self._figure)  # type: ignore[no-untyped-call]
            self._figure = None
