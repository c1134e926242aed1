"""What holds for all pages in all their states, as the gallery draws them."""

from __future__ import annotations

import gc
import re
import weakref
from itertools import pairwise

import pytest
from qtpy.QtCore import QEvent, QObject, QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QListView,
    QPushButton,
    QToolButton,
    QWidget,
)

from ssldiff_gui.app.actions import BY_KEY
from ssldiff_gui.app.theme import Theme
from ssldiff_gui.widgets.controls import ElidedLabel
from ssldiff_gui.widgets.palette_grid import NAME
from ssldiff_gui.widgets.picture import Tile
from ssldiff_gui.widgets.tokens import THEMES, contrast
from tests.gui.gallery_pages import STATES, framed

FULLEST = ("region problem", "grid cell", "generate advanced", "check checked", "palette full")
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
    page.resize(264, 1800)  # nothing scrolls, so that places say what stands above what
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
    tops = [part.mapTo(page, part.rect().topLeft()).y() for part in reached]
    assert all(later >= earlier - 20 for earlier, later in pairwise(tops)), "from top to bottom"
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
    for name in FULLEST:
        page = STATES[name]()
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


def _caption_of_tile(page):
    tile = next(tile for tile in shown(page, Tile))
    return tile, QRect(0, tile.height() - tile.CAPTION, tile.width(), tile.CAPTION), "panel"


def _caption_of_swatch(page):
    grid = page.grid
    box = grid.visualRect(grid.model().index(0))
    return grid.viewport(), QRect(box.x(), box.bottom() - NAME, box.width(), NAME), "panel"


def _caption_of_annotation(page):
    rows = page.findChild(QListView, "annotations")
    box = rows.visualRect(rows.model().index(0))
    return rows.viewport(), QRect(box.x() + 34, box.y() + 26, 90, 14), "selection"


@pytest.mark.parametrize("mode", THEMES)
@pytest.mark.parametrize(
    ("name", "find"),
    [
        ("grid cell", _caption_of_tile),
        ("palette full", _caption_of_swatch),
        ("region ready", _caption_of_annotation),
    ],
)
def test_painted_words_can_be_read(qtbot, theme, mode, name, find):
    """What a style sheet does not reach has its tokens too: 4.5:1 as it is drawn."""
    theme.set_mode(mode)
    page = framed(name, STATES[name]())
    qtbot.addWidget(page)
    page.resize(264, 820)
    page.show()
    QTest.qWait(10)
    widget, box, ground = find(page)
    image = widget.grab(box).toImage()
    inks = {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
    below = getattr(THEMES[mode], ground)
    assert max(contrast(ink, below) for ink in inks) >= 4.5


def test_every_state_of_every_page_is_in_the_gallery():
    assert {name.split()[0] for name in STATES} == {
        "region", "grid", "generate", "check", "palette"
    }  # fmt: skip


KEYS = {
    "Embed": "region.embed", "Draw a region": "tool.rectangle",
    "Draw another region": "tool.rectangle", "Generate": "render.generate",
    "Live: render while I paint": "render.live", "Generate…": "view.generate",
    "Deselect": "cells.none", "Keep": "cells.keep", "Show the check map": "check.map",
    "Check": "check.check", "Check again": "check.check", "Curtain": "compare.curtain",
    "Blink": "compare.blink", "Difference": "compare.difference", "Export…": "export.export",
    "Pause": "render.pause", "Cancel": "render.cancel",
    "Delete the annotation": "annotation.delete", "Lock the annotation": "annotation.lock",
    "Zoom to the annotation": "annotation.zoom", "Import annotations": "file.import",
    "Export annotations": "file.export",
}  # fmt: skip
"""Which action does the same as a button."""


def test_tooltips_say_the_shortcuts_that_hold(qtbot, theme):
    said = {}
    for make in STATES.values():
        page = make()
        qtbot.addWidget(page)
        for button in page.findChildren(QAbstractButton):
            found = re.search(r"  \((.+)\)$", button.toolTip())
            if found and button.isEnabled():
                said[button.accessibleName() or button.text()] = found[1]
    assert said == {name: BY_KEY[key].shortcut for name, key in KEYS.items()}
