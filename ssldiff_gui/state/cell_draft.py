"""A stroke in progress: the cells it would change, kept beside the grid until it is done."""

from __future__ import annotations

import numpy as np

from ssldiff_gui.core.edit_grids import Grids, Indices
from ssldiff_gui.core.edit_patch import CellPatch
from ssldiff_gui.core.edit_stroke import Weights
from ssldiff_gui.core.edit_trace import Trace
from ssldiff_gui.core.edits import Edit
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors


class CellDraft:
    """What a provisional edit makes of a grid; as the edit grows, only its new part is computed.

    Parameters
    ----------
    shape
        Rows and columns of the grid.
    dim
        Values of an embedding.
    """

    def __init__(self, shape: tuple[int, int], dim: int) -> None:
        self.trace = Trace()
        self._edit: Edit | None = None
        self._strength: Weights = np.zeros(shape)
        self._on = np.zeros(shape, np.bool_)
        self._slots = np.full(shape, -1, np.intp)
        self._vectors = np.empty((64, dim), np.float32)
        self._valid = np.empty(64, np.bool_)
        self._used = 0

    def draw(self, edit: Edit, grids: Grids) -> tuple[Indices, Indices]:
        """Become what an edit makes of the grids; return the cells that may look different."""
        strength = edit.strength(grids)
        if self._continues(edit):
            touched = strength != self._strength
            patch = edit.changes(grids, np.where(touched, strength, 0.0))
        else:
            patch = edit.changes(grids, strength)
            touched = self._on.copy()
        self._on[touched] = False
        self._keep(patch)
        self._edit, self._strength = edit, strength
        touched[patch.rows, patch.columns] = True
        rows, columns = np.nonzero(touched)
        return rows, columns

    def patch(self, edit: Edit) -> CellPatch | None:
        """Return what an edit changes, when it is the one that was drawn; None when it is not."""
        if self._edit is None or (edit is not self._edit and edit != self._edit):
            return None
        return self._patch()

    @property
    def cells(self) -> tuple[Indices, Indices]:
        """Rows and columns of the cells that it changes, row by row."""
        rows, columns = np.nonzero(self._on)
        return rows, columns

    def __len__(self) -> int:
        return int(np.count_nonzero(self._on))

    def put_over(self, rows: Indices, columns: Indices, vectors: Vectors, valid: Mask) -> None:
        """Write what the draft makes of some cells over copies of what they hold."""
        on, slots = self._on[rows, columns], self._slots[rows, columns]
        vectors[on] = self._vectors[slots[on]]
        valid[on] = self._valid[slots[on]]

    def applied(self, grid: EmbeddingGrid) -> EmbeddingGrid:
        """Return a grid with the draft in it."""
        return self._patch().applied(grid)

    def _patch(self) -> CellPatch:
        rows, columns = self.cells
        slots = self._slots[rows, columns]
        return CellPatch(rows, columns, self._vectors[slots], self._valid[slots])

    def _continues(self, edit: Edit) -> bool:
        """Whether an edit differs from the last one in where it acts, and in nothing else."""
        last = self._edit
        if last is None or type(edit) is not type(last) or not edit.pointwise:
            return False
        return all(
            name == "where" or value is getattr(last, name) or value == getattr(last, name)
            for name, value in edit
        )

    def _keep(self, patch: CellPatch) -> None:
        at = patch.rows, patch.columns
        fresh = self._slots[at] < 0
        needed = self._used + int(np.count_nonzero(fresh))
        self._slots[patch.rows[fresh], patch.columns[fresh]] = np.arange(self._used, needed)
        if needed > len(self._vectors):
            more = max(needed, 2 * len(self._vectors)) - len(self._vectors)
            gained = np.empty((more, self._vectors.shape[1]), np.float32)
            self._vectors = np.concatenate([self._vectors, gained])
            self._valid = np.concatenate([self._valid, np.empty(more, np.bool_)])
        self._used = needed
        self._vectors[self._slots[at]] = patch.vectors
        self._valid[self._slots[at]] = patch.valid
        self._on[at] = True
