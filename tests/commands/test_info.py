"""`ssldiff info` says of our own pictures that they are synthetic, and fails on no others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.core.specs import GeneratorSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.models.folder_writing import write_model
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage import provenance
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.grids import save_grid
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


GRID = EmbeddingGrid(
    vectors=np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    encoder="tiny@000000000000",
    cell=32,
    scale=Scale(0.5, 0.5, "µm"),
    valid=np.array([[True, True, False], [True, True, True]]),
    region=Region(Box(64, 32, 192, 128), 2.0),
    source=Source("a.svs", "abc123", "main", UTM),
)


def test_a_grid_is_said_to_be_one(tmp_path):
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID, edits=[{"kind": "whatever"}])
    found = told(path)
    assert (found["rows"], found["columns"], found["dim"], found["valid"]) == (2, 3, 4, 5)
    assert (found["path"], found["cell"], found["edits"]) == (str(path), 32, 1)
    assert found["encoder"] == GRID.encoder
    assert found["scale"] == {"x": 0.5, "y": 0.5, "unit": "µm"}
    assert found["region"] == {"x": 64, "y": 32, "width": 192, "height": 128, "downsample": 2.0}
    assert found["source"] == {
        "name": "a.svs", "scene": "main", "fingerprint": "abc123", "crs": UTM.crs,
    }  # fmt: skip
    assert found["digest"] == GRID.digest()
    words = run.invoke(app, ["info", str(path)]).stdout
    for part in ("2 × 3 cells", GRID.encoder, "5 of 6 cells", "0.5 × 0.5 µm/px", "a.svs"):
        assert part in words


def test_a_grid_from_nowhere_is_told_as_well(tmp_path):
    path = tmp_path / "g.safetensors"
    save_grid(path, EmbeddingGrid(vectors=GRID.vectors, encoder="e", cell=8))
    found = told(path)
    assert (found["scale"], found["region"], found["source"]) == (None, None, None)
    words = run.invoke(app, ["info", str(path)]).stdout
    assert words.count("unknown") == 2


@pytest.mark.parametrize("content", [b"", b"nothing of use", b"\x80\x04K\x01."])
def test_what_only_has_the_name_of_a_grid_is_an_error_in_words(tmp_path, content):
    path = tmp_path / "g.safetensors"
    path.write_bytes(content)
    result = run.invoke(app, ["info", "--json", str(path)])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert "g.safetensors" in error["message"]
    assert error["hint"]


def test_a_model_folder_is_said_to_be_one(tmp_path):
    part = PartSpec(type="x")
    spec = GeneratorSpec(
        name="tiny", title="Tiny unet", channels=4, factor=4, window=16, cell=8, dim=8,
        encoder="tiny@000000000000", network=part, autoencoder=part,
    )  # fmt: skip
    licence = Licence(name="BSD-3-Clause", commercial=True)
    made = tmp_path / "model"
    write_model(made, ModelFile(kind="generator", generator=spec, licence=licence), "# Tiny\n", {})
    found = told(made)
    assert (found["kind"], found["name"], found["dim"]) == ("generator", "tiny", 8)
    assert found["encoder"] == "tiny@000000000000"
    assert found["bytes"] > 0
    assert "README.md" in found["files"]
    words = run.invoke(app, ["info", str(made)]).stdout
    for part in ("model folder", "Tiny unet", "BSD-3-Clause"):
        assert part in words
    (made / "model.json").write_text("{}", "utf-8")
    assert run.invoke(app, ["info", str(made)]).exit_code == 1
