"""Synthetic pictures for a labelled folder: only what may be seen is looked at, and so on."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import AlreadyThere, BadRequest, Cancelled, MissingModel
from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.requests import parse_request
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs import labelled
from ssldiff_gui.jobs.augment import augment
from ssldiff_gui.jobs.augment_choosing import judge
from ssldiff_gui.jobs.augment_drawing import candidates_of, embedded, laid
from ssldiff_gui.jobs.labelled import is_synthetic, read_labelled
from ssldiff_gui.models.folders import installed_folder
from tests.jobs.starters import install_starters
from tests.models.tiny import tiny_generator_folder

CLASSES = {"dark": 50, "light": 190}


def folder_of(root: Path, classes=CLASSES, count=8, side=40) -> Path:
    """Lay down pictures of two shades, each with a pattern of its own."""
    random = np.random.default_rng(0)
    for label, level in classes.items():
        place = root / label
        place.mkdir(parents=True)
        for k in range(count):
            coarse = random.normal(level, 35, (10, 10, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(coarse).resize((side, side)).save(place / f"{k}.png")
    return root


@pytest.fixture
def real(tmp_path):
    install_starters("aerial")
    return folder_of(tmp_path / "real")


def request(real, **more):
    told = {"folder": str(real), "output": str(real.parent / "out"), "count": 3, "draw": 1.4,
            "steps": 2, "groups": "file", "device": "cpu", "preset": "draft"}  # fmt: skip
    return AugmentRequest.model_validate(told | more)


def tree(out: Path) -> dict[str, str]:
    """Return the hash of every file of an output that does not name its own place."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("request.json", ".lock")
    }


class Watch:
    """Asks for an end after so many drawn pictures."""

    def __init__(self, until=None):
        self.words, self._until = [], until

    def report(self, done, total, words=""):
        self.words.append(words)

    def check(self):
        drawing = sum(word.startswith("Drawing") for word in self.words)
        if self._until is not None and drawing > self._until:
            raise Cancelled("Stopped.")


