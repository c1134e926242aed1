"""Training from a configuration to a model folder: the pictures, the pieces, the family."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, InUse, MissingFile, MissingModel
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs import train_models
from ssldiff_gui.jobs.train import TrainResult, train, train_family
from ssldiff_gui.jobs.train_models import finder, install
from ssldiff_gui.jobs.train_recipes import configuration, family, recipes
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.folders import find_model, installed_folder, read_model
from ssldiff_gui.storage.file_lock import FileLock
from ssldiff_gui.training import curves
from ssldiff_gui.training.settings import KINDS, read_settings
from tests.models.tiny_encoders import tiny_encoder_folder, tiny_encoder_spec, tiny_tensors

TEXT = """# Tiny.
name = "mine-encoder"
[data]
pixel = { size = 0.5, unit = "µm" }
smallest = 40
[[data.sources]]
path = "tiles"
pixel = 0.5
share = 0.4
[run]
steps = 4
batch = 6
save_every = 2
[model]
architecture = "vit_tiny_patch16_224"
arguments = { img_size = 32, patch_size = 8, embed_dim = 24, depth = 1, num_heads = 3 }
cell = 32
"""


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "draw", lambda _: None)


def tiles(folder: Path, count: int = 8, side: int = 48) -> Path:
    for k in range(count):
        place = folder / "ab"[k % 2] / f"{k}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(k).integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place)
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    tiles(tmp_path / "data" / "tiles")
    path = tmp_path / "data" / "mine.toml"
    path.write_text(TEXT, "utf-8")
    return path


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Path) else value for key, value in told.items()}


def go(config: Path, out: Path, **told: Any) -> TrainResult:
    return train(
        TrainRequest(what="encoder", config=str(config), out=str(out), device="cpu", **_plain(told))
    )


def test_an_encoder_is_trained_and_embeds(config: Path, tmp_path: Path) -> None:
    result = go(config, tmp_path / "run")
    assert (result.steps, result.wanted, result.finished, result.own) == (4, 4, True, False)
    assert result.figures.keys() == {"step", "loss", "contrast", "recall"}
    assert "8 pictures" in result.counted
    model = read_model(result.model)
    assert model.kind == "encoder"
    told = model.provenance
    assert (told["recipe"], told["steps"], told["wanted"]) == ("mine.toml", 4, 4)
    assert told["pictures"]["classes"] == ["a", "b"]
    assert str(tmp_path) not in json.dumps(model.model_dump(mode="json"))
    weights = train_models.find_model(result.model)
    assert weights == result.model.resolve()
    encoder = load_encoder(result.model, "cpu")
    assert encoder.embed(np.zeros((2, 32, 32, 3), np.uint8)).shape == (2, 24)
    card = (result.model / "README.md").read_text("utf-8")
    assert "mine-encoder" in card
    assert {p.name for p in result.folder.iterdir()} >= {"pictures", "model", "log.jsonl"}


def test_pieces_come_to_the_same_model(config: Path, tmp_path: Path) -> None:
    whole = go(config, tmp_path / "whole")
    steps = []
    for _ in range(6):
        result = go(config, tmp_path / "cut", minutes=0)
        steps.append(result.steps)
        if result.finished:
            break
    assert steps == [1, 2, 3, 4]
    assert _encoder(result) == _encoder(whole)


def _encoder(result: TrainResult) -> str:
    made = read_model(result.model).encoder
    assert made is not None
    return made.id


def test_what_is_finished_is_left_alone(config: Path, tmp_path: Path) -> None:
    before = go(config, tmp_path / "run").model.stat().st_mtime_ns
    again = go(config, tmp_path / "run", install=True)
    assert again.model.stat().st_mtime_ns == before
    assert again.installed == installed_folder() / "mine-encoder"
    assert load_encoder("mine-encoder", "cpu").spec.id == _encoder(again)


def test_more_steps_go_on_from_the_end(config: Path, tmp_path: Path) -> None:
    go(config, tmp_path / "run")
    more = go(config, tmp_path / "run", changes={"run.steps": 6})
    assert (more.steps, read_model(more.model).provenance["steps"]) == (6, 6)
    with pytest.raises(BadRequest, match=r"run\.rate differs"):
        go(config, tmp_path / "run", changes={"run.rate": 0.1})


def test_somebodys_own_pictures_take_the_place_of_the_recipes(config: Path, tmp_path: Path) -> None:
    own = tiles(tmp_path / "own" / "deep" / "er", count=6)
    result = go(config, tmp_path / "run", data=tmp_path / "own", pixel=MICRONS)
    assert result.own
    assert "in place of the recipe's" in result.trained_on
    assert result.counted.startswith("6 pictures")
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", own)
    result = go(config, tmp_path / "packed-run", data=Path(archive), pixel=MICRONS)
    assert result.counted.startswith("6 pictures")


MICRONS = PixelSize(size=0.5, unit="µm")


def test_data_names_what_the_paths_are_relative_to(config: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.move(config.parent / "tiles", moved / "tiles")
    result = go(config, tmp_path / "run", data=moved)
    assert not result.own
    with pytest.raises(BadRequest, match="--pixel is for pictures of your own"):
        go(config, tmp_path / "run", data=moved, pixel=MICRONS)


def test_data_that_is_there_in_part_is_named(config: Path, tmp_path: Path) -> None:
    config.write_text(TEXT.replace("[run]", '[[data.sources]]\npath = "more"\n[run]'), "utf-8")
    with pytest.raises(BadRequest, match=r"Of the sources of mine\.toml, more is not in"):
        go(config, tmp_path / "run")


def test_bad_data_is_refused(config: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nothing at"):
        go(config, tmp_path / "run", data=tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="has no pictures beside it"):
        train(TrainRequest(what="encoder", config="starter-histology", out=str(tmp_path / "run")))
    own, metres = tiles(tmp_path / "own"), PixelSize(size=1, unit="m")
    with pytest.raises(BadRequest, match="--pixel is in m"):
        go(config, tmp_path / "run", data=own, pixel=metres)


def test_one_program_at_a_time_trains_in_a_folder(config: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    held = FileLock(tmp_path / "run" / ".lock")
    with pytest.raises(InUse, match="Another program trains"):
        go(config, tmp_path / "run")
    held.release()
    go(config, tmp_path / "run")


def test_pictures_of_another_run_of_the_family_are_shared(config: Path, tmp_path: Path) -> None:
    told = {"changes": {"run.steps": 1}}
    go(config, tmp_path / "first", **told)
    shutil.move(tmp_path / "first" / "pictures", tmp_path / "pictures")
    go(config, tmp_path / "second", **told)
    assert not (tmp_path / "second" / "pictures").exists()
    go(config, tmp_path / "third", changes={"run.steps": 1, "data.smallest": 41})
    assert (tmp_path / "third" / "pictures").exists()


class Stub:
    """A task of any kind that writes an encoder's folder, and notes what it was given."""

    made: list[tuple[str, dict[str, Path]]]

    def __init__(self, settings: Any, pictures: Any, folder: Path, *, find: Any, progress: Any):
        self.settings, self.modules = settings, torch.nn.Linear(2, 1)
        needs = {k: getattr(settings.model, k, None) for k in ("encoder", "autoencoder")}
        found = {key: find(name) for key, name in needs.items() if name}
        Stub.made.append((settings.kind, found))

    def loss(self, modules: Any, random: Any, step: int) -> Any:
        x = torch.from_numpy(random.standard_normal((4, 2), np.float32))
        return modules(x).square().mean(), {}

    def show(self, folder: Path, step: int) -> None:
        pass

    def save(self, folder: Path, average: Any, card: str, provenance: Any) -> None:
        from ssldiff_gui.models.encoders import save_encoder

        spec = tiny_encoder_spec(self.settings.name)
        licence = self.settings.card.licence
        save_encoder(folder, spec, tiny_tensors(spec), licence=licence, provenance=provenance)


