"""Priors as model folders: saved, loaded, refused; classes and texts, known and not."""

from __future__ import annotations

import json
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel, UnsafeFile
from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import Licence, PartSpec
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.priors import load_prior, save_prior
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.words import content_of, features_of, unknown_in, words_of
from tests.models.tiny_encoders import tiny_encoder_folder
from tests.models.tiny_priors import TEXTS, WIDTH, tiny_prior_folder, tiny_prior_spec

CC0 = Licence(name="CC0-1.0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("priors") / "tiny-prior"
    tiny_prior_folder(made)
    return made


@pytest.fixture(scope="module")
def prior(folder):
    return load_prior(folder, "cpu")


def copy_of(folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def test_a_prior_is_what_it_was_when_it_is_loaded(folder, prior):
    model = read_model(folder)
    assert model.kind == "prior"
    assert model.prior == prior.spec
    assert {"network.safetensors", "reader.safetensors"} <= set(model.files)
    again = load_prior(folder, "cpu")
    x = torch.randn(2, prior.channels, 4, 4, generator=torch.Generator().manual_seed(0))
    told = Condition(labels=torch.ones(1, WIDTH))
    assert torch.equal(prior.denoise(x, 1.0, told), again.denoise(x, 1.0, told))
    sizes = [path.stat().st_size for path in folder.glob("*.safetensors")]
    assert sum(sizes) < 400_000


def test_what_embeddings_are_measured_by_stays_exact(tmp_path):
    spec = tiny_prior_spec("e@0", 24, reader=None)
    network = PriorNetwork(**spec.network.config)
    network.mean.normal_()
    save_prior(tmp_path / "p", spec, network.state_dict(), licence=CC0)
    loaded = load_prior(tmp_path / "p", "cpu")
    assert torch.equal(loaded.network.mean, network.mean)
    assert loaded.network.null.dtype == torch.float32
    assert loaded.reader is None


def test_components_and_embeddings_are_each_other(prior):
    components = np.random.default_rng(0).standard_normal((prior.channels, 3, 5), np.float32)
    vectors = prior.vectors_of(components)
    assert vectors.shape == (3, 5, 24)
    back = prior.network.to_components(torch.from_numpy(vectors)).permute(2, 0, 1)
    np.testing.assert_allclose(back.numpy(), components, atol=1e-4)


def test_embeddings_are_as_long_as_real_ones(folder):
    prior = load_prior(folder, "cpu")
    prior.network.norms.copy_(torch.tensor([2.0, 3.0]))
    components = 9 * np.random.default_rng(0).standard_normal((6, 8, 8), np.float32)
    lengths = np.linalg.norm(prior.vectors_of(components), axis=-1)
    assert lengths.min() > 1.999
    assert lengths.max() < 3.001


def test_changed_weights_are_refused(folder, tmp_path):
    copy = copy_of(folder, tmp_path)
    weights = copy / "network.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(DamagedModel, match="changed or damaged"):
        load_prior(copy, "cpu")


def test_a_pickle_under_another_name_is_refused(folder, tmp_path):
    import hashlib

    copy = copy_of(folder, tmp_path)
    evil = b"\x80\x04\x95" + b"0" * 100 + b"."
    (copy / "reader.safetensors").write_bytes(evil)
    facts = json.loads((copy / "model.json").read_text("utf-8"))
    facts["files"]["reader.safetensors"] = hashlib.sha256(evil).hexdigest()
    (copy / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(UnsafeFile):
        load_prior(copy, "cpu")


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("network", {"type": "Else"}),
        ("network", {"config": {"channels": 6, "dim": 24, "width": 1 << 30, "depth": 2}}),
        ("network", {"config": {"channels": 6, "dim": 25, "width": 16, "depth": 2, "classes": 4}}),
        ("network", {"config": {"channels": 6, "dim": 24, "width": 16, "depth": 3, "classes": 4}}),
        ("reader", {"type": "pickle"}),
        ("reader", {"config": {"width": 16, "buckets": -3}}),
        ("reader", {"config": {"width": 8}}),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(folder, tmp_path, part, changes):
    copy = copy_of(folder, tmp_path)
    facts = json.loads((copy / "model.json").read_text("utf-8"))
    facts["prior"][part] |= changes
    (copy / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(DamagedModel):
        load_prior(copy, "cpu")


def test_another_kind_of_model_is_refused(tmp_path):
    tiny_encoder_folder(tmp_path / "encoder")
    with pytest.raises(MissingModel, match="no prior"):
        load_prior(tmp_path / "encoder", "cpu")


def test_weights_that_do_not_fit_are_never_written(tmp_path):
    spec = tiny_prior_spec("e@0", 24)
    network = PriorNetwork(**spec.network.config)
    with pytest.raises(DamagedModel):
        save_prior(tmp_path / "p", spec, network.state_dict(), {}, licence=CC0)
    odd = spec.model_copy(update={"network": PartSpec(type="UNet2DModel")})
    with pytest.raises(DamagedModel, match="UNet2DModel"):
        save_prior(tmp_path / "p", odd, network.state_dict(), licence=CC0)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("name", ["Non-Viable", "non viable", "NONVIABLE", "non_viable "])
def test_classes_are_found_however_they_are_written(prior, name):
    np.testing.assert_array_equal(prior.told(name), prior.told("Non-Viable"))


def test_a_class_that_is_not_known_is_answered_with_those_that_are(prior):
    with pytest.raises(BadRequest) as caught:
        prior.told("kidney")
    assert "kidney" in caught.value.message
    for name in TEXTS:
        assert name in caught.value.hint
    assert "adenocarcinoma of the colon" in caught.value.hint


READINGS = [
    ("adenocarcinoma of the colon", "colonca"),
    ("tumour, colon", "colonca"),
    ("Colon tumour!", "colonca"),
    ("colon adenocarcinoma", "colonca"),
    ("a picture of an adenocarcnoma of the colon, please", "colonca"),
    ("ADENOCARCINOMA  COLON", "colonca"),
    ("bowl cancer", "colonca"),
    ("normal mucosa of the colon", "colonn"),
    ("healthy colonic crypts", "colonn"),
    ("alveoli, healthy", "lungn"),
    ("the lungs, normal", "lungn"),
    ("osteosarcoma, dead", "Non-Viable"),
    ("necrotic tumor of bone", "Non-Viable"),
]


@pytest.mark.parametrize(("text", "label"), READINGS)
def test_texts_are_read_however_they_are_written(prior, text, label):
    reading = prior.reading(text)
    assert next(iter(reading)) == label, reading
    said, meant = prior.told(text=text), prior.told(label)
    others = [prior.told(name) for name in TEXTS if name != label]
    assert min(np.linalg.norm(said - other) for other in others) > np.linalg.norm(said - meant)


def test_a_class_and_a_text_together_are_half_of_each(prior):
    both = prior.told("lungn", "bowel cancer")
    half = (prior.told("lungn") + prior.told(text="bowel cancer")) / 2
    np.testing.assert_allclose(both, half, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    ["a red bicycle", "xyzzy", "", "   ", "...", "42", "an image of the", "肺がん", "Рак лёгких"],
)
def test_texts_about_nothing_known_are_answered_with_what_is(prior, text):
    with pytest.raises(BadRequest) as caught:
        prior.told(text=text)
    assert "alveoli" in caught.value.hint
    assert "English" in caught.value.hint


def test_words_that_mean_nothing_are_named_and_change_nothing(prior):
    assert prior.unknown_words("bowel cancer on a bicycle") == ["bicycle"]
    with_it, without = prior.told(text="bowel cancer on a bicycle"), prior.told(text="bowel cancer")
    np.testing.assert_array_equal(with_it, without)


def test_nothing_asked_for_is_no_request(prior):
    with pytest.raises(BadRequest, match="Nothing says"):
        prior.told()


def test_a_prior_without_a_reader_says_so(tmp_path):
    spec = tiny_prior_spec("e@0", 24, reader=None)
    network = PriorNetwork(**spec.network.config)
    save_prior(tmp_path / "p", spec, network.state_dict(), licence=CC0)
    with pytest.raises(BadRequest, match="reads no texts"):
        load_prior(tmp_path / "p", "cpu").told(text="normal lung")


def test_words_are_small_bare_and_of_any_script():
    assert words_of("Tumeur RÉNALE, straße 4_b") == ["tumeur", "renale", "strasse", "4", "b"]
    assert content_of("a picture of the colon 7") == ["colon"]
    assert len(words_of("word " * 10_000)) == 64
    assert unknown_in("tumor tumours cat", ["tumour", "car"]) == ["cat"]


def test_features_are_numbers_within_bounds_and_the_same_everywhere():
    found = features_of("colon cancer", 512)
    assert all(0 <= number < 512 for number in found)
    assert found == features_of("Colon  CANCER", 512)
    assert features_of("lung", 4096)[:3] == [780, 780, 3971]
    assert features_of("", 16) == [0]


def test_it_computes_in_full_precision_anyway(prior):
    assert isinstance(prior.full_precision(), nullcontext)
