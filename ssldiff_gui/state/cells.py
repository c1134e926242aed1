"""What is shown of the cells of a grid, kept up while it is edited; the slow part in the back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from ssldiff_gui.core.edit_grids import Cell, Indices
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.grid_colours import GridColours
from ssldiff_gui.core.support import Support
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.cell_maps import (
    NEW_MARK,
    ClusterMap,
    Labels,
    Legend,
    LikenessMap,
    Method,
    Neighbour,
    Scatter,
    SeenMap,
    can_umap,
    nearest_cells,
    scatter,
)
from ssldiff_gui.state.grid_editor import CellsChanged, GridEditor
from ssldiff_gui.state.latest_only import LatestOnly

Mode = Literal["colours", "clusters", "likeness", "unseen", "lines", "off"]
RGBA = npt.NDArray[np.uint8]

AT_ONCE = 8192
"""Changed cells that are coloured where they change; more of them are coloured in the back."""

SEEN_AT_ONCE = 256
"""The same where each is compared with all that a model was trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """The cells as they are to be shown.

    Parameters
    ----------
    mode
        What the colours say.
    colours
        (rows, columns, 4) uint8; glass is transparent. None for lines, and for nothing.
    labels
        (rows, columns): which of the words each cell bears, -1 for none; None without words.
    words
        A letter for each cluster.
    legend
        What the colours mean.
    """

    mode: Mode
    colours: RGBA | None = None
    labels: Labels | None = None
    words: tuple[str, ...] = ()
    legend: Legend = field(default_factory=Legend)


