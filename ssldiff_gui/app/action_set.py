"""Turns the table of actions into Qt's, and keeps them true to the situation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QMenuBar, QWidget

from ssldiff_gui.app.actions import ACTIONS, BY_KEY, MENUS, Action, spoken, tip
from ssldiff_gui.app.situation import Situation
from ssldiff_gui.widgets.command_palette import Command
from ssldiff_gui.widgets.icons import icon

MOST_RECENT = 5


class ActionSet(QObject):
    """All actions of a window.

    Parameters
    ----------
    window
        Where shortcuts work.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._situation = Situation()
        self.recent: list[str] = []
        self._handlers: dict[str, Callable[[], object]] = {}
        self.by_key: dict[str, QAction] = {}
        for action in ACTIONS:
            made = self._make(action)
            self.by_key[action.key] = made
            window.addAction(made)
        self._refresh_all()

    def _make(self, action: Action) -> QAction:
        made = QAction(icon(action.icon), action.text, self)
        made.setToolTip(tip(action))
        made.setCheckable(action.checked is not None)
        if action.shortcut:
            made.setShortcut(QKeySequence(action.shortcut))
            made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.triggered.connect(lambda: self._run(action.key))
        return made

    def bind(self, parts: Mapping[str, object]) -> None:
        """Say what the first words of handlers stand for; an unknown handler is found here."""
        for action in ACTIONS:
            part, method = action.handler.split(".")
            self._handlers[action.key] = getattr(parts[part], method)

    def _run(self, key: str) -> None:
        self.recent = [key, *(known for known in self.recent if known != key)][:MOST_RECENT]
        try:
            self._handlers[key]()
        finally:
            self._refresh(BY_KEY[key])  # Qt has toggled what is checkable by itself

    def __getitem__(self, key: str) -> QAction:
        return self.by_key[key]

    def follow(self, situation: Situation) -> None:
        """Take over what holds now."""
        if situation != self._situation:
            self._situation = situation
            self._refresh_all()

    def _refresh_all(self) -> None:
        for action in ACTIONS:
            self._refresh(action)

    def _refresh(self, action: Action) -> None:
        made = self.by_key[action.key]
        made.setEnabled(bool(action.when(self._situation)))
        if action.checked is not None:
            made.setChecked(bool(action.checked(self._situation)))
        if action.words is not None:
            made.setText(action.words(self._situation))

    def fill_menus(self, bar: QMenuBar) -> None:
        """Build the menus that the table lists."""
        for title, keys in MENUS.items():
            menu = bar.addMenu(title)
            for key in keys:
                if key is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self.by_key[key])

    def commands(self) -> list[Command]:
        """Return what the palette offers now: what can be done, the lately used first."""
        order = self.recent + [a.key for a in ACTIONS if a.key not in self.recent]
        return [
            Command(
                key,
                self.by_key[key].text(),
                BY_KEY[key].icon,
                spoken(BY_KEY[key].shortcut),
                BY_KEY[key].search,
                key in self.recent,
            )
            for key in order
            if self.by_key[key].isEnabled() and key != "help.palette"
        ]
