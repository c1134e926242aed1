"""What is on the bench that can be exported, gathered once, and offered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssldiff_gui.app.joints import export_offers as offers
from ssldiff_gui.app.joints.export_offers import CanvasFacts
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.viewer.joints.words import bytes_text
from ssldiff_gui.widgets.export_dialog import ExportChoice, ExportOffer

if TYPE_CHECKING:
    from pathlib import Path

    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.document import Document


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """What there is.

    Parameters
    ----------
    document
        The picture in view.
    entry, facts, problem
        The result, what its canvas is, and why that cannot be told.
    box
        The part of the canvas that is in view; None when all of it is, or nothing.
    opened, grid_name
        The grid at hand.
    """

    document: Document | None = None
    entry: ResultEntry | None = None
    facts: CanvasFacts | None = None
    problem: str = ""
    box: Box | None = None
    opened: OpenGrid | None = None
    grid_name: str = ""

    @property
    def offers(self) -> list[ExportOffer]:
        """All of it, in the order in which it is listed."""
        return [*self._pictures(), *self._figures(), *self._grids(), *self._shapes()]

    @property
    def name(self) -> str:
        """A file's name for the result: that of its slide, its own, and the word."""
        entry, opened = self.entry, self.opened
        own = opened is not None and entry is not None and opened.id == entry.grid
        stem = opened.document.path.stem if opened is not None and own else ""
        result = "" if entry is None else entry.name
        return file_name(f"{stem} {result} synthetic".strip())

    def size_words(self, choice: ExportChoice) -> str:
        """Say about how large a file becomes; nothing where that cannot be told."""
        if choice.what == "grid" and self.opened is not None:
            return f"about {bytes_text(self.opened.editor.grid.vectors.nbytes)}"
        if self.facts is None or choice.what not in {"canvas", "region"}:
            return ""
        size = self.facts.levels[choice.level]
        if choice.what == "region" and self.box is not None:
            size = offers.part_size(self.facts, self.box, choice.level)
        words = f"about {bytes_text(offers.bytes_of(*size, choice.format))}"
        hard = offers.hard_words(*size, choice.format)
        return f"{words}: {hard}" if hard else words

    def _pictures(self) -> list[ExportOffer]:
        facts = self.facts
        if facts is None:
            missing = self.problem or "Render a grid first"
            return [ExportOffer("canvas", "The whole canvas", missing=missing)]
        whole = offers.canvas_offer(facts, self.name)
        if self.box is None:
            return [whole]
        return [whole, offers.region_offer(facts, self.box, self.name)]

    def _figures(self) -> list[ExportOffer]:
        entry = self.entry
        if entry is None:
            return []
        missing = "" if entry.status == "done" else "Finish the rendering first"
        note = "With the check map" if entry.check else "Without a check map: check it first"
        return [
            ExportOffer(
                "figure", "The comparison figure", note, (offers.FIGURE,),
                name=f"{self.name}-figure", missing=missing, synthetic=offers.MARK,
            )
        ]  # fmt: skip

    def _grids(self) -> list[ExportOffer]:
        opened = self.opened
        if opened is None:
            return []
        grid, count = opened.editor.grid, len(opened.editor.edits)
        edits = "one edit" if count == 1 else f"{count} edits" if count else "as it was made"
        name = file_name(self.grid_name or f"{opened.document.path.stem} grid")
        # Other programs want places on a slide; a grid from nothing has none.
        formats = offers.GRIDS if grid.region is not None else offers.GRIDS[:1]
        note = f"{grid.columns} × {grid.rows} cells · {edits}"
        return [ExportOffer("grid", "The grid", note, formats, name=name)]

    def _shapes(self) -> list[ExportOffer]:
        document = self.document
        if document is None:
            return []
        count = len(document.editor.annotations)
        formats = offers.SHAPES if document.scene.georeference is not None else offers.SHAPES[:1]
        note = f"{count:,} annotation" + ("" if count == 1 else "s")
        return [
            ExportOffer(
                "annotations", "The annotations", note, formats, name=document.path.stem,
                missing="" if count else "Nothing is drawn yet",
            )
        ]  # fmt: skip


def facts_of(path: Path) -> CanvasFacts:
    """Return what is known of a canvas; reads its ledger, so call it off the window.

    Raises
    ------
    FileProblem
        It cannot be read, or nothing of it is there yet.
    """
    with Canvas.open(path) as canvas:
        rows, columns = canvas.tiles
        missing = rows * columns - len(canvas.done)
        return CanvasFacts(canvas.levels, canvas.scale, canvas.georeference is not None, missing)


def file_name(name: str) -> str:
    """Return a name as files have it: lower case, words joined by "-"."""
    words = "".join(c if c.isalnum() or c in "-_." else " " for c in name).split()
    return "-".join(words).strip(".-").lower() or "export"
