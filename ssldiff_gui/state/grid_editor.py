"""A grid and every edit of it: seen while it is made, undone and redone to the bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from psygnal import Signal

from ssldiff_gui.core.edit_grids import Grids, Indices
from ssldiff_gui.core.edit_patch import CellPatch
from ssldiff_gui.core.edits import Edit, changed_cells
from ssldiff_gui.core.errors import BadEdits, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.state.cell_draft import CellDraft
from ssldiff_gui.state.edit_titles import edit_title
from ssldiff_gui.state.grid_past import Past
from ssldiff_gui.state.history import History, Step

ORIGINAL = "original"
"""What edits call the grid as it was."""


@dataclass(frozen=True, slots=True, eq=False)
class CellsChanged:
    """Cells that look different now.

    Parameters
    ----------
    rows, columns
        (n,) each.
    provisional
        Whether a stroke in progress made them so: it may still be called off.
    """

    rows: Indices
    columns: Indices
    provisional: bool


class GridEditor:
    """One grid, its edits, and what is selected in it.

    Parameters
    ----------
    grid_id
        Of the grid's entry in the project.
    original
        The grid before its first edit; edits call it "original".
    sources
        The other grids that edits take from, by name.
    history
        Where acts are remembered; a scene's grids and annotations share one.
    edits
        Those that were made already; they can be undone, too.
    past
        The same edits, replayed beforehand in another thread.
    """

    changed = Signal(CellsChanged)
    edited = Signal(int, object)
    """(keep, edit): the edits are now the first `keep` of them and that one, or none more."""
    selection_changed = Signal()
    source_added = Signal(str, object)
    """(name, grid): edits may refer to it from now on, so it is to be kept."""

    def __init__(
        self,
        grid_id: str,
        original: EmbeddingGrid,
        sources: Mapping[str, EmbeddingGrid] | None = None,
        history: History | None = None,
        edits: Iterable[Edit] = (),
        *,
        past: Past | None = None,
    ) -> None:
        self.id = grid_id
        self.original = original
        self.history = history if history is not None else History()
        self._sources = {**(sources or {}), ORIGINAL: original}
        self._labels: dict[str, str] = {}
        past = past if past is not None else Past.replayed(original, edits, self._sources)
        self._now, self._shared = past.grid, True
        self._vectors, self._valid = past.grid.vectors, past.grid.mask
        self._selection: Mask | None = None
        self._draft: CellDraft | None = None
        self._version = 0
        self._edits = list(past.edits[: len(past.edits) - len(past.before)])
        for edit, patch in zip(past.edits[len(self._edits) :], past.before, strict=True):
            title = edit_title(edit, len(patch))
            self.history.remember(self._step(len(self._edits), [edit], patch, title))
            self._edits.append(edit)

    # -- what there is -------------------------------------------------------------------------

    @property
    def grid(self) -> EmbeddingGrid:
        """The grid after its edits, without a stroke in progress; never changes."""
        self._shared = True
        return self._now

    @property
    def now(self) -> EmbeddingGrid:
        """The same, to be looked at and let go: the next edit writes into it.

        A grid that somebody holds is copied before the next edit; this one is not.
        """
        return self._now

    @property
    def version(self) -> int:
        """Another number after every edit, undo and redo."""
        return self._version

    @property
    def shown(self) -> EmbeddingGrid:
        """The grid with a stroke in progress in it."""
        return self.grid if self._draft is None else self._draft.applied(self.grid)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that lead from the original to the grid."""
        return tuple(self._edits)

    @property
    def sources(self) -> Mapping[str, EmbeddingGrid]:
        """The grids that edits may take from."""
        return self._sources

    @property
    def labels(self) -> Mapping[str, str]:
        """What people call the sources that have a name of their own."""
        return self._labels

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._now.rows, self._now.columns

    @property
    def selection(self) -> Mask | None:
        """(rows, columns): the selected cells; None while nothing is selected."""
        return self._selection

    @property
    def drafting(self) -> bool:
        """Whether a stroke is in progress."""
        return self._draft is not None

    @property
    def drafted(self) -> tuple[Indices, Indices]:
        """Rows and columns of the cells that a stroke in progress changes."""
        nothing = np.zeros(0, np.intp)
        return (nothing, nothing) if self._draft is None else self._draft.cells

    def values(self, rows: Indices, columns: Indices) -> tuple[Vectors, Mask]:
        """Return (n, dim) embeddings and (n,) validity of cells as they are shown; copies."""
        vectors, valid = self._now.vectors[rows, columns], self._now.mask[rows, columns]
        if self._draft is not None:
            self._draft.put_over(rows, columns, vectors, valid)
        return vectors, valid

    # -- acts ----------------------------------------------------------------------------------

    def do(self, edit: Edit, text: str = "") -> int:
        """Edit the grid, in one step that can be undone.

        Parameters
        ----------
        edit
            The edit; one that was previewed last is not computed again.
        text
            What the act is called; by default told from the edit: "Paint 12 cells".

        Returns
        -------
        int
            How many cells changed; where none did there is nothing to undo.

        Raises
        ------
        BadEdits, IncompatibleGrid, BadGrid
            When the edit does not fit; nothing changed.
        """
        known = None if self._draft is None else self._draft.patch(edit)
        patch = edit.changes(Grids(self._now, self._sources)) if known is None else known
        if not len(patch):
            self.preview(None)
            return 0
        title = text or edit_title(edit, len(patch), self._labels)
        self.history.push(self._step(len(self._edits), [edit], patch, title))
        return len(patch)

    def restore(self, edits: Iterable[Edit], text: str) -> int:
        """Have these edits instead, all from the original on, in one step that can be undone.

        Returns
        -------
        int
            How many cells changed.

        Raises
        ------
        BadEdits, IncompatibleGrid, BadGrid
            When one does not fit; nothing changed.
        """
        wanted = Past.replayed(self.original, edits, self._sources, most=0)
        if wanted.edits == self.edits:
            self.preview(None)
            return 0
        at = changed_cells(self._now, wanted.grid)
        patch = CellPatch.of(wanted.grid, at[:, 0], at[:, 1])
        keep = 0
        for old, new in zip(self._edits, wanted.edits, strict=False):
            if old != new:
                break
            keep += 1
        self.history.push(self._step(keep, list(wanted.edits[keep:]), patch, text))
        return len(patch)

    def preview(self, edit: Edit | None) -> int:
        """Show what an edit would do, or take back what was shown; not an act.

        Returns
        -------
        int
            How many cells would change.

        Raises
        ------
        BadEdits, IncompatibleGrid, BadGrid
            When the edit does not fit; what was shown stays.
        """
        if edit is None:
            self._tell(self._dropped())
            return 0
        draft = self._draft or CellDraft(self.shape, self._now.dim)
        rows, columns = draft.draw(edit, Grids(self._now, self._sources, trace=draft.trace))
        self._draft = draft
        if len(rows):
            self.changed.emit(CellsChanged(rows, columns, provisional=True))
        return len(draft)

    def select(self, mask: Mask | None) -> None:
        """Select these cells and no others; an empty selection is none. Not an act to undo."""
        chosen = None
        if mask is not None and mask.any():
            if mask.shape != self.shape:
                raise ValueError(f"a selection of {mask.shape} cells in a grid of {self.shape}")
            chosen = mask.astype(np.bool_, copy=True)
            chosen.flags.writeable = False
        before = self._selection
        if chosen is None or before is None:
            same = chosen is before
        else:
            same = np.array_equal(chosen, before)
        if not same:
            self._selection = chosen
            self.selection_changed.emit()

    def add_source(self, name: str, grid: EmbeddingGrid, label: str = "") -> None:
        """Let edits take from a grid, which must never change under that name.

        Raises
        ------
        IncompatibleGrid
            When it was made by another encoder.
        BadEdits
            When the name is in use for another grid.
        """
        if name in self._sources:
            if self._sources[name] is not grid and self._sources[name].digest() != grid.digest():
                raise BadEdits(f"Another grid is called “{name}” already.", "Choose another name.")
            return
        if (grid.encoder, grid.dim) != (self._now.encoder, self._now.dim):
            raise IncompatibleGrid(
                f"These cells were made by {grid.encoder} ({grid.dim} values a cell), "
                f"this grid by {self._now.encoder} ({self._now.dim}).",
                "Embed both with the same encoder.",
            )
        self._sources[name] = grid
        if label:
            self._labels[name] = label
        self.source_added.emit(name, grid)

    # -- inside --------------------------------------------------------------------------------

    def _step(self, keep: int, edits: list[Edit], patch: CellPatch, text: str) -> Step:
        """Return the step that swaps what cells hold with what a patch holds, there and back.

        Parameters
        ----------
        keep
            How many edits stay in any case.
        edits
            What follows them once the step is done.
        patch
            What the cells hold on the other side of the step.
        text
            What the step is called.
        """
        other, before = [patch], self._edits[keep:]

        def swap(following: list[Edit]) -> None:
            dropped = self._dropped()
            other[0] = self._swapped(other[0])
            self._edits[keep:] = following
            for number, edit in enumerate(following or [None], keep):
                self.edited.emit(number, edit)
            self._tell(_together(dropped, other[0], self.shape))

        weight = patch.nbytes + 1000 + sum(len(edit.model_dump_json()) for edit in edits)
        return Step(text, lambda: swap(edits), lambda: swap(before), weight=weight)

    def _swapped(self, patch: CellPatch) -> CellPatch:
        """Put a patch into the grid and return what was there."""
        before = CellPatch.of(self._now, patch.rows, patch.columns)
        if self._shared:
            self._vectors, self._valid = self._now.vectors.copy(), self._now.mask.copy()
            self._now, self._shared = self._now.trusted(self._vectors, self._valid), False
        patch.put(self._vectors, self._valid)
        self._version += 1
        return before

    def _dropped(self) -> tuple[Indices, Indices]:
        """Forget the stroke in progress and return the cells that it changed."""
        cells, self._draft = self.drafted, None
        return cells

    def _tell(self, cells: tuple[Indices, Indices]) -> None:
        if len(cells[0]):
            self.changed.emit(CellsChanged(*cells, provisional=False))


def _together(
    cells: tuple[Indices, Indices], patch: CellPatch, shape: tuple[int, int]
) -> tuple[Indices, Indices]:
    """Return cells and those of a patch, none twice, row by row."""
    if not len(cells[0]):
        return patch.rows, patch.columns
    touched = np.zeros(shape, np.bool_)
    touched[cells] = True
    touched[patch.rows, patch.columns] = True
    rows, columns = np.nonzero(touched)
    return rows, columns
