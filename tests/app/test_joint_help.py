from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.app.joints.help import HelpJoint
from ssldiff_gui.app.joints.tour_steps import steps_of
from ssldiff_gui.app.joints.versions import parts_of, versions
from ssldiff_gui.app.parts import welcome
from ssldiff_gui.app.window_acts import shortcut_groups
from tests.app.room import Room


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path)
    made.joint = HelpJoint(made.frame, made.window)
    yield made
    made.close(made.joint)


def test_the_tour_begins_by_itself_once(room):
    room.joint.welcome()
    assert room.joint.guide.isVisible()
    assert room.frame.settings.tour_seen
    room.joint.guide.leave()
    room.joint.welcome()
    assert not room.joint.guide.isVisible()


def test_doing_a_step_goes_on_to_the_next_and_prepares_it(room, tmp_path):
    room.open_project(room.joint)
    room.frame.parts.original.set_hint(welcome(lambda: None, lambda: None, lambda: None))
    guide = room.joint.guide
    room.joint.tour()
    assert guide.step.key == "open"
    assert guide.step.target().text() == "Open the sample slide"
    room.frame.session.open(tmp_path / "a.tif")
    room.until(lambda: guide.step.key == "region")
    assert room.changes[-2:] == ["page Region", "tool rectangle"]
    room.joint.tour()
    assert not guide.isVisible()


def test_each_step_knows_when_it_is_done(room):
    steps = {step.key: step for step in steps_of(room.frame, room.joint)}
    assert len(steps) == 5
    assert not any(step.done() for step in steps.values())
    room.open_project(room.joint)
    assert not any(step.done() for step in steps.values())
    grid = room.open_grid()
    assert [key for key, step in steps.items() if step.done()] == ["open", "embed"]
    room.add_result(grid)
    assert [key for key, step in steps.items() if step.done()] == ["open", "embed", "generate"]


def test_versions_are_told_without_importing_anything(room):
    room.joint.about()
    dialog = room.joint.about_dialog
    assert "napari: " in dialog.words
    assert "PyTorch: " in dialog.words
    room.joint.about()
    assert room.joint.about_dialog is dialog
    dialog.close()
    assert room.joint.about_dialog is None
    names = [name for name, _ in versions()]
    assert names[:2] == ["Python", "Qt"]
    assert all(part.licence for part in parts_of())


def test_the_sheet_lists_the_mouse_too():
    groups = shortcut_groups()
    assert ("Pick the cell under the pointer", "Alt + click") in groups["With the mouse"]
    assert "File" in groups
