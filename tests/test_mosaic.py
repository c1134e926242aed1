"""Composing large grids of small ones: nothing invented, nothing left out, the same every time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PACKAGING = Path(__file__).resolve().parents[1] / "packaging"


@pytest.fixture
def mosaic(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(PACKAGING)
    import mosaic

    yield mosaic
    sys.modules.pop("mosaic")


def sources(count: int = 4, side: int = 8, dim: int = 6) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [random.standard_normal((side, side, dim)).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize("size", [(20, 33), (8, 8), (3, 5), (31, 7)])
def test_a_quilt_covers_its_area_and_is_the_same_every_time(mosaic, size):
    made = [mosaic.quilt(np.random.default_rng(3), sources(), size, 6, 2) for _ in range(2)]
    assert made[0].shape == (*size, 6)
    assert made[0].dtype == np.float32
    assert np.array_equal(*made)
    assert (np.abs(made[0]).sum(2) > 0).all()
    other = mosaic.quilt(np.random.default_rng(4), sources(), size, 6, 2)
    assert not np.array_equal(made[0], other)


def test_most_cells_of_a_quilt_are_cells_of_the_sources_as_they_are(mosaic):
    known = {cell.tobytes() for source in sources() for cell in source.reshape(-1, 6)}
    made = mosaic.quilt(np.random.default_rng(3), sources(), (40, 40), 8, 2)
    as_they_are = np.mean([cell.tobytes() in known for cell in made.reshape(-1, 6)])
    assert as_they_are > 0.5


def test_a_quilt_of_one_smooth_source_has_no_seams(mosaic):
    down, across = np.meshgrid(np.arange(24), np.arange(24), indexing="ij")
    waves = [np.sin(down / 2), np.cos(down / 2), np.sin(across / 2), np.cos(across / 2)]
    source = np.stack(waves, 2).astype(np.float32)
    made = mosaic.quilt(np.random.default_rng(0), [source], (60, 60), 10, 4)
    steps = np.abs(np.diff(made, axis=0)).sum(2)
    usual = np.abs(np.diff(source, axis=0)).sum(2)
    random = np.random.default_rng(0).permutation(source.reshape(-1, 4)).reshape(source.shape)
    assert steps.mean() < 1.5 * usual.mean()
    assert steps.mean() < 0.5 * np.abs(np.diff(random, axis=0)).sum(2).mean()


def test_what_runs_down_a_tile_goes_on_through_its_mirror_image(mosaic):
    tile = sources(1)[0]
    line = mosaic.alternating(tile, tile[::-1], 20)
    assert line.shape == (20, 8, 6)
    assert np.array_equal(line[7], line[8])
    assert np.array_equal(line[15], line[16])
    assert np.array_equal(line[:8], tile)


def test_layers_join_where_the_labels_say(mosaic):
    layers = [np.full((10, 12, 3), value, np.float32) for value in (1, 2, 3)]
    labels = np.zeros((10, 12), np.int64)
    labels[:, 4:8], labels[:, 8:] = 1, 2
    hard = mosaic.joined(layers, labels, 0)
    assert np.array_equal(hard[..., 0], labels + 1)
    soft = mosaic.joined(layers, labels, 1.0)[5, :, 0]
    assert (np.diff(soft) >= -1e-6).all()
    assert soft[0] == pytest.approx(1, abs=0.01)
    assert soft[-1] == pytest.approx(3, abs=0.01)


def test_borders_wander_and_every_seed_has_its_own(mosaic):
    seeds = [(10, 10), (10, 30), (30, 20)]
    labels = mosaic.nearest(np.random.default_rng(0), (40, 40), seeds, rough=3)
    assert [labels[seed] for seed in seeds] == [0, 1, 2]
    edges = (labels[:12] == 0).sum(1)
    assert len(set(edges.tolist())) > 3


def test_a_piece_lies_about_its_centre(mosaic):
    mask = mosaic.piece(np.random.default_rng(0), (60, 80), (30, 40), (20, 30))
    assert mask[30, 40]
    assert not mask[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert 0.8 < mask.sum() / (np.pi * 20 * 30) < 1.2
