"""Dark and light: follows the system, live, unless the person chose one."""

from __future__ import annotations

from typing import Literal

from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QColor, QFont, QFontDatabase, QPalette
from qtpy.QtWidgets import QApplication

from ssldiff_gui.resources import resource_path
from ssldiff_gui.widgets.tokens import BODY, DARK, FONT, LIGHT, Tokens, style_sheet

Mode = Literal["system", "dark", "light"]

_Role = QPalette.ColorRole


def load_fonts() -> None:
    """Make the studio's typeface known to Qt; does nothing when it is known already."""
    if FONT in QFontDatabase.families():
        return
    for path in sorted(resource_path("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))


def body_font() -> QFont:
    """Return the typeface of running text, with figures of equal width."""
    font = QFont(FONT)
    font.setPixelSize(BODY)
    tag = getattr(QFont, "Tag", None)
    if tag is not None:  # Qt 6.7 and later
        font.setFeature(tag("tnum"), 1)
    return font


def palette_of(tokens: Tokens) -> QPalette:
    """Return Qt's palette for a theme; widgets that paint themselves take their colours here."""
    palette = QPalette()
    roles = {
        _Role.Window: tokens.panel,
        _Role.WindowText: tokens.text,
        _Role.Base: tokens.raised,
        _Role.AlternateBase: tokens.canvas,
        _Role.Text: tokens.text,
        _Role.PlaceholderText: tokens.muted,
        _Role.Button: tokens.raised,
        _Role.ButtonText: tokens.text,
        _Role.BrightText: tokens.danger,
        _Role.Highlight: tokens.accent,
        _Role.HighlightedText: tokens.on_accent,
        _Role.Link: tokens.accent_text,
        _Role.ToolTipBase: tokens.raised,
        _Role.ToolTipText: tokens.text,
        _Role.Light: tokens.hover,
        _Role.Midlight: tokens.selection,
        _Role.Mid: tokens.outline,
        _Role.Dark: tokens.line,
        _Role.Shadow: tokens.chrome,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    faint = QColor(tokens.muted)
    faint.setAlpha(130)
    for role in (_Role.Text, _Role.WindowText, _Role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return palette


class Theme(QObject):
    """Applies one set of tokens to the whole application and says when it changes.

    Parameters
    ----------
    application
        What is styled.
    mode
        "system" follows the desktop; the others stay.
    """

    changed = Signal(object)
    """The Tokens that hold from now on."""

    def __init__(self, application: QApplication, mode: Mode = "system") -> None:
        super().__init__(application)
        self._application = application
        self._hints = application.styleHints()
        self._mode: Mode = mode
        self._template = resource_path("styles", "studio.qss").read_text(encoding="utf-8")
        self._icons = resource_path("styles").as_posix()
        load_fonts()
        application.setStyle("Fusion")
        application.setFont(body_font())
        self._hints.colorSchemeChanged.connect(self._on_system_change)
        self.tokens = self._wanted()
        self._apply()

    @property
    def mode(self) -> Mode:
        """What was chosen."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Choose dark, light or the system's."""
        self._mode = mode
        self._refresh()

    def toggle(self) -> None:
        """Change between dark and light, and stay there."""
        self.set_mode("light" if self.tokens is DARK else "dark")

    def close(self) -> None:
        """Stop following the system."""
        self._hints.colorSchemeChanged.disconnect(self._on_system_change)

    def _on_system_change(self) -> None:
        if self._mode == "system":
            self._refresh()

    def _wanted(self) -> Tokens:
        if self._mode != "system":
            return LIGHT if self._mode == "light" else DARK
        return LIGHT if self._hints.colorScheme() == Qt.ColorScheme.Light else DARK

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is not self.tokens:
            self.tokens = wanted
            self._apply()
            self.changed.emit(wanted)

    def _apply(self) -> None:
        self._application.setPalette(palette_of(self.tokens))
        self._application.setStyleSheet(style_sheet(self._template, self.tokens, self._icons))
