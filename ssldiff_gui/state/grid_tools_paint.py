"""Tools that paint with a round brush: paint, stamp, vary, eraser; the gradient; the eyedropper."""

from __future__ import annotations

import math

from ssldiff_gui.core.edit_base import Sample
from ssldiff_gui.core.edit_selection import Selection
from ssldiff_gui.core.edit_stroke import Stroke
from ssldiff_gui.core.edits import Edit, Erase, Interpolate, Paint, Stamp, Vary
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.edit_titles import counted
from ssldiff_gui.state.grid_cursor import Cursor, Ghost, Patch, Place, Ring, Shape, Way
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.grid_tool import Held, Tool
from ssldiff_gui.state.swatches import source_name

SNAPPED = 0.75
"""Smaller brushes could miss all centres of cells: they go from one centre to the next."""


class Eyedropper(Tool):
    """Takes the embedding of a cell, or the mean of a square of cells."""

    def press(self, at: Place, held: Held) -> bool:
        """Take it."""
        del held
        self.hand.pick(at)
        return True

    def drag(self, at: Place, held: Held) -> None:
        """Take that of the cell the pointer has come to."""
        del held
        if self.cell(at) is not None and self.cell(at) != self.hand.last_picked:
            self.hand.pick(at)

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the square."""
        del busy
        cell = None if at is None else self.cell(at)
        if cell is None:
            return Cursor(at=at)
        before = (self.hand.settings.square - 1) // 2
        after = self.hand.settings.square - 1 - before
        square = Patch((cell[0] - before, cell[1] - before), (cell[0] + after, cell[1] + after))
        return Cursor((square,), at=at)


class Brush(Tool):
    """What all strokes have in common; painting with the embedding in hand."""

    def __init__(self, hand: object) -> None:
        super().__init__(hand)  # type: ignore[arg-type]
        self._points: list[Place] = []
        self._edit: Edit | None = None
        self._within: Selection | None = None
        self._seed = 0
        self._cells = 0

    def press(self, at: Place, held: Held) -> bool:
        """Begin a stroke."""
        del held
        self._begin(at)
        self._within, self._seed = self.within(), self.hand.draw_seed()
        self._points = [self._place(at)]
        self._show()
        return True

    def drag(self, at: Place, held: Held) -> None:
        """Lengthen the stroke."""
        del held
        if self._added(at, max(0.2, 0.1 * self.hand.settings.radius)):
            self._show()

    def release(self, at: Place, held: Held) -> None:
        """Make the stroke an act."""
        del held
        if self._added(at, 1e-9) or self._edit is None:
            self._show()
        if self._edit is not None:
            self.editor.do(self._edit)
        self._ended()

    def cancel(self) -> None:
        """Take the stroke back."""
        self.editor.preview(None)
        self._ended()

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the brush."""
        if at is None:
            return Cursor()
        settings = self.hand.settings
        ring = Ring(at, settings.radius, settings.softness)
        return Cursor((ring,), counted(self._cells) if busy else "", at)

    def stroke(self) -> Stroke:
        """Return the stroke so far."""
        settings = self.hand.settings
        return Stroke(
            points=tuple(self._points), radius=settings.radius, softness=settings.softness
        )

    def edit(self, where: Stroke, within: Selection | None, seed: int) -> Edit:
        """Return what the stroke does."""
        settings, paint = self.hand.settings, self.hand.paint_in_hand
        return Paint(
            where=where, within=within, opacity=settings.strength,
            embedding=paint.sample, spread=settings.variety, seed=seed,
        )  # fmt: skip

    def _begin(self, at: Place) -> None:
        """Make ready what the edit takes from."""
        del at
        paint = self.hand.paint_in_hand
        self.editor.add_source(paint.name, paint.grid, paint.label)

    def _show(self) -> None:
        self._edit = self.edit(self.stroke(), self._within, self._seed)
        self._cells = self.editor.preview(self._edit)

    def _ended(self) -> None:
        self._points, self._edit, self._cells = [], None, 0

    def _added(self, at: Place, least: float) -> bool:
        """Add a point, unless it is no farther from the last one than `least`."""
        place = self._place(at)
        if not self._points or math.dist(place, self._points[-1]) < least:
            return False
        self._points.append(place)
        return True

    def _place(self, at: Place) -> Place:
        if self.hand.settings.radius < SNAPPED:
            return float(math.floor(at[0] + 0.5)), float(math.floor(at[1] + 0.5))
        return round(at[0], 2), round(at[1], 2)


class VaryBrush(Brush):
    """Makes cells a little different, each in its own way."""

    def edit(self, where: Stroke, within: Selection | None, seed: int) -> Edit:
        """Return what the stroke does."""
        settings = self.hand.settings
        return Vary(
            where=where, within=within, opacity=settings.strength,
            amount=settings.amount, seed=seed,
        )  # fmt: skip

    def _begin(self, at: Place) -> None:
        pass


