"""`ssldiff map`, as a person calls it."""

from __future__ import annotations

import json

import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.info import info
from ssldiff_gui.commands.map import maps
from ssldiff_gui.storage.grids import load_grid
from tests.jobs.test_fit_map import pair, written

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(maps, name="map")
app.command()(info)


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_from_two_grids_to_a_mapped_one(tmp_path):
    (a, b), (other_a, other_b) = written(tmp_path, pair(0), pair(1))
    folder, out = tmp_path / "one-two", tmp_path / "M.safetensors"
    made = run(
        "map", "fit", "--from", a, "--from", other_a, "--to", b, "--to", other_b, "-o", folder
    )
    assert made.exit_code == 0, made.output
    assert "R² 0.99" in made.stdout
    assert "mean vector" in made.stdout
    done = run("map", "apply", a, "--map", folder, "-o", out, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["digest"] == load_grid(out).digest()
    about = run("info", folder)
    assert about.exit_code == 0, about.output
    assert "map" in about.stdout
    assert "Map from one to two" in about.stdout


def test_mistakes_are_answered(tmp_path):
    ((a, _),) = written(tmp_path, pair(0))
    made = run("map", "fit", "--from", a, "--to", a, "-o", tmp_path / "m", "--json")
    assert made.exit_code == 1
    assert json.loads(made.stdout)["error"]["kind"] == "BadRequest"
    lost = run("map", "apply", a, "--map", tmp_path / "nothing", "-o", tmp_path / "o.safetensors")
    assert lost.exit_code == 1
    assert "nothing" in lost.stderr
