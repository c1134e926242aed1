"""Loading the classifier that goes with a generator."""

from __future__ import annotations

import json

import pytest
import torch
from ssldiff_cvlab.settings import ClassifierSettings
from ssldiff_cvlab.unet_layout import describe_classifier, empty

from ssldiff_gui.core.errors import DamagedModel, MissingPart
from ssldiff_gui.models.classifiers import CLASSIFIER, load_classifier
from ssldiff_gui.models.folder_writing import save_tensors
from ssldiff_gui.models.folders import read_model, write_model
from tests.models.tiny import tiny_generator_folder
from tests.plugins.cvlab.test_converters import CLASSIFIER as SETTINGS


@pytest.fixture
def folder(tmp_path):
    """A generator with a classifier beside it; `change` writes another description."""
    made = tmp_path / "model"
    tiny_generator_folder(made)
    part = describe_classifier(ClassifierSettings.model_validate(SETTINGS))
    module = empty(part).to_empty(device="cpu")
    save_tensors(made / "classifier.safetensors", module.state_dict())

    def change(**changes):
        described = part.model_copy(update={"file": "classifier.safetensors"} | changes)
        (made / CLASSIFIER).write_text(described.model_dump_json(), "utf-8")
        write_model(made, read_model(made, verify=False), "card")
        return made

    return change


def test_a_classifier_tells_classes(folder):
    found = load_classifier(folder(), "cpu")
    logits = found(torch.zeros(2, 3, 8, 8), torch.tensor([0, 999]))
    assert logits.shape == (2, SETTINGS["out_channels"])


def test_a_generator_without_one(tmp_path):
    tiny_generator_folder(tmp_path / "model")
    with pytest.raises(MissingPart, match="no classifier"):
        load_classifier(tmp_path / "model", "cpu")


def test_a_changed_description_is_refused(folder):
    made = folder()
    content = json.loads((made / CLASSIFIER).read_text("utf-8"))
    content["config"]["classes"] = 6
    (made / CLASSIFIER).write_text(json.dumps(content), "utf-8")
    with pytest.raises(DamagedModel, match=CLASSIFIER):
        load_classifier(made, "cpu")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"file": None}, DamagedModel),
        ({"file": "../elsewhere.safetensors"}, DamagedModel),
        ({"type": "nobody-knows"}, MissingPart),
        ({"config": {"classes": 5}}, DamagedModel),
    ],
)
def test_a_description_that_does_not_fit(folder, changes, kind):
    with pytest.raises(kind):
        load_classifier(folder(**changes), "cpu")
