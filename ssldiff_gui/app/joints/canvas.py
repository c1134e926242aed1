"""A canvas from nothing: what can be drawn, the dialog that asks, and the drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import Qt

from ssldiff_gui.app.joints.canvas_offers import offers_of
from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.core.errors import MissingModel, UserError
from ssldiff_gui.core.project import PaletteEntry
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.drawing import NewCanvas
from ssldiff_gui.storage.grids import load_grid
from ssldiff_gui.storage.preflight import estimate
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.words import bytes_text
from ssldiff_gui.widgets.new_canvas_dialog import CanvasChoice, CanvasOffer, NewCanvasDialog
from ssldiff_gui.widgets.shown import PaletteItem

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.core.geometry import Scale
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.workplace import Workplace

MOST_PIXELS = 1 << 32
"""Of a canvas: 65,536²; more than that nobody renders here."""


@dataclass(frozen=True, slots=True)
class PaletteGrid:
    """An entry of the palette, and what its cells are.

    Parameters
    ----------
    item
        As it is shown.
    name
        Of its file: the digest that edits call it by.
    encoder, cell, scale
        Of its cells.
    """

    item: PaletteItem
    name: str
    encoder: str
    cell: int
    scale: Scale | None = None


class CanvasJoint:
    """Joins the dialog of a new canvas to the models, the palette and the drawing.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What the dialog belongs to.
    """

    def __init__(self, frame: Frame, window: QMainWindow) -> None:
        self._frame, self._window = frame, window
        self._place: Workplace | None = None
        self._palette: tuple[PaletteGrid, ...] = ()
        self._offers: Mapping[str, CanvasOffer] = {}
        self._wish = 0
        self._ties = Ties()
        self._awaited = False
        """Whether a canvas was asked for that is not there yet."""
        self.dialog: NewCanvasDialog | None = None

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        self._ties.tie(place.bench.grid_changed, self._on_grid)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place, self._awaited = None, False
        self._wish += 1
        if self.dialog is not None:
            self.dialog.reject()

    def refresh(self) -> None:
        """Leave the dialog alone: it offers what was there when it was opened."""

    # -- asking ------------------------------------------------------------------------------------

    def new(self) -> None:
        """Ask what a new canvas shows; the palette is read beside the window first."""
        place = self._place
        if place is None:
            self._frame.reporter.tell(
                "The project is still being opened.", "Try again in a moment."
            )
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        self._wish += 1
        wish = self._wish
        entries = [e for e in place.project.entries("palette") if isinstance(e, PaletteEntry)]
        files = [
            (e, place.bench.path(e.file), place.bench.path(e.thumbnail) if e.thumbnail else None)
            for e in entries
        ]

        def read() -> None:
            on_gui_thread(self._show, wish, read_palette(files))

        in_background(read, "read the palette")

    def _show(self, wish: int, palette: tuple[PaletteGrid, ...]) -> None:
        place = self._place
        if place is None or wish != self._wish or self.dialog is not None:
            return
        opened = place.bench.open
        encoder = "" if opened is None else opened.editor.original.encoder
        self._palette = palette
        document = self._frame.session.current
        scale = None if document is None else document.scale
        unit = "µm" if scale is None else scale.unit
        inventory = place.models.inventory
        found = offers_of(inventory.priors_for(None), palette, encoder, unit, inventory.generators)
        self._offers = {offer.id: offer for offer in found}
        if not found:
            self._frame.reporter.problem(
                MissingModel(
                    "Nothing is installed that draws from words or classes.",
                    "Train a prior with `ssldiff train prior`, or keep a cell in the palette.",
                )
            )
            return
        dialog = NewCanvasDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self._tell_cost)
        dialog.decided.connect(self._draw)
        dialog.finished.connect(self._closed)
        self.dialog = dialog
        dialog.show_offers(found)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    def _tell_cost(self, choice: CanvasChoice) -> None:
        if self.dialog is not None:
            offer = self._offers.get(choice.model)
            self.dialog.show_cost(*(("", "") if offer is None else cost_of(choice, offer)))

    # -- drawing -----------------------------------------------------------------------------------

    def _draw(self, choice: CanvasChoice) -> None:
        place = self._place
        if place is None:
            return
        try:
            if choice.origin == "palette":
                self._fill(place, choice)
            elif choice.origin == "blank":
                place.drawing.blank(choice.model, choice.rows, choice.columns)
            else:
                place.drawing.draw(self._wanted(choice))
        except UserError as error:
            self._frame.reporter.problem(error)
            return
        self._awaited = True
        if choice.origin in {"text", "class"} and self._frame.session.current is None:
            # Nothing is open, so that the queue is not seen either.
            self._frame.reporter.tell("The canvas is being drawn.", "It opens when it is there.")
        self._frame.on_change()

    def _on_grid(self, opened: OpenGrid | None) -> None:
        """Show the page of the grid once a canvas is there: editing it is the next step."""
        if self._awaited and opened is not None and not opened.document.slide.has_file:
            self._awaited = False
            self._frame.turn_to("Grid")

    def _wanted(self, choice: CanvasChoice) -> NewCanvas:
        offer = self._offers.get(choice.model)
        titles = dict(offer.classes) if offer is not None else {}
        return NewCanvas(
            rows=choice.rows,
            columns=choice.columns,
            text=choice.text,
            label=choice.label,
            prior=choice.model,
            seed=choice.seed,
            guidance=choice.guidance,
            name=choice.text or titles.get(choice.label, choice.label),
        )

    def _fill(self, place: Workplace, choice: CanvasChoice) -> None:
        found = next((one for one in self._palette if one.item.id == choice.palette), None)
        if found is None:
            raise UserError("That embedding is no longer in the palette.", "Choose another one.")
        place.drawing.paint(found.name, choice.rows, choice.columns, found.item.name or "Canvas")


def cost_of(choice: CanvasChoice, offer: CanvasOffer) -> tuple[str, str]:
    """Return what a canvas takes once it is rendered, and why it cannot be drawn, if so."""
    width, height = choice.columns * offer.cell, choice.rows * offer.cell
    if width * height > MOST_PIXELS:
        return "", "That is too large to be rendered: take fewer cells."
    known = {word.lower() for word in offer.words}
    said = re.findall(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", choice.text.lower())
    if choice.origin == "text" and known.isdisjoint(said):
        return "", "It knows none of these words."
    disk = bytes_text(estimate(width, height).disk)
    return f"{choice.rows * choice.columns:,} cells · {disk} when rendered", ""


def read_palette(
    files: Sequence[tuple[PaletteEntry, Path, Path | None]],
) -> tuple[PaletteGrid, ...]:
    """Return what the entries of a palette are; one that cannot be read is left out."""
    found = []
    for entry, path, picture in files:
        try:
            grid = load_grid(path)
        except UserError:
            continue
        shown = PaletteItem(entry.id, entry.name, _picture(picture), entry.origin)
        found.append(PaletteGrid(shown, path.stem, grid.encoder, grid.cell, grid.scale))
    return tuple(found)


def _picture(path: Path | None) -> npt.NDArray[np.uint8] | None:
    from PIL import Image

    if path is None:
        return None
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError):
        return None
