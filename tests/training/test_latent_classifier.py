"""A classifier of latents learns, clean or through noise, says how well, and loads again."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import ClassifierSpec, PixelSize
from ssldiff_gui.models.classifier_saving import WEIGHTS
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.models.latent_classifiers import load_latent_classifier
from ssldiff_gui.models.predictors import load_predictor
from ssldiff_gui.sampling.led import led
from ssldiff_gui.training.classifier import task_of
from ssldiff_gui.training.latent_classifier import LEVELS
from ssldiff_gui.training.pictures import Pictures, write_pictures
from ssldiff_gui.training.settings import settings_of
from tests.models.tiny import tiny_generator_folder

COLOURS = {"dark": 60, "light": 200}


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    return tiny_generator_folder(
        tmp_path_factory.mktemp("models") / "plain", kind="unet-plain", autoencoder="patch",
        conditioner="none", name="plain", pixel=PixelSize(size=0.5, unit="µm"),
    )  # fmt: skip


def told(generator, **model):
    return settings_of(
        {
            "name": "leads",
            "kind": "classifier",
            "data": {"pixel": {"size": 0.5, "unit": "µm"}, "sources": [{"path": "x"}],
                     "smallest": 32, "stain": 0.02},
            "run": {"steps": 20, "batch": 16, "seed": 3},
            "model": {"on": "latents", "autoencoder": str(generator), "window": 8, "views": 2,
                      "widths": [16, 16], **model},
        }
    )  # fmt: skip


def pictures(folder, labels=COLOURS, side=40, count=8) -> Pictures:
    random = np.random.default_rng(0)
    found = []
    for label, level in labels.items():
        for k in range(count):
            pixels = np.clip(random.normal(level, 20, (side, side, 3)), 0, 255).astype(np.uint8)
            entry = {"name": f"{label}{k}.png", "source": 0, "label": label,
                     "group": f"{label}{k}", "held_out": k >= 6}  # fmt: skip
            found.append((entry, pixels))
    return write_pictures(folder, found, {})


def trained(generator, tmp_path, steps=25, **model):
    settings = told(generator, **model)
    task = task_of(
        settings, pictures(tmp_path / "p"), tmp_path / "run", find=find_model, progress=Silent()
    )
    optimiser = torch.optim.Adam(task.modules.parameters(), lr=5e-3)
    for step in range(steps):
        loss, figures = task.loss(task.modules, np.random.default_rng([3, step]), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return task, float(loss.detach()), figures


@pytest.mark.parametrize("noise", [False, True])
def test_classes_of_latents_are_learned_and_the_folder_leads(generator, tmp_path, noise):
    task, loss, figures = trained(generator, tmp_path, noise=noise)
    assert loss < (0.6 if noise else 0.2)
    assert figures["accuracy"] > 0.7
    task.show(tmp_path, 25)
    assert (tmp_path / "noise-000025.png").is_file()
    task.save(tmp_path / "made", task.modules.state_dict(), "# A card\n", {"steps": 25})
    told_of = read_model(tmp_path / "made").provenance
    assert told_of["held_out"] == {"pictures": 4, "accuracy": 1.0, "balanced": 1.0}
    levels = told_of["by_noise"]["levels"]
    assert len(levels) == len(LEVELS)
    assert levels[0]["accuracy"] == 1.0
    assert [level["sigma"] for level in levels] == sorted(level["sigma"] for level in levels)
    classifier = load_latent_classifier(tmp_path / "made", "cpu")
    assert classifier.spec.noise_aware is noise
    assert classifier.at == ("noisy" if noise else "clean")
    assert classifier.spec.classes == ("dark", "light")
    model = load_generator(generator, "cpu")
    classifier.require_fit(model.spec)
    shade = [decoded(led(model, classifier, k, 4.0)).mean() for k in range(2)]
    assert shade[0] < shade[1]


def decoded(generator):
    """Draw a few windows in eight steps."""
    from ssldiff_gui.core.protocols import Condition
    from ssldiff_gui.sampling.solver import ddim

    levels = generator.sigmas(8)
    x = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * levels[0]
    for now, then in pairwise(levels):
        seen = generator.denoise(x, now, Condition())
        x = seen if then == 0 else ddim(x, seen, now, then)
    with torch.no_grad():
        return generator.decode(x)


def test_clean_only_is_told_no_step_and_noise_aware_is(generator, tmp_path):
    x, steps = torch.randn(2, 4, 8, 8), torch.tensor([10.0, 900.0])
    for noise in (False, True):
        folder = tmp_path / str(noise)
        task, _, _ = trained(generator, folder, steps=4, noise=noise)
        task.save(folder / "made", task.modules.state_dict(), "# A card\n", {})
        classifier = load_latent_classifier(folder / "made", "cpu")
        same = torch.equal(classifier(x, steps), classifier(x, 0 * steps))
        assert same is not noise
        assert classifier(torch.randn(1, 4, 12, 20), steps[:1]).shape == (1, 2)


def test_other_latents_are_refused(generator, tmp_path):
    task, _, _ = trained(generator, tmp_path, steps=1, noise=True)
    task.save(tmp_path / "made", task.modules.state_dict(), "# A card\n", {})
    classifier = load_latent_classifier(tmp_path / "made", "cpu")
    spec = read_model(generator).generator
    for change, word in (
        ({"channels": 5}, "channels"), ({"latent_scale": 2.0}, "scale"),
        ({"schedule": spec.schedule.model_copy(update={"end": 0.0155})}, "noise"),
        ({"pixel": PixelSize(size=1.0, unit="µm")}, "width of a pixel"),
    ):  # fmt: skip
        with pytest.raises(BadRequest, match=word):
            classifier.require_fit(spec.model_copy(update=change))
    with pytest.raises(BadRequest, match="knows no class 'grey'"):
        classifier.number_of("grey")


def test_each_kind_of_classifier_is_refused_where_the_other_is_wanted(generator, tmp_path):
    task, _, _ = trained(generator, tmp_path, steps=1)
    task.save(tmp_path / "made", task.modules.state_dict(), "# A card\n", {})
    with pytest.raises(MissingModel, match="tells latents apart"):
        load_predictor(tmp_path / "made")
    with pytest.raises(MissingModel, match="is no classifier"):
        load_latent_classifier(generator)


@pytest.mark.parametrize(
    "config", [{"widths": [1 << 20]}, {"widths": [16], "blocks": 1 << 20}, {"widths": []},
               {"widths": [16], "groups": 3}, {"depth": 1}],
)  # fmt: skip
def test_absurd_networks_are_refused(generator, tmp_path, config):
    task, _, _ = trained(generator, tmp_path, steps=1)
    task.save(tmp_path / "made", task.modules.state_dict(), "# A card\n", {})
    path = tmp_path / "made" / "model.json"
    facts = json.loads(path.read_text())
    facts["classifier"]["network"]["config"] = config
    path.write_text(json.dumps(facts))
    with pytest.raises(DamagedModel):
        load_latent_classifier(tmp_path / "made", "cpu")
    assert (tmp_path / "made" / WEIGHTS).is_file()


def test_mistakes_in_the_configuration(generator, tmp_path):
    with pytest.raises(BadRequest, match=r"model\.autoencoder.*needs one"):
        told(None, autoencoder=None)
    with pytest.raises(BadRequest, match="as large as a window of 64 pixels"):
        task_of(
            told(generator, window=16), pictures(tmp_path / "p"), tmp_path / "run",
            find=find_model, progress=Silent(),
        )  # fmt: skip
    with pytest.raises(BadRequest, match="only one"):
        task_of(
            told(generator), pictures(tmp_path / "q", {"dark": 60}), tmp_path / "run2",
            find=find_model, progress=Silent(),
        )  # fmt: skip


def test_folders_of_older_versions_are_read():
    facts = {
        "name": "old", "title": "Old", "encoder": "tiny@1", "dim": 4, "classes": ["a", "b"],
        "network": {"type": "Layers"},
    }  # fmt: skip
    spec = ClassifierSpec.model_validate(facts)
    assert spec.on == "embeddings"
    with pytest.raises(ValueError, match="whose embeddings"):
        ClassifierSpec.model_validate({**facts, "encoder": ""})