def _family(folder: Path) -> Path:
    head, _, model = TEXT.partition("[model]")
    folder.mkdir()
    for kind in KINDS:
        table = {
            "encoder": model,
            "autoencoder": "",
            "diffusion": 'encoder = "mine-encoder"\nautoencoder = "mine-autoencoder"',
            "prior": 'encoder = "../encoder/model"',
            "classifier": 'encoder = "mine-encoder"',
        }[kind]
        text = f"{head.replace('mine-encoder', f'mine-{kind}')}[model]\n{table}\n"
        (folder / f"{kind}.toml").write_text(text, "utf-8")
    return folder


def test_a_family_is_trained_in_turn_and_in_pieces(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stub, "made", [], raising=False)
    monkeypatch.setattr("ssldiff_gui.jobs.train.task_of", lambda _: Stub)
    tiny_encoder_folder(installed_folder() / "mine-encoder")  # not the one that is meant
    out = tmp_path / "out"
    changes = {"prior.run.steps": 2, "run.show_every": 50}
    request = TrainRequest(
        what="all", config=str(_family(tmp_path / "fam")), data=str(config.parent), out=str(out),
        device="cpu", changes=changes,
    )  # fmt: skip
    first = next(iter(train_family(request)))
    assert (first.kind, first.finished) == ("encoder", True)
    results = list(train_family(request))
    assert [r.kind for r in results] == [*KINDS]
    assert [r.steps for r in results] == [4, 4, 4, 2, 4]
    assert [kind for kind, _ in Stub.made] == [*KINDS]  # the encoder was not trained twice
    encoder = (out / "encoder" / "model").resolve()
    given = dict(Stub.made)
    assert given["diffusion"] == {
        "encoder": encoder,
        "autoencoder": (out / "autoencoder" / "model").resolve(),
    }
    assert given["prior"] == given["classifier"] == {"encoder": encoder}
    assert (out / "pictures").is_dir()
    assert not (out / "prior" / "pictures").exists()
    built = read_model(results[-1].model).provenance["models"]
    assert built["encoder"]["name"] == "mine-encoder"


