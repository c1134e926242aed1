"""`ssldiff demo` as a person meets it: what it prints, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.demo import demo
from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.jobs import demo as job
from ssldiff_gui.jobs.demo import DemoResult

run = CliRunner()
app = typer.Typer()
app.command()(demo)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A demo that is done at once; notes what it was asked."""
    asked = SimpleNamespace(journey=None, out=None, error=None)

    def at_once(journey: Any, out: Path, progress: Any) -> DemoResult:
        asked.journey, asked.out = journey, out
        progress.report(0.5, 1.0, "Rendering")
        if asked.error is not None:
            raise asked.error
        return DemoResult(
            folder=out, figure=out / "comparison.synthetic.png",
            picture=out / "result.synthetic.ome.tif", canvas=out / "result.ome.zarr",
            commands=journey.commands(), width=1024, height=1024, changed=144,
            check={"centred": 0.91}, check_changed={"centred": 0.88}, render_seconds=31.2,
            seconds=40.6, sha256="0" * 64,
        )  # fmt: skip

    monkeypatch.setattr(job, "demo", at_once)
    return asked


def test_it_says_what_it_made_and_how_to_do_the_same(made: SimpleNamespace) -> None:
    result = run.invoke(app, [])
    assert result.exit_code == 0, result.output
    assert made.out == Path("ssldiff-demo")
    assert made.journey.place == "slide"
    assert "ssldiff-demo/comparison.synthetic.png" in result.stdout
    assert "31 s, 41 s in all; 144 cells" in result.stdout
    for word in ("embed", "edit", "generate", "export"):
        assert f"  ssldiff {word} " in result.stdout


def test_the_scene_as_json(made: SimpleNamespace, tmp_path: Path) -> None:
    result = run.invoke(app, ["--scene", "--out", str(tmp_path / "here"), "--json"])
    facts = json.loads(result.stdout)
    assert made.journey.place == "scene"
    assert facts["folder"] == str(tmp_path / "here")
    assert facts["figure"] == "comparison.synthetic.png"
    assert facts["synthetic"] is True
    assert facts["check"] == {"centred": 0.91}


def test_a_stop_is_said_in_words(made: SimpleNamespace) -> None:
    made.error = Cancelled("Stopped.", "The same command goes on from there.")
    result = run.invoke(app, [])
    assert result.exit_code == 130
    assert "goes on from there" in result.stderr
    assert "Traceback" not in result.output
