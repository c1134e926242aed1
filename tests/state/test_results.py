"""Results as a person sorts them; everything can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssldiff_gui.core.project import GridEntry, ResultEntry
from ssldiff_gui.state.history import History
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.results import Results


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "a.ssldiff")
    made.put(ResultEntry(id="one", grid="g"), ResultEntry(id="two", grid="g"))
    made.put(ResultEntry(id="three", name="Third"))
    return made


@pytest.fixture
def results(project: Project) -> Results:
    return Results(project, History())


def ids(entries: tuple[ResultEntry, ...]) -> list[str]:
    return [entry.id for entry in entries]


def test_the_latest_comes_first(results: Results) -> None:
    assert ids(results.all) == ["three", "two", "one"]
    assert ids(results.of("g")) == ["two", "one"]


def test_everything_can_be_undone(results: Results, project: Project) -> None:
    before = project.state
    results.star("one", True)
    results.rename("two", "  Better ")
    results.note("three", "Look here")
    results.delete("one", "two")
    assert ids(results.all) == ["three"]
    texts = []
    while results.history.can_undo:
        texts.append(results.history.undo_text)
        results.history.undo()
    assert texts == ["Delete 2 results", "Note on result", "Rename result", "Star result"]
    assert dict(project.state.entries) == dict(before.entries)
    while results.history.can_redo:
        results.history.redo()
    assert ids(results.all) == ["three"]
    assert results.all[0].note == "Look here"


def test_undo_leaves_what_has_come_meanwhile(results: Results, project: Project) -> None:
    results.rename("one", "A")
    entry = results.get("one")
    assert entry is not None
    project.put(entry.model_copy(update={"likeness": 0.9, "status": "done"}))
    results.history.undo()
    after = results.get("one")
    assert after is not None
    assert (after.name, after.likeness, after.status) == ("", 0.9, "done")


def test_a_deleted_result_comes_back_as_it_was_last(results: Results, project: Project) -> None:
    results.delete("one")
    results.history.undo()
    entry = results.get("one")
    assert entry is not None
    project.put(entry.model_copy(update={"likeness": 0.5}))
    results.history.redo()
    results.history.undo()
    again = results.get("one")
    assert again is not None
    assert again.likeness == 0.5


def test_what_changes_nothing_is_no_step(results: Results) -> None:
    results.star("one", False)
    results.rename("three", "Third ")
    results.star("unknown", True)
    results.delete("unknown")
    assert not results.history.can_undo


def test_a_name_being_typed_is_one_step(results: Results) -> None:
    for name in ("A", "Ab", "Abc"):
        results.rename("one", name)
    results.history.undo()
    assert not results.history.can_undo
    entry = results.get("one")
    assert entry is not None
    assert entry.name == ""


def test_only_results_are_told(results: Results, project: Project) -> None:
    told: list[int] = []
    results.changed.connect(lambda: told.append(1))
    project.put(GridEntry(id="g"))
    project.edit("g", 0, {})
    assert not told
    results.star("one", True)
    assert ids(results.starred) == ["one"]
    results.delete("one")
    assert len(told) == 2
    results.close()
    project.drop("two")
    assert len(told) == 2
