"""The palette on the left: embeddings to paint with, with pictures to judge them by."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import PaletteEntry
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.history import Step
from ssldiff_gui.state.swatches import swatch_of_mask, swatches_of_clusters
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.viewer.joints.tiles import read_tiles
from ssldiff_gui.widgets.shown import PaletteItem

if TYPE_CHECKING:
    from pathlib import Path

    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.swatches import Swatch
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.joints.cells import CellsJoint

KINDS = 8


class PaletteJoint:
    """Joins the panel to the project's palette and to what is painted with.

    Parameters
    ----------
    host
        Where the pages and views are.
    cells
        Has the clusters that are shown.
    """

    def __init__(self, host: Host, cells: CellsJoint) -> None:
        self._host, self._cells = host, cells
        self._panel = host.parts.palette_
        self._ties = Ties()
        self._place: Workplace | None = None
        self._chosen = ""
        self._pictures: dict[str, npt.NDArray[np.uint8]] = {}
        self._waiting: dict[str, OpenGrid] = {}
        panel = self._panel
        panel.chosen.connect(self.take)
        panel.add_requested.connect(self.add)
        panel.renamed.connect(self._rename)
        panel.removed.connect(self._remove)
        panel.moved.connect(self._move)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie = self._ties.tie
        tie(place.palette.changed, self._host.on_change)
        tie(place.palette.added, self._on_added)
        tie(place.palette.problem, self._host.reporter.problem)
        tie(place.tools.paint_changed, self._on_paint)
        self._read([e for e in place.palette.entries if e.thumbnail])

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place, self._chosen = None, ""
        self._pictures.clear()
        self._waiting.clear()
        self._panel.show_items((), "")

    def refresh(self) -> None:
        """Show the entries."""
        place = self._place
        if place is None:
            return
        items = [
            PaletteItem(e.id, e.name or "Embedding", self._pictures.get(e.id), e.origin)
            for e in place.palette.entries
        ]
        self._panel.show_items(items, self._chosen)
        opened, ways = place.bench.open, []
        if opened is not None:
            ways.append("clusters")
            if place.tools.paint is not None:
                ways.append("cell")
            if opened.editor.selection is not None:
                ways.append("selection")
        if place.drawing.priors():
            ways.append("starters")
        self._panel.can_add(ways)

    # -- acts --------------------------------------------------------------------------------------

    def take(self, identity: str) -> None:
        """Paint with an entry."""
        place = self._place
        if place is None:
            return
        try:
            swatch = place.palette.swatch(identity)
            if (editor := place.bench.editor) is not None:
                editor.add_source(swatch.name, swatch.grid, swatch.label)
        except UserError as error:
            self._host.reporter.problem(error)
            return
        self._chosen = identity
        place.tools.take(swatch)
        if place.bench.open is not None and place.tools.tool in {"", "eyedropper"}:
            self._host.choose_tool("brush")
        self._host.on_change()

    def add(self, how: str) -> None:
        """Add entries: the picked cell, the selection, the grid's kinds, or the starters'."""
        place = self._place
        opened = None if place is None else place.bench.open
        if place is None:
            return
        try:
            if how == "starters":
                self._add_starters(place)
            elif opened is None:
                return
            elif how == "clusters":
                self._add_kinds(place, opened)
            elif how == "selection" and opened.editor.selection is not None:
                swatch = swatch_of_mask(opened.editor.grid, opened.editor.selection)
                self._keep(opened, swatch)
            elif place.tools.paint is not None:
                self._keep(opened, place.tools.paint)
        except UserError as error:
            self._host.reporter.problem(error)

    def _keep(self, opened: OpenGrid, *swatches: Swatch) -> None:
        assert self._place is not None  # noqa: S101 - asked for while a project is open
        for swatch in swatches:
            self._waiting[swatch.name] = opened
        self._place.palette.add(*swatches)

    def _add_kinds(self, place: Workplace, opened: OpenGrid) -> None:
        grid = opened.editor.grid
        analysis, entry = self._cells.analysis, place.bench.entry
        known = None if analysis is None else analysis.clusters
        labels = None if known is None else known.labels
        origin = "" if entry is None else entry.name

        def find() -> None:
            try:
                found = swatches_of_clusters(grid, KINDS, labels, origin)
            except UserError as error:
                on_gui_thread(self._host.reporter.problem, error)
            else:
                on_gui_thread(self._keep, opened, *found)

        in_background(find, "kinds of cells")

    def _add_starters(self, place: Workplace) -> None:
        """Have the prior draw a little of each class it knows."""
        for entry in place.drawing.priors():
            prior = None if entry.model is None else entry.model.prior
            for label in () if prior is None else prior.classes[:KINDS]:
                place.drawing.swatch(label, place.palette.add)
        self._host.reporter.done(
            "Drawing the starters' classes…", "They come into the palette one by one."
        )

    def _rename(self, identity: str, name: str) -> None:
        if self._place is not None:
            self._place.palette.rename(identity, name)

    def _move(self, identity: str, at: int) -> None:
        if self._place is not None:
            self._place.palette.move(identity, at)

    def _remove(self, identity: str) -> None:
        place = self._place
        if place is None:
            return
        entry = place.palette.get(identity)
        kept: list[tuple[int, PaletteEntry]] = []

        def do() -> None:
            kept[:] = place.palette.remove(identity)

        def undo() -> None:
            place.palette.put_back(tuple(kept))

        document = self._host.session.current
        history = place.results.history if document is None else document.history
        name = "" if entry is None else entry.name
        history.push(Step(f"Remove “{name}” from the palette", do, undo))

    # -- what comes --------------------------------------------------------------------------------

    def _on_paint(self, paint: Swatch | None) -> None:
        place = self._place
        if place is None or paint is None:
            return
        known = place.palette.get(self._chosen)
        if known is None or place.palette.swatch(known.id).name != paint.name:
            self._chosen = ""
            self._host.on_change()

    def _on_added(self, entries: tuple[PaletteEntry, ...]) -> None:
        """Take pictures of what came: of the cells they are of."""
        place = self._place
        if place is None:
            return
        for entry in entries:
            swatch = place.palette.swatch(entry.id)
            opened = self._waiting.pop(swatch.name, place.bench.open)
            if opened is not None and swatch.cell is not None:
                self._photograph(place, opened, entry, swatch.cell)
        self._host.on_change()

    def _photograph(
        self, place: Workplace, opened: OpenGrid, entry: PaletteEntry, cell: tuple[int, int]
    ) -> None:
        result = place.bench.result
        canvas = None if result is None else place.bench.path(result.canvas)

        def take(pictures: list[npt.NDArray[np.uint8] | None]) -> None:
            if pictures[0] is None or self._place is not place:
                return
            self._pictures[entry.id] = pictures[0]
            name = place.project.keep_thumbnail(entry.id, _png(pictures[0]))
            place.palette.set_thumbnail(entry.id, name)
            self._host.on_change()

        read_tiles(opened, [cell], take, canvas)

    def _read(self, entries: list[PaletteEntry]) -> None:
        place = self._place
        paths = {} if place is None else {e.id: place.project.path(e.thumbnail) for e in entries}

        def read() -> None:
            found = {identity: _loaded(path) for identity, path in paths.items()}
            seen = {identity: picture for identity, picture in found.items() if picture is not None}
            on_gui_thread(self._arrived, place, seen)

        if paths:
            in_background(read, "pictures of the palette")

    def _arrived(self, place: Workplace | None, found: dict[str, npt.NDArray[np.uint8]]) -> None:
        if place is not None and place is self._place:
            self._pictures |= found
            self._host.on_change()


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(picture).save(written, "PNG")
    return written.getvalue()


def _loaded(path: Path) -> npt.NDArray[np.uint8] | None:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError):
        return None
