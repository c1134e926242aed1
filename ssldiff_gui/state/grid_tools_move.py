"""Transplanting: a rectangle of cells, or what was copied from another grid, put elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ssldiff_gui.core.edit_selection import Selection
from ssldiff_gui.core.edits import Edit, Transplant
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import EmbeddingGrid, Mask
from ssldiff_gui.state.cell_selection import bounds_of, cell_at, in_rectangle
from ssldiff_gui.state.grid_cursor import Cursor, Patch, Place, Shape
from ssldiff_gui.state.grid_tool import Held, Tool
from ssldiff_gui.state.swatches import source_name

Rectangle = tuple[int, int, int, int]
"""First row, first column, rows, columns."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Cells that were copied; those that were not selected are glass, which is not put anywhere.

    Parameters
    ----------
    grid
        The cells.
    label
        Where they came from, as people call it.
    """

    grid: EmbeddingGrid
    label: str = ""

    @cached_property
    def name(self) -> str:
        """What edits call the cells."""
        return source_name(self.grid)

    @classmethod
    def of(cls, grid: EmbeddingGrid, mask: Mask, label: str = "") -> Clip:
        """Copy cells of a grid.

        Raises
        ------
        BadEdits
            When none of them has an embedding.
        """
        if not (mask & grid.mask).any():
            raise BadEdits(
                "There is nothing to copy: these cells are glass.", "Select cells with tissue."
            )
        row, column, rows, columns = bounds_of(mask)
        part = slice(row, row + rows), slice(column, column + columns)
        valid = (mask & grid.mask)[part]
        vectors = np.where(valid[..., None], grid.vectors[part], np.float32(0))
        held = EmbeddingGrid(
            vectors, grid.encoder, grid.cell, grid.scale, valid, source=grid.source
        )
        return cls(held, label)


class TransplantTool(Tool):
    """Marks a rectangle, then puts copies of it wherever it is dragged, or a click says."""

    def __init__(self, hand: object) -> None:
        super().__init__(hand)  # type: ignore[arg-type]
        self.mark: Rectangle | None = None
        self.floating: Clip | None = None
        self._start: Place = (0.0, 0.0)
        self._grab: tuple[float, float] | None = None
        self._to = (0, 0)
        self._moved = False
        self._within: Selection | None = None

    def press(self, at: Place, held: Held) -> bool:
        """Begin to mark, or to move what is marked."""
        del held
        self._start, self._moved, self._within = at, False, self.within()
        self._grab = self._grabbed(at)
        if self._grab is not None:
            self._move(at)
        return True

    def drag(self, at: Place, held: Held) -> None:
        """Go on."""
        del held
        self._moved = self._moved or cell_at(*at) != cell_at(*self._start)
        if self._grab is not None:
            self._move(at)

    def release(self, at: Place, held: Held) -> None:
        """Keep the mark, or put the cells where they are."""
        self.drag(at, held)
        if self._grab is None and self.mark is not None and not self._moved:
            self._grab = (self.mark[2] - 1) / 2, (self.mark[3] - 1) / 2
            self._move(at)
        if self._grab is None:
            self._mark(at)
        else:
            edit = self._edit()
            if edit is None:
                self.editor.preview(None)
            else:
                self.editor.do(edit)
            self.floating = None
        self._grab = None

    def cancel(self) -> None:
        """Take the copy back."""
        self.editor.preview(None)
        self._grab = None

    def drop(self) -> None:
        """Forget the mark, and what was to be pasted."""
        self.mark = self.floating = None
        self.editor.preview(None)

    def paste(self, clip: Clip) -> None:
        """Let copied cells hang at the pointer until a click puts them down."""
        self.editor.add_source(clip.name, clip.grid, clip.label)
        self.floating = clip

    def hover(self, at: Place) -> None:
        """Show what hangs at the pointer, where it would be put."""
        if self.floating is not None:
            self._grab = self._grabbed(at)
            self._within = self.within()
            self._move(at)
            self._grab = None

    def leave(self) -> None:
        """Show nothing while the pointer is elsewhere."""
        if self.floating is not None:
            self.editor.preview(None)

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return what is marked, and where it would go."""
        shapes: list[Shape] = []
        words = ""
        size = self._size()
        if self.mark is not None:
            shapes.append(_patch(*self.mark))
        if busy and self._grab is None and self._moved and at is not None:
            marked = _rectangle(self._start, at, self.editor.shape)
            shapes = [] if marked is None else [_patch(*marked)]
            words = "" if marked is None else f"{marked[2]} × {marked[3]} cells"
        elif size is not None and at is not None and (busy or self.floating is not None):
            shapes.append(_patch(*self._to, *size))
            words = f"{size[0]} × {size[1]} cells"
        elif at is not None and self.mark is None:
            return super().cursor(at, busy)
        return Cursor(tuple(shapes), words, at)

    def _size(self) -> tuple[int, int] | None:
        if self.floating is not None:
            return self.floating.grid.rows, self.floating.grid.columns
        return None if self.mark is None else self.mark[2:]

    def _grabbed(self, at: Place) -> tuple[float, float] | None:
        """Return where in the rectangle the pointer holds it; None when it holds nothing."""
        if self.floating is not None:
            return (self.floating.grid.rows - 1) / 2, (self.floating.grid.columns - 1) / 2
        if self.mark is None:
            return None
        row, column, rows, columns = self.mark
        down, across = cell_at(at[0] - row, at[1] - column)
        inside = 0 <= down < rows and 0 <= across < columns
        return (at[0] - row, at[1] - column) if inside else None

    def _move(self, at: Place) -> None:
        assert self._grab is not None  # noqa: S101 - something is held
        self._to = cell_at(at[0] - self._grab[0], at[1] - self._grab[1])
        self.editor.preview(self._edit())

    def _mark(self, at: Place) -> None:
        self.mark = _rectangle(self._start, at, self.editor.shape)

    def _edit(self) -> Edit | None:
        """Return the copy; None where it would lie upon itself."""
        size, settings = self._size(), self.hand.settings
        if size is None or (self.floating is None and self.mark and self._to == self.mark[:2]):
            return None
        first = (0, 0) if self.floating is not None or self.mark is None else self.mark[:2]
        return Transplant(
            row=first[0], column=first[1], rows=size[0], columns=size[1], to=self._to,
            grid=None if self.floating is None else self.floating.name,
            feather=min(64, round(settings.softness * min(size) / 2)),
            within=self._within, opacity=settings.strength,
        )  # fmt: skip


def _rectangle(start: Place, end: Place, shape: tuple[int, int]) -> Rectangle | None:
    mask = in_rectangle(start, end, shape)
    return bounds_of(mask) if mask.any() else None


def _patch(row: int, column: int, rows: int, columns: int) -> Patch:
    return Patch((row, column), (row + rows - 1, column + columns - 1))
