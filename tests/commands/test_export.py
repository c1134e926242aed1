"""`ssldiff export`, as a person or a script meets it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from ssldiff_gui.commands.export import export
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.storage.canvas import Canvas
from tests.storage.fake_picture import grid_of, pixels_of, recipe_of

PIXELS = pixels_of(1500, 1100)

app = typer.Typer()
app.command()(export)


def make_canvas(path: Path, left_out: tuple[tuple[int, int], ...] = ()) -> Path:
    """Make a canvas of two by two tiles."""
    grid = grid_of()
    recipe = recipe_of(grid, 1500, 1100)
    with Canvas.create(
        path, width=1500, height=1100, recipe=recipe, grid=grid, scale=Scale(0.5, 0.5, "µm")
    ) as canvas:
        for row in range(2):
            for column in range(2):
                if (row, column) in left_out:
                    canvas.fail(row, column, "NaN")
                    continue
                box = canvas.layout.box((0, row, column))
                canvas.write(row, column, PIXELS[box.y : box.y2, box.x : box.x2])
        canvas.finish()
    return path


@pytest.fixture(scope="module")
def canvas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_canvas(tmp_path_factory.mktemp("canvas") / "c.ome.zarr")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def facts(*words: object) -> dict[str, object]:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_the_facts(canvas, tmp_path):
    found = facts(canvas, "-o", tmp_path / "a.png")
    path = tmp_path / "a.synthetic.png"
    assert found.pop("seconds") >= 0
    assert found == {
        "path": str(path),
        "sidecar": f"{path}.json",
        "format": "PNG",
        "width": 1500,
        "height": 1100,
        "sha256": hashlib.sha256(PIXELS.tobytes()).hexdigest(),
        "missing": 0,
        "synthetic": True,
        "bytes": path.stat().st_size,
    }
    with Image.open(path) as image:
        assert hashlib.sha256(np.asarray(image).tobytes()).hexdigest() == found["sha256"]


def test_a_region_of_a_level(canvas, tmp_path):
    found = facts(canvas, "-o", tmp_path / "a.png", "--region", "100,200,64,32", "--level", "1")
    assert (found["width"], found["height"], found["sha256"]) == (32, 16, None)


def test_people_are_told_about_the_name(canvas, tmp_path):
    done = run(canvas, "-o", tmp_path / "a.jpg", "--region", "0,0,50,40", "--quality", "50")
    assert done.exit_code == 0
    assert "a.synthetic.jpg" in done.stdout
    assert "nobody takes it for a real picture" in done.stdout
    done = run(canvas, "-o", tmp_path / "synthetic.jpg", "--region", "0,0,50,40")
    assert "nobody takes" not in done.stdout


def test_missing_tiles(tmp_path):
    path = make_canvas(tmp_path / "c.ome.zarr", left_out=((0, 1),))
    done = run(path, "-o", tmp_path / "a.png", "--json")
    assert done.exit_code == 1
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == "Unfinished"
    assert "1 of the tiles" in error["message"]
    assert "1 of the canvas failed" in error["message"]
    found = facts(path, "-o", tmp_path / "a.png", "--partial")
    assert (found["missing"], found["sha256"]) == (1, None)
    with Image.open(tmp_path / "a.synthetic.png") as image:
        pixels = np.asarray(image)
    assert (pixels[:1024, 1024:] == 255).all()
    assert np.array_equal(pixels[:, :1024], PIXELS[:, :1024])
    assert (
        "not rendered are white in it: 1" in run(path, "-o", tmp_path / "b.png", "--partial").stdout
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["-o", "a.bmp"], "BadRequest"),
        (["-o", "a.png", "--region", "1,2,3"], "BadRequest"),
        (["-o", "a.png", "--region", "0,0,0,0"], "BadRequest"),
        (["-o", "a.png", "--region", "9999,0,5,5"], "BadRequest"),
        (["-o", "a.png", "--level", "9"], "BadRequest"),
        (["-o", "a.cog.tif"], "BadRequest"),
        (["-o", "nowhere/a.png"], "MissingFile"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said(canvas, tmp_path, monkeypatch, words, kind):
    monkeypatch.chdir(tmp_path)
    done = run(canvas, *words, "--json")
    assert done.exit_code == 1
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == kind
    assert error["hint"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["", "a.png", "0/a.png", "../"])
def test_a_canvas_is_not_written_over(canvas, where):
    done = run(canvas, "-o", canvas / where if where else canvas)
    assert done.exit_code == 1
    assert "canvas" in done.stderr


def test_what_is_no_canvas(tmp_path):
    done = run(tmp_path / "no.ome.zarr", "-o", tmp_path / "a.png")
    assert done.exit_code == 1
    assert "no.ome.zarr" in done.stderr


def test_a_cost_is_agreed_to(canvas, tmp_path, monkeypatch):
    from dataclasses import replace

    from ssldiff_gui.storage import export_formats

    small = replace(export_formats.PNG, hard_pixels=1000)
    monkeypatch.setitem(export_formats.ENDINGS, ".png", small)
    done = run(canvas, "-o", tmp_path / "a.png")
    assert done.exit_code == 3
    assert "--yes" in done.stderr
    assert run(canvas, "-o", tmp_path / "a.png", "--yes").exit_code == 0


def test_no_model_is_loaded_for_an_export(canvas, tmp_path):
    code = (
        "import sys; from ssldiff_gui.commands.export import export;"
        f"export({str(canvas)!r}, output={str(tmp_path / 'a.ome.tif')!r}, as_json=True);"
        "assert not {'torch', 'rasterio', 'qtpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.synthetic.ome.tif").is_file()
