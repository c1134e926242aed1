"""Which project is open, and what becomes of the one before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.project import GridEntry
from ssldiff_gui.state.project import Project, untitled_folder
from ssldiff_gui.state.projects import Projects
from ssldiff_gui.state.settings import Settings
from tests.state.conftest import Pump


@pytest.fixture
def settings() -> Settings:
    return Settings.load()


@pytest.fixture
def projects(settings: Settings, pump: Pump) -> Iterator[Projects]:
    made = Projects(settings, deliver=pump.deliver)
    yield made
    made.close()
    made.wait(5)


def current(projects: Projects) -> Project:
    assert projects.current is not None
    return projects.current


def started(projects: Projects, pump: Pump) -> Project:
    projects.start()
    pump.until(lambda: projects.current)
    return current(projects)


def test_a_first_start_has_an_untitled_project(projects: Projects, pump: Pump) -> None:
    project = started(projects, pump)
    assert project.untitled
    assert project.folder.parent == untitled_folder()
    assert projects.recent == (project.folder,)


def test_the_last_project_comes_back(projects: Projects, pump: Pump, settings: Settings) -> None:
    started(projects, pump).put(GridEntry(id="g"))
    projects.close()
    projects.wait(5)
    again = Projects(settings, deliver=pump.deliver)
    assert started(again, pump).get("g")
    again.close()
    again.wait(5)


def test_a_second_studio_gets_an_untitled_project_of_its_own(
    projects: Projects, pump: Pump, settings: Settings
) -> None:
    first = started(projects, pump)
    other = Projects(settings, deliver=pump.deliver)
    second = started(other, pump)
    assert second.folder != first.folder
    assert second.read_only is None
    other.close()
    other.wait(5)


def test_saving_gives_a_name_and_opening_comes_back(
    projects: Projects, pump: Pump, tmp_path: Path
) -> None:
    project = started(projects, pump)
    project.put(GridEntry(id="g"))
    saved: list[Path] = []
    projects.saved.connect(saved.append)
    projects.save_as(tmp_path / "Lung")
    pump.until(lambda: saved)
    assert saved == [tmp_path / "Lung.ssldiff"]
    closing: list[Project] = []
    projects.closing.connect(closing.append)
    projects.new()
    pump.until(lambda: current(projects) is not project)
    assert closing == [project]
    assert current(projects).untitled
    projects.wait(5)
    projects.open(tmp_path / "Lung.ssldiff/project.json")
    pump.until(lambda: current(projects).name == "Lung")
    assert current(projects).get("g")
    assert projects.recent[0] == tmp_path / "Lung.ssldiff"
    projects.open(tmp_path / "Lung.ssldiff")
    assert not projects.pending


def test_a_new_project_with_a_name(projects: Projects, pump: Pump, tmp_path: Path) -> None:
    projects.new(tmp_path / "new")
    pump.until(lambda: projects.current)
    assert current(projects).folder == tmp_path / "new.ssldiff"


def test_what_cannot_be_opened_leaves_the_present_one(
    projects: Projects, pump: Pump, tmp_path: Path
) -> None:
    project = started(projects, pump)
    failed: list[UserError] = []
    projects.failed.connect(failed.append)
    projects.open(tmp_path)
    pump.until(lambda: failed)
    assert projects.current is project
    (tmp_path / "taken.ssldiff").mkdir()
    (tmp_path / "taken.ssldiff/file").touch()
    projects.save_as(tmp_path / "taken")
    pump.until(lambda: len(failed) == 2)
    assert not project.moving
    projects.save_as(project.folder / "grids/inside")
    assert len(failed) == 3


def test_a_last_project_that_is_damaged_is_said_and_another_opened(
    projects: Projects, pump: Pump, settings: Settings, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.ssldiff"
    bad.mkdir()
    (bad / "project.json").write_text("{")
    settings.remember_project(bad)
    failed: list[UserError] = []
    projects.failed.connect(failed.append)
    assert started(projects, pump).untitled
    assert isinstance(failed[0], FileProblem)


def test_a_silent_drive_is_said_and_a_late_answer_dropped(
    settings: Settings, pump: Pump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    made: list[Project] = []

    def slow(path: Path, **_: object) -> Project:
        gate.wait(5)
        made.append(Project.create(path))
        return made[0]

    monkeypatch.setattr(Project, "open", slow)
    projects = Projects(settings, deliver=pump.deliver, open_seconds=0.05)
    failed: list[UserError] = []
    projects.failed.connect(failed.append)
    projects.open(tmp_path / "far.ssldiff")
    pump.until(lambda: failed)
    assert "does not answer" in failed[0].message
    gate.set()
    pump.until(lambda: made)
    pump.drain()
    assert projects.current is None
    projects.wait(5)
    assert not (tmp_path / "far.ssldiff/.holder.json").exists()


def test_projects_that_are_gone_are_forgotten(
    projects: Projects, pump: Pump, settings: Settings, tmp_path: Path
) -> None:
    project = started(projects, pump)
    settings.recent_projects = (tmp_path / "gone", *settings.recent_projects)
    changed: list[object] = []
    projects.recent_changed.connect(changed.append)
    projects.forget_missing()
    pump.until(lambda: changed)
    assert projects.recent == (project.folder,)
