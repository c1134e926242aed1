"""The command line as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from tests.slides.made.others import png
from tests.slides.made.pixels import picture
from tests.slides.made.tiffs import geotiff, ome_tiff
from tests.slides.made.vendors import svs

run = CliRunner()


def test_info_prints_what_a_slide_is(tmp_path: Path) -> None:
    result = run.invoke(app, ["info", str(svs(tmp_path / "[a].svs"))])
    assert result.exit_code == 0
    for words in ("[a].svs", "Aperio SVS", "700 × 500", "0.499", "20×", "Red, Green, Blue", "uint8",
                  "label, macro, thumbnail", "sha256:"):  # fmt: skip
        assert words in result.stdout


def test_info_as_json(tmp_path: Path) -> None:
    result = run.invoke(app, ["info", "--json", str(ome_tiff(tmp_path / "a.ome.tif"))])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["format"] == "OME-TIFF"
    assert (found["width"], found["height"]) == (610, 430)
    assert found["levels"][1] == {"width": 305, "height": 215, "downsample": 2.0}
    assert found["scale"] == {"x": 0.5, "y": 0.5, "unit": "µm"}
    assert found["crs"] is None
    assert found["bands"] == ["Red", "Green", "Blue"]
    assert found["dtype"] == "uint8"
    assert found["fingerprint"].startswith("sha256:")
    assert [scene["name"] for scene in found["scenes"]] == ["tissue", "cells"]


def test_info_of_a_scene_on_the_map(tmp_path: Path) -> None:
    data = np.moveaxis(picture(60, 50), -1, 0).astype(np.float32)
    path = geotiff(tmp_path / "a.tif", data, nodata=float("nan"))
    found = json.loads(run.invoke(app, ["info", "--json", str(path)]).stdout)
    assert found["crs"] == "EPSG:32633"
    assert found["affine"] == [0.5, 0, 400_000, 0, -0.5, 5_000_000]
    assert found["nodata"] == "nan"


def test_an_unknown_scale_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png")
    assert "unknown" in run.invoke(app, ["info", str(path)]).stdout
    assert json.loads(run.invoke(app, ["info", "--json", str(path)]).stdout)["scale"] is None


def test_a_bad_file_is_one_message_and_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "empty.svs"
    path.touch()
    result = run.invoke(app, ["info", str(path)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "empty.svs" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 2
    found = json.loads(run.invoke(app, ["info", "--json", str(path)]).stdout)
    assert found["error"]["kind"] == "BrokenFile"
    assert "empty.svs" in found["error"]["message"]
    assert found["error"]["hint"]


def test_an_address_is_taken_only_when_it_is_meant() -> None:
    result = run.invoke(app, ["info", "https://example.org/scene.tif"])
    assert result.exit_code == 1
    assert "address" in result.stderr


@pytest.mark.parametrize("arguments", [["info"], ["info", "--nonsense", "a"], ["nonsense"]])
def test_wrong_usage(arguments: list[str]) -> None:
    assert run.invoke(app, arguments).exit_code == 2


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "torch", "qtpy", "PySide6", "napari", "tifffile", "rasterio", "zarr", "PIL")
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from ssldiff_gui.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "assert CliRunner().invoke(app, ['--version']).exit_code == 0\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_version_is_the_packages() -> None:
    import ssldiff_gui

    assert ssldiff_gui.__version__ in run.invoke(app, ["--version"]).stdout
