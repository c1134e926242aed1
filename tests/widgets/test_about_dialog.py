from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest

from ssldiff_gui.widgets.about_dialog import AboutDialog, LicencedPart


def test_versions_are_copied_and_licences_are_shown(qtbot):
    dialog = AboutDialog(
        "SSLDiff Studio 0.1.0",
        "What it is.",
        [("Python", "3.11"), ("Qt", "6.8")],
        [LicencedPart("Inter", "OFL-1.1", "4.1")],
    )
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    with qtbot.waitSignal(dialog.copied):
        QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "SSLDiff Studio 0.1.0\nPython: 3.11\nQt: 6.8"
    assert dialog.copy_button.text() == "Copied"
    assert not dialog._stack[1].isVisible()
    QTest.mouseClick(dialog.pages.button(1), Qt.MouseButton.LeftButton)
    assert dialog._stack[1].isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
