"""The colours of the napari around us, for widgets and icons that paint themselves."""

from __future__ import annotations

from typing import Any

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QWidget

from ssldiff_gui.widgets.icons import use_palette

_Role = QPalette.ColorRole

ROLES = {
    _Role.Window: "background",
    _Role.WindowText: "text",
    _Role.Base: "foreground",
    _Role.AlternateBase: "background",
    _Role.Text: "text",
    _Role.PlaceholderText: "icon",
    _Role.Button: "primary",
    _Role.ButtonText: "text",
    _Role.Highlight: "current",
    _Role.HighlightedText: "text",
    _Role.Light: "primary",
    _Role.Midlight: "primary",
    _Role.Mid: "secondary",
    _Role.Dark: "foreground",
    _Role.Shadow: "background",
}


def host_palette(theme_name: str) -> QPalette:
    """Return Qt's palette for one of napari's themes."""
    theme = get_theme(theme_name)
    palette = QPalette()
    for role, field in ROLES.items():
        palette.setColor(role, QColor(getattr(theme, field).as_hex()))
    faint = QColor(theme.secondary.as_hex())
    for role in (_Role.Text, _Role.WindowText, _Role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return palette


class HostTheme:
    """Keeps a dock in the colours of its viewer, also when they change.

    Parameters
    ----------
    dock
        What is coloured.
    viewer
        Whose theme it follows.
    """

    def __init__(self, dock: QWidget, viewer: Any) -> None:
        self._dock = dock
        self._viewer = viewer
        viewer.events.theme.connect(self._apply)
        self._apply()

    def close(self) -> None:
        """Follow no longer."""
        self._viewer.events.theme.disconnect(self._apply)

    def _apply(self, *_: object) -> None:
        palette = host_palette(self._viewer.theme)
        use_palette(palette)
        self._dock.setPalette(palette)
        for child in self._dock.findChildren(QWidget):
            child.update()
