"""What the pointer would do to the cells, drawn where it would do it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ssldiff_gui.state.grid_cursor import Cursor, Ghost, Patch, Path, Place, Ring, Shape, Way
from ssldiff_gui.viewer.cell_canvas import CellStage
from ssldiff_gui.viewer.cell_letters import LettersNode
from ssldiff_gui.viewer.cell_strokes import NOTHING, Strokes, line, rectangle, ring
from ssldiff_gui.viewer.cell_visual import Look, StrokesNode


@dataclass(frozen=True, slots=True)
class CursorStrokes:
    """A cursor as strokes among cells.

    Parameters
    ----------
    firm
        The edge of what will change.
    faint
        What explains it: the part in full strength, the way to a source.
    dashed
        What is looked at and stays as it is.
    """

    firm: Strokes = NOTHING
    faint: Strokes = NOTHING
    dashed: Strokes = NOTHING


def strokes_of(shapes: tuple[Shape, ...]) -> CursorStrokes:
    """Return how shapes are drawn."""
    drawn = [_drawn(shape) for shape in shapes]
    return CursorStrokes(
        Strokes.joined([part.firm for part in drawn]),
        Strokes.joined([part.faint for part in drawn]),
        Strokes.joined([part.dashed for part in drawn]),
    )


def _drawn(shape: Shape) -> CursorStrokes:
    match shape:
        case Ring(at, radius, softness):
            inner = radius * (1 - softness)
            firm = ring(*_spot(at), max(radius, SMALLEST_RING))
            return CursorStrokes(firm, ring(*_spot(at), inner) if 0 < inner < radius else NOTHING)
        case Ghost(at, radius, to):
            way = NOTHING if to is None else line([_spot(at), _spot(to)])
            return CursorStrokes(faint=way, dashed=ring(*_spot(at), max(radius, SMALLEST_RING)))
        case Patch(start, end):
            return CursorStrokes(firm=rectangle(*_sides(start, end)))
        case Way(start, end, reach):
            ends = [ring(*_spot(place), END_DOT, 24) for place in (start, end)]
            edges = _beside(start, end, reach) if reach > 0 else NOTHING
            firm = Strokes.joined([line([_spot(start), _spot(end)]), *ends])
            return CursorStrokes(firm, edges)
        case Path(points):
            places = [_spot(point) for point in points]
            back = line([places[-1], places[0]]) if len(places) > 2 else NOTHING
            return CursorStrokes(firm=line(places), dashed=back)


SMALLEST_RING = 0.3
"""Radius in cells of a brush that is a mere point."""

END_DOT = 0.18


def _spot(place: Place) -> tuple[float, float]:
    """Turn a row and column, counted from centres, into x and y, counted from corners."""
    return place[1] + 0.5, place[0] + 0.5


def _sides(start: Place, end: Place) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the whole cells between two."""
    rows = sorted((round(start[0]), round(end[0])))
    columns = sorted((round(start[1]), round(end[1])))
    return columns[0], rows[0], columns[1] + 1, rows[1] + 1


def _beside(start: Place, end: Place, reach: float) -> Strokes:
    """Return lines at a distance on both sides of the way."""
    (x1, y1), (x2, y2) = _spot(start), _spot(end)
    length = math.hypot(x2 - x1, y2 - y1)
    if length == 0:
        return NOTHING
    dx, dy = -(y2 - y1) / length * reach, (x2 - x1) / length * reach
    return Strokes.joined(
        [line([(x1 + side * dx, y1 + side * dy), (x2 + side * dx, y2 + side * dy)])
         for side in (-1, 1)]
    )  # fmt: skip


WHITE = (1.0, 1.0, 1.0)
BLACK = (0.0, 0.0, 0.0)

FIRM = Look((*WHITE, 1.0), 2.0, edge=(*BLACK, 0.55))
FAINT = Look((*WHITE, 0.8), 1.0, edge=(*BLACK, 0.4))
DASHED = Look((*WHITE, 1.0), 2.0, (*WHITE, 0.0), 4.0, edge=(*BLACK, 0.45))

POINTER = 14.0
"""Screen pixels from the pointer to the words that go with it."""


class CellCursor:
    """Draws a cursor among cells: light with a dark edge, so that it is seen on any picture.

    Parameters
    ----------
    stage
        Where it is drawn.
    """

    def __init__(self, stage: CellStage) -> None:
        self.cursor = Cursor()
        self._firm, self._faint, self._dashed = (
            StrokesNode(look) for look in (FIRM, FAINT, DASHED)
        )
        self._words = LettersNode(POINTER)
        self.nodes: tuple[Any, ...] = self._faint, self._dashed, self._firm, self._words
        for node in self.nodes:
            stage.add(node)

    def show(self, cursor: Cursor) -> None:
        """Draw this, and nothing else."""
        if cursor == self.cursor:
            return
        shapes_changed = cursor.shapes != self.cursor.shapes
        self.cursor = cursor
        if shapes_changed:
            found = strokes_of(cursor.shapes)
            self._firm.set_strokes(found.firm)
            self._faint.set_strokes(found.faint)
            self._dashed.set_strokes(found.dashed)
        x, y = (0.0, 0.0) if cursor.at is None else _spot(cursor.at)
        self._words.set_word(x, y, "" if cursor.at is None else cursor.words)
