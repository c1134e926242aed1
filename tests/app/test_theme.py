from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase, QIcon, QPalette
from qtpy.QtWidgets import QApplication, QLabel

from ssldiff_gui.app.theme import Theme, body_font
from ssldiff_gui.widgets.icons import icon
from ssldiff_gui.widgets.tokens import DARK, FONT, LIGHT


@pytest.fixture
def theme(qapp):
    theme = Theme(qapp, "dark")
    yield theme
    theme.close()
    qapp.setStyleSheet("")
    qapp.setPalette(QPalette())


def window_colour() -> str:
    return QApplication.palette().color(QPalette.ColorRole.Window).name()


def test_the_typeface_comes_along_with_equal_figures(theme, qapp):
    assert FONT in QFontDatabase.families()
    assert qapp.font().family() == FONT
    label = QLabel()
    label.setFont(body_font())
    metrics = label.fontMetrics()
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def test_it_toggles_and_tells(theme, qtbot):
    assert window_colour() == DARK.panel
    with qtbot.waitSignal(theme.changed) as changed:
        theme.toggle()
    assert changed.args == [LIGHT]
    assert theme.mode == "light"
    assert window_colour() == LIGHT.panel
    assert LIGHT.accent in QApplication.instance().styleSheet()


def test_the_same_again_changes_nothing(theme, qtbot):
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("dark")


def test_it_follows_the_system_live(theme, qtbot, monkeypatch):
    theme.set_mode("system")
    scheme = [Qt.ColorScheme.Light]

    class Hints:
        def colorScheme(self):  # noqa: N802
            return scheme[0]

    real = theme._hints
    monkeypatch.setattr(theme, "_hints", Hints())
    real.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.tokens is LIGHT
    scheme[0] = Qt.ColorScheme.Dark
    real.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens is DARK
    theme.set_mode("light")
    real.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens is LIGHT, "a choice stays"
    monkeypatch.setattr(theme, "_hints", real)


def test_icons_follow_by_themselves(theme):
    made = icon("magnify")

    def ink(mode=QIcon.Mode.Normal) -> set[str]:
        image = made.pixmap(48, 48, mode).toImage()
        return {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }

    assert ink() == {DARK.text}
    theme.toggle()
    assert ink() == {LIGHT.text}


@pytest.mark.parametrize("size", [16, 18, 20, 24, 32, 48])
def test_an_icon_fills_its_square_without_being_cut(theme, size):
    image = icon("square-outline").pixmap(size, size).toImage()
    columns = [
        x
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 40
    ]
    assert min(columns) >= 0.04 * image.width()
    assert max(columns) <= 0.96 * image.width()
    assert max(columns) - min(columns) > 0.5 * image.width()


def test_an_unknown_icon_is_found_at_once(theme):
    with pytest.raises(Exception, match="no-such-icon"):
        icon("no-such-icon")
