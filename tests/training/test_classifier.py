"""A classifier learns what an encoder tells apart, says what it cannot, and loads again."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest
import torch
from PIL import Image

from ssldiff_gui.core.errors import BadNumbers, BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.models.classifier_saving import WEIGHTS
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.predictors import load_predictor, pooled
from ssldiff_gui.training.classifier import ClassifierTask
from ssldiff_gui.training.confusion import confusion, shares_of
from ssldiff_gui.training.pictures import Pictures, write_pictures
from ssldiff_gui.training.settings import settings_of
from tests.models.tiny_encoders import tiny_encoder_folder

RED, GREEN, BLUE = (200, 60, 60), (60, 190, 70), (50, 60, 200)


def told(encoder, **model):
    return settings_of(
        {
            "name": "which",
            "kind": "classifier",
            "data": {
                "pixel": {"size": 0.5, "unit": "µm"},
                "sources": [{"path": "x"}],
                "smallest": 32,
                "stain": 0.02,
            },
            "run": {"steps": 30, "batch": 32, "rate": 0.05, "seed": 3},
            "model": {"encoder": str(encoder), "views": 2, **model},
            "card": {"title": "Which colour", "licence": {"name": "CC0-1.0"}},
        }
    )


def pictures(folder, kinds) -> Pictures:
    """Lay down pictures: (label, colour, whether it is held out) each."""
    random = np.random.default_rng(0)
    found = []
    for number, (label, colour, held) in enumerate(kinds):
        height, width = 64 + 32 * (number % 2), 64
        noise = random.normal(0, 20, (height, width, 3))
        pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
        entry = {
            "name": f"{number}.png", "source": 0, "label": label, "group": str(number),
            "held_out": held,
        }  # fmt: skip
        found.append((entry, pixels))
    return write_pictures(folder, found, {})


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_encoder_folder(folder)
    return folder


def three(folder, **changes):
    kinds = [
        (label, colour, k >= 5)
        for label, colour in (("red", RED), ("green", GREEN), ("blue", BLUE))
        for k in range(8)
    ]
    return pictures(folder, changes.get("kinds", kinds))


def task_of(encoder, tmp_path, found, **model):
    return ClassifierTask(
        told(encoder, **model), found, tmp_path / "run", find=find_model, progress=Silent()
    )


def trained(task, steps=30):
    optimiser = torch.optim.Adam(task.modules.parameters(), lr=0.02)
    for step in range(steps):
        loss, figures = task.loss(task.modules, np.random.default_rng([3, step]), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return float(loss.detach()), figures


@pytest.mark.parametrize(("hidden", "pool"), [(0, "mean"), (12, "mean+std")])
def test_classes_are_learned_and_the_folder_tells_them_apart(encoder, tmp_path, hidden, pool):
    found = three(tmp_path / "pictures")
    task = task_of(encoder, tmp_path, found, hidden=hidden, pool=pool)
    loss, figures = trained(task)
    assert figures["accuracy"] == 1
    assert loss < 0.2
    task.save(tmp_path / "made", task.modules.state_dict(), "# A card\n", {"steps": 30})
    model = read_model(tmp_path / "made")
    assert model.kind == "classifier"
    assert model.provenance["held_out"] == {"pictures": 9, "accuracy": 1.0, "balanced": 1.0}
    assert model.licence.name == "CC0-1.0"
    predictor = load_predictor(tmp_path / "made", "cpu")
    embedder = load_encoder(encoder, "cpu")
    assert predictor.spec.classes == ("blue", "green", "red")
    assert predictor.spec.encoder == embedder.spec.id
    assert predictor.spec.dim == 24 * (2 if pool == "mean+std" else 1)
    held = found.held_out()
    cells = [embedder.embed(np.ascontiguousarray(held[k][None, :32, :32])) for k in range(9)]
    likely = predictor.of_cells(cells)
    np.testing.assert_allclose(likely.sum(1), 1, rtol=1e-5)
    names = [predictor.spec.classes[k] for k in likely.argmax(1)]
    if pool == "mean":  # a single cell has no spread
        assert names == [entry.label for entry in held.entries]


def test_early_pictures_are_drawn(encoder, tmp_path):
    task = task_of(encoder, tmp_path, three(tmp_path / "pictures"))
    task.show(tmp_path, 7)
    with Image.open(tmp_path / "confusion-000007.png") as drawn:
        assert min(drawn.size) > 300
        assert np.asarray(drawn.convert("L")).std() > 10


def test_without_held_out_pictures_those_of_the_training_are_drawn(encoder, tmp_path):
    kinds = [("a", RED, False), ("b", BLUE, False)]
    task = task_of(encoder, tmp_path, pictures(tmp_path / "p", kinds))
    task.show(tmp_path, 1)
    task.save(tmp_path / "made", task.modules.state_dict(), "card", {})
    assert "held_out" not in read_model(tmp_path / "made").provenance


def test_rare_classes_are_as_frequent_in_a_batch(encoder, tmp_path):
    kinds = [("many", RED, False)] * 9 + [("few", BLUE, False)]
    task = task_of(encoder, tmp_path, pictures(tmp_path / "p", kinds))
    seen = []

    class Listens(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = task.modules

        def forward(self, vectors):
            seen.append(vectors)
            return self.inner(vectors)

    for step in range(20):
        task.loss(Listens(), np.random.default_rng(step), step)
    few = task.vectors[:, 9]
    given = torch.cat(seen).numpy()
    share = np.mean([(row == few).all(1).any() for row in given])
    assert 0.4 < share < 0.6


def test_chance_comes_from_the_generator_alone(encoder, tmp_path):
    task = task_of(encoder, tmp_path, three(tmp_path / "pictures"))
    losses = [
        float(task.loss(task.modules, np.random.default_rng(seed), 0)[0].detach())
        for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_embeddings_are_kept(encoder, tmp_path, monkeypatch):
    found = three(tmp_path / "pictures")
    first = task_of(encoder, tmp_path, found)
    from ssldiff_gui.models.encoders import TimmEncoder

    def again(*_):
        raise AssertionError("they are there already")

    monkeypatch.setattr(TimmEncoder, "embed", again)
    second = task_of(encoder, tmp_path, found)
    np.testing.assert_array_equal(first.vectors, second.vectors)


@pytest.mark.parametrize("kinds", [
    [("only", RED, False), ("only", BLUE, False)],
    [("", RED, False), ("", BLUE, False)],
    [("a", RED, False), ("b", BLUE, True)],
])  # fmt: skip
def test_one_class_is_refused(encoder, tmp_path, kinds):
    with pytest.raises(BadRequest, match="tells classes apart") as caught:
        task_of(encoder, tmp_path, pictures(tmp_path / "p", kinds))
    assert "folder" in caught.value.hint


def test_lonely_pictures_are_said(encoder, tmp_path, caplog):
    kinds = [
        ("a", RED, False), ("a", RED, False), ("a", RED, True), ("b", BLUE, False),
        ("c", GREEN, True), ("", RED, False),
    ]  # fmt: skip
    task = task_of(encoder, tmp_path, pictures(tmp_path / "p", kinds))
    words = " ".join(task.notes)
    assert "One picture to train on has each of: b." in words
    assert "No picture is held out of: b." in words
    assert "All pictures are held out, so that nothing is learned, of: c." in words
    assert "1 pictures have no class" in words
    assert caplog.text.count("WARNING") == 4
    task.save(tmp_path / "made", task.modules.state_dict(), "card", {})
    assert read_model(tmp_path / "made").provenance["notes"] == task.notes


def test_vectors_that_do_not_fit_are_refused(encoder, tmp_path):
    task = task_of(encoder, tmp_path, three(tmp_path / "pictures"))
    task.save(tmp_path / "made", task.modules.state_dict(), "card", {})
    predictor = load_predictor(tmp_path / "made", "cpu")
    assert predictor.of_cells([]).shape == (0, 3)
    with pytest.raises(BadRequest, match=r"\(n, 48\)"):
        predictor.probabilities(np.zeros((2, 24)))
    with pytest.raises(BadNumbers):
        predictor.probabilities(np.full((1, 48), np.nan))


def test_damaged_folders_are_refused(encoder, tmp_path):
    with pytest.raises(MissingModel, match="no classifier"):
        load_predictor(encoder)
    task = task_of(encoder, tmp_path, three(tmp_path / "pictures"))
    made = tmp_path / "made"
    task.save(made, task.modules.state_dict(), "card", {})
    facts = json.loads((made / "model.json").read_text("utf-8"))
    for change in ({"type": "pickle"}, {"config": {"hidden": 7}}, {"config": {"hidden": 10**9}},
                   {"config": {"layers": 2}}):  # fmt: skip
        other = json.loads(json.dumps(facts))
        other["classifier"]["network"] |= change
        (made / "model.json").write_text(json.dumps(other), "utf-8")
        with pytest.raises(DamagedModel):
            load_predictor(made)
    (made / "model.json").write_text(json.dumps(facts), "utf-8")
    content = bytearray((made / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (made / WEIGHTS).write_bytes(content)
    with pytest.raises(DamagedModel, match=WEIGHTS):
        load_predictor(made)


def test_pooling():
    cells = np.array([[[1.0, 2.0]], [[3.0, 6.0]]])
    np.testing.assert_array_equal(pooled(cells, "mean"), [2, 4])
    np.testing.assert_array_equal(pooled(cells, "mean+std"), [2, 4, 1, 2])


def test_what_is_taken_for_what():
    table = confusion([0, 0, 0, 1, 2, 2], [0, 0, 1, 1, 0, 2], 4)
    assert table.tolist() == [[2, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert shares_of(table) == {"pictures": 6, "accuracy": 0.6667, "balanced": 0.7222}
    assert shares_of(np.zeros((2, 2), np.int64))["accuracy"] == 0


def test_all_recipes_of_a_family_are_of_the_same_data(repository):
    for family in (repository / "resources" / "recipes").iterdir():
        tables = {
            p.name: tomllib.loads(p.read_text("utf-8"))["data"] for p in family.glob("*.toml")
        }
        for table in tables.values():  # pre-training sees no labels, a classifier few of them
            for source in table["sources"]:
                if family.name.startswith("minutes-augmentation"):
                    source.pop("labels", None)
                    source.pop("share")
        assert len({json.dumps(table, sort_keys=True) for table in tables.values()}) == 1, family
