"""The grids that an edit may look at, and the cells it names in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from ssldiff_gui.core.edit_trace import Trace
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid

Index = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Cell = tuple[Index, Index]
"""Row and column."""

GridName = Annotated[str, Field(min_length=1, max_length=200)]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """The grid that is edited, and the others by the names that edits call them.

    Parameters
    ----------
    grid
        As it is before the edit.
    sources
        Of the same encoder.
    found
        What was found out about the grid on the way and is asked for again, by what was asked.
    trace
        Of the stroke that is drawn; one that is given again measures only what the stroke gained.
    """

    grid: EmbeddingGrid
    sources: Mapping[str, EmbeddingGrid] = field(default_factory=dict)
    found: dict[object, npt.NDArray[np.intp]] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def named(self, name: str | None) -> EmbeddingGrid:
        """Return a grid by its name; None is the one that is edited.

        Raises
        ------
        BadEdits
            When no grid has that name.
        IncompatibleGrid
            When its embeddings are not of the same kind.
        """
        if name is None:
            return self.grid
        if name not in self.sources:
            known = ", ".join(sorted(self.sources)) or "none"
            raise BadEdits(
                f"No grid is called “{name}” here.", f"Give it among the sources; known: {known}."
            )
        other = self.sources[name]
        if other.encoder != self.grid.encoder or other.dim != self.grid.dim:
            raise IncompatibleGrid(
                f"The grid “{name}” was made by {other.encoder} ({other.dim} values a cell), "
                f"this one by {self.grid.encoder} ({self.grid.dim}).",
                "Embed both with the same encoder.",
            )
        return other

    def within(self, name: str | None) -> Grids:
        """Return the same grids as seen by one of them."""
        return self if name is None else Grids(self.named(name), self.sources)


def indices_of(cells: tuple[Cell, ...], grid: EmbeddingGrid) -> tuple[Indices, Indices]:
    """Return rows and columns of cells.

    Raises
    ------
    BadEdits
        When one is not in the grid.
    """
    rows, columns = np.array(cells, np.intp).reshape(-1, 2).T
    outside = (rows < 0) | (rows >= grid.rows) | (columns < 0) | (columns >= grid.columns)
    if outside.any():
        row, column = cells[int(np.argmax(outside))]
        raise BadEdits(
            f"There is no cell in row {row}, column {column}.",
            f"Rows go from 0 to {grid.rows - 1}, columns from 0 to {grid.columns - 1}.",
        )
    return rows, columns
