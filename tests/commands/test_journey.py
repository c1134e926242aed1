"""The whole way from the command line: pixels, grid, edit, picture, export, and back again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from typer.testing import CliRunner, Result

from ssldiff_gui.cli import app
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.slides import open_slide
from tests.models.tiny import tiny_generator_folder
from tests.models.tiny_encoders import tiny_encoder_folder
from tests.slides.made.pixels import picture
from tests.slides.made.tiffs import geotiff, ome_tiff

run = CliRunner()
AERIAL = PixelSize(size=0.5, unit="m")


def ssldiff(*words: object, code: int = 0) -> Result:
    result = run.invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def told(*words: object) -> dict[str, Any]:
    facts = json.loads(ssldiff(*words, "--json").stdout)
    assert isinstance(facts, dict)
    return facts


def refused(*words: object, code: int = 1) -> str:
    """Return what a person reads: what happened, and what to do."""
    result = ssldiff(*words, code=code)
    assert result.stdout == ""
    assert 2 <= len(result.stderr.strip().splitlines()) <= 3
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with an encoder and a generator for slides, and the same for scenes."""
    for name, pixel in (("slides", None), ("scenes", AERIAL)):
        facts = {} if pixel is None else {"pixel": pixel}
        spec = tiny_encoder_folder(installed_folder() / f"{name}-encoder", **facts)
        side = spec.cell // 4
        tiny_generator_folder(
            installed_folder() / f"{name}-generator",
            name=f"{name}-generator", encoder=spec.id, pixel=spec.pixel, dim=spec.dim,
            window=side, cell=side, factor=4,
        )  # fmt: skip
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_a_slide_there_and_back(place: Path) -> None:
    ome_tiff(place / "slide.ome.tif")
    grid = told("embed", "slide.ome.tif", "-o", "a.safetensors", "--all", "--region", "0,0,96,64")
    assert (grid["grid"], grid["rows"], grid["columns"]) == ("a.safetensors", 2, 3)
    edited = told("edit", "a.safetensors", "-o", "b.safetensors", "--paint", "0,0=1,2")
    assert (edited["grid"], edited["changed"]) == ("b.safetensors", 1)
    told("edit", "b.safetensors", "-o", "b.h5")
    made = told("generate", "b.h5", "-o", "c.ome.zarr", "--steps", "2", "--seed", "7")
    assert (made["canvas"], made["width"], made["height"]) == ("c.ome.zarr", 96, 64)
    for ending, name in ((".png", "PNG"), (".jpg", "JPEG"), (".ome.tif", "OME-TIFF"),
                         (".ome.zarr", "OME-Zarr")):  # fmt: skip
        done = told("export", "c.ome.zarr", "-o", f"out{ending}")
        assert done["path"] == f"out.synthetic{ending}"
        assert done["sidecar"] == f"out.synthetic{ending}.json"
        assert done["format"] == name
        known = told("info", done["path"])["synthetic"]
        assert (known["model"], known["seed"], known["edits"]) == ("slides-generator", 7, 1)
    again = told("replay", "out.synthetic.jpg", "-o", "again.ome.zarr")
    assert (again["canvas"], again["same"], again["differences"]) == ("again.ome.zarr", True, [])
    assert again["sha256"] == made["sha256"]
    assert not [name for name in os.listdir(place) if name.startswith(".")]  # noqa: PTH208


def test_a_scene_keeps_its_place_on_earth(place: Path) -> None:
    bands = np.moveaxis(picture(160, 128), -1, 0)
    geotiff(place / "scene.tif", bands)
    told("embed", "scene.tif", "-o", "a.safetensors", "--region", "32,64,96,64")
    told("generate", "a.safetensors", "-o", "c.ome.zarr", "--steps", "2")
    told("export", "c.ome.zarr", "-o", "out.tif")
    with rasterio.open("out.synthetic.tif") as cog, rasterio.open("scene.tif") as scene:
        assert cog.crs == scene.crs
        assert tuple(cog.transform)[:6] == (0.5, 0, 400_016, 0, -0.5, 4_999_968)
        assert cog.tags()["SYNTHETIC"] == "YES"
        place_of_cog = tuple(cog.transform)[:6]
    with open_slide("c.ome.zarr") as canvas:
        assert canvas.scenes[0].georeference is not None
        assert canvas.scenes[0].georeference.affine == place_of_cog
    again = told("replay", "out.synthetic.tif", "-o", "again.ome.zarr")
    assert again["same"] is True
    assert told("info", "again.ome.zarr")["crs"] == "EPSG:32633"


def test_what_newcomers_get_wrong_is_said_in_words(place: Path) -> None:
    ome_tiff(place / "slide.ome.tif")
    told("embed", "slide.ome.tif", "-o", "a.safetensors", "--all", "--region", "0,0,64,64")
    output = ("-o", "x.safetensors")
    assert "does not exist" in refused("embed", "no.svs", *output)
    assert ".safetensors" in refused("embed", "slide.ome.tif", "-o", "x.grid")
    assert "610 × 430" in refused("embed", "slide.ome.tif", *output, "--region", "9000,0,64,64")
    assert "encoder" in refused("embed", "slide.ome.tif", *output, "--model", "slides-generator")
    assert "does not exist" in refused("generate", "no.safetensors", "-o", "c.ome.zarr")
    canvas = ("-o", "c.ome.zarr", "--steps", "2")
    assert "generator" in refused("generate", "a.safetensors", *canvas, "--model", "slides-encoder")
    assert "trained" in refused("generate", "a.safetensors", *canvas, "--model", "scenes-generator")
    assert "within" in refused("generate", "a.safetensors", *canvas, "--region", "0,0,999,1")
    assert "no region" in refused("generate", "a.safetensors", *canvas, "--region", "0,0")
    assert "canvas" in refused("export", "a.safetensors", "-o", "out.png")
    ssldiff("generate", "a.safetensors", *canvas)
    assert "--resume" in refused("generate", "a.safetensors", *canvas)
    assert ".png" in refused("export", "c.ome.zarr", "-o", "out.gif")
    assert "recipe" in refused("replay", "slide.ome.tif", "-o", "again.ome.zarr")
    assert sorted(os.listdir(place)) == ["a.safetensors", "c.ome.zarr", "slide.ome.tif"]  # noqa: PTH208
