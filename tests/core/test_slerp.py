"""Between embeddings, by the rule of Large-Image-Diffusion."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.slerp import between_cells, slerp

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "parity"
PARITY = Path(os.environ.get("SSLDIFF_PARITY") or BESIDE)


@pytest.fixture(scope="module")
def lid() -> dict[str, Any]:
    path = PARITY / "lid" / "io.safetensors"
    if not path.is_file():
        pytest.skip(f"no reference values in {PARITY.name}/lid")
    from safetensors.numpy import load_file

    return load_file(path)


def test_slerp_is_the_reference_s(lid: dict[str, Any]) -> None:
    found = slerp(lid["slerp_t"], lid["slerp_v0"], lid["slerp_v1"])
    np.testing.assert_allclose(found, lid["slerp_out"], rtol=0, atol=2e-4)
    one = slerp(float(lid["slerp_t"][4]), lid["slerp_v0"][4], lid["slerp_v1"][4])
    np.testing.assert_array_equal(one, found[4])


def test_places_between_cells_are_the_reference_s(lid: dict[str, Any]) -> None:
    grid = lid["getcond_grid"].reshape(4, 4, -1)
    places = lid["getcond_ij"] / 64
    found = between_cells(grid, places[:, 0], places[:, 1])
    np.testing.assert_allclose(found, lid["getcond_embedding"], rtol=0, atol=7e-5)


def vectors(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(seed=st.integers(0, 10_000), dim=st.integers(1, 40))
def test_both_ends_are_exact(seed: int, dim: int) -> None:
    a, b = vectors(seed, 2, 5, dim)
    np.testing.assert_array_equal(slerp(0, a, b), a)
    np.testing.assert_array_equal(slerp(1, a, b), b)


@given(seed=st.integers(0, 10_000), t=st.floats(0, 1))
def test_an_arc_between_unit_vectors_stays_on_the_sphere_at_its_share_of_the_angle(
    seed: int, t: float
) -> None:
    a, b = vectors(seed, 2, 16).astype(np.float64)
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    found = slerp(t, a, b).astype(np.float64)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    assert np.arccos(np.clip(a @ found, -1, 1)) == pytest.approx(
        t * np.arccos(a @ b), abs=2e-3 if t < 1e-3 else 1e-4
    )


def test_parallel_opposite_and_zero_vectors_go_along_a_line() -> None:
    a = np.array([1, 0, 0], np.float32)
    for b in (3 * a, -a, 0 * a, np.array([1, 0.001, 0], np.float32)):
        np.testing.assert_allclose(slerp(0.25, a, b), 0.75 * a + 0.25 * b, atol=1e-7)
        np.testing.assert_allclose(slerp(0.75, b, a), 0.75 * a + 0.25 * b, atol=1e-7)


def test_none_given_stays_none_given() -> None:
    nothing = np.full(3, np.nan, np.float32)
    assert np.isnan(slerp(0.5, nothing, np.ones(3, np.float32))).all()


def test_shares_broadcast_over_the_leading_axes() -> None:
    a, b = vectors(1, 2, 4, 5, 8)
    shares = np.linspace(0, 1, 5)
    found = slerp(shares, a, b)
    for column, share in enumerate(shares):
        np.testing.assert_array_equal(found[:, column], slerp(share, a[:, column], b[:, column]))


@given(
    seed=st.integers(0, 1000),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    data=st.data(),
)
def test_whole_places_are_cells_and_the_last_ones_go_on(
    seed: int, rows: int, columns: int, data: st.DataObject
) -> None:
    grid = vectors(seed, rows, columns, 6)
    row = data.draw(st.integers(-2, rows + 2))
    column = data.draw(st.integers(-2, columns + 2))
    found = between_cells(grid, [row], [column])
    held = grid[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]
    np.testing.assert_array_equal(found[0], held)


def test_columns_come_before_rows() -> None:
    grid = 3 * vectors(3, 2, 2, 8)
    upper = slerp(0.3, grid[0, 0], grid[0, 1])
    lower = slerp(0.3, grid[1, 0], grid[1, 1])
    found = between_cells(grid, [0.6], [0.3])[0]
    np.testing.assert_array_equal(found, slerp(0.6, upper, lower))
    left = slerp(0.6, grid[0, 0], grid[1, 0])
    right = slerp(0.6, grid[0, 1], grid[1, 1])
    assert np.abs(found - slerp(0.3, left, right)).max() > 1e-4
