"""Reports as they are shown: those that jobs write, and those made of what came back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.jobs.evaluate_report import Report as Evaluated
from ssldiff_gui.state.lab_reports import LARGEST, Headline, Report, number_text, read_report
from ssldiff_gui.storage.report_page import Headline as Line
from ssldiff_gui.storage.report_page import Page, Table


def written(folder: Path, facts: object, name: str = "report.json") -> Report | None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(facts), "utf-8")
    return read_report(folder)


def test_what_a_job_writes_is_shown(tmp_path: Path) -> None:
    page = Page("Two sets", "fid", "They are near.\n\nVery near.", {"kind": "fid"})
    page.headline.append(Line("FID", 38.78, 35.0, 42.01, "px"))
    page.sections.append(Table("All", ("", "value"), (("precision", 0.9667), ("n", 60))))
    page.note("Few pictures.")
    (tmp_path / "report").mkdir()
    for name in ("bars.png", "fake.synthetic.png"):
        (tmp_path / "report" / name).write_bytes(b"")
    facts = {**page.as_json(), "plots": ["bars.png"], "sheets": ["fake.synthetic.png"]}
    (tmp_path / "report" / "report.json").write_text(json.dumps(facts), "utf-8")
    found = read_report(tmp_path)
    assert found is not None
    assert (found.title, found.summary) == ("Two sets", "They are near.\n\nVery near.")
    assert found.headline == (Headline("FID", 38.78, 35.0, 42.01, " px"),)
    assert (found.headline[0].text, found.headline[0].interval) == ("38.8 px", "35 – 42 px")
    assert found.words == "FID 38.8 px"
    assert found.tables[0].rows == (("precision", "0.967"), ("n", "60"))
    assert [(plot.title, plot.note) for plot in found.plots] == [("Bars", "")]
    assert found.sheets[0].title == "Fake"
    assert found.sheets[0].note.startswith("Synthetic")
    assert found.notes == ("Few pictures.",)
    assert found.html is None


def test_a_measured_model_becomes_a_report(tmp_path: Path) -> None:
    told = Evaluated(EvaluateRequest(what="encoder", model="m"), "Starter encoder")
    told.add("held out", [Figure("linear_probe", 0.81, "higher", {"chance": 0.2}, 0.78, 0.84)])
    told.warn("Only 40 pictures.")
    found = written(tmp_path, told.facts(), "result.json")
    assert found is not None
    assert found.title == "Starter encoder"
    assert found.headline == (Headline("linear_probe", 0.81, 0.78, 0.84),)
    assert found.tables[0].rows == (("linear probe", "0.81", "0.78 – 0.84", "chance 0.2"),)
    assert found.notes == ("Only 40 pictures.",)


def test_a_training_becomes_a_report(tmp_path: Path) -> None:
    model = {"kind": "encoder", "steps": 8, "wanted": 800, "figures": {"step": 8, "loss": 0.312}}
    found = written(tmp_path, {"models": [model]}, "result.json")
    assert found is not None
    assert [(line.name, line.text, line.note) for line in found.headline] == [
        ("loss", "0.312", ""), ("steps", "8 of 800", "It can go on."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [[], 3, {"headline": 3, "tables": {}, "plots": [3], "notes": [[]]}, {"headline": [{}]},
     {"tables": [{"rows": [3, [None, True, [1, "a"]]]}]}, {"headline": {"a": "b"}}],
)  # fmt: skip
def test_odd_reports_do_no_harm(tmp_path: Path, facts: object) -> None:
    found = written(tmp_path, facts)
    assert found is None or (found.headline, found.plots, found.notes) == ((), (), ())


def test_a_report_shows_no_file_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"")
    place = tmp_path / "lab"
    place.mkdir()
    (place / "link.png").symlink_to(tmp_path / "secret.png")
    names = ["../secret.png", str(tmp_path / "secret.png"), "link.png", "none.png"]
    found = written(place, {"plots": names, "sheets": [{"file": "../secret.png"}]})
    assert found is not None
    assert (found.plots, found.sheets) == ((), ())


def test_nothing_and_too_much_are_no_report(tmp_path: Path) -> None:
    assert read_report(tmp_path) is None
    assert read_report(tmp_path / "none") is None
    with (tmp_path / "report.json").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert read_report(tmp_path) is None


def test_numbers_have_as_many_digits_as_people_use() -> None:
    told = (3, 1234567.8, 123.456, 0.98765, 0.012345, 0.0, 1e-9, float("inf"), -0.0298)
    assert [number_text(value) for value in told] == [
        "3", "1,234,568", "123.5", "0.988", "0.012", "0", "1e-09", "–", "-0.03",
    ]  # fmt: skip
