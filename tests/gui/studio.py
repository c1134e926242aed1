"""The real program with a home of its own, worked by real events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QCursor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.app.run import application, make_window
from ssldiff_gui.app.window import StudioWindow
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.settings import Settings
from tests.gui.canvases import Hand
from tests.gui.waiting import until, wait

__all__ = ["Studio", "until", "wait"]


class Files:
    """Stands in for the system's dialogs, which no test can work: answers what it was told."""

    def __init__(self) -> None:
        self.opens: list[Path] = []
        self.chosen: Path | None = None

    def open_files(self, folder: Path | None) -> list[Path]:
        return self.opens

    def folder(self, folder: Path | None) -> Path | None:
        return self.chosen

    def open_file(self, title: str, filters: str) -> Path | None:
        return self.chosen

    def open_annotations(self, folder: Path) -> Path | None:
        return self.chosen

    def save_annotations(self, suggested: Path, geographic: bool) -> Path | None:
        return self.chosen

    def save_file(self, suggested: Path, filters: str) -> Path | None:
        return self.chosen

    def open_project(self, folder: Path | None) -> Path | None:
        return self.chosen

    def save_project(self, suggested: Path) -> Path | None:
        return self.chosen


class Studio:
    """A window and the hands that work it."""

    def __init__(
        self, settings: Settings | None = None, size: tuple[int, int] | None = (1600, 1000)
    ) -> None:
        self.application = application()
        self.settings = settings or Settings.load()
        self.files = Files()
        self.window: StudioWindow = make_window(self.application, self.settings, self.files)
        if size is not None:
            self.window.resize(*size)
        self.ready = False
        self.window.ready.connect(lambda: setattr(self, "ready", True))
        self.window.show()
        self.come_back()

    def come_back(self) -> None:
        """Make the window the active one: no window manager does so on a bare display."""
        self.window.activateWindow()
        until(self.window.isActiveWindow, "the window")

    @property
    def session(self):
        return self.window.session

    @property
    def parts(self):
        return self.window.parts

    @property
    def pane(self):
        return self.window.parts.original

    @property
    def document(self) -> Document:
        current = self.session.current
        assert current is not None
        return current

    @property
    def toasts(self) -> list[str]:
        shown = self.window.reporter.toasts.shown
        return [f"{toast.message.text} {toast.message.hint}" for toast in shown]

    @property
    def hand(self) -> Hand:
        assert self.pane.view is not None
        assert self.pane.canvas is not None
        return Hand(self.pane.view, self.pane.canvas.canvas.native)

    def until_ready(self) -> None:
        until(lambda: self.ready, "the views")

    def until_shown(self, name: str) -> Document:
        """Wait until a file is in view and sharp, and its saved annotations are back."""

        def there() -> bool:
            document, view = self.session.current, self.pane.view
            return bool(
                document is not None
                and document.name == name
                and document.fingerprint
                and view is not None
                and view.document is document
                and view.pyramid is not None
                and view.pyramid.sharp
            )

        until(there, f"{name} in view")
        wait(80)
        return self.document

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
        """Press a key where the focus is; shortcuts are heard in an active window only."""
        until(self._active, "an active window")
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers or Qt.KeyboardModifier.NoModifier)
        wait(30)

    def _active(self) -> bool:
        """Ask for the focus until it is ours: without a window manager a request can be lost."""
        if QApplication.activeWindow() is None:
            QCursor.setPos(self.window.mapToGlobal(QPoint(3 + QCursor.pos().x() % 2, 3)))
            self.window.raise_()
            self.window.activateWindow()
        return QApplication.activeWindow() is not None

    def ctrl(self, key: Qt.Key, *, shift: bool = False) -> None:
        modifiers = Qt.KeyboardModifier.ControlModifier
        self.key(key, modifiers | Qt.KeyboardModifier.ShiftModifier if shift else modifiers)

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)
        wait(30)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseClick(
            widget,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            at or widget.rect().center(),
        )
        wait(30)

    def drag_over(self, paths: Sequence[Path | str]) -> QMimeData:
        """Bring files over the window and hold them there."""
        mime = QMimeData()
        mime.setUrls([QUrl(p) if isinstance(p, str) else QUrl.fromLocalFile(str(p)) for p in paths])
        place, buttons = self.window.rect().center(), Qt.MouseButton.LeftButton
        none, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
        enter = QDragEnterEvent(place, copy, mime, buttons, none)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(self.window, QDragMoveEvent(place, copy, mime, buttons, none))
        wait(30)
        return mime

    def drag_away(self) -> None:
        QApplication.sendEvent(self.window, QDragLeaveEvent())
        wait(30)

    def drop(self, *paths: Path | str) -> None:
        """Drag files from elsewhere over the window and let go."""
        mime = self.drag_over(paths)
        drop = QDropEvent(
            QPointF(self.window.rect().center()),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(self.window, drop)
        assert drop.isAccepted()
        wait(30)

    def draw(self, key: Qt.Key, places: Iterable[tuple[float, float]]) -> None:
        """Take a tool by its key and drag it over the picture, in parts of the scene."""
        scene = self.document.scene
        self.click_canvas()
        self.key(key)
        before = self.document.editor.annotations
        self.hand.drag([(x * scene.width, y * scene.height) for x, y in places])
        until(lambda: self.document.editor.annotations != before, "what was drawn")
        wait(60)

    def click_canvas(self) -> None:
        """Give the canvas the focus without touching anything on it."""
        assert self.pane.canvas is not None
        self.pane.canvas.canvas.native.setFocus()
        wait(10)

    def picture(self, path: Path) -> None:
        """Keep what is on the screen."""
        wait(120)
        handle = self.window.screen().grabWindow(self.window.winId())
        path.parent.mkdir(parents=True, exist_ok=True)
        assert handle.save(str(path)), path

    def close(self) -> None:
        self.window.close()
        self.window.theme.close()
        self.window.deleteLater()
        wait(50)
