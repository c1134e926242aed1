"""The edits that a grid has already: applied again, and what they took away kept for undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ssldiff_gui.core.edit_grids import Grids
from ssldiff_gui.core.edit_patch import CellPatch
from ssldiff_gui.core.edits import Edit
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid

MOST = 256 << 20
"""Bytes of what was there before that are kept; the oldest edits are beyond undo, then."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """A grid after its edits, and the way back.

    Parameters
    ----------
    edits
        All of them.
    before
        What the cells that the last of them changed held before, one patch an edit.
    grid
        After all edits.
    """

    edits: tuple[Edit, ...]
    before: tuple[CellPatch, ...]
    grid: EmbeddingGrid

    @classmethod
    def replayed(
        cls,
        original: EmbeddingGrid,
        edits: Iterable[Edit],
        sources: Mapping[str, EmbeddingGrid] | None = None,
        most: int = MOST,
    ) -> Past:
        """Apply edits, to the same bits as `core.edits.apply`; takes time when there are many.

        Raises
        ------
        BadEdits, IncompatibleGrid
            When an edit does not fit the grid; its number, from 1, is named.
        """
        known = {"original": original, **(sources or {})}
        done = tuple(edits)
        if not done:
            return cls((), (), original)
        vectors, valid = original.vectors.copy(), original.mask.copy()
        grid = original.trusted(vectors, valid)
        before: list[CellPatch] = []
        held = first = 0
        for number, edit in enumerate(done, 1):
            patch = _changes(number, edit, Grids(grid, known))
            before.append(CellPatch.of(grid, patch.rows, patch.columns))
            patch.put(vectors, valid)
            held += patch.nbytes
            while held > most and first < len(before):
                held -= before[first].nbytes
                before[first] = CellPatch.nothing(grid)
                first += 1
        return cls(done, tuple(before[first:]), grid)


def _changes(number: int, edit: Edit, grids: Grids) -> CellPatch:
    try:
        return edit.changes(grids)
    except (BadEdits, IncompatibleGrid) as error:
        words = f"Edit {number} ({edit.kind}): {error.message}"
        raise type(error)(words, error.hint) from error
