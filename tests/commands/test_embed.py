"""`ssldiff embed` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.resources import resource_path
from ssldiff_gui.storage.grids import load_grid
from tests.models.tiny_encoders import tiny_encoder_folder
from tests.slides.made.others import png
from tests.slides.made.tiffs import ome_tiff

run = CliRunner()


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    return ome_tiff(tmp_path / "slide.ome.tif")


def embed(slide: Path, *arguments: str) -> Any:
    output = str(slide.parent / "g.safetensors")
    return run.invoke(app, ["embed", str(slide), "-o", output, "--device", "cpu", *arguments])


def test_the_only_encoder_for_slides_is_taken(slide: Path) -> None:
    tiny_encoder_folder(installed_folder() / "tiny")
    result = embed(slide, "--region", "0,0,320,160", "--all", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    grid = load_grid(slide.parent / "g.safetensors")
    assert (found["rows"], found["columns"], found["dim"]) == (5, 10, 24)
    assert found["region"] == [0, 0, 320, 160]
    assert found["encoder"] == grid.encoder
    assert found["digest"] == grid.digest()
    assert found["cells"] == 50
    assert found["scale"] == {"x": 0.5, "y": 0.5, "unit": "µm"}


def test_people_are_told_in_words(slide: Path) -> None:
    tiny_encoder_folder(installed_folder() / "tiny")
    result = embed(slide, "--all", "--region", "0,0,64,64")
    assert result.exit_code == 0
    assert "2 × 2 cells of 24 values by tiny@" in result.stdout


def test_what_the_person_installed_comes_before_the_starters(slide: Path) -> None:
    part = ("--all", "--region", "0,0,64,64", "--json")
    if (resource_path("models") / "starter-histology-encoder").is_dir():
        first = json.loads(embed(slide, *part).stdout)
        assert first["encoder"].startswith("starter-histology-encoder@")
    tiny_encoder_folder(installed_folder() / "mine")
    assert json.loads(embed(slide, *part).stdout)["encoder"].startswith("mine@")


@pytest.mark.usefixtures("without_starters")
def test_without_or_with_several_encoders_one_has_to_be_named(slide: Path) -> None:
    result = embed(slide)
    assert result.exit_code == 1
    assert "No encoder for slides is installed" in result.stderr
    for name in ("one", "two"):
        tiny_encoder_folder(installed_folder() / name)
    result = embed(slide)
    assert result.exit_code == 1
    assert "one, two" in result.stderr
    assert embed(slide, "--model", "two", "--all", "--region", "0,0,64,64").exit_code == 0


def test_an_unknown_scale_is_asked_for(tmp_path: Path) -> None:
    tiny_encoder_folder(installed_folder() / "tiny")
    result = embed(png(tmp_path / "a.png"), "--all")
    assert result.exit_code == 1
    assert "--pixel" in result.stderr
    assert embed(png(tmp_path / "a.png"), "--all", "--pixel", "0.25um").exit_code == 0


def test_an_absurd_region_wants_a_yes(slide: Path) -> None:
    tiny_encoder_folder(installed_folder() / "tiny")
    result = embed(slide, "--region", "0,0,200000,200000", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["kind"] == "NeedsConsent"
    assert "--yes" in result.stderr


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "", "1,2,3,4,5"])
def test_a_region_that_is_none_is_shown_how_to_write_one(slide: Path, region: str) -> None:
    result = embed(slide, "--region", region)
    assert result.exit_code == 1
    assert "--region 1024,0,2048,1024" in result.stderr


@pytest.mark.parametrize("arguments", [["--pixel", "big"], ["--batch", "0"]])
def test_wrong_usage(slide: Path, arguments: list[str]) -> None:
    assert embed(slide, *arguments).exit_code == 2


def test_a_share_is_no_more_than_all(slide: Path) -> None:
    assert embed(slide, "--tissue", "1.5").exit_code == 2


def test_features_are_written_as_h5(slide: Path) -> None:
    import h5py

    tiny_encoder_folder(installed_folder() / "tiny")
    output = slide.parent / "g.h5"
    result = run.invoke(
        app, ["embed", str(slide), "-o", str(output), "--all", "--region", "0,0,96,64"]
    )
    assert result.exit_code == 0, result.output
    with h5py.File(output) as file:
        assert file["features"].shape == (6, 24)
        assert file["coords"][-1].tolist() == [64, 32]
