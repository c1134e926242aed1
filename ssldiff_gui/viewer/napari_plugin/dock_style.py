"""The studio's styles in the colours of the host's theme."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari.utils.theme import get_theme
from qtpy.QtWidgets import QWidget

from ssldiff_gui.resources import resource_path
from ssldiff_gui.viewer.napari_plugin.host_theme import HostTheme
from ssldiff_gui.widgets.tokens import DARK, FONT, LIGHT, Tokens, contrast, style_sheet


def tokens_of(theme_name: str) -> Tokens:
    """Return the studio's tokens with the grounds and the text of one of napari's themes."""
    theme = get_theme(theme_name)
    ground, text = theme.background.as_hex("long"), theme.text.as_hex("long")
    known = DARK if contrast(ground, "#ffffff") > contrast(ground, "#000000") else LIGHT
    return replace(
        known,
        canvas=theme.canvas.as_hex("long"),
        chrome=ground,
        panel=ground,
        raised=theme.foreground.as_hex("long"),
        text=text,
    )


class DockStyle:
    """Keeps a dock of pages in the studio's style and the host's colours.

    Parameters
    ----------
    dock
        What is styled.
    viewer
        Whose theme it follows.
    """

    def __init__(self, dock: QWidget, viewer: Any) -> None:
        self._dock, self._viewer = dock, viewer
        self._template = resource_path("styles", "studio.qss").read_text(encoding="utf-8")
        self._icons = resource_path("styles").as_posix()
        self._apply()
        viewer.events.theme.connect(self._apply)
        self._palette = HostTheme(dock, viewer)

    def close(self) -> None:
        """Follow no longer."""
        self._viewer.events.theme.disconnect(self._apply)
        self._palette.close()

    def _apply(self, *_: object) -> None:
        sheet = style_sheet(self._template, tokens_of(self._viewer.theme), self._icons)
        own = sheet.replace(f'font-family: "{FONT}";', "")  # the host's typeface stays
        self._dock.setStyleSheet(own)
