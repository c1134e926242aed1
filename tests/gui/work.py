"""Hands for the whole path: region, embed, edit, generate, check, export; real events only."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt

from tests.gui.studio import Studio, until, wait

SECONDS = 240
"""The worker loads torch first, on cores that other tests have too."""

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


class Worker:
    """Somebody who works at the bench of a studio."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @property
    def place(self):
        place = self.studio.window.working.place
        assert place is not None
        return place

    @property
    def bench(self):
        return self.place.bench

    @property
    def editor(self):
        editor = self.bench.editor
        assert editor is not None
        return editor

    @property
    def result(self):
        result = self.bench.result
        assert result is not None
        return result

    def until_working(self) -> None:
        """Wait until the project is open and the models are known."""
        working = self.studio.window.working
        until(lambda: working.place is not None and working.models.known, "the project", SECONDS)
        wait(60)

    def draw_region(self, x: float, y: float, side: int) -> None:
        """Draw a square of level-0 pixels with the rectangle tool."""
        studio = self.studio
        studio.pane.view.zoom_to((x - side, y - side, x + 2 * side, y + 2 * side))
        studio.until_shown(studio.document.name)
        studio.click_canvas()
        studio.key(Qt.Key.Key_R)
        before = studio.document.editor.annotations
        studio.hand.drag([(x, y), (x + side / 2, y + side / 2), (x + side, y + side)])
        until(lambda: studio.document.editor.annotations != before, "the region")
        wait(100)

    def embed(self) -> None:
        """Press Embed and wait for the grid."""
        page = self.studio.parts.region
        until(page.embed.isEnabled, "a region that can be embedded")
        self.studio.click(page.embed)
        until(lambda: self.bench.open is not None, "the grid", SECONDS)
        self.until_laid()

    def until_laid(self) -> None:
        """Wait until the grid lies over the view and its colours are there."""
        cells = self.studio.window.joints.cells
        until(lambda: cells.analysis is not None and not cells.analysis.busy, "the overlay")
        until(lambda: cells._overlays[0].place is not None, "the overlay's place")
        self.studio.until_shown(self.studio.document.name)

    def cell(self, row: float, column: float) -> tuple[float, float]:
        """Return the level-0 place of a cell's centre."""
        grid = self.editor.original
        x, y = (0, 0) if grid.region is None else (grid.region.box.x, grid.region.box.y)
        return x + (column + 0.5) * grid.footprint, y + (row + 0.5) * grid.footprint

    def take(self, key: Qt.Key) -> None:
        """Take a tool by its key."""
        self.studio.click_canvas()
        self.studio.key(key)

    def pick(self, row: int, column: int) -> None:
        """Click a cell with the eyedropper."""
        self.take(Qt.Key.Key_I)
        self.studio.hand.click(*self.cell(row, column))
        until(lambda: self.place.tools.paint is not None, "something to paint with")

    def stroke(self, *cells: tuple[float, float]) -> None:
        """Drag the tool in the hand over cells."""
        before = len(self.editor.edits)
        self.studio.hand.drag([self.cell(*cell) for cell in cells])
        until(lambda: len(self.editor.edits) != before or not self.place.tools.busy, "the stroke")
        wait(60)

    def generate(self) -> None:
        """Press Ctrl+Return and wait for the whole picture."""
        before = {entry.id for entry in self.bench.results}
        self.studio.click_canvas()
        self.studio.ctrl(Qt.Key.Key_Return)
        until(lambda: {e.id for e in self.bench.results} - before, "a result")
        self.until_rendered()

    def until_rendered(self) -> None:
        """Wait until the result in view is whole."""
        until(lambda: self.result.status != "rendering", "the render", SECONDS)

    def until_checked(self) -> None:
        """Wait until its likeness is known."""
        until(lambda: self.result.likeness is not None, "the check", SECONDS)

    def export(self, what: str, path: Path, kind: str = "") -> Path:
        """Go through the export dialog; return the file that is there at the end."""
        studio, joint = self.studio, self.studio.window.joints.export
        studio.files.chosen = path
        studio.click_canvas()
        studio.ctrl(Qt.Key.Key_E, shift=True)
        until(lambda: joint.dialog is not None and joint.dialog.isVisible(), "the export dialog")
        dialog = joint.dialog
        studio.click(dialog.cards[what])
        if kind:
            names = [dialog.formats.itemText(i) for i in range(dialog.formats.count())]
            dialog.formats.setCurrentIndex(next(i for i, n in enumerate(names) if kind in n))
        before = set(path.parent.iterdir())
        studio.click(dialog.export_button)
        until(lambda: set(path.parent.iterdir()) - before, "the exported file", SECONDS)
        until(lambda: not self.place.queue.jobs, "the end of the export", SECONDS)
        made = {file for file in set(path.parent.iterdir()) - before if file.suffix != ".json"}
        return next(iter(made))
