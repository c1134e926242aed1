"""What can be done with the window itself: palette, shortcuts, theme, about, quit."""

from __future__ import annotations

import platform

from qtpy.QtCore import QTimer, qVersion
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QMainWindow, QWidget

from ssldiff_gui import __version__
from ssldiff_gui.app.action_set import ActionSet
from ssldiff_gui.app.actions import BY_KEY, MENUS, spoken
from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.app.theme import Theme
from ssldiff_gui.core.logs import log_path
from ssldiff_gui.widgets.command_palette import CommandPalette
from ssldiff_gui.widgets.shortcut_sheet import MOUSE_ACTS, ShortcutSheet

LOG_TAIL = 64_000
"""Characters of the log that are copied."""


class WindowActs:
    """Acts that concern the whole window.

    Parameters
    ----------
    window
        The window.
    actions
        What the palette offers.
    theme
        Dark or light.
    reporter
        Says how it went.
    """

    def __init__(
        self,
        window: QMainWindow,
        actions: ActionSet,
        theme: Theme,
        reporter: Reporter,
    ) -> None:
        self._window = window
        self._actions = actions
        self._theme = theme
        self._reporter = reporter
        self._focus: QWidget | None = None
        self.command_palette = CommandPalette(window)
        self.command_palette.chosen.connect(self._run)
        self.command_palette.closed.connect(self._give_focus_back)
        self.sheet = ShortcutSheet(window, shortcut_groups())

    def palette(self) -> None:
        """Show the command palette, or hide it."""
        if self.command_palette.isVisible():
            self.command_palette.dismiss()
            return
        self._focus = self._window.focusWidget()
        self.command_palette.open(self._actions.commands())

    def _give_focus_back(self) -> None:
        if self._focus is not None and self._focus.isVisible():
            self._focus.setFocus()

    def _run(self, key: str) -> None:
        # Later, so that a dialog which an action opens finds the palette gone.
        QTimer.singleShot(0, self._actions[key].trigger)

    def shortcuts(self) -> None:
        """Show every shortcut on one sheet."""
        self.sheet.open()

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        self._theme.toggle()

    def system_theme(self) -> None:
        """Follow the system, or stay with what it is now."""
        follows = self._theme.mode == "system"
        self._theme.set_mode(self._theme.tokens.name if follows else "system")  # type: ignore[arg-type]
        self._theme.changed.emit(self._theme.tokens)

    def copy_log(self) -> None:
        """Put the end of the log on the clipboard."""
        path = log_path()
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        QGuiApplication.clipboard().setText(text[-LOG_TAIL:])
        self._reporter.done("The log is on the clipboard.", str(path))

    def about(self) -> None:
        """Say which versions this is."""
        self._reporter.tell(
            f"SSLDiff Studio {__version__}",
            f"Python {platform.python_version()}, Qt {qVersion()}. BSD 3-Clause licence.",
        )

    def quit(self) -> None:
        """Close the window, and with it the program."""
        self._window.close()


def shortcut_groups() -> dict[str, list[tuple[str, str]]]:
    """Return titles of menus with their actions and shortcuts, and what only the mouse does."""
    listed = {
        title.replace("&", ""): [
            (BY_KEY[key].text, spoken(BY_KEY[key].shortcut))
            for key in keys
            if key is not None and BY_KEY[key].shortcut
        ]
        for title, keys in MENUS.items()
    }
    return listed | {title: list(pairs) for title, pairs in MOUSE_ACTS.items()}
