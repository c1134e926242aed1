"""Precision, recall, density and coverage by hand-made sets; scores of classes by torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ssldiff_gui.evaluation.classes import auroc, confusion, macro_f1
from ssldiff_gui.evaluation.manifolds import Distances, vendi


def line(*places):
    return np.array(places, float)[:, None]


def test_a_set_covers_itself():
    found = np.random.default_rng(0).normal(size=(60, 4))
    precision, recall, density, coverage = Distances.of(found, found).measures(3)
    assert precision == recall == coverage == 1
    assert density >= 1  # each lies in its own ball and in those it is a neighbour in


def test_sets_far_apart_share_nothing():
    near, far = line(0, 1, 2, 3), line(100, 101, 102)
    assert Distances.of(near, far).measures(1).tolist() == [0, 0, 0, 0]


def test_one_made_picture_among_the_real_ones_is_precise_and_recalls_little():
    real = line(0, 1, 2, 10)  # balls of k = 1 reach 1, 1, 1, 8
    fake = line(0.5, 0.6, 0.4)
    precision, recall, density, coverage = Distances.of(real, fake).measures(1)
    assert precision == 1
    assert recall == 0  # the made balls reach 0.1
    # 0.5, 0.6, 0.4 lie in the balls of 0 and 1; 2 reaches to 1; 10 to 2
    assert density == pytest.approx(6 / 3)
    assert coverage == pytest.approx(2 / 4)


def test_a_dropped_mode_shows_in_recall_and_coverage_and_an_outlier_in_precision():
    random = np.random.default_rng(1)
    a, b = random.normal(0, 1, (80, 3)), random.normal(20, 1, (80, 3))
    real = np.concatenate([a, b])
    dropped = Distances.of(real, random.normal(0, 1, (80, 3))).measures(5)
    assert dropped[0] > 0.8
    assert dropped[1] < 0.55
    assert dropped[3] < 0.55
    astray = Distances.of(a, np.concatenate([a[:40], a[:40] + 50])).measures(5)
    assert astray[0] == pytest.approx(0.5)


def test_parts_of_distances_are_those_of_parts():
    random = np.random.default_rng(2)
    real, fake = random.normal(size=(30, 5)), random.normal(size=(25, 5))
    some, others = np.arange(0, 30, 2), np.arange(5, 20)
    whole = Distances.of(real, fake).of_some(some, others)
    assert np.allclose(whole.measures(3), Distances.of(real[some], fake[others]).measures(3))


def test_too_few_samples_have_no_manifold():
    assert np.isnan(Distances.of(line(0), line(1, 2)).measures(5)).all()


def test_the_vendi_score_counts_different_directions():
    assert vendi(np.eye(4)) == pytest.approx(4)
    assert vendi(np.tile([[1.0, 2, 3]], (7, 1))) == pytest.approx(1)
    assert vendi(np.repeat(np.eye(3), 5, axis=0)) == pytest.approx(3)


def test_class_scores_are_torchmetrics_own():
    from torchmetrics.functional.classification import (
        multiclass_auroc,
        multiclass_confusion_matrix,
        multiclass_f1_score,
    )

    random = np.random.default_rng(0)
    truth, scores = random.integers(0, 4, 200), random.normal(size=(200, 4))
    scores[np.arange(200), truth] += 0.8
    answers = scores.argmax(1)
    told = torch.from_numpy(truth), torch.from_numpy(answers)
    f1 = multiclass_f1_score(told[1], told[0], 4, average="macro")
    assert macro_f1(truth, answers) == pytest.approx(float(f1))
    area = multiclass_auroc(torch.from_numpy(scores).softmax(1), told[0], 4)
    soft = torch.from_numpy(scores).softmax(1).numpy()
    assert auroc(truth, soft) == pytest.approx(float(area), abs=1e-6)
    counts = multiclass_confusion_matrix(told[1], told[0], 4)
    assert (confusion(truth, answers, 4) == counts.numpy()).all()
