"""Places of patches as cells, whatever the order, the holes and the pitch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadGrid
from ssldiff_gui.storage.lattice import lay

ORIGIN = st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000))
CELLS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=40, unique=True
)


@given(cells=CELLS, origin=ORIGIN, footprint=st.floats(20, 2000))
def test_side_by_side_patches_are_cells_in_any_order(
    cells: list[tuple[int, int]], origin: tuple[int, int], footprint: float
) -> None:
    wanted = np.array(cells)
    coords = np.round(wanted * footprint).astype(np.int64) + origin
    found = lay(coords, footprint)
    order = np.lexsort((wanted[:, 0], wanted[:, 1]))
    least = wanted.min(0)
    assert sorted(found.patches.tolist()) == list(range(len(cells)))
    for row, column, patch in zip(found.rows, found.columns, found.patches, strict=True):
        assert [column, row] == (wanted[patch] - least).tolist()
    assert len(order) == len(found.rows)
    assert (abs(found.x - coords[:, 0].min()), abs(found.y - coords[:, 1].min())) == (0, 0)
    assert found.moved <= np.sqrt(2)
    assert found.shape == tuple(reversed((wanted.max(0) - least + 1).tolist()))


def grid_of(pitch: int, rows: int, columns: int, x: int = 0, y: int = 0) -> np.ndarray:
    return np.array([(x + c * pitch, y + r * pitch) for r in range(rows) for c in range(columns)])


@pytest.mark.parametrize("finer", [2, 4])
def test_overlapping_patches_are_refused_with_what_to_do_or_thinned(finer: int) -> None:
    coords = grid_of(256 // finer, 4 * finer - 1, 4 * finer - 1, 7, 9)
    with pytest.raises(BadGrid, match="overlap") as caught:
        lay(coords, 256)
    assert f"every {finer}" in caught.value.hint
    found = lay(coords, 256, "thin")
    assert found.shape == (4, 4)
    assert len(found.patches) == 16
    assert found.moved == 0
    np.testing.assert_array_equal(
        coords[found.patches],
        np.stack([found.columns, found.rows], 1) * 256 + [found.x, found.y],
    )


def test_thinning_takes_the_phase_with_most_patches() -> None:
    coords = np.concatenate([grid_of(256, 3, 3, 128, 128), grid_of(256, 1, 2, 0, 0)])
    found = lay(coords, 256, "thin")
    assert found.patches.tolist() == list(range(9))


def test_pieces_of_tissue_with_lattices_of_their_own_are_snapped() -> None:
    coords = np.concatenate([grid_of(256, 4, 4, 10, 10), grid_of(256, 2, 2, 2000, 90)])
    with pytest.raises(BadGrid, match="no common lattice") as caught:
        lay(coords, 256)
    assert "snap" in caught.value.hint
    with pytest.raises(BadGrid, match="no common lattice"):
        lay(coords, 256, "thin")
    found = lay(coords, 256, "snap")
    assert len(found.patches) == 20
    assert (found.x, found.y) == (10, 10)
    corner = np.stack([found.columns, found.rows], 1) * 256 + 10
    beside = np.hypot(*(coords[found.patches] - corner).T)
    assert beside[found.patches < 16].max() == 0  # the larger piece stays where it is
    assert found.moved == beside.max() <= 128 * np.sqrt(2)


def test_of_several_in_one_cell_the_nearest_is_taken() -> None:
    coords = np.array([(0, 0), (256, 0), (512, 0), (290, 3)])
    found = lay(coords, 256, "snap")
    assert found.patches.tolist() == [0, 1, 2]
    with pytest.raises(BadGrid, match="1 patches lie where another"):
        lay(np.array([(0, 0), (256, 0), (256, 0)]), 256)
