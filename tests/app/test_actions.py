from __future__ import annotations

from collections import Counter

import pytest
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QMainWindow, QMenuBar

from ssldiff_gui.app.action_set import ActionSet
from ssldiff_gui.app.actions import ACTIONS, BY_KEY, MENUS, TOOLS, tip
from ssldiff_gui.app.situation import Situation
from ssldiff_gui.app.window_acts import shortcut_groups
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.shortcut_sheet import MOUSE_ACTS


class Part:
    """Answers every handler and remembers which was called."""

    def __init__(self, called):
        self._called = called

    def __getattr__(self, name):
        return lambda: self._called.append(name)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def called():
    return []


@pytest.fixture
def actions(window, called):
    made = ActionSet(window)
    parts = {action.handler.split(".")[0]: Part(called) for action in ACTIONS}
    made.bind(parts)
    return made


def test_keys_and_shortcuts_are_used_once():
    assert len(BY_KEY) == len(ACTIONS)
    counts = Counter(action.shortcut for action in ACTIONS if action.shortcut)
    assert not [shortcut for shortcut, count in counts.items() if count > 1]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.key)
def test_every_action_can_be_found_seen_and_said(action, qtbot):
    listed = {key for keys in MENUS.values() for key in keys if key}
    assert action.key in listed, "no menu holds it"
    assert not icon(action.icon).isNull()
    assert action.text
    if action.shortcut:
        assert action.shortcut.replace("Del", "Delete") in tip(action).replace("Delete  ", "")
        assert not QKeySequence(action.shortcut).isEmpty()


def test_menus_and_tools_name_actions_that_exist():
    assert {key for keys in MENUS.values() for key in keys if key} <= set(BY_KEY)
    assert set(TOOLS) <= set(BY_KEY)


def test_the_sheet_lists_every_shortcut():
    groups = shortcut_groups()
    listed = [
        what for title, pairs in groups.items() if title not in MOUSE_ACTS for what, _ in pairs
    ]
    assert sorted(listed) == sorted(action.text for action in ACTIONS if action.shortcut)
    assert all(groups[title] == list(pairs) for title, pairs in MOUSE_ACTS.items())


def test_what_cannot_be_done_is_off(actions):
    assert not actions["file.close"].isEnabled()
    assert actions["file.open"].isEnabled()
    actions.follow(Situation(document=True))
    assert actions["file.close"].isEnabled()
    assert not actions["annotation.delete"].isEnabled()
    actions.follow(Situation(document=True, selected=True))
    assert actions["annotation.delete"].isEnabled()


def test_undo_says_what_it_takes_back(actions):
    actions.follow(Situation(document=True, undo_text="Draw region"))
    assert actions["edit.undo"].text() == "Undo Draw region"
    assert actions["edit.undo"].isEnabled()
    assert not actions["edit.redo"].isEnabled()


def test_one_tool_is_on(actions, called):
    actions.follow(Situation(document=True, tool="polygon"))
    assert [key for key in TOOLS if actions[key].isChecked()] == ["tool.polygon"]
    actions["tool.rectangle"].trigger()
    assert called == ["rectangle"]
    assert [key for key in TOOLS if actions[key].isChecked()] == ["tool.polygon"], (
        "the situation decides, not the click"
    )


def test_the_palette_offers_what_can_be_done_and_the_latest_first(actions):
    keys = [command.key for command in actions.commands()]
    assert "file.close" not in keys
    assert "help.palette" not in keys
    actions["help.about"].trigger()
    actions["theme.toggle"].trigger()
    first = actions.commands()[:2]
    assert [command.key for command in first] == ["theme.toggle", "help.about"]
    assert all(command.recent for command in first)


def test_an_unknown_handler_is_found_at_once(window):
    with pytest.raises((AttributeError, KeyError)):
        ActionSet(window).bind({"window": object()})


def test_menus_hold_what_the_table_says(actions, window):
    bar = QMenuBar()
    actions.fill_menus(bar)
    titles = [action.text() for action in bar.actions()]
    assert titles == list(MENUS)
    first = bar.actions()[0].menu()
    assert len(first.actions()) == len(MENUS["&File"])
    bar.deleteLater()