@dataclass(frozen=True, slots=True, eq=False)
class CellsShown:
    """Cells that look different now: (n,), (n,), (n, 4) uint8, and (n,) words or None."""

    rows: Indices
    columns: Indices
    colours: RGBA
    labels: Labels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was found out about a grid."""

    colours: GridColours | None = None
    clusters: ClusterMap | None = None
    likeness: LikenessMap | None = None
    seen: SeenMap | None = None


class CellAnalysis:
    """The maps of one grid, and which of them is shown.

    Parameters
    ----------
    editor
        The grid.
    deliver
        Runs a call in the thread where state may change.
    run
        Runs work beside it.
    """

    overlay_changed = Signal(Overlay)
    cells_changed = Signal(CellsShown)
    """Some cells of the overlay, while a stroke is made and after it."""
    clusters_changed = Signal(object)
    """The `ClusterMap`, also after an edit moved cells from one kind to another."""
    scatter_changed = Signal(Scatter)
    busy_changed = Signal(bool)
    problem = Signal(UserError)

    def __init__(
        self,
        editor: GridEditor,
        deliver: Deliver | None = None,
        run: Callable[[Callable[[], None], str], object] = in_background,
    ) -> None:
        self.editor = editor
        self._fitted = Fitted()
        self._overlay = Overlay("off")
        self._asked = _Asked()
        self._jobs = LatestOnly(deliver or deliver_at_once, run)
        self._jobs.busy_changed.connect(self.busy_changed.emit)
        self._jobs.problem.connect(self.problem.emit)
        self._late: Mask | None = None
        editor.changed.connect(self._on_changed)

    def close(self) -> None:
        """Stop following; answers that still come are dropped."""
        self.editor.changed.disconnect(self._on_changed, missing_ok=True)
        self._jobs.close()

    # -- what there is -------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        """What was asked for last; the overlay may still be on its way."""
        return self._asked.mode

    @property
    def overlay(self) -> Overlay:
        """What is shown; a copy that does not change."""
        held = self._overlay
        colours = None if held.colours is None else held.colours.copy()
        return replace(
            held, colours=colours, labels=None if held.labels is None else held.labels.copy()
        )

    @property
    def clusters(self) -> ClusterMap | None:
        """The kinds of cells, once they were asked for."""
        return self._fitted.clusters

    @property
    def busy(self) -> bool:
        """Whether anything is being computed."""
        return self._jobs.busy

    @staticmethod
    def methods() -> tuple[Method, ...]:
        """Return how cells can be laid out in a plane here."""
        return ("pca", "umap") if can_umap() else ("pca",)

    def cluster_of(self, cell: Cell) -> int | None:
        """Return the number of a cell's cluster; None for glass, or before there are any."""
        found = -1 if self.clusters is None else int(self.clusters.labels[cell])
        return found if found >= 0 else None

    def neighbours(self, cell: Cell, count: int = 8) -> tuple[Neighbour, ...]:
        """Return the cells most like one; some ms in a grid of 64 × 64."""
        return nearest_cells(self.editor.now, cell, count)

    def know(self, support: Support | None) -> None:
        """Take what the generator was trained on, for the mode "unseen"; None when it is unsaid."""
        known = None if self._fitted.seen is None else self._fitted.seen.support
        if support is known:
            return
        self._fitted = replace(self._fitted, seen=None if support is None else SeenMap(support))
        if self._asked.mode == "unseen":
            self._ask(self._fitted)

    # -- asking --------------------------------------------------------------------------------

    def show(self, mode: Mode, *, clusters: int | None = None, cell: Cell | None = None) -> None:
        """Ask for an overlay; it comes with `overlay_changed`.

        Parameters
        ----------
        mode
            What the colours shall say.
        clusters
            How many kinds, for "clusters"; by default as many as before.
        cell
            The cell to be like, for "likeness"; by default the one of before.
        """
        known, asked = self._fitted, replace(self._asked, mode=mode)
        if clusters is not None and clusters != asked.count:
            asked, known = replace(asked, count=clusters), replace(known, clusters=None)
        if cell is not None and cell != asked.cell:
            asked, known = replace(asked, cell=cell), replace(known, likeness=None)
        self._asked = replace(asked, clusters=asked.clusters or mode == "clusters")
        self._ask(known)

    def ask_scatter(self, method: Method = "pca") -> None:
        """Ask for a layout of all cells; it comes with `scatter_changed`."""
        grid, original, known = self.editor.grid, self.editor.original, self._fitted.colours

        def work() -> Callable[[], None]:
            found = scatter(grid, method, known or _colours(original, grid))
            return lambda: self.scatter_changed.emit(found)

        self._jobs.start("lay out cells", work)

    # -- inside --------------------------------------------------------------------------------

    def _ask(self, known: Fitted) -> None:
        grid, asked, original = self.editor.grid, self._asked, self.editor.original
        self._late = np.zeros(self.editor.shape, np.bool_)
        self._late[self.editor.drafted] = True

        def work() -> Callable[[], None]:
            fitted = _completed(known, asked, grid, original)
            overlay = _overlay(asked.mode, grid, fitted)
            return lambda: self._arrived(fitted, overlay)

        self._jobs.start("colour cells", work)

    def _arrived(self, fitted: Fitted, overlay: Overlay) -> None:
        fresh = fitted.clusters is not self._fitted.clusters
        self._fitted, self._overlay = fitted, overlay
        late, self._late = self._late, None
        if late is not None and late.any():
            self._coloured(*np.nonzero(late))
        self.overlay_changed.emit(self.overlay)
        if fresh:
            self.clusters_changed.emit(self.clusters)

    def _on_changed(self, change: CellsChanged) -> None:
        rows, columns = change.rows, change.columns
        if self._late is not None:
            self._late[rows, columns] = True
        if not change.provisional:
            moved = self._asked.mode == "likeness" and self._touches(rows, columns)
            most = SEEN_AT_ONCE if self._asked.mode == "unseen" else AT_ONCE
            if moved or len(rows) > most:
                self._ask(replace(self._fitted, likeness=None) if moved else self._fitted)
                return
        shown = self._coloured(rows, columns)
        if shown is not None:
            self.cells_changed.emit(shown)
        if self.clusters is not None and not change.provisional:
            self.clusters_changed.emit(self.clusters)

    def _touches(self, rows: Indices, columns: Indices) -> bool:
        row, column = self._asked.cell
        return bool(((rows == row) & (columns == column)).any())

    def _coloured(self, rows: Indices, columns: Indices) -> CellsShown | None:
        """Colour cells anew; return them when the overlay shows them."""
        vectors, valid = self.editor.values(rows, columns)
        fitted, labels = self._fitted, None
        if fitted.clusters is not None:
            labels = fitted.clusters.of(vectors, valid)
            self._fitted = replace(
                fitted, clusters=fitted.clusters.with_cells(rows, columns, labels)
            )
        held = self._overlay
        if held.colours is None:
            return None
        if held.mode == "unseen" and fitted.seen is not None:
            found, labels = _seen(fitted.seen, vectors, valid)
        else:
            found = _colours_of(held.mode, vectors, valid, fitted, labels)
        held.colours[rows, columns] = found
        if held.labels is not None and labels is not None:
            held.labels[rows, columns] = labels
        lettered = held.mode in {"clusters", "unseen"}
        return CellsShown(rows, columns, found, labels if lettered else None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is wanted: an overlay, and whether the kinds of cells are wanted in any case."""

    mode: Mode = "off"
    clusters: bool = False
    count: int = 8
    cell: Cell = (0, 0)


def _completed(
    known: Fitted, asked: _Asked, grid: EmbeddingGrid, original: EmbeddingGrid
) -> Fitted:
    """Find out what is wanted and is not known yet."""
    colours, kinds, alike = known.colours, known.clusters, known.likeness
    if asked.mode == "colours" and colours is None:
        colours = _colours(original, grid)
    if asked.clusters and kinds is None:
        kinds = ClusterMap.fitted(grid, asked.count)
    if asked.mode == "likeness" and alike is None:
        alike = LikenessMap.fitted(grid, asked.cell)
    if kinds is not None and kinds is known.clusters:
        rows, columns = np.indices(grid.mask.shape).reshape(2, -1)
        labels = kinds.of(grid.vectors[rows, columns], grid.mask[rows, columns])
        kinds = kinds.with_cells(rows, columns, labels)
    return Fitted(colours, kinds, alike, known.seen)


def _colours(original: EmbeddingGrid, grid: EmbeddingGrid) -> GridColours:
    """Return the colours of a grid as it was at first; of a canvas from nothing, as it is."""
    found = GridColours.fitted(original)
    return GridColours.fitted(grid) if found.flat and grid is not original else found


def _overlay(mode: Mode, grid: EmbeddingGrid, fitted: Fitted) -> Overlay:
    """Return what is to be shown of a whole grid."""
    if mode in {"lines", "off"}:
        return Overlay(mode)
    vectors, valid = grid.vectors.reshape(-1, grid.dim), grid.mask.ravel()
    labels = None
    words: tuple[str, ...] = ()
    legend = Legend()
    if mode == "clusters" and fitted.clusters is not None:
        labels, words = fitted.clusters.labels.ravel(), fitted.clusters.letters
        colours = tuple(tuple(one) for one in fitted.clusters.colours.tolist())
        legend = Legend(colours, words)
    elif mode == "likeness" and fitted.likeness is not None:
        legend = fitted.likeness.legend
    elif mode == "unseen":
        if fitted.seen is None:
            return Overlay(mode)
        found, marks = _seen(fitted.seen, vectors, valid)
        shape = grid.mask.shape
        return Overlay(
            mode, found.reshape(*shape, 4), marks.reshape(shape), (NEW_MARK,), fitted.seen.legend
        )
    found = _colours_of(mode, vectors, valid, fitted, labels).reshape(*grid.mask.shape, 4)
    held = None if labels is None else labels.reshape(grid.mask.shape).copy()
    return Overlay(mode, found, held, words, legend)


def _seen(seen: SeenMap, vectors: Vectors, valid: Mask) -> tuple[RGBA, Labels]:
    """Return (n, 4) uint8 colours of cells, and (n,) 0 for those that bear the mark, else -1."""
    colours = np.zeros((len(vectors), 4), np.uint8)
    marks = np.full(len(vectors), -1, np.intp)
    far = seen.of(vectors[valid])
    colours[valid, :3] = seen.colours(far)
    colours[valid, 3] = 255
    marks[valid] = np.where(far > 1, 0, -1)
    return colours, marks


def _colours_of(
    mode: Mode, vectors: Vectors, valid: Mask, fitted: Fitted, labels: Labels | None
) -> RGBA:
    """Return (n, 4) uint8 colours of cells; glass is transparent."""
    found = np.zeros((len(vectors), 4), np.uint8)
    known = vectors[valid]
    if mode == "clusters" and fitted.clusters is not None and labels is not None:
        found[valid, :3] = fitted.clusters.colours[labels[valid]]
    elif mode == "likeness" and fitted.likeness is not None:
        found[valid, :3] = fitted.likeness.colours(fitted.likeness.of(known))
    elif mode == "colours" and fitted.colours is not None:
        found[valid, :3] = fitted.colours.of(known)
    found[valid, 3] = 255
    return found
