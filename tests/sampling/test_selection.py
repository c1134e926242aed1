"""Keeping the synthetic pictures that look like their class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.sampling.selection import centroids, distances, normalised, select


def random(seed, count, dim=5, classes=3):
    numbers = np.random.default_rng(seed)
    features = numbers.normal(size=(count, dim)).astype(np.float32)
    return features, numbers.integers(0, classes, count)


def test_centroids_are_means_of_directions_and_shorter_than_one():
    features = np.array([[2, 0], [0, 5], [0, -1]], np.float32)
    found = centroids(features, np.array([0, 0, 1]), 2)
    assert np.allclose(found, [[0.5, 0.5], [0, -1]])


def test_only_the_nearest_to_their_own_class_are_kept_nearest_first():
    centres = np.array([[1.0, 0.0], [0.0, 1.0]])
    features = np.array([[1, 0.5], [1, 0.1], [0.1, 1], [0.2, 1], [5, 1]], np.float32)
    found = select(features, np.array([0, 0, 0, 1, 1]), centres)
    assert found.indices.tolist() == [1, 0, 3]
    assert found.classes.tolist() == [0, 0, 1]
    assert found.distances[0] < found.distances[1]


def test_each_class_has_a_cap_that_counts_like_the_original():
    features = np.tile(np.array([[1.0, 0.0]], np.float32), (700, 1))
    found = select(features, np.zeros(700, np.int64), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert found.indices.tolist() == list(range(501))


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 2**32), some.integers(1, 40), some.floats(0.01, 100))
def test_selection_agrees_with_the_definition_and_ignores_lengths(seed, count, factor):
    real, labels = random(seed, 30)
    labels[:3] = range(3)
    centres = centroids(real, labels, 3)
    made, wanted = random(seed + 1, count)
    far = ((normalised(made)[:, None] - centres) ** 2).mean(axis=2)
    assert np.allclose(distances(made, centres), far, atol=1e-12)
    found = select(made, wanted, centres, most=None)
    assert set(found.indices.tolist()) == set(np.flatnonzero(far.argmin(1) == wanted).tolist())
    for label in range(3):
        own = found.distances[found.classes == label]
        assert (np.diff(own) >= 0).all()
    again = select((made * np.float32(factor)), wanted, centres, most=None)
    assert set(again.indices.tolist()) == set(found.indices.tolist())


def test_a_class_without_a_real_picture():
    features, _ = random(0, 4)
    with pytest.raises(BadRequest, match="class 1"):
        centroids(features, np.array([0, 0, 2, 2]), 3)


def test_a_zero_vector_is_far_from_all_and_no_error():
    centres = np.array([[1.0, 0.0], [0.0, 0.5]])
    found = distances(np.zeros((1, 2), np.float32), centres)
    assert np.allclose(found, [[0.5, 0.125]])
