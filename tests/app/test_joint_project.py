from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ssldiff_gui.app.joints.project import ProjectJoint
from ssldiff_gui.app.joints.recent import day_text, recent_projects
from ssldiff_gui.core.errors import NoSpace
from ssldiff_gui.core.project import SlideEntry
from ssldiff_gui.state.history import Step
from ssldiff_gui.state.project import Project, untitled_folder
from ssldiff_gui.state.project_slides import find_slide
from ssldiff_gui.state.projects import Projects
from tests.app.room import Room, deliver


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path)
    made.joint = ProjectJoint(made.frame, made.window, made.answers)
    made.shown = []
    made.joint.show_folder = made.shown.append
    made.joint.projects = made.projects = Projects(made.frame.settings, deliver=deliver)
    yield made
    made.projects.close()
    made.projects.wait(5)
    made.close(made.joint)


@pytest.fixture
def opened(room) -> Room:
    room.open_project(room.joint)
    room.joint.refresh()
    return room


def test_the_bar_names_the_project_once_there_is_one(room):
    top = room.frame.parts.top
    room.joint.refresh()
    assert top.project.isHidden()
    room.open_project(room.joint)
    room.joint.refresh()
    assert top.project.isVisible()
    assert top.project.text() == "work"


def test_the_bar_says_what_is_awaited(room):
    room.projects.opening.emit(Path("/drive/cohort.ssldiff"))
    room.joint.refresh()
    assert room.frame.parts.top.project.text() == "Opening cohort…"
    room.projects.failed.emit(NoSpace("No.", ""))
    room.joint.refresh()
    assert room.frame.parts.top.project.isHidden()


def test_the_later_of_both_times_is_shown(opened):
    top = opened.frame.parts.top
    top.show_document("a", "saved 09:00")
    opened.project.saved = datetime(2026, 1, 1, 10, 42).astimezone()
    opened.joint.refresh()
    assert top.state.text() == "saved 10:42"


def test_the_menu_opens_beside_the_name_and_begins_another_project(opened):
    began = []
    opened.projects.opening.connect(began.append)
    opened.frame.parts.top.project.click()
    assert opened.joint.popover.isVisible()
    opened.joint.panel.new_button.click()
    assert not opened.joint.popover.isVisible()
    opened.until(lambda: opened.projects.current is not None)
    assert began[0] == untitled_folder()


def test_a_project_is_opened_and_the_menu_lists_the_one_before(opened, tmp_path):
    other = tmp_path / "other.ssldiff"
    Project.create(other).close()
    opened.answers.path = other
    opened.frame.settings.remember_project(tmp_path / "gone.ssldiff")
    opened.joint.open()
    opened.until(lambda: opened.projects.current is not None)
    opened.joint.menu()
    opened.until(lambda: opened.joint.panel.recent)
    assert [entry.name for entry in opened.joint._recent] == ["other", "gone"]
    assert [entry.missing for entry in opened.joint._recent] == [False, True]
    opened.joint.panel.forget_requested.emit(str(tmp_path / "gone.ssldiff"))
    assert tmp_path / "gone.ssldiff" not in opened.frame.settings.recent_projects


def test_saving_elsewhere_suggests_a_name_and_says_where_it_is(room, tmp_path):
    room.projects.new()
    room.until(lambda: room.projects.current is not None)
    room.project, first = None, room.projects.current
    room.joint._place = type("Place", (), {"project": first})()
    room.answers.path = tmp_path / "cohort.ssldiff"
    room.joint.panel.show_project(room.joint._shown(), ())
    room.joint.panel.rename_requested.emit("Cohort A/B")
    assert room.answers.asked[0].name == "Cohort A-B.ssldiff"
    room.until(lambda: room.toasts)
    assert room.toasts == [f"The project is saved as cohort. {tmp_path / 'cohort.ssldiff'}"]
    room.press_toast()
    assert room.shown == [tmp_path / "cohort.ssldiff"]
    assert first.name == "cohort"


def test_trouble_is_said_with_a_way_to_try_again(opened):
    tried = []
    opened.project.retry = lambda: tried.append(True)
    opened.project.trouble = NoSpace("The disk is full.", "Make room.")
    opened.project.problem.emit(opened.project.trouble)
    assert opened.toasts == ["The disk is full. Make room."]
    opened.press_toast()
    assert tried
    opened.joint.refresh()
    assert opened.frame.parts.top.state.text() == "not kept"
    opened.project.trouble = None
    opened.project.mended.emit()
    opened.joint.refresh()
    assert opened.frame.parts.top.state.text() != "not kept"


def test_who_holds_a_project_is_said(opened, tmp_path):
    second = Project.open(tmp_path / "work.ssldiff")
    assert second.read_only is not None
    opened.joint._place = type("Place", (), {"project": second})()
    opened.joint.menu()
    panel = opened.joint.panel
    assert panel.held.isVisible()
    assert "process" in panel.held_text.text()
    opened.answers.path = None
    panel.copy_button.click()
    assert opened.answers.asked[0].name == "work.ssldiff"
    second.close()


def test_the_history_goes_back_and_forth_in_one_act(opened, tmp_path):
    session = opened.frame.session
    session.open(tmp_path / "a.tif")
    opened.until(lambda: session.current is not None)
    seen, history = [], session.current.history
    for number in range(4):
        history.push(
            Step(
                f"Step {number}",
                lambda n=number: seen.append(n),
                lambda n=number: seen.append(-n),
            )
        )
    opened.joint.history()
    assert opened.joint.history_popover.isVisible()
    steps = opened.joint.steps
    assert steps.model.steps == ("Step 0", "Step 1", "Step 2", "Step 3")
    del seen[:]
    changes = []
    history.changed.connect(lambda: changes.append(history.position))
    steps.goto.emit(1)
    assert seen == [-3, -2, -1]
    assert changes == [1]
    assert steps.model.position == 1
    steps.redo.click()
    assert steps.model.position == 2
    history.goto(99)
    assert history.position == 4
    opened.joint.history()
    assert not opened.joint.history_popover.isVisible()


def test_days_are_told_as_people_do(tmp_path):
    now = datetime(2026, 3, 9, 12, 0).astimezone()
    assert day_text(datetime(2026, 3, 9, 10, 42).astimezone(), now) == "10:42"
    assert day_text(datetime(2026, 3, 8, 10, 42).astimezone(), now) == "yesterday"
    assert day_text(datetime(2026, 3, 6, 10, 42).astimezone(), now) == "3 days ago"
    assert day_text(datetime(2025, 3, 6, 10, 42).astimezone(), now) == "06 Mar 2025"
    assert recent_projects([tmp_path / "x.ssldiff"])[0].missing


def test_a_slide_that_moved_together_with_the_project_is_found(opened, tmp_path):
    opened.open_grid()
    (slide,) = opened.project.entries(SlideEntry)
    assert slide.beside
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / opened.project.folder.name
    there = Path(os.path.normpath(moved / slide.beside))
    Path(slide.path).rename(there)
    assert find_slide(slide, moved, fingerprint=lambda _: slide.fingerprint) == there
