"""The open project: what it says when, and that it lives whatever becomes of its folder."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.edits import Cells, Clear, parse_edits
from ssldiff_gui.core.errors import AlreadyThere, BadRequest, UnsafeFile, UserError
from ssldiff_gui.core.project import GridEntry, JobEntry, ResultEntry, SlideEntry, WorkspaceEntry
from ssldiff_gui.state.project import Change, Dropped, Edited, Project, Put, untitled_folder
from ssldiff_gui.storage import project as storage
from ssldiff_gui.storage.project_thumbnails import read_thumbnail
from tests.state.conftest import Pump

PNG = b"\x89PNG\r\n\x1a\n rest"
EDIT = Clear(where=Cells(cells=((0, 0),)))


@pytest.fixture
def project(tmp_path: Path, pump: Pump) -> Iterator[Project]:
    made = Project.create(tmp_path / "a.ssldiff", deliver=pump.deliver)
    yield made
    made.close()


def heard(project: Project) -> list[Change]:
    changes: list[Change] = []
    project.changed.connect(changes.append)
    return changes


def troubles(project: Project) -> list[UserError | None]:
    """What is said of saving: problems, and None when they are over."""
    said: list[UserError | None] = []
    project.problem.connect(said.append)
    project.mended.connect(lambda: said.append(None))
    return said


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.folder)


def test_changes_are_told_and_come_back(project: Project) -> None:
    changes = heard(project)
    slide, grid = SlideEntry(id="s", path="/a"), GridEntry(id="g")
    project.put(slide, grid)
    project.edit("g", 0, EDIT)
    project.edit("g", 1, EDIT.model_dump(mode="json"))
    project.edit("g", 1)
    assert project.drop("s", "unknown") == (slide,)
    project.drop("s")
    assert changes == [Put((slide, grid)), *[Edited("g")] * 3, Dropped((slide,))]
    again = reopened(project)
    assert again.state == project.state
    assert parse_edits(again.edits("g")) == (EDIT,)
    assert again.entries(GridEntry) == again.entries("grid") == (grid,)
    again.put(WorkspaceEntry(grid="g"))
    again.put(WorkspaceEntry(grid="h"))
    assert again.entries("workspace") == (WorkspaceEntry(grid="h"),)
    again.close()


def test_a_deleted_grid_comes_back_with_its_edits(project: Project) -> None:
    project.put(GridEntry(id="g"))
    project.edit("g", 0, {"a": 1})
    project.put(*project.drop("g"))
    again = reopened(project)
    assert again.edits("g") == ({"a": 1},)
    again.close()


def test_a_change_takes_no_time(project: Project) -> None:
    project.put(GridEntry(id="g"))
    edit = EDIT.model_dump(mode="json")
    started = time.perf_counter()
    for number in range(300):
        project.edit("g", number, edit)
    assert (time.perf_counter() - started) / 300 < 0.002


def test_a_long_session_is_written_together(
    project: Project, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LONG", 10)
    project.put(GridEntry(id="g"))
    for number in range(25):
        project.edit("g", number, {"number": number})
    pump.drain()
    assert len((project.folder / "project.json").read_bytes()) > 400
    for number in range(25, 50):
        project.edit("g", number, {"number": number})
    pump.drain()
    again = reopened(project)
    assert [edit["number"] for edit in again.edits("g")] == list(range(50))  # type: ignore[index, call-overload]
    again.close()


def test_names_and_places(project: Project, tmp_path: Path) -> None:
    assert project.name == "a"
    assert not project.untitled
    inside = project.path("grids/x.safetensors")
    assert inside == tmp_path / "a.ssldiff/grids/x.safetensors"
    assert project.relative(inside) == "grids/x.safetensors"
    assert project.relative(str(inside)) == "grids/x.safetensors"
    assert project.relative(tmp_path / "b") is None
    assert project.relative(tmp_path / "a.ssldiff/../b") is None
    with pytest.raises(UnsafeFile):
        project.path("../x")


def test_what_another_holds_can_be_looked_at(project: Project) -> None:
    project.put(GridEntry(id="g"))
    other = Project.open(project.folder)
    assert other.read_only
    assert str(os.getpid()) in other.notices[0].message
    other.put(GridEntry(id="mine"))
    assert other.get("mine")
    assert other.saved is None
    other.check()
    other.retry()
    other.close()
    again = reopened(project)
    assert not again.get("mine")
    again.close()


def test_a_folder_that_goes_and_comes_back(project: Project, pump: Pump, tmp_path: Path) -> None:
    said = troubles(project)
    project.put(GridEntry(id="before"))
    project.folder.rename(tmp_path / "away")
    project.check()
    pump.until(lambda: said)
    project.put(GridEntry(id="meanwhile"))
    for _ in range(3):
        project.check()
        pump.drain()
    assert len(said) == 1
    assert said[0] is project.trouble is not None
    project.retry()
    pump.until(lambda: len(said) == 2)
    assert isinstance(said[1], UserError)
    (tmp_path / "away").rename(project.folder)
    project.check()
    project.put(GridEntry(id="while-mending"))
    pump.until(lambda: len(said) == 3)
    assert said[2] is project.trouble is None
    project.put(GridEntry(id="after"))
    again = reopened(project)
    assert [entry.id for entry in again.entries(GridEntry)] == [
        "before", "meanwhile", "while-mending", "after",
    ]  # fmt: skip
    again.close()


def test_a_full_disk_is_said_once(
    project: Project, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = troubles(project)
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if os.fstat(handle).st_size > 500:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)
    for number in range(20):
        project.put(GridEntry(id=f"g{number}"))
    pump.drain()
    assert len(said) == 1
    assert "full" in str(said[0]).lower() or "space" in str(said[0]).lower()
    monkeypatch.undo()
    project.check()
    pump.until(lambda: len(said) == 2)
    again = reopened(project)
    assert len(again.entries(GridEntry)) == 20
    again.close()


def test_closing_in_trouble_writes_what_can_be_written(
    project: Project, pump: Pump, tmp_path: Path
) -> None:
    said = troubles(project)
    project.put(GridEntry(id="before"))
    project.folder.rename(tmp_path / "away")
    project.check()
    pump.until(lambda: said)
    project.put(GridEntry(id="meanwhile"))
    (tmp_path / "away").rename(project.folder)
    project.close()
    project.put(GridEntry(id="after"))
    again = Project.open(project.folder)
    assert [entry.id for entry in again.entries(GridEntry)] == ["before", "meanwhile"]
    again.close()


def test_closing_without_a_folder_is_no_crash(project: Project, pump: Pump, tmp_path: Path) -> None:
    project.put(GridEntry(id="before"))
    project.folder.rename(tmp_path / "away")
    project.check()
    pump.drain()
    project.close()
    assert not project.folder.exists()


def test_a_drive_that_is_silent_is_said(
    project: Project, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = troubles(project)
    monkeypatch.setattr("ssldiff_gui.state.project.SILENT_SECONDS", -1.0)
    project.check()
    project.check()
    assert len(said) == 1
    pump.until(lambda: len(said) == 2)
    assert said[1] is None


def test_an_untitled_project_is_moved_to_its_name(tmp_path: Path) -> None:
    project = Project.create(untitled_folder() / "untitled-1.ssldiff")
    assert project.untitled
    assert project.name == "Untitled project"
    project.put(GridEntry(id="g"))
    moved: list[Path] = []
    project.moved.connect(moved.append)
    project.save_as(tmp_path / "Liver")
    assert moved == [tmp_path / "Liver.ssldiff"]
    assert project.name == "Liver"
    assert not list(untitled_folder().iterdir())
    project.put(GridEntry(id="h"))
    again = reopened(project)
    assert [entry.id for entry in again.entries(GridEntry)] == ["g", "h"]
    again.close()


def test_what_is_done_while_a_project_is_saved_elsewhere_is_there(
    project: Project, tmp_path: Path, pump: Pump
) -> None:
    project.put(GridEntry(id="before"))
    work = project.begin_move(tmp_path / "b")
    assert project.moving
    with pytest.raises(BadRequest):
        project.begin_move(tmp_path / "c")
    project.put(GridEntry(id="during"))
    place = work()
    project.put(GridEntry(id="late"))
    project.end_move(place)
    assert not project.moving
    project.put(GridEntry(id="after"))
    pump.drain()
    again = reopened(project)
    assert [entry.id for entry in again.entries(GridEntry)] == ["before", "during", "late", "after"]
    old = Project.open(tmp_path / "a.ssldiff")
    assert [entry.id for entry in old.entries(GridEntry)] == ["before", "during", "late"]
    assert old.id != again.id
    again.close()
    old.close()


def test_a_move_that_fails_leaves_everything_saved(tmp_path: Path) -> None:
    project = Project.create(untitled_folder() / "untitled-1.ssldiff")
    (tmp_path / "b.ssldiff").mkdir()
    (tmp_path / "b.ssldiff/x").touch()
    project.put(GridEntry(id="before"))
    with pytest.raises(AlreadyThere):
        project.save_as(tmp_path / "b")
    end = time.monotonic() + 5
    while project.moving or project._busy:
        assert time.monotonic() < end
        time.sleep(0.01)
    project.put(GridEntry(id="after"))
    assert project.trouble is None
    again = reopened(project)
    assert [entry.id for entry in again.entries(GridEntry)] == ["before", "after"]
    again.close()


def test_a_running_job_holds_a_move_up(project: Project, tmp_path: Path) -> None:
    project.put(JobEntry(id="j", request={}, status="running"))
    with pytest.raises(BadRequest, match="running"):
        project.save_as(tmp_path / "b")
    assert not project.moving


def test_thumbnails(project: Project, pump: Pump) -> None:
    done: list[bool] = []
    name = project.keep_thumbnail("r", PNG, lambda: done.append(True))
    pump.until(lambda: done)
    assert name == "thumbnails/r.png"
    assert read_thumbnail(project.path(name)) == PNG
    project.put(ResultEntry(id="r", thumbnail=name))
    project.keep_thumbnail("bad", b"no picture", lambda: done.append(True))
    pump.until(lambda: len(done) == 2)
    assert read_thumbnail(project.path("thumbnails/bad.png")) is None
    again = reopened(project)
    assert read_thumbnail(again.path(name)) == PNG
    again.close()
