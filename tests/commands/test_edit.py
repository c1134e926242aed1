"""`ssldiff edit`, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from ssldiff_gui.commands.edit import edit
from ssldiff_gui.core.edits import (
    Cells,
    Clear,
    Cluster,
    Edit,
    Erase,
    Interpolate,
    Paint,
    Replace,
    Sample,
    Script,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
    apply,
    parse_edits,
)
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.storage.grids import load_grid, load_grid_record, save_grid
from tests.grids import same_grid

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(edit)


@app.command()
def other() -> None:
    """Stand for the other commands: with one alone there are no names of commands."""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["edit", *map(str, words)])


def ran(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def made(seed: int, encoder: str = "tiny-1") -> EmbeddingGrid:
    vectors = np.random.default_rng(seed).normal(size=(5, 6, 4)).astype(np.float32)
    valid = np.ones((5, 6), bool)
    valid[4, 5] = False
    return EmbeddingGrid(vectors, encoder, 64, valid=valid)


GRID, OTHER = made(0), made(1)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    save_grid(tmp_path / "g.safetensors", GRID, notes={"model": "tiny"})
    save_grid(tmp_path / "other.safetensors", OTHER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cell(row: int, column: int, grid: str | None = None) -> Sample:
    return Sample(cells=((row, column),), grid=grid)


FORMS: dict[tuple[str, str], Edit] = {
    ("--paint", "2,3=0,1"): Paint(where=Cells(cells=((2, 3),)), embedding=cell(0, 1)),
    ("--paint", "2,3=0,1@other.safetensors"): Paint(
        where=Cells(cells=((2, 3),)), embedding=cell(0, 1, "other")
    ),
    ("--transplant", "0,1,2,3=3,-1@other.safetensors"): Transplant(
        row=0, column=1, rows=2, columns=3, to=(3, -1), grid="other"
    ),
    ("--interpolate", "0,0=4,4"): Interpolate(along=Stroke(points=((0, 0), (4, 4)))),
    ("--interpolate", "0,0=4,4,1.5"): Interpolate(
        along=Stroke(points=((0, 0), (4, 4)), radius=1.5)
    ),
    ("--steer", "0,0=1,1,-0.5"): Steer(
        where=Whole(), away=cell(0, 0), towards=cell(1, 1), amount=-0.5
    ),
    ("--replace-cluster", "0,0=1,0,3"): Replace(
        where=Cluster(cell=(0, 0), clusters=3),
        by=Sample(where=Cluster(cell=(1, 0), clusters=3)),
    ),
    ("--vary", "0.3"): Vary(where=Whole(), amount=0.3),
    ("--vary", "0.3,7"): Vary(where=Whole(), amount=0.3, seed=7),
}


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_short_forms_are_the_edits_that_they_say(place: Path, words: tuple[str, str]) -> None:
    facts = ran("g.safetensors", "-o", "out.safetensors", *words)
    record = load_grid_record(place / "out.safetensors")
    expected = apply(GRID, [FORMS[words]], {"other": OTHER})
    assert same_grid(record.grid, expected)
    assert parse_edits(record.edits) == (FORMS[words],)
    assert facts["digest"] == expected.digest()
    differ = (expected.vectors != GRID.vectors).any(2) | (expected.mask != GRID.mask)
    assert facts["cells"] == np.argwhere(differ).tolist()
    assert facts["changed"] == len(facts["cells"]) > 0


def test_a_script_comes_first_and_its_paths_start_where_it_lies(place: Path) -> None:
    folder = place / "scripts"
    folder.mkdir()
    paint = Paint(where=Cells(cells=((0, 0),)), embedding=cell(2, 2, "x"))
    script = Script(sources={"x": "../other.safetensors"}, edits=(paint,))
    (folder / "s.json").write_text(script.dump(), "utf-8")
    facts = ran(
        "g.safetensors", "--script", "scripts/s.json", "-o", "o.safetensors", "--paint", "1,1=0,0"
    )
    record = load_grid_record(place / "o.safetensors")
    np.testing.assert_array_equal(record.grid.vectors[1, 1], OTHER.vectors[2, 2])
    assert facts["cells"] == [[0, 0], [1, 1]]
    assert (facts["edits"], facts["history"]) == (2, 2)
    assert record.notes["model"] == "tiny"
    assert record.notes["before_edits"] == {"file": "g.safetensors", "digest": GRID.digest()}
    assert record.notes["sources"] == {"x": {"file": "other.safetensors", "digest": OTHER.digest()}}


def test_the_whole_past_is_kept_and_leads_to_the_same_grid_again(place: Path) -> None:
    save_grid(place / "a.safetensors", OTHER)
    (place / "b").mkdir()
    third = made(2)
    save_grid(place / "b" / "a.safetensors", third)
    clear = Script(edits=(Clear(where=Cells(cells=((0, 0),))), Erase(where=Whole(), opacity=0.5)))
    (place / "s.json").write_text(clear.dump(), "utf-8")
    ran("g.safetensors", "-o", "1.safetensors", "--paint", "0,0=1,1@a.safetensors")
    ran("1.safetensors", "-o", "2.safetensors", "--paint", "0,1=1,1@b/a.safetensors", "--vary", "1")
    facts = ran("2.safetensors", "-o", "3.safetensors", "--script", "s.json")
    ran("3.safetensors", "-o", "3.safetensors", "--paint", "3,3=1,1@a.safetensors")
    record = load_grid_record(place / "3.safetensors")
    assert facts["history"] == 5
    known = {grid.digest(): grid for grid in (OTHER, third, load_grid(place / "2.safetensors"))}
    told: Any = record.notes["sources"]
    assert sorted(told) == ["a", "a-2", "original"]
    sources = {name: known[facts["digest"]] for name, facts in told.items()}
    assert same_grid(apply(GRID, parse_edits(record.edits), sources), record.grid)


def test_without_json_one_line_says_what_happened(place: Path) -> None:
    result = run("g.safetensors", "-o", "o.safetensors", "--paint", "0,0=1,1")
    assert result.exit_code == 0
    assert result.stdout == "1 of 30 cells changed → o.safetensors\n"


@pytest.mark.parametrize("form", ["clam", "trident"])
def test_grids_go_to_other_programs_and_come_back(place: Path, form: str) -> None:
    ran("g.safetensors", "-o", "mid.safetensors", "--paint", "0,0=1,1")
    ran("mid.safetensors", "-o", "x.h5", "--format", form)
    facts = ran("x.h5", "-o", "back.safetensors")
    assert (facts["changed"], facts["edits"], facts["history"]) == (0, 0, 1)
    assert (place / "back.safetensors").read_bytes() == (place / "mid.safetensors").read_bytes()
    with h5py.File(place / "x.h5") as file:
        assert bool(dict(file["coords"].attrs)) == (form == "trident")


def test_clam_s_features_are_told_what_they_do_not_say(place: Path) -> None:
    coords = np.array([(0, 0), (512, 0), (0, 512), (700, 530)])
    with h5py.File(place / "c.h5", "w") as file:
        file["coords"] = coords
        file["features"] = np.arange(8, dtype=np.float32).reshape(4, 2)
    told = ["--encoder", "uni-1", "--cell", 256, "--downsample", 2, "--pixel", "0.25um"]
    failed = run("c.h5", "-o", "c.safetensors", *told)
    assert failed.exit_code == 1
    assert "snap" in failed.stderr
    facts = ran("c.h5", "-o", "c.safetensors", *told, "--fit", "snap")
    assert facts["moved"] == pytest.approx(np.hypot(188, 18))
    assert facts["left_out"] == 0
    grid = load_grid(place / "c.safetensors")
    assert (grid.rows, grid.columns, grid.encoder, grid.cell) == (2, 2, "uni-1", 256)
    assert grid.scale == Scale(0.5, 0.5, "µm")
    words = run("c.h5", "-o", "c.safetensors", *told, "--fit", "snap").stdout
    assert "moved by up to 189 pixels" in words


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["no.safetensors"], "MissingFile", "no.safetensors"),
        (["g.safetensors", "--script", "no.json"], "MissingFile", "no.json"),
        (["g.safetensors", "--script", "bad.json"], "BadEdits", "bad.json: Edit 1"),
        (["g.safetensors", "--paint", "9,9=0,0"], "BadEdits", "Edit 1 (paint)"),
        (["g.safetensors", "--paint", "0,0=4,5"], "BadEdits", "no embedding"),
        (["g.safetensors", "--paint", "0,0=0,0@no.safetensors"], "MissingFile", "no.safetensors"),
        (["g.safetensors", "--paint", "0,0=0,0@alien.safetensors"], "IncompatibleGrid", "alien"),
        (["g.safetensors", "--paint", "0,0=0,0@what.png"], "UnsupportedFile", "what.png"),
        (["bad.json"], "UnsupportedFile", "bad.json"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    place: Path, words: list[str], kind: str, message: str
) -> None:
    (place / "bad.json").write_text('{"edits": [{"kind": "explode"}]}', "utf-8")
    save_grid(place / "alien.safetensors", made(3, "alien-9"))
    result = run(*words, "-o", "out.safetensors", "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["kind"] == kind
    assert message in error["message"]
    assert error["hint"]
    assert error["message"] in result.stderr
    assert not (place / "out.safetensors").exists()


def test_an_output_of_no_known_kind_is_refused_first(place: Path) -> None:
    result = run("g.safetensors", "-o", "out.pt", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["kind"] == "UnsupportedFile"


@pytest.mark.parametrize(
    "words",
    [
        ["--paint", "1,2"],
        ["--paint", "1,2=3"],
        ["--paint", "1,2=3,4,5"],
        ["--paint", "a,b=c,d"],
        ["--transplant", "1,2,3=0,0"],
        ["--transplant", "1,2,0,3=0,0"],
        ["--interpolate", "0,0=1,1,-2"],
        ["--steer", "0,0=1,1"],
        ["--replace-cluster", "0,0=1,1,1"],
        ["--vary", "nan"],
        ["--vary", "1,2,3"],
        ["--format", "zip"],
        ["--fit", "press"],
        ["--pixel", "big"],
    ],
    ids=" ".join,
)
def test_a_form_that_cannot_be_understood_ends_with_2(place: Path, words: list[str]) -> None:
    result = run("g.safetensors", "-o", "out.safetensors", *words)
    assert result.exit_code == 2
    assert words[1] in result.stderr
    assert "Traceback" not in result.output
    assert not (place / "out.safetensors").exists()


def test_a_script_that_is_far_too_long_is_not_read(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssldiff_gui.jobs.edit_record.LONGEST", 10)
    (place / "s.json").write_text('{"edits": []}', "utf-8")
    result = run("g.safetensors", "-o", "out.safetensors", "--script", "s.json", "--json")
    assert json.loads(result.stdout)["error"]["kind"] == "BadEdits"
