"""Labels that the machine makes itself, against what self-guided diffusion's own code gave."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.models.dense import Tokens
from ssldiff_gui.training.self_labels.clusters import Clusters, unit
from ssldiff_gui.training.self_labels.lost import box_map, placed, thing

PICTURES = ("lost0", "lost1", "lost2")


@pytest.fixture(scope="module")
def answers(parity):
    """All arrays of the fixture."""
    path = parity / "selfguided" / "io.safetensors"
    if not path.is_file():
        pytest.skip("the answers of self-guided diffusion are not there")
    return load_file(path)


def test_vectors_are_brought_to_the_same_length(answers):
    """Before the centres are fitted."""
    found = unit(answers["kmeans.train_feat"])
    np.testing.assert_allclose(found, answers["kmeans.train_feat_normalised"], atol=1e-6)


@pytest.mark.parametrize(
    ("form", "name"), [("published", "assignment"), ("consistent", "assignment_normalised")]
)
def test_clusters_are_numbered_alike(answers, form, name):
    """As published: the nearest centre of the vectors as they are. Ours: of their directions."""
    both = np.concatenate([answers["kmeans.train_feat"], answers["kmeans.val_feat"]])
    numbers = Clusters(answers["kmeans.centroids"], form).numbers(both)
    np.testing.assert_array_equal(numbers, answers[f"kmeans.{name}"])
    if form == "published":
        np.testing.assert_array_equal(np.eye(6, dtype=np.int64)[numbers], answers["kmeans.onehot"])


def test_the_two_forms_differ(answers):
    """Or the test above could not tell them apart."""
    assert (answers["kmeans.assignment"] != answers["kmeans.assignment_normalised"]).sum() == 13


def test_our_centres_are_as_good(answers):
    """faiss' own centres cannot be had again; ours leave no more error."""
    vectors = unit(answers["kmeans.train_feat"])

    def error(centres):
        return ((vectors[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()

    ours = Clusters.fit(answers["kmeans.train_feat"], 6, seed=1234, form="published")
    assert error(ours.centres) <= error(answers["kmeans.centroids"]) * 1.01


@pytest.mark.parametrize("name", PICTURES)
def test_a_box_is_found_alike(answers, name):
    """Seed, degrees, correlation, the box in patches and in pixels."""

    def told(what):
        return answers[f"{name}.{what}"]

    *_, scale, _, height, width, expansion = (int(n) for n in told("params"))
    found = thing(told("feats"), expansion=expansion)
    np.testing.assert_array_equal(found.inverse_degree, told("inverse_degree"))
    assert found.seed == divmod(int(told("seed")), told("feats").shape[1])
    np.testing.assert_allclose(found.correlation, told("correlation"), rtol=1e-3, atol=1e-2)
    box = found.box
    assert [box.y, box.x, box.y2, box.x2] == told("box_feat").tolist()
    pixels = placed(box, Tokens(told("feats"), scale, keys=True), width, height)
    assert [pixels.x, pixels.y, pixels.x2, pixels.y2] == told("box").tolist()
    assert box_map([pixels], height, width).sum() == int(told("box_mask_sum"))


def test_a_box_is_clipped(answers):
    """The last patches of the first picture reach beyond it."""
    tokens = Tokens(answers["lost0.feats"], 16, keys=True)
    assert placed(Box(0, 0, 10, 12), tokens, 157, 190) == Box(0, 0, 157, 190)


def test_few_helpers_make_another_box(answers):
    """Or the number of helpers would not be tested."""
    few = thing(answers["lost0.feats"], expansion=1)
    assert few.correlation[few.seed] > 0
    assert not np.allclose(few.correlation, answers["lost0.correlation"], rtol=0.1)
