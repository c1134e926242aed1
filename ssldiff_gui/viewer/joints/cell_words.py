"""Cells and their kinds as the inspector shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssldiff_gui.widgets.shown import ClusterShown, NeighbourShown

if TYPE_CHECKING:
    from ssldiff_gui.state.cell_maps import ClusterMap
    from ssldiff_gui.state.cells import CellAnalysis

NEAREST = 6


def clusters_shown(found: ClusterMap) -> tuple[ClusterShown, ...]:
    """Return the kinds of cells as widgets show them."""
    return tuple(
        ClusterShown(index, letter, tuple(int(part) for part in colour), count)  # type: ignore[arg-type]
        for index, (letter, colour, count) in enumerate(
            zip(found.letters, found.colours, found.counts, strict=True)
        )
    )


def cluster_of(analysis: CellAnalysis, cell: tuple[int, int]) -> ClusterShown | None:
    """Return the kind that a cell belongs to."""
    index = analysis.cluster_of(cell)
    if index is None or analysis.clusters is None:
        return None
    return clusters_shown(analysis.clusters)[index]


def neighbours_of(
    analysis: CellAnalysis, cell: tuple[int, int], columns: int
) -> tuple[NeighbourShown, ...]:
    """Return the cells most like one, without their pictures."""
    found = analysis.neighbours(cell, NEAREST)
    return tuple(
        NeighbourShown(n.row * columns + n.column, n.cosine, None,
                       f"row {n.row + 1}, column {n.column + 1}")
        for n in found
    )  # fmt: skip
