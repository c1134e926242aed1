from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ssldiff_gui.evaluation.distances import (
    Space,
    frechet,
    gaussian_frechet,
    kernel_distance,
    too_few,
)


def normal(count, dim, seed=0, mean=0.0, spread=1.0):
    return np.random.default_rng(seed).normal(mean, spread, (count, dim))


class AsTheyAre(nn.Identity):
    num_features = 6


def test_gaussians_with_diagonal_covariances_have_a_closed_form():
    mean, other = np.array([0.0, 1, 2]), np.array([1.0, 1, 0])
    a, b = np.array([1.0, 4, 9]), np.array([4.0, 1, 16])
    expected = ((mean - other) ** 2).sum() + ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert gaussian_frechet(mean, np.diag(a), other, np.diag(b)) == pytest.approx(expected)


def test_a_rotation_of_both_gaussians_changes_nothing():
    turn = np.linalg.qr(normal(4, 4)).Q
    a, b = np.diag([1.0, 2, 3, 0]), np.diag([2.0, 2, 1, 5])
    zero = np.zeros(4)
    plain = gaussian_frechet(zero, a, zero, b)
    assert gaussian_frechet(zero, turn @ a @ turn.T, zero, turn @ b @ turn.T) == pytest.approx(
        plain
    )


def test_the_distance_is_torchmetrics_own():
    from torchmetrics.image.fid import FrechetInceptionDistance

    ours, theirs = normal(200, 6), normal(150, 6, seed=1, mean=0.4, spread=1.3)
    ours[:, 0] += ours[:, 1]
    metric = FrechetInceptionDistance(AsTheyAre())
    metric.set_dtype(torch.float64)
    metric.update(torch.from_numpy(ours), real=True)
    metric.update(torch.from_numpy(theirs), real=False)
    assert frechet(ours, theirs) == pytest.approx(float(metric.compute()), rel=1e-4)


def test_a_set_has_no_distance_to_itself_and_a_shift_its_square():
    found = normal(300, 5)
    assert frechet(found, found) == pytest.approx(0, abs=1e-9)
    assert frechet(found, found + 2) == pytest.approx(5 * 4)


def test_fewer_samples_than_dimensions_still_give_a_number():
    assert 0 < frechet(normal(5, 20), normal(5, 20, seed=1)) < 200


def test_the_kernel_distance_is_torchmetrics_own():
    from torchmetrics.image.kid import poly_mmd

    ours, theirs = normal(80, 7), normal(80, 7, seed=1, mean=0.2)
    expected = float(poly_mmd(torch.from_numpy(ours), torch.from_numpy(theirs)))
    assert kernel_distance(ours, theirs) == pytest.approx(expected)


def test_the_kernel_distance_of_equal_distributions_is_zero_on_average():
    found = [kernel_distance(normal(60, 4, seed=k), normal(60, 4, seed=k + 999)) for k in range(80)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0
    assert kernel_distance(normal(60, 4), normal(60, 4, seed=1, mean=1)) > 1


def test_large_sets_are_thinned():
    assert kernel_distance(normal(5000, 3), normal(4000, 3, seed=1)) == pytest.approx(0, abs=0.01)


def test_a_space_makes_the_mean_variance_one_and_keeps_directions():
    known = normal(4000, 3) * (1, 2, 3) + 5
    spaced = Space.of(known)(known)
    assert spaced.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert spaced.var(axis=0).mean() == pytest.approx(1)
    assert spaced.std(axis=0)[2] / spaced.std(axis=0)[0] == pytest.approx(3, rel=0.1)


def test_a_space_of_components_keeps_the_widest_ones():
    known = normal(2000, 3) * (1, 10, 0.1)
    space = Space.of(known, components=1)
    assert space(known).shape == (2000, 1)
    assert space(known).var() == pytest.approx(1, rel=1e-2)
    assert abs(np.corrcoef(space(known)[:, 0], known[:, 1])[0, 1]) > 0.999
    assert space.kept == pytest.approx(100 / 101, rel=0.02)


def test_a_space_with_units_of_their_own_bears_values_that_never_change():
    known = normal(500, 3) * (1, 100, 0)
    spaced = Space.of(known, each=True)(known)
    assert spaced.std(axis=0) == pytest.approx([1, 1, 0])


def test_too_few_samples_are_said():
    assert too_few(40, 20, "cells") is None
    assert "39 samples for 20 values" in (too_few(39, 20, "cells") or "")
