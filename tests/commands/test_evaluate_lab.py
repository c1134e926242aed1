"""`ssldiff evaluate fid` and the studies, as a person calls them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs import study_classifier
from ssldiff_gui.storage import report_pictures
from tests.jobs.labelled_folders import class_folder, picture, save
from tests.models.tiny_encoders import tiny_encoder_folder


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """A backbone of a few weights, and plots of a few pixels."""
    monkeypatch.setattr(report_pictures, "DPI", 30)
    budget = study_classifier.Budget("resnet10t", {"channels": (4, 4, 8, 8)}, 16, 2, 4, 1e-2)
    monkeypatch.setitem(study_classifier.BUDGETS, "minutes", budget)


@pytest.fixture
def folders(tmp_path):
    for k in range(6):
        save(tmp_path / "real" / f"{k}.png", picture(0, k, 32))
        save(tmp_path / "fake" / f"{k}.png", picture(1, k, 32))
    tiny_encoder_folder(tmp_path / "judge", dim=6, cell=32, pixel=PixelSize(size=1, unit="m"))
    return tmp_path


def test_fid_prints_its_figures_and_writes_a_report(folders):
    told = ["evaluate", "fid", str(folders / "real"), str(folders / "fake"), "--judge",
            str(folders / "judge"), "--blocks", "2", "-o", str(folders / "out")]  # fmt: skip
    plain = CliRunner().invoke(app, told)
    assert plain.exit_code == 0, plain.output
    assert "Fréchet distance" in plain.output
    assert "Note: " in plain.output
    assert (folders / "out" / "report.html").is_file()
    facts = json.loads(CliRunner().invoke(app, [*told, "--json"]).stdout)
    assert facts["kind"] == "fid"
    assert [item["name"] for item in facts["headline"]][2:] == [
        "precision", "recall", "density", "coverage",
    ]  # fmt: skip


def test_a_study_of_augmentation_from_the_command_line(tmp_path):
    real = class_folder(tmp_path / "real", 8, side=16)
    told = [
        "evaluate",
        "augmentation",
        str(real),
        "-o",
        str(tmp_path / "out"),
        "--steps",
        "1",
        "--side",
        "16",
        "--seeds",
        "1",
        "--groups",
        "file",
        "--labels-fraction",
        "0.5",
    ]
    found = CliRunner().invoke(app, told)
    assert found.exit_code == 0, found.output
    assert "no augmentation" in found.output
    assert json.loads((tmp_path / "out" / "request.json").read_text())["kind"] == "study"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fid", "nowhere", "nowhere"], "There is nothing at nowhere"),
        (["augmentation", "nowhere", "-o", "out"], "There is no folder nowhere"),
        (["guidance", ".", "-o", "out", "--budget", "years"], "--budget"),
    ],
)
def test_mistakes_are_told_in_words(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, ["evaluate", *words])
    assert found.exit_code == 1
    assert said in found.stderr
    assert "Traceback" not in found.output