def test_a_family_stops_when_its_time_is_up(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stub, "made", [], raising=False)
    monkeypatch.setattr("ssldiff_gui.jobs.train.task_of", lambda _: Stub)
    request = TrainRequest(
        what="all", config=str(_family(tmp_path / "fam")), data=str(config.parent),
        out=str(tmp_path / "out"), device="cpu", minutes=0,
    )  # fmt: skip
    results = list(train_family(request))
    assert [(r.kind, r.steps, r.finished) for r in results] == [("encoder", 1, False)]


def test_models_are_found_by_name_or_path(config: Path, tmp_path: Path) -> None:
    text = config.read_text("utf-8").partition("[model]")[0] + '[model]\nencoder = "../e/model"\n'
    config.write_text(text, "utf-8")
    settings = read_settings(config, "prior")
    find = finder(tmp_path / "runs" / "prior", settings)
    with pytest.raises(MissingModel) as caught:
        find("../e/model")
    assert "ssldiff train encoder" in caught.value.hint
    with pytest.raises(MissingModel) as caught:
        find("nobody")
    assert "--out" in caught.value.hint
    tiny_encoder_folder(tmp_path / "runs" / "e" / "model", name="made")
    tiny_encoder_folder(installed_folder() / "installed")
    made = (tmp_path / "runs" / "e" / "model").resolve()
    assert find("../e/model") == find("made") == find(str(made)) == made
    assert find("installed") == find_model("installed")


def test_an_installed_model_is_replaced_by_a_newer_one(tmp_path: Path) -> None:
    tiny_encoder_folder(tmp_path / "one", seed=1)
    new = tiny_encoder_folder(tmp_path / "two", seed=2)
    for name in ("one", "two"):
        install(tmp_path / name, "mine")
    assert load_encoder("mine", "cpu").spec.id == new.id
    assert (installed_folder() / "mine" / "README.md").read_text("utf-8") == "# two\n"


def test_every_recipe_that_is_carried_can_be_read(tmp_path: Path) -> None:
    there = recipes()
    assert {recipe.kind for recipe in there} == set(KINDS)
    for recipe in there:
        found = configuration(recipe.name, recipe.kind)
        assert found.carried
        settings = read_settings(found.path, recipe.kind)
        assert settings.name == recipe.model
    families = {recipe.name.partition("/")[0] for recipe in there}
    assert families >= {
        f"minutes-{told}" for told in ("unconditional", "class", "text", "boxes", "masks")
    }
    for name in {name for name in families if name.startswith("starter")}:
        assert [*family(name)] == [*KINDS]
        names = {k: read_settings(c.path, k) for k, c in family(name).items()}
        assert names["diffusion"].model.encoder == names["encoder"].name  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["nobody", "../recipes/starter-histology", "a/b/c", ""])
def test_configurations_that_are_not_there(text: str) -> None:
    with pytest.raises(MissingFile) as caught:
        configuration(text, "encoder")
    assert "starter-histology/encoder" in caught.value.hint
    with pytest.raises(MissingFile):
        family(text)
