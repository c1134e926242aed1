"""What holds for all pages in all their states, as the gallery draws them."""

from __future__ import annotations

import gc
import weakref

import pytest
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from ssldiff_gui.app.theme import Theme
from ssldiff_gui.widgets.controls import ElidedLabel
from ssldiff_gui.widgets.picture import Tile
from ssldiff_gui.widgets.tokens import THEMES, contrast
from tests.gui.gallery_pages import STATES, framed

WIDTHS, HEIGHTS = (264, 320), (420, 820)


@pytest.fixture(scope="module")
def theme(qapp):
    """Style the application once for all of them: that takes longer than they do."""
    before = qapp.styleSheet(), qapp.font(), qapp.palette()
    theme = Theme(qapp, "dark")
    yield theme
    theme.close()
    qapp.setStyleSheet(before[0])
    qapp.setFont(before[1])
    qapp.setPalette(before[2])


def shown(widget, of):
    return [part for part in widget.findChildren(of) if part.isVisible()]


def clipped(page):
    """Return what has less room than its words need."""
    return [*_clipped_texts(page), *_clipped_buttons(page)]


def _clipped_texts(page):
    for text in shown(page, QLabel):
        if isinstance(text, ElidedLabel) or not text.text():
            continue
        if text.wordWrap():
            if text.heightForWidth(text.width()) > text.height():
                yield text.text()
        elif text.fontMetrics().horizontalAdvance(text.text()) > text.contentsRect().width():
            yield text.text()


def _clipped_buttons(page):
    for button in shown(page, QPushButton):
        icon = 0 if button.icon().isNull() else button.iconSize().width() + 4
        wide = button.fontMetrics().horizontalAdvance(button.text()) + icon
        if wide > button.width() - 4 or button.height() < button.fontMetrics().height():
            yield button.text()
    for button in shown(page, QToolButton):
        wordless = button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
        if not wordless and button.fontMetrics().horizontalAdvance(button.text()) > button.width():
            yield button.text()


def outside(page):
    """Return what reaches over the page's edges to the side."""
    for part in shown(page, QWidget):
        left = part.mapTo(page, part.rect().topLeft()).x()
        if left < 0 or left + part.width() > page.width():
            yield part


@pytest.mark.parametrize("name", STATES)
def test_nothing_is_clipped(qtbot, theme, name):
    page = framed(name, STATES[name]())
    qtbot.addWidget(page)
    page.show()
    for width in WIDTHS:
        for height in HEIGHTS:
            page.resize(width, height)
            QTest.qWait(5)
            assert page.width() == width
            assert clipped(page) == [], (width, height)
            assert list(outside(page)) == [], (width, height)


@pytest.mark.parametrize("name", STATES)
def test_there_is_at_most_one_primary_button(qtbot, theme, name):
    page = STATES[name]()
    qtbot.addWidget(page)
    page.show()
    primary = [b.text() for b in shown(page, QPushButton) if b.property("kind") == "primary"]
    assert len(primary) <= 1
    if "work" not in name and "palette" not in name:
        assert primary, "the next step of the path"


@pytest.mark.parametrize("name", STATES)
def test_the_keyboard_reaches_everything_and_a_reader_can_name_it(qtbot, theme, name):
    page = framed(name, STATES[name]())
    qtbot.addWidget(page)
    page.resize(264, 820)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    reached, limit = [], 120
    page.setFocus()
    for _ in range(limit):
        QTest.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        reached.append(focus)
    wanted = [
        part
        for part in shown(page, QAbstractButton) + shown(page, QComboBox)
        if part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    for part in wanted:
        group = part.group() if isinstance(part, QAbstractButton) else None
        beside = [part] if group is None else group.buttons()
        assert any(one in reached for one in beside), part.accessibleName() or part
        words = part.accessibleName() or getattr(part, "text", str)()
        assert words, "it has a name"


class _Alone(QObject):
    """Notes the parts that come up as windows of their own, before they have a parent."""

    def __init__(self):
        super().__init__()
        self.seen, self.expected = [], None

    def eventFilter(self, watched, event):  # noqa: N802
        shows = event.type() == QEvent.Type.Show and isinstance(watched, QWidget)
        if shows and watched.isWindow() and watched is not self.expected:
            self.seen.append(watched)
        return False


def test_nothing_leaks_and_no_part_is_a_window_of_its_own(qapp, theme):
    before, alone, gone = set(map(id, qapp.topLevelWidgets())), _Alone(), {}
    qapp.installEventFilter(alone)
    for name, make in STATES.items():
        page = make()
        alone.expected = page
        page.show()
        QTest.qWait(2)
        gone[name] = weakref.ref(page)
        page.close()
        page.deleteLater()
    del page
    alone.expected = None
    qapp.removeEventFilter(alone)
    assert alone.seen == []
    for _ in range(2):
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    gc.collect()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [name for name, page in gone.items() if page() is not None] == []
    assert [w for w in qapp.topLevelWidgets() if id(w) not in before] == []


@pytest.mark.parametrize("mode", THEMES)
def test_painted_words_can_be_read(qtbot, theme, mode):
    """Find, in what is drawn, an ink of at least 4.5:1 against the ground for painted captions."""
    theme.set_mode(mode)
    page = framed("grid cell", STATES["grid cell"]())
    qtbot.addWidget(page)
    page.resize(264, 820)
    page.show()
    QTest.qWait(10)
    holder = page.findChild(QWidget, "page")
    tile = next(t for t in holder.findChildren(Tile) if t.isVisible())
    image = page.grab().toImage()
    ratio = image.width() / page.width()
    corner = tile.mapTo(page, tile.rect().bottomLeft())
    tokens = THEMES[mode]
    inks = set()
    for x in range(tile.width()):
        for y in range(tile.CAPTION - 2):
            inks.add(image.pixelColor(round((corner.x() + x) * ratio),
                                      round((corner.y() - y) * ratio)).name())  # fmt: skip
    assert max(contrast(ink, tokens.panel) for ink in inks) >= 4.5


def test_every_state_of_every_page_is_in_the_gallery():
    assert {name.split()[0] for name in STATES} == {
        "region", "grid", "generate", "check", "palette"
    }  # fmt: skip
