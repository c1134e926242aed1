"""`ssldiff label` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from ssldiff_gui.commands.label import label
from ssldiff_gui.models.folders import installed_folder
from tests.models.tiny_encoders import tiny_encoder_folder

app = typer.Typer()
app.command()(label)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six pictures of two looks, and an installed encoder."""
    tiny_encoder_folder(installed_folder() / "tiny")
    random = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(6):
        colour = ((200, 60, 60), (60, 60, 200))[k % 2]
        picture = np.clip(colour + random.normal(0, 9, (64, 64, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{k}.png")
    return folder


def run(pictures: Path, *arguments: str) -> Any:
    told = [str(pictures), "--encoder", "tiny", "-o", str(pictures.parent / "labels"),
            "--device", "cpu", *arguments]  # fmt: skip
    return CliRunner().invoke(app, told)


def test_clusters_are_told_of_for_people_and_as_data(pictures: Path) -> None:
    result = run(pictures, "--count", "2")
    assert result.exit_code == 0, result.output
    assert "cluster 1: 3" in result.stdout
    found = json.loads(run(pictures, "--count", "2", "--json").stdout)
    assert found["classes"] == {"cluster 1": 3, "cluster 2": 3}
    labels = json.loads((pictures.parent / "labels" / "labels.json").read_text("utf-8"))
    assert [one["cluster"] for one in labels["pictures"][::2]] == [
        labels["pictures"][0]["cluster"]
    ] * 3


def test_options_reach_the_request(pictures: Path) -> None:
    result = run(
        pictures, "--method", "boxes", "--boxes", "2", "--expansion", "7", "--pixel", "0.5um",
        "--seed", "3", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    kept = json.loads((pictures.parent / "labels" / "request.json").read_text("utf-8"))
    assert (kept["method"], kept["boxes"], kept["expansion"], kept["seed"]) == ("boxes", 2, 7, 3)
    assert kept["pixel"] == {"size": 0.5, "unit": "µm"}


@pytest.mark.parametrize("wrong", [["--method", "guesses"], ["--form", "own"], ["--count", "99"]])
def test_what_cannot_be_done_is_told_without_a_traceback(pictures: Path, wrong: list[str]) -> None:
    result = run(pictures, *wrong, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)["error"]
    assert told["kind"] == "BadRequest"
    assert told["hint"]
