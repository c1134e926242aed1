"""`ssldiff info` says of our own pictures that they are synthetic, and fails on no others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage import provenance
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.trailer import append_trailer
from tests.slides.made.others import png
from tests.storage.canvases import a_canvas
from tests.storage.fake_picture import UTM, Fake, pixels_of

run = CliRunner()
ENDINGS = (".png", ".jpg", ".ome.tif", ".tif", ".ome.zarr")


def told(path: Path) -> dict:
    result = run.invoke(app, ["info", "--json", str(path)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_export_is_said_to_be_synthetic(tmp_path, ending, monkeypatch):
    picture = Fake(pixels_of(300, 200), georeference=UTM)
    path = export(extract_of(picture), tmp_path / f"out{ending}").path

    def unpacked(*_):
        raise AssertionError("the grid is not needed")

    monkeypatch.setattr(provenance, "unpack_grid", unpacked)
    found = told(path)["synthetic"]
    recipe = picture.recipe
    assert found == {
        "model": recipe.model,
        "seed": recipe.seed,
        "source_type": recipe.source_type,
        "edits": len(recipe.edits),
    }
    words = run.invoke(app, ["info", str(path)]).stdout
    assert f"yes, model {recipe.model}, seed {recipe.seed}" in words


def test_an_unfinished_canvas_is_said_to_be_synthetic(tmp_path):
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        found = told(canvas.path)["synthetic"]
    assert (found["model"], found["seed"]) == ("tiny", 0)


def test_of_other_pictures_nothing_is_said(tmp_path):
    path = png(tmp_path / "a.png")
    assert told(path)["synthetic"] is None
    assert "synthetic" not in run.invoke(app, ["info", str(path)]).stdout


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"recipe": 7}', '{"recipe": {"model": 1}}', "[" * 100_000],
)
def test_a_damaged_record_is_said_and_the_rest_is_told(tmp_path, text):
    path = tmp_path / "a.tif"
    Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(path)
    append_trailer(path, text)
    found = told(path)
    assert (found["width"], found["height"]) == (50, 40)
    assert found["synthetic"] is not None
    assert found["synthetic"]["model"] is None
    assert "damaged" in run.invoke(app, ["info", str(path)]).stdout


@pytest.mark.parametrize("lie", [1, {"synthetic": "yes"}, {"synthetic": True, "recipe": []}])
def test_forged_attributes_of_a_folder_are_no_reason_to_fail(tmp_path, lie):
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        pass
    file = canvas.path / "zarr.json"
    facts = json.loads(file.read_text())
    facts["attributes"]["ssldiff"] = lie
    file.write_text(json.dumps(facts))
    with open_slide(canvas.path) as slide:
        assert slide.scenes[0].width == 300
    found = told(canvas.path)["synthetic"]
    assert found is None or found["model"] is None
