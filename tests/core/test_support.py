from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save_file

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.support import Support
from ssldiff_gui.storage.support import SUPPORT, read_support, support_arrays


def kind(seed: int, count: int = 3000, dim: int = 16) -> np.ndarray:
    """Embeddings of one kind: most of their variance in a few directions."""
    spread = np.linspace(2, 0.05, dim)
    return (np.random.default_rng(seed).standard_normal((count, dim)) * spread).astype(np.float32)


@pytest.fixture(scope="module")
def support() -> Support:
    return Support.of(kind(0), kind(1))


def test_its_own_kind_is_hardly_ever_far(support):
    assert (support.distances(kind(2)) > 1).mean() < 0.03


def test_what_lies_elsewhere_is_far(support):
    assert (support.distances(kind(2) + 12) > 1).all()


def test_what_varies_where_the_training_does_not_is_far(support):
    odd = kind(2)
    odd[:, -4:] += 1.5
    assert (support.distances(odd) > 1).mean() > 0.9


def test_a_map_leaves_out_what_is_no_tissue(support):
    vectors = kind(3, 12).reshape(3, 4, 16)
    mask = np.ones((3, 4), bool)
    mask[1, 2] = False
    vectors[0, 0] += 40
    grid = EmbeddingGrid(vectors, "e@1", 16, valid=mask)
    found = support.map(grid)
    assert np.isnan(found[1, 2])
    assert np.isfinite(found).sum() == 11
    assert found[0, 0] > 1
    assert support.beyond(grid) == pytest.approx((found[mask] > 1).mean())


def test_the_same_training_gives_the_same_file(support, tmp_path):
    again = Support.of(kind(0), kind(1))
    for name, array in support_arrays(support).items():
        assert np.array_equal(array, support_arrays(again)[name])


def test_a_file_says_what_was_written(support, tmp_path):
    save_file(support_arrays(support), tmp_path / SUPPORT)
    found = read_support(tmp_path)
    assert np.allclose(found.distances(kind(5)), support.distances(kind(5)), atol=0.02)


def test_a_folder_without_it_says_nothing(tmp_path):
    assert read_support(tmp_path) is None


@pytest.mark.parametrize("what", ["cut", "text", "shape", "nan", "lacking", "zero"])
def test_a_damaged_file_is_told(support, tmp_path, what):
    parts = support_arrays(support)
    if what == "shape":
        parts["centre"] = parts["centre"][:3]
    if what == "nan":
        parts["vectors"] = np.full_like(parts["vectors"], np.nan)
    if what == "lacking":
        del parts["axes"]
    if what == "zero":
        parts["far"] = np.zeros(2, np.float32)
    save_file(parts, tmp_path / SUPPORT)
    if what == "cut":
        (tmp_path / SUPPORT).write_bytes((tmp_path / SUPPORT).read_bytes()[:200])
    if what == "text":
        (tmp_path / SUPPORT).write_text("no tensors")
    with pytest.raises(DamagedModel):
        read_support(tmp_path)


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float32, (7, 16), elements=st.floats(-50, 50, width=32)))
def test_distances_are_finite_and_not_negative(vectors):
    support = Support.of(kind(0, 200), kind(1, 200))
    found = support.distances(vectors)
    assert found.shape == (7,)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