def test_variations_are_made_marked_and_told(real):
    watch = Watch()
    result = augment(request(real), watch)
    out = Path(result["output"])
    manifest = json.loads((out / "augment.json").read_text())
    assert result["drawn"] == {"dark": 5, "light": 5}
    assert parse_request(json.loads((out / "request.json").read_text())) == request(real)
    assert set(manifest["model"]["files"]) >= {"network.safetensors"}
    split = json.loads((out / "split.json").read_text())
    for name in CLASSES:
        kept = sorted((out / name).iterdir())
        assert len(kept) == result["kept"][name] <= 3
        assert (out / f"sheet-{name}.synthetic.png").is_file()
        for path in kept:
            assert ".synthetic." in path.name
            assert is_synthetic(path)
            with Image.open(path) as picture:
                assert picture.size == (40, 40)
                assert "trainedAlgorithmicMedia" in picture.info["XML:com.adobe.xmp"]
    assert len(manifest["pictures"]) == 10
    for told in manifest["pictures"]:
        assert told["source"] in split["seen"]
        assert told["towards"] in split["seen"]
        assert told["source"] != told["towards"]
        assert told["kept"] == (told["file"] is not None) == (told["why"] == "")
        content = (out / told["drawn"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == told["sha256"]
        if told["kept"]:
            assert (out / told["file"]).read_bytes() == content
            assert told["nearest"] == told["class"]
    assert any("Drawing light" in word for word in watch.words)


def test_the_same_request_gives_the_same_bytes_and_a_killed_one_goes_on(real, monkeypatch):
    whole = tree(Path(augment(request(real))["output"]))
    shutil.move(real.parent / "out", real.parent / "first")
    with pytest.raises(Cancelled):
        augment(request(real), Watch(until=4))
    out = real.parent / "out"
    drawn = sorted(out.rglob("*.synthetic.png"))
    assert 3 <= len(drawn) <= 5
    times = {path: path.stat().st_mtime_ns for path in drawn}
    # what a kill leaves: a journal cut in the middle of a line, and a picture that is not whole
    journal = out / ".drawn" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    drawn[0].write_bytes(drawn[0].read_bytes()[:-50])
    augment(request(real))
    assert tree(out) == whole
    assert times[drawn[1]] == drawn[1].stat().st_mtime_ns
    again = tree(Path(augment(request(real))["output"]))
    assert again == whole
    with pytest.raises(BadRequest, match="begun otherwise"):
        augment(request(real, seed=1))


def test_nothing_is_looked_at_but_what_may_be_seen(real, monkeypatch):
    looked = []
    plain = labelled.Labelled.load

    def spy(self, number):
        looked.append(self.paths[number])
        return plain(self, number)

    monkeypatch.setattr(labelled.Labelled, "load", spy)
    result = augment(request(real, labels_fraction=0.5))
    split = json.loads((Path(result["output"]) / "split.json").read_text())
    assert set(looked) == set(split["seen"])
    assert not set(split["seen"]) & {*split["test"], *split["validation"]}
    assert len(split["seen"]) < len(split["train"])


def test_strength_zero_repeats_the_grid_and_one_takes_the_others(real):
    from ssldiff_gui.core.progress import Silent
    from ssldiff_gui.jobs.augment_drawing import Candidate, Hand, Real, Variations
    from ssldiff_gui.models.encoders import load_encoder
    from ssldiff_gui.models.folders import find_model
    from ssldiff_gui.models.generators import load_generator
    from ssldiff_gui.sampling.presets import preset_named

    found = read_labelled(real)
    generator = load_generator(find_model("starter-aerial"), "cpu")
    encoder = load_encoder("starter-aerial-encoder", "cpu")
    hand = Hand(generator, preset_named("draft", steps=2), Real(found, np.arange(16), 1.0), None,
                Silent())  # fmt: skip
    grids = [embedded(encoder, found.load(k), 32) for k in (0, 1)]
    for strength, wanted in ((0.0, grids[0]), (1.0, grids[1])):
        made = Variations(hand, encoder, strength).draw(Candidate(0, 0, 7, 0, 1))
        assert np.array_equal(made.grid.vectors, wanted)
        assert made.pixels.shape == (40, 40, 3)
    large = replace(hand, large=150)
    assert Variations(large, encoder, 0.3).draw(Candidate(0, 0, 7, 0, 1)).pixels.shape[0] == 150
    other_scale = replace(hand, real=Real(found, np.arange(16), 2.0))
    made = Variations(other_scale, encoder, 0.3).draw(Candidate(0, 0, 7, 0, 1))
    assert made.grid.vectors.shape[:2] == (3, 3)
    assert made.pixels.shape == (40, 40, 3)
    with pytest.raises(BadRequest, match="not among the pictures to be seen"):
        Real(found, np.array([3]), 1.0).load(0)


def plain_generator(name, **more):
    tiny_generator_folder(
        installed_folder() / name, name=name, kind="unet-plain", conditioner="none",
        autoencoder="patch", pixel=PixelSize(size=0.3, unit="m"), **more,
    )  # fmt: skip


@pytest.mark.slow
def test_guided_trains_its_classifier_on_what_is_seen_and_selects(real):
    plain_generator("plain")
    told = request(
        real, method="guided", model="plain", classifier_steps=12, scale=4.0, select="both",
        judge="starter-aerial-encoder", labels_fraction=0.5,
    )  # fmt: skip
    out = Path(augment(told)["output"])
    manifest = json.loads((out / "augment.json").read_text())
    assert manifest["leader"]["trained_on"] == sum(manifest["seen"].values())
    assert manifest["leader"]["noise_aware"]
    assert manifest["pictures"][0]["source"] is None
    trained = json.loads((out / ".classifier" / "pictures" / "pictures.json").read_text())
    split = json.loads((out / "split.json").read_text())
    assert {entry["name"] for entry in trained["entries"]} == set(split["seen"])
    shades = {
        name: np.mean([np.asarray(Image.open(out / told["drawn"])).mean()
                       for told in manifest["pictures"] if told["class"] == name])
        for name in CLASSES
    }  # fmt: skip
    assert shades["dark"] < shades["light"]
    named = request(
        real, method="guided", model="plain", classifier=str(out / ".classifier" / "model"),
        judge="starter-aerial-encoder", output=str(real.parent / "second"), scale=4.0,
    )  # fmt: skip
    notes = augment(named.model_copy(update={"count": 1}))["notes"]
    assert any("was trained elsewhere" in note for note in notes)


def test_a_class_is_asked_of_a_conditional_generator(real):
    from ssldiff_gui.core.specs import ModelFile

    folder = installed_folder() / "knows"
    tiny_generator_folder(
        folder, name="knows", conditioner="class", autoencoder="patch", cell=4,
        pixel=PixelSize(size=0.3, unit="m"),
    )  # fmt: skip
    told = request(real, method="class", model="knows", judge="starter-aerial-encoder")
    with pytest.raises(BadRequest, match="knows no classes"):
        augment(told)
    model = ModelFile.model_validate_json((folder / "model.json").read_text())

    def knowing(*classes):
        spec = model.generator.model_copy(update={"classes": classes})
        made = model.model_copy(update={"generator": spec})
        (folder / "model.json").write_text(made.model_dump_json())

    knowing("light", "grey")
    with pytest.raises(BadRequest, match="knows no class dark"):
        augment(told)
    knowing("grey", "light", "dark", "none")
    assert augment(told)["drawn"] == {"dark": 5, "light": 5}


def test_mistakes_are_refused_before_anything_is_written(real, tmp_path):
    for more, error, word in (
        ({"output": str(real / "out")}, BadRequest, "within each other"),
        ({"output": str(real.parent)}, BadRequest, "within each other"),
        ({"labels_fraction": 0.01}, BadRequest, "Two pictures of each class"),
        ({"method": "text"}, MissingModel, "No installed generator"),
        ({"method": "text", "model": "starter-aerial"}, BadRequest, "takes no text"),
        ({"pixel": {"size": 0.5, "unit": "µm"}, "model": "starter-aerial"}, BadRequest, "draws in"),
    ):
        with pytest.raises(error, match=word):
            augment(request(real, **more))
    assert not (real.parent / "out").exists()
    one = folder_of(tmp_path / "one", {"dark": 50})
    with pytest.raises(BadRequest, match="one class"):
        augment(request(one))
    shutil.copytree(real / "dark", real.parent / "out" / "other")
    with pytest.raises(AlreadyThere):
        augment(request(real))


def test_a_split_that_leaks_is_refused_and_unreadable_files_are_named(real):
    (real / "dark" / "broken.png").write_bytes(b"no picture")
    for k in range(8):
        shutil.copy(real / "light" / f"{k}.png", real / "light" / f"again{k}.png")
    result = augment(request(real))
    said = " ".join(result["notes"])
    assert "broken.png" in said
    assert "unbalanced" in said or result["kept"]
    split = json.loads((Path(result["output"]) / "split.json").read_text())
    train = next(name for name in split["train"] if name.startswith("light"))
    split["test"].append(train)
    leaky = real.parent / "leaky.json"
    leaky.write_text(json.dumps(split))
    with pytest.raises(BadRequest, match="same picture"):
        augment(request(real, split=str(leaky), output=str(real.parent / "other")))


def features(random, centre, count):
    return (np.asarray(centre) + random.normal(0, 0.25, (count, 6))).astype(np.float32)


@pytest.mark.parametrize("choice", ["none", "centroid", "confidence", "both"])
def test_selection_keeps_what_agrees_and_says_why_not(choice):
    random = np.random.default_rng(0)
    centres = np.eye(6)[:3] * 2
    real = np.concatenate([features(random, c, 8) for c in centres])
    truth = np.repeat(np.arange(3), 8)
    # of each class: ten that look like it, and four that look like the next one
    drawn = np.concatenate(
        [np.concatenate([features(random, centres[k], 10),
                         features(random, centres[(k + 1) % 3], 4)]) for k in range(3)]
    )  # fmt: skip
    labels = np.repeat(np.arange(3), 14)
    wrong = {14 * k + n for k in range(3) for n in range(10, 14)}
    judged = judge((real, truth), (drawn, labels), "abc", choice, 6)
    kept = [row for rows in judged.order for row in rows]
    assert all(len(rows) == 6 for rows in judged.order)
    assert all((judged.why[row] == "") == (row in kept) for row in range(42))
    if choice == "none":
        assert judged.order[1] == [*range(14, 20)]
        return
    assert not wrong & set(kept)
    assert all(judged.why[row] for row in wrong)
    for rows in judged.order:
        scores = judged.distances[rows] if choice != "confidence" else -judged.confidence[rows]
        assert (np.diff(scores) >= 0).all()
    told = judged.facts(kept[0], "abc")
    assert told["nearest"] == "a"
    assert 0 < told["confidence"] <= 1


def test_plans_of_a_class_depend_on_nothing_else():
    labels, seen = np.array([0, 0, 0, 1, 1, 1]), np.arange(6)
    both = candidates_of(labels, seen, ["a", "b"], 5, 3)
    assert [c.label for c in both] == [0] * 5 + [1] * 5
    assert {c.source for c in both[:3]} == {0, 1, 2}
    assert all(c.partner != c.source for c in both)
    assert len({c.seed for c in both}) == 10
    alone = candidates_of(labels[:3], seen[:3], ["a"], 5, 3)
    assert alone == both[:5]
    assert candidates_of(labels, seen, ["a", "b"], 5, 4) != both


def test_a_grid_is_laid_over_any_size():
    grid = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    random = np.random.default_rng(0)
    assert np.array_equal(laid(grid, 2, 3, random), grid)
    large = laid(grid, 5, 7, random)[..., 0]
    assert large.shape == (5, 7)
    assert large[0].tolist() == [0, 1, 2, 2, 1, 0, 0]
    assert large[:, 0].tolist() == [0, 3, 3, 0, 0]
    assert laid(grid, 1, 2, random).shape == (1, 2, 1)


def reader(name):
    """Install a generator that reads texts, of random weights."""
    import torch

    from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec
    from ssldiff_gui.models.generators import save_generator
    from ssldiff_gui.models.generators.building import build_parts

    tower = {"vocab_size": 4096, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
             "num_attention_heads": 1, "max_position_embeddings": 8, "bos_token_id": 1,
             "eos_token_id": 1, "pad_token_id": 0}  # fmt: skip
    network = {"channels": 4, "dim": 16, "cell": 4, "widths": [16], "blocks": 1, "groups": 8}
    spec = GeneratorSpec(
        name=name, title="Reads", channels=4, factor=4, window=8, cell=4, local_decoder=True,
        pixel=PixelSize(size=0.3, unit="m"), prediction="v",
        network=PartSpec(type="GridUNet", config=network),
        autoencoder=PartSpec(type="PatchTransform", config={"factor": 4, "channels": 4}),
        conditioner=PartSpec(type="text", config={"config": tower, "empty": [1] + [0] * 7}),
    )  # fmt: skip
    parts = build_parts(spec)
    random = torch.Generator().manual_seed(0)
    states = [
        {key: 0.1 * torch.randn(value.shape, generator=random)
         if value.is_floating_point() else value for key, value in part.state_dict().items()}
        for part in (parts.network.module, parts.autoencoder.module, parts.conditioner.module)
    ]  # fmt: skip
    save_generator(installed_folder() / name, spec, *states, licence=Licence(name="CC0-1.0"))


def test_a_text_is_asked_of_a_generator_that_reads(real):
    reader("reads")
    told = request(real, method="text", model="reads", judge="starter-aerial-encoder",
                   select="none", count=1, draw=2)  # fmt: skip
    with pytest.raises(BadRequest, match="no caption for light"):
        augment(told.model_copy(update={"captions": {"dark": "night"}}))
    captions = {"dark": "night", "light": "snow on a field"}
    result = augment(told.model_copy(update={"captions": captions}))
    assert result["kept"] == {"dark": 1, "light": 1}


def test_a_judge_of_quite_another_scale_sees_pixel_for_pixel_and_that_is_said():
    from ssldiff_gui.jobs.augment_models import _judge_scale
    from ssldiff_gui.models.folders import find_model, read_model
    from tests.sampling.fakes import fake_spec

    install_starters("aerial")
    judge_spec = read_model(find_model("starter-aerial-encoder")).encoder  # at 0.3 m
    assert _judge_scale(judge_spec, fake_spec(pixel=PixelSize(size=0.6, unit="m"))) == (2.0, ())
    assert _judge_scale(judge_spec, fake_spec()) == (1.0, ())
    scale, notes = _judge_scale(judge_spec, fake_spec(pixel=PixelSize(size=10, unit="m")))
    assert scale == 1
    assert "pixel for pixel" in notes[0]
    with pytest.raises(BadRequest, match="sees pictures in m"):
        _judge_scale(judge_spec, fake_spec(pixel=PixelSize(size=0.5, unit="µm")))
