"""`ssldiff train` as a person runs it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.commands import train as command
from ssldiff_gui.commands.output import CANCELLED, FAILED, PARTLY, Bar
from ssldiff_gui.training import curves
from tests.jobs.test_train import TEXT, tiles

run = CliRunner()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(curves, "draw", lambda _: None)
    tiles(tmp_path / "tiles")
    path = tmp_path / "mine.toml"
    path.write_text(TEXT, "utf-8")
    return path


def train(config: Path, *arguments: str) -> Any:
    out = str(config.parent / "run")
    told = ["train", "encoder", "--config", str(config), "--out", out, "--device", "cpu"]
    return run.invoke(app, [*told, *arguments])


def test_it_says_what_was_made_of_what(config: Path) -> None:
    result = train(config)
    assert result.exit_code == 0, result.output
    for words in ("mine-encoder: trained on", "tiles", "8 pictures", "4 of 4 steps", "run/model"):
        assert words in result.stdout
    assert "Step 4 of 4, loss" in result.stderr  # a line, where no bar can be drawn


def test_steps_that_are_left_have_an_exit_code(config: Path) -> None:
    result = train(config, "--minutes", "0", "--json", "--set", "run.steps=2")
    assert result.exit_code == PARTLY
    found = json.loads(result.stdout)
    assert (found["steps"], found["wanted"], found["finished"]) == (1, 2, False)
    result = train(config, "--json", "--set", "run.steps=2", "--install")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["steps"], found["finished"], found["own_pictures"]) == (2, True, False)
    assert found["installed"].endswith("mine-encoder")


def test_ctrl_c_and_a_clusters_end_write_a_checkpoint(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, steps in ((signal.SIGINT, 2), (signal.SIGTERM, 4)):
        monkeypatch.setattr(command._Lines, "report", pressing(number))
        result = train(config, "--set", "run.steps=9")
        assert result.exit_code == CANCELLED
        assert f"Stopped after {steps} of 9 steps." in result.stderr
        assert "The same command goes on from there." in result.stderr


def pressing(number: int) -> Any:
    """Return what is told of steps, and sends a signal at the first."""
    pressed: list[int] = []

    def report(_: Any, done: float, total: float, words: str = "") -> None:
        if words.startswith("Step") and not pressed:
            pressed.append(number)
            signal.raise_signal(number)

    return report


def test_mistakes_are_one_message_and_a_hint(config: Path) -> None:
    for arguments, words in (
        (["--set", "run.stepz=3"], "run.stepz is unknown"),
        (["--set", "run.steps"], "is no KEY=VALUE"),
        (["--set", "run.optimiser=nobody"], "timm has no optimiser 'nobody'"),
        (["--data", "nowhere"], "There is nothing at"),
        (["--device", "cuda:9"], "no device 'cuda:9'"),
    ):
        result = train(config, *arguments)
        assert result.exit_code == FAILED
        assert words in result.stderr
        assert len(result.stderr.strip().splitlines()) == 2
    assert run.invoke(app, ["train"]).exit_code == 2
    assert run.invoke(app, ["train", "encoder"]).exit_code == 2
    assert run.invoke(app, ["train", "nonsense", "--config", "a"]).exit_code == 2


def test_the_condition_is_a_setting_of_the_model(config: Path) -> None:
    result = train(config, "--condition", "class")
    assert result.exit_code == FAILED
    assert "model.condition" in result.stderr  # which encoders do not have


def test_recipes_are_listed() -> None:
    result = run.invoke(app, ["train", "--list"])
    assert "starter-histology/encoder" in result.stdout
    found = json.loads(run.invoke(app, ["train", "--list", "--json"]).stdout)["recipes"]
    assert {"name", "kind", "model", "about"} == found[0].keys()


def test_values_are_tomls_or_plain_words() -> None:
    told = ["a=1", "b = 1e-3", "c=[1, 2]", "d=true", "e=adamw", 'f="x"', "g=a=b"]
    assert command.values_of(told) == {
        "a": 1, "b": 1e-3, "c": [1, 2], "d": True, "e": "adamw", "f": "x", "g": "a=b",
    }  # fmt: skip


def test_lines_say_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(command.time, "monotonic", lambda: now[0])
    lines = command._Lines(Bar(shown=False))
    for done in range(0, 100, 10):
        lines.report(done, 100, f"Step {done}")
        now[0] += 20
    lines.report(100, 100, "Step 100")
    found = capsys.readouterr().err.splitlines()
    assert found[0] == "Step 20 (20%, 3 min left)"
    assert found[-1] == "Step 100 (100%)"
    assert len(found) == 5
    assert command._duration(20) == "20 s"
    assert command._duration(7200) == "2.0 h"
