"""Areas with words: what is drawn on the picture tells a prior what to draw where."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import numpy as np

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.state import grid_acts
from ssldiff_gui.state.telling import areas_of
from ssldiff_gui.viewer.joints.host import Host

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.workplace import Workplace


class AreasJoint:
    """Joins named annotations to the prior.

    Parameters
    ----------
    host
        Where the pages and views are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._place: Workplace | None = None
        host.parts.grid.areas_requested.connect(self.draw)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place

    def leave(self) -> None:
        """Follow none any more."""
        self._place = None

    def refresh(self) -> None:
        """Offer to draw the areas that say what they show."""
        place = self._place
        opened = None if place is None else place.bench.open
        if place is None or opened is None or not place.drawing.priors():
            self._host.parts.grid.show_areas(())
            return
        areas = worded(place, opened).areas
        words = tuple(dict.fromkeys(area.text or area.label for area in areas))
        self._host.parts.grid.show_areas(words)

    def draw(self) -> None:
        """Have the areas drawn; the cells in them are taken over when they are there."""
        place = self._place
        opened = None if place is None else place.bench.open
        if place is None or opened is None:
            return
        layout, editor, page = worded(place, opened), opened.editor, self._host.parts.grid
        rows, columns = editor.shape
        mask = layout.cells(rows, columns, editor.original.cell) >= 0
        label = ", ".join(dict.fromkeys(area.text or area.label for area in layout.areas))

        def taken(name: str, grid: EmbeddingGrid) -> None:
            try:
                editor.add_source(name, grid, label)
                act = grid_acts.take_from(name, mask, label)
                editor.do(act.edit, act.text)
            except UserError as error:
                page.show_problem(error)
            self._host.on_change()

        page.show_problem(None)
        if not np.any(mask):
            page.show_problem(
                UserError(
                    "No cell lies in an area that says what it shows.",
                    "Draw a larger area, and give it a name in words.",
                )
            )
            return
        try:
            place.drawing.areas(layout, rows, columns, secrets.randbelow(1 << 31), taken)
        except UserError as error:
            page.show_problem(error)
        self._host.on_change()


def worded(place: Workplace, opened: OpenGrid) -> Layout:
    """Return the areas with a name that a prior understands, or with a class that it knows."""
    specs = [entry.model.prior for entry in place.drawing.priors() if entry.model is not None]
    known = {name for spec in specs if spec is not None for name in spec.classes}
    readers = [spec.reader for spec in specs if spec is not None and spec.reader is not None]

    def read(text: str) -> bool:
        said = set(re.findall(r"\w+", text.lower()))
        return any(
            not isinstance(words := reader.config.get("words"), list)
            or not said.isdisjoint(str(word).lower() for word in words)
            for reader in readers
        )

    return Layout(tuple(
        area for area in areas_of(opened).areas
        if (area.text and read(area.text)) or (not area.text and area.label in known)
    ))  # fmt: skip
