"""`make run`: the demo is rendered once, and the studio starts with it, or without."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PACKAGING = Path(__file__).resolve().parents[1] / "packaging"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with a sample and models of a byte each."""
    monkeypatch.syspath_prepend(PACKAGING)
    monkeypatch.setenv("SSLDIFF_HOME", str(tmp_path / "home"))
    import run

    monkeypatch.setattr(run, "RESOURCES", tmp_path / "resources")
    names = ["samples/sample-slide.tif", *(f"models/{name}/model.json" for name in run.MODELS)]
    for name in names:
        path = tmp_path / "resources" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    return run


def noting(ran: list[list[str]], code: int = 0, *, finish: bool = True):
    """Return a stand-in for subprocess.run that leaves what a demo leaves."""

    def start(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        if "--out" in command and finish:
            folder = Path(command[command.index("--out") + 1])
            (folder / "result.ome.zarr").mkdir(parents=True)
            state = json.dumps({"finished": True})
            (folder / "demo.json").write_text(state, encoding="utf-8")
        return subprocess.CompletedProcess(command, code)

    return start


def test_the_demo_is_rendered_at_the_first_start_only(run, monkeypatch, capsys, tmp_path):
    ran: list[list[str]] = []
    monkeypatch.setattr(run.subprocess, "run", noting(ran))
    canvas = run.demo_canvas()
    assert canvas.is_dir()
    assert canvas.is_relative_to(tmp_path / "home")
    assert ran[0][1:4] == ["-m", "ssldiff_gui.cli", "demo"]
    assert "once" in capsys.readouterr().out
    assert run.demo_canvas() == canvas
    assert len(ran) == 1
    assert capsys.readouterr().out == ""


def test_other_models_make_another_demo(run, monkeypatch):
    monkeypatch.setattr(run.subprocess, "run", noting([]))
    first = run.demo_canvas()
    (run.RESOURCES / "models" / run.MODELS[1] / "model.json").write_bytes(b"y")
    assert run.demo_canvas() != first


def test_the_studio_starts_without_a_demo_too(run, monkeypatch):
    ran: list[list[str]] = []
    monkeypatch.setattr(run.subprocess, "run", noting(ran, 1, finish=False))
    monkeypatch.setattr(run.system, "has_display", lambda: True)
    run.main()
    assert ran[-1] == [sys.executable, *run.STUDIO]
    (run.RESOURCES / "models" / run.MODELS[0] / "model.json").unlink()
    ran.clear()
    run.main()
    assert ran == [[sys.executable, *run.STUDIO]]


def test_the_studio_shows_it_beside_the_slide(run, monkeypatch):
    ran: list[list[str]] = []
    monkeypatch.setattr(run.subprocess, "run", noting(ran))
    monkeypatch.setattr(run.system, "has_display", lambda: True)
    run.main()
    assert ran[-1][1:5] == [*run.STUDIO, "--beside"]
    assert ran[-1][5].endswith("result.ome.zarr")
