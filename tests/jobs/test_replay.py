"""Rendering again from what a file says: the same pixels, or a word on why not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.export import export as export_command
from ssldiff_gui.commands.replay import replay as replay_command
from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingModel
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.jobs.generate import GenerateResult, generate
from ssldiff_gui.jobs.replay import differences_of, model_of, replay, request_of
from ssldiff_gui.models.folders import installed_folder, read_model
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.storage.records import read_record
from tests.grids import same_grid
from tests.models.tiny import tiny_generator_folder
from tests.storage.fake_picture import grid_of

EDITS = [{"kind": "paint", "cells": [[0, 1]]}]

app = typer.Typer()
app.command()(export_command)
app.command()(replay_command)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_generator_folder(
        tmp_path_factory.mktemp("models") / "tiny-one", dim=16, encoder="tiny-abc"
    )


@pytest.fixture(scope="module")
def rendered(model: Path, tmp_path_factory: pytest.TempPathFactory) -> GenerateResult:
    """A small canvas, as `ssldiff generate` makes it."""
    folder = tmp_path_factory.mktemp("rendered")
    grid = replace(grid_of(3, 4, 16), cell=32)
    save_grid(folder / "g.safetensors", grid, edits=EDITS)
    request = GenerateRequest(
        grid=str(folder / "g.safetensors"),
        canvas=str(folder / "c.ome.zarr"),
        model=str(model),
        seed=11,
        steps=4,
        guidance=1.25,
        device="cpu",
        precision="float32",
    )
    return generate(request)


@pytest.fixture(scope="module")
def record(rendered: GenerateResult) -> Record:
    return read_record(rendered.canvas)


@pytest.fixture
def installed(model: Path) -> Path:
    """The model, where models are looked for, under another name than its own."""
    folder = installed_folder() / "renamed"
    shutil.copytree(model, folder)
    return folder


def run(*words: object) -> tuple[int, dict[str, object], str]:
    done = CliRunner().invoke(app, [*map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("ending", [".png", ".jpg", ".ome.tif", ".ome.zarr"])
def test_every_export_renders_again_to_the_same_pixels(
    ending, rendered, installed, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, facts, _ = run("export", rendered.canvas, "-o", f"out{ending}")
    assert code == 0
    assert facts["synthetic"] is True
    moved = Path(str(facts["path"])).rename(tmp_path / "moved")
    code, facts, said = run("replay", moved, "-o", "again.ome.zarr", "--device", "cpu")
    assert code == 0, said
    assert facts["same"] is True
    assert facts["sha256"] == facts["expected"] == rendered.sha256
    assert facts["differences"] == []
    assert read_record(tmp_path / "again.ome.zarr").sha256 == rendered.sha256


def test_a_replay_is_a_canvas_with_the_same_recipe(record, installed, tmp_path):
    replay(record, tmp_path / "a.ome.zarr", device="cpu")
    again = read_record(tmp_path / "a.ome.zarr")
    assert again.recipe == record.recipe
    assert again.recipe.edits == EDITS
    assert same_grid(again.grid, record.grid)


def test_pixels_that_differ_are_said_and_end_with_a_code(rendered, installed, tmp_path):
    sidecar = tmp_path / "r.json"
    _, facts, _ = run("export", rendered.canvas, "-o", tmp_path / "a.png")
    content = json.loads(Path(str(facts["sidecar"])).read_text("utf-8"))
    content["sha256"] = "0" * 64
    sidecar.write_text(json.dumps(content), "utf-8")
    code, facts, _ = run("replay", sidecar, "-o", tmp_path / "b.ome.zarr", "--device", "cpu")
    assert (code, facts["same"]) == (1, False)
    content["recipe"]["device"] = "an abacus"
    sidecar.write_text(json.dumps(content), "utf-8")
    code, facts, _ = run("replay", sidecar, "-o", tmp_path / "c.ome.zarr", "--device", "cpu")
    assert (code, facts["same"]) == (0, False)
    assert any("abacus" in str(word) for word in facts["differences"])


def test_an_unfinished_canvas_leaves_nothing_to_compare_with(record, installed, tmp_path):
    done = replay(replace(record, sha256=None), tmp_path / "a.ome.zarr", device="cpu")
    assert done.same is None


def test_the_request_is_the_one_that_was_made(record, tmp_path):
    request = request_of(record, grid=tmp_path / "g", canvas=tmp_path / "c", model="m")
    places = {"grid", "canvas", "model", "device"}
    assert request.model_dump(exclude=places, exclude_none=True) == {
        "kind": "generate",
        "seed": 11,
        "preset": "default",
        "steps": 4,
        "guidance": 1.25,
        "resume": False,
        "batch": 8,
        "compiled": False,
        "precision": "float32",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"preset": {}},
        {"preset": {"name": "unheard of"}},
        {"preset": {"name": ["default"]}},
        {"preset": {"name": "default", "guidance": "much"}},
        {"steps": 5},
        {"steps": 0},
        {"steps": 10**9},
        {"seed": -1},
        {"batch": 0},
        {"precision": "float8"},
    ],
    ids=str,
)
def test_what_this_version_renders_otherwise_is_refused(record, change, tmp_path):
    recipe = record.recipe.model_copy(update=change)
    with pytest.raises(BadRequest) as caught:
        request_of(
            replace(record, recipe=recipe), grid=tmp_path / "g", canvas=tmp_path / "c", model="m"
        )
    assert caught.value.hint


def test_a_preset_whose_parameters_have_changed_is_refused(record, tmp_path):
    preset = {**record.recipe.preset, "stride": 0.5}
    recipe = record.recipe.model_copy(update={"preset": preset})
    with pytest.raises(BadRequest, match="default"):
        request_of(
            replace(record, recipe=recipe), grid=tmp_path / "g", canvas=tmp_path / "c", model="m"
        )


def test_the_model_is_known_by_its_files(record, installed):
    assert model_of(record.recipe) == installed
    assert model_of(record.recipe, str(installed)) == installed


def test_a_missing_model_is_named(record):
    with pytest.raises(MissingModel, match="tiny") as caught:
        model_of(record.recipe)
    assert "--model" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["/etc", "../models/x", "~/x", "C:\\x", ".hidden", "x" * 300, "a\0", ""]
)
def test_a_record_opens_no_folder(name, record, installed):
    recipe = record.recipe.model_copy(update={"model": name, "model_files": {}})
    with pytest.raises(MissingModel, match="no model's name"):
        model_of(recipe)


def test_another_model_is_refused(record, tmp_path):
    other = tiny_generator_folder(tmp_path / "tiny", dim=16, encoder="tiny-abc", seed=1)
    with pytest.raises(DamagedModel, match="is not the model tiny"):
        model_of(record.recipe, str(other))


def test_a_model_with_a_changed_byte_is_refused(record, installed):
    name = next(file for file in read_model(installed).files if file.endswith(".safetensors"))
    content = bytearray((installed / name).read_bytes())
    content[-1] ^= 1
    (installed / name).write_bytes(content)
    with pytest.raises(DamagedModel, match=name):
        model_of(record.recipe)


def test_a_replay_takes_no_other_canvas_s_place(record, installed, rendered):
    with pytest.raises(BadRequest, match="exists"):
        replay(record, rendered.canvas, device="cpu")


def test_differences_are_said_in_words(record):
    versions = {**record.recipe.versions, "torch": "1.0", "extra": "2"}
    then = record.recipe.model_copy(update={"device": "cuda", "versions": versions})
    found = differences_of(then, record.recipe)
    assert len(found) == 3
    assert found[0].startswith("the device: cuda then")
    assert any(word.startswith("torch: 1.0 then") for word in found)
    assert differences_of(record.recipe, record.recipe) == []
