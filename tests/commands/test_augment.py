"""`ssldiff augment` hands on what was said, and says what is wrong."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.augment import augment

app = typer.Typer()
app.command()(augment)
run = CliRunner()


@pytest.fixture
def asked(monkeypatch):
    """Keep what the job is asked for."""
    found = []

    def job(request, progress):
        found.append(request)
        return {"output": request.output, "kept": {"a": 2, "b": 1}, "drawn": {"a": 4, "b": 4},
                "sheets": [], "notes": ["There is only 1 of b."]}  # fmt: skip

    monkeypatch.setattr("ssldiff_gui.jobs.augment.augment", job)
    return found


def test_all_that_is_said_is_in_the_request(asked):
    said = [
        "tiles", "-o", "out", "--method", "text", "--model", "m", "--caption", "a=dense trees",
        "--caption", "b = open water", "--count", "7", "--draw", "1.5", "--select", "both",
        "--labels-fraction", "0.05", "--groups", "file", "--held-out", "0.1", "--pixel", "10m",
        "--large", "300", "--steps", "9", "--guidance", "2", "--seed", "4", "--clean-only",
    ]  # fmt: skip
    result = run.invoke(app, said)
    assert result.exit_code == 0, result.output
    [request] = asked
    assert request.method == "text"
    assert request.captions == {"a": "dense trees", "b": "open water"}
    assert (request.count, request.draw, request.select, request.seed) == (7, 1.5, "both", 4)
    assert (request.labels_fraction, request.groups, request.held_out) == (0.05, "file", 0.1)
    assert (request.large, request.steps, request.guidance) == (300, 9, 2)
    assert (request.pixel.size, request.pixel.unit) == (10, "m")
    assert request.noise_aware is False
    assert "a: 2 of 4 kept" in result.output
    assert "There is only 1 of b." in result.output


def test_json_is_printed_and_mistakes_are_told(asked):
    found = run.invoke(app, ["tiles", "-o", "out", "--json"])
    assert json.loads(found.stdout)["kept"] == {"a": 2, "b": 1}
    for more, word in (
        (["--caption", "trees"], "no CLASS=TEXT"), (["--steps", "1001"], "--steps"),
    ):  # fmt: skip
        failed = run.invoke(app, ["tiles", "-o", "out", *more])
        assert failed.exit_code == 1
        assert word in failed.output
    assert len(asked) == 1
