"""What the window remembers from one start to the next."""

from __future__ import annotations

import base64
import json
import logging

from qtpy.QtCore import QByteArray
from qtpy.QtWidgets import QMainWindow

from ssldiff_gui.app.parts import Parts
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.settings import Settings

log = logging.getLogger(__name__)

FIRST_SIZE = (1600, 1000)


def restore_window(window: QMainWindow, parts: Parts, settings: Settings) -> None:
    """Put the window where it was, or in a size that suits the screen."""
    geometry = QByteArray.fromBase64(settings.window_geometry.encode("ascii", "ignore"))
    if geometry.isEmpty() or not window.restoreGeometry(geometry):
        screen = window.screen().availableGeometry()
        window.resize(min(FIRST_SIZE[0], screen.width()), min(FIRST_SIZE[1], screen.height()))
    parts.fit_panes(window.width())
    sizes = _sizes(settings.window_state)
    for name, splitter in (("body", parts.body), ("views", parts.views)):
        if len(sizes.get(name, ())) == splitter.count():
            splitter.setSizes(sizes[name])


def remember_window(window: QMainWindow, parts: Parts, settings: Settings) -> None:
    """Put the window's place and the splitters' into the settings."""
    settings.window_geometry = bytes(window.saveGeometry().toBase64().data()).decode("ascii")
    sizes = {"body": parts.body.sizes(), "views": parts.views.sizes()}
    settings.window_state = base64.b64encode(json.dumps(sizes).encode()).decode("ascii")


def save(settings: Settings) -> UserError | None:
    """Write the settings; return what hindered it."""
    try:
        settings.save()
    except UserError as error:
        log.warning("settings not saved: %s", error)
        return error
    return None


def _sizes(text: str) -> dict[str, list[int]]:
    try:
        found = json.loads(base64.b64decode(text or "e30="))
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: sizes
        for name, sizes in found.items()
        if isinstance(sizes, list) and all(isinstance(size, int) and size >= 0 for size in sizes)
    }
