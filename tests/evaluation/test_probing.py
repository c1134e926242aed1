from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.evaluation.probing import (
    accuracy,
    balanced_accuracy,
    choose_probe,
    fit_probe,
    folds_of,
    nearest_classes,
)


def clouds(count, apart, seed=0, dim=8, classes=3):
    """Vectors around a centre of each class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = np.eye(classes, dim) * apart
    return centres[labels] + random.standard_normal((count, dim)), labels


def test_balanced_accuracy_is_the_mean_over_the_classes():
    truth, answers = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])
    assert accuracy(truth, answers) == 0.75
    assert balanced_accuracy(truth, answers) == 0.5


def test_separable_classes_are_told_apart_by_both():
    bank, labels = clouds(150, 12)
    new, truth = clouds(90, 12, seed=1)
    assert accuracy(truth, nearest_classes(bank, labels, new)) == 1
    probe = choose_probe(bank, labels, 3, [*range(150)])
    assert accuracy(truth, probe.classes(new)) == 1


def test_vectors_that_know_nothing_are_at_chance():
    bank, labels = clouds(600, 0)
    new, truth = clouds(600, 0, seed=1)
    probe = choose_probe(bank, labels, 3, [*range(600)])
    assert accuracy(truth, probe.classes(new)) == pytest.approx(1 / 3, abs=0.07)
    assert accuracy(truth, nearest_classes(bank, labels, new)) == pytest.approx(1 / 3, abs=0.07)


def test_two_gaussians_give_the_logistic_regression_of_theory():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 20_000)
    vectors = random.standard_normal((20_000, 2)) + labels[:, None] * (1.0, 0.5)
    probe = fit_probe(vectors, labels, 2, 1e-6)
    slope = (probe.weights[1] - probe.weights[0]) / probe.spread
    assert slope == pytest.approx([1, 0.5], abs=0.06)


def test_a_stronger_probe_has_smaller_weights_and_values_without_spread_do_no_harm():
    bank, labels = clouds(90, 3)
    bank[:, 5] = 4
    weak, strong = (fit_probe(bank, labels, 3, strength) for strength in (1e-3, 1.0))
    assert np.linalg.norm(strong.weights) < 0.5 * np.linalg.norm(weak.weights)
    assert np.isfinite(weak.logits(bank)).all()


def test_the_strength_is_chosen_on_groups_that_were_left_out():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    labels = groups % 2
    marks = random.standard_normal((20, 60))[groups] * 3  # each group is known by heart at once
    vectors = np.concatenate([marks, (labels * 2 - 1 + random.normal(0, 1, 200))[:, None]], axis=1)
    assert choose_probe(vectors, labels, 2, groups.tolist()).strength >= 0.1


def test_folds_keep_groups_whole_and_spread_classes():
    random = np.random.default_rng(0)
    groups = random.integers(0, 30, 200)
    labels = groups % 3
    folds = folds_of(labels, groups.tolist(), 3)
    for group in range(30):
        assert len(set(folds[groups == group])) <= 1
    for label in range(3):
        assert set(folds[labels == label]) == {0, 1, 2}


def test_of_equal_votes_the_nearer_neighbours_decide():
    bank = np.array([[1.0, 0.1], [1.0, -0.1], [1.0, 0.5], [1.0, -0.5], [-4.0, 0.0]])
    labels = np.array([0, 0, 1, 1, 2])
    centre = bank.mean(axis=0)
    new = np.array([[1.0, 0.0]])
    assert nearest_classes(bank, labels, new + 0 * centre, count=4).tolist() == [0]


def test_a_bank_smaller_than_the_neighbours_does():
    bank, labels = np.eye(3), np.array([0, 1, 1])
    assert nearest_classes(bank, labels, np.eye(3)[:1], count=5).shape == (1,)
