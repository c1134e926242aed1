"""Figures of pictures and of vectors that stand in pairs: fidelity, looks, likeness, neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ssldiff_gui.evaluation.fidelity import psnr, ssim
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.likeness import (
    cosines,
    mean_distance,
    nearest,
    pixel_spread,
    thumbnails,
    turned_all,
)
from ssldiff_gui.evaluation.looks import colour_histogram, colour_spread, looks
from ssldiff_gui.evaluation.neighbours import neighbour_cosine


def noise(count=3, side=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


def test_psnr_of_a_known_error():
    real = np.full((2, 8, 8, 3), 100, np.uint8)
    assert psnr(real, real + 5) == pytest.approx(20 * np.log10(255 / 5))
    assert np.isfinite(psnr(real, real)).all()


def test_ssim_is_torchmetrics_own_and_one_for_the_same():
    from torchmetrics.functional.image import structural_similarity_index_measure

    real = noise(1)
    made = np.clip(real.astype(int) + noise(1, seed=1) // 8, 0, 255).astype(np.uint8)
    values = [torch.from_numpy(x).permute(0, 3, 1, 2).double() for x in (made, real)]
    theirs = structural_similarity_index_measure(*values, data_range=255.0, sigma=1.5)
    assert ssim(real, made)[0] == pytest.approx(float(theirs), abs=5e-3)
    assert ssim(real, real) == pytest.approx(1)


def test_looks_tell_textures_apart_and_need_no_turn():
    rough = noise(4, 64)
    even = np.full_like(rough, 128)
    found = looks(np.concatenate([rough, even]))
    assert found.shape == (8, 46)
    assert np.isfinite(found).all()
    within = np.linalg.norm(found[0] - found[1])
    assert np.linalg.norm(found[0] - found[4]) > 10 * within
    turned = looks(np.rot90(rough, axes=(1, 2)).copy())
    assert turned[:, :22] == pytest.approx(found[:4, :22])
    assert looks(rough[:0]).shape == (0, 46)


def test_colours_as_histogram_and_as_spread():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2] = 255
    histogram = colour_histogram(picture)
    assert (histogram**2).sum() == pytest.approx(1)
    assert histogram[0] == histogram[-1] == pytest.approx(0.5**0.5)
    assert colour_spread(picture) == pytest.approx([0.5] * 6)


def test_cosines_are_flattered_by_what_all_share():
    random = np.random.default_rng(0)
    asked, found = (random.standard_normal((50, 8)) + 10 for _ in range(2))
    assert cosines(asked, found).mean() > 0.95
    assert abs(cosines(asked, found, np.full(8, 10.0)).mean()) < 0.2
    assert cosines(asked, asked, np.full(8, 10.0)) == pytest.approx(1)


def test_distances_between_seeds():
    sets = np.zeros((3, 5, 2))
    sets[1, :, 0], sets[2, :, 1] = 3, 4
    assert mean_distance(sets) == pytest.approx((3 + 4 + 5) / 3)
    assert np.isnan(mean_distance(sets[:1]))
    pictures = np.zeros((2, 4, 4, 3), np.uint8)
    pictures[1] = 2
    assert pixel_spread(pictures) == pytest.approx(2**0.5)


def test_the_nearest_of_a_bank():
    bank = np.random.default_rng(0).standard_normal((40, 6))
    found = nearest(bank[7:9] + np.array([0.01, 0, 0, 0, 0, 0]), bank)
    assert found == pytest.approx(0.01)


def test_thumbnails_measure_in_grey_levels_and_find_a_turned_copy():
    pictures = noise(5, 64)
    small = thumbnails(pictures)
    assert small.shape == (5, 768)
    even = thumbnails(np.stack([np.full((32, 32, 3), v, np.uint8) for v in (10, 40)]))
    assert np.linalg.norm(even[0] - even[1]) == pytest.approx(30)
    bank = thumbnails(turned_all(pictures))
    assert bank.shape == (40, 768)
    copy = np.rot90(pictures[2])[None, :, ::-1].copy()
    assert nearest(thumbnails(copy), bank) == pytest.approx(0, abs=1e-5)


def test_neighbour_cosines_of_stripes():
    stripes = np.zeros((6, 6, 2))
    stripes[:, ::2, 0], stripes[:, 1::2, 0] = 1, -1
    zero = np.zeros(2)
    assert neighbour_cosine([stripes], "vertical", 1, zero) == pytest.approx(1)
    assert neighbour_cosine([stripes], "horizontal", 1, zero) == pytest.approx(-1)
    assert neighbour_cosine([stripes], "horizontal", 2, zero) == pytest.approx(1)
    assert neighbour_cosine([stripes], "diagonal", 1, zero) == pytest.approx(-1)
    assert np.isnan(neighbour_cosine([stripes], "vertical", 6, zero))


def test_a_figure_is_json_even_where_there_is_no_number():
    figure = Figure("a", float("nan"), "higher", {"b": float("inf"), "c": 1.5})
    assert figure.facts()["value"] is None
    assert figure.facts()["against"] == {"b": None, "c": 1.5}