class Eraser(Brush):
    """Brings back what cells held at first."""

    def edit(self, where: Stroke, within: Selection | None, seed: int) -> Edit:
        """Return what the stroke does."""
        del seed
        return Erase(where=where, within=within, opacity=self.hand.settings.strength)

    def _begin(self, at: Place) -> None:
        pass


class StampBrush(Brush):
    """Clones cells from an offset that the first stroke after Alt+click settles."""

    picks = False

    def __init__(self, hand: object) -> None:
        super().__init__(hand)
        self._source: tuple[GridEditor, tuple[int, int]] | None = None
        self._held: tuple[str, EmbeddingGrid] | None = None
        self._offset: tuple[int, int] | None = None

    @property
    def source(self) -> tuple[int, int] | None:
        """The cell that was Alt+clicked last."""
        return None if self._source is None else self._source[1]

    def press(self, at: Place, held: Held) -> bool:
        """Set the source, or begin to clone."""
        if "alt" not in held:
            return super().press(at, held)
        cell = self.cell(at)
        if cell is not None:
            self._source, self._offset, self._held = (self.editor, cell), None, None
        return False

    def edit(self, where: Stroke, within: Selection | None, seed: int) -> Edit:
        """Return what the stroke does."""
        del seed
        return Stamp(
            where=where, within=within, opacity=self.hand.settings.strength,
            offset=self._offset or (0, 0), grid=None if self._held is None else self._held[0],
        )  # fmt: skip

    def drop(self) -> None:
        """Forget the source."""
        self._source = self._offset = self._held = None

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the brush, and a ghost of it where it takes from."""
        found = super().cursor(at, busy)
        if at is None:
            return found
        if self._source is None:
            return Cursor(found.shapes, "Alt+click sets the source", at)
        offset = self._offset
        place: Place = self._source[1]
        if offset is not None:
            place = at[0] + offset[0], at[1] + offset[1]
        if self._source[0] is not self.editor:
            return found
        ghost = Ghost(place, self.hand.settings.radius, at)
        return Cursor((*found.shapes, ghost), found.words, at)

    def _begin(self, at: Place) -> None:
        if self._source is None:
            raise BadEdits(
                "The stamp does not know yet where to copy from.", "Alt+click a cell first."
            )
        editor, cell = self._source
        if self._offset is None:
            self._offset = round(cell[0] - at[0]), round(cell[1] - at[1])
        if editor is self.editor:
            self._held = None
        elif self._held is None:
            self._held = source_name(editor.grid), editor.grid
        if self._held is not None:
            self.editor.add_source(*self._held)


class Gradient(Tool):
    """Goes from one cell's embedding to another's, along a band."""

    def __init__(self, hand: object) -> None:
        super().__init__(hand)  # type: ignore[arg-type]
        self._start: Place | None = None
        self._within: Selection | None = None
        self._words = ""

    def press(self, at: Place, held: Held) -> bool:
        """Begin at a cell."""
        del held
        self._start = _centre(self, at)
        self._within = self.within()
        return self._start is not None

    def drag(self, at: Place, held: Held) -> None:
        """Show what the band would be."""
        del held
        try:
            edit = self._edit(at)
            cells = self.editor.preview(edit)
            self._words = counted(cells) if edit is not None else ""
        except BadEdits as error:
            self.editor.preview(None)
            self._words = error.message

    def release(self, at: Place, held: Held) -> None:
        """Make the band an act."""
        del held
        edit = self._edit(at)
        if edit is None:
            self.editor.preview(None)
        else:
            self.editor.do(edit)
        self._start, self._words = None, ""

    def cancel(self) -> None:
        """Take the band back."""
        self.editor.preview(None)
        self._start, self._words = None, ""

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return the brush, and the way from where it began."""
        if at is None:
            return Cursor()
        settings = self.hand.settings
        shapes: list[Shape] = [Ring(at, settings.radius, settings.softness)]
        if busy and self._start is not None:
            shapes.append(Way(self._start, at, settings.radius))
        return Cursor(tuple(shapes), self._words, at)

    def _edit(self, at: Place) -> Edit | None:
        end = _centre(self, at)
        if self._start is None or end is None or end == self._start:
            return None
        settings = self.hand.settings
        first, last = (Sample(cells=((int(r), int(c)),)) for r, c in (self._start, end))
        along = Stroke(
            points=(self._start, end), radius=settings.radius, softness=settings.softness
        )
        return Interpolate(
            along=along, ends=(first, last), within=self._within, opacity=settings.strength
        )


def _centre(tool: Tool, at: Place) -> Place | None:
    cell = tool.cell(at)
    return None if cell is None else (float(cell[0]), float(cell[1]))
