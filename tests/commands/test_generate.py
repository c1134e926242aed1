"""`ssldiff generate` without a grid: what is said on the command line is what is asked for."""

from __future__ import annotations

import json

import pytest
import typer
from shapely.geometry import box
from typer.testing import CliRunner

from ssldiff_gui.commands.generate import _lead_of
from ssldiff_gui.commands.generate import generate as command
from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.jobs import generate as module
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.layouts import write_layout
from tests.jobs.asked_models import asked_folder, loaded
from tests.sampling.fakes import fake_grid

app = typer.Typer()
app.command()(command)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "load_generator", loaded)
    monkeypatch.chdir(tmp_path)
    for kind in ("text", "class"):
        asked_folder(tmp_path / kind, kind)

    def done(*words):
        found = CliRunner().invoke(app, ["-o", "a.ome.zarr", "--device", "cpu", *words])
        return found.exit_code, found.stdout, found.stderr

    return done


def test_a_text_a_layout_and_a_size_become_a_canvas(run, tmp_path):
    write_layout(tmp_path / "areas.json", Layout((Area(box(0, 0, 50, 50), "stroma"),)))
    words = ("--model", "./text", "--text", "low tumor", "--layout", "areas.json", "--steps", "2")
    code, said, problems = run(*words, "--size", "100x64", "--json")
    assert (code, problems) == (0, "")
    facts = json.loads(said)
    assert (facts["width"], facts["height"], facts["synthetic"]) == (128, 64, True)
    assert "rounded up to whole cells of 32 pixels: 128 × 64" in facts["notes"][0]
    code, said, _ = run(*words, "--resume")
    assert code == 0
    assert "Nothing was left to render" in said
    with Canvas.open(tmp_path / "a.ome.zarr") as canvas:
        assert (canvas.recipe.text, canvas.areas.labels) == ("low tumor", ("stroma",))


def test_a_class_is_asked_for_in_the_usual_size(run, monkeypatch):
    monkeypatch.setattr("ssldiff_gui.commands.generate.USUAL", "96x64")
    code, said, _ = run("--model", "./class", "--class", "stroma", "--steps", "2")
    assert code == 0
    assert "96 × 64 pixels, synthetic" in said
    assert "rounded" not in said


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--text", ""), "The text is empty"),
        (("--model", "./text", "--text", "low", "--size", "large"), "“large” is no size"),
        (("--model", "./text", "--text", "low", "--size", "0x64"), "has no pixels"),
        (("--model", "./class", "--class", "fat"), "It knows: tumour, stroma"),
        (("--model", "./text", "--text", "low", "--lead", "judge"), "names no classifier"),
        (("grid.safetensors", "--size", "64x64"), "a size as well"),
        ((), "Nothing is asked for"),
    ],
)
def test_mistakes_are_said_and_nothing_is_made(run, tmp_path, words, problem):
    save_grid(tmp_path / "grid.safetensors", fake_grid())
    code, _, said = run(*words)
    assert code == 1
    assert problem in said
    assert not (tmp_path / "a.ome.zarr").exists()


def test_a_classifier_a_class_and_a_scale_are_told_apart():
    assert _lead_of(None) is None
    assert _lead_of("judge:light") == {"classifier": "judge", "label": "light"}
    assert _lead_of("judge:3") == {"classifier": "judge", "label": "3"}
    assert _lead_of("C:/judge:light:2.5") == {
        "classifier": "C:/judge", "label": "light", "scale": 2.5
    }  # fmt: skip
    for text in ("judge", ":light", "judge:", "judge::3"):
        with pytest.raises(BadRequest, match="names no classifier"):
            _lead_of(text)
