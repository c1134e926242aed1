from __future__ import annotations

import time

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from shapely.geometry import box

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.palettes import COLOURS, HISTOLOGY
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.widgets.annotation_panel import AnnotationPanel


def made(name: str, **more) -> Annotation:
    return Annotation(geometry=box(0, 0, 100, 50), name=name, **more)


@pytest.fixture
def editor():
    editor = AnnotationEditor(classes=HISTOLOGY)
    editor.add(made("first"), made("second"), made("third", class_name="Stroma"))
    editor.select(())
    return editor


@pytest.fixture
def panel(qtbot, editor):
    panel = AnnotationPanel()
    panel.resize(320, 700)
    qtbot.addWidget(panel)
    panel.show_editor(editor, lambda _: "100 × 50 px · 50 × 25 µm · 1,250 µm²")
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def click(panel, row, modifier=Qt.KeyboardModifier.NoModifier):
    place = panel.list.visualRect(panel.model.index(row)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_lists_what_there_is(panel):
    assert [annotation.title for annotation in panel.model.rows] == ["first", "second", "third"]
    assert panel.count.text() == "3 annotations"
    assert panel.model.caption(panel.model.rows[2]) == "Stroma · 50 × 25 µm"
    assert not panel.detail.isVisible()


def test_selection_goes_both_ways(panel, editor):
    click(panel, 1)
    assert [annotation.name for annotation in editor.selected] == ["second"]
    click(panel, 2, Qt.KeyboardModifier.ControlModifier)
    assert len(editor.selection) == 2
    assert panel.which.text() == "2 selected"
    editor.select([panel.model.rows[0].id])
    assert [i.row() for i in panel.list.selectionModel().selectedIndexes()] == [0]
    assert panel.name.text() == "first"


def test_a_name_is_changed_and_taken_back(panel, editor):
    click(panel, 0)
    panel.name.selectAll()
    QTest.keyClicks(panel.name, "Gland")
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    assert panel.model.rows[0].name == "Gland"
    assert editor.history.undo_text == "Rename to “Gland”"
    editor.history.undo()
    assert panel.model.rows[0].name == "first"
    assert panel.name.text() == "first"


def test_a_new_class_is_made_by_typing_it(panel, editor):
    click(panel, 0)
    panel.classes.lineEdit().selectAll()
    QTest.keyClicks(panel.classes.lineEdit(), "Nerve")
    QTest.keyClick(panel.classes.lineEdit(), Qt.Key.Key_Return)
    assert editor.annotations[0].class_name == "Nerve"
    assert "Nerve" in [panel.classes.itemText(n) for n in range(panel.classes.count())]


def test_colour_is_chosen_and_given_back_to_the_class(panel, editor):
    click(panel, 2)
    panel.colour.chosen.emit(COLOURS[4])
    assert editor.annotations[2].colour == COLOURS[4]
    assert panel.colour.colour == COLOURS[4]
    panel.colour.chosen.emit(None)
    assert panel.colour.colour == editor.colour_of(editor.annotations[2])
    assert editor.annotations[2].colour is None


def test_what_is_locked_is_not_deleted(panel, editor, qtbot):
    click(panel, 0)
    press(panel.lock)
    assert editor.annotations[0].locked
    assert not panel.delete.isEnabled()
    with qtbot.waitSignal(panel.failed) as failed:
        panel.delete_selected()
    assert "locked" in failed.args[0].message
    assert panel.notice.isVisible()
    press(panel.lock)
    assert not panel.notice.isVisible()
    press(panel.delete)
    assert [annotation.name for annotation in editor.annotations] == ["second", "third"]


def test_detections_are_counted_but_not_listed(panel, editor):
    editor.add(*(made("", kind="detection") for _ in range(3)))
    assert len(panel.model.rows) == 3
    assert panel.count.text() == "3 annotations · 3 detections"


def test_ten_thousand_are_no_burden(panel):
    crowd = AnnotationEditor()
    crowd.add(*(made(f"n{number}") for number in range(10_000)))
    begun = time.perf_counter()
    panel.show_editor(crowd)
    crowd.select([crowd.annotations[5000].id])
    QTest.qWait(1)
    assert time.perf_counter() - begun < 2
    assert panel.list.currentIndex().row() == 5000


def test_another_scene_leaves_the_last_one_alone(panel, editor):
    panel.show_editor(None)
    assert panel.model.rows == []
    assert panel.empty.isVisible()
    editor.add(made("later"))
    assert panel.model.rows == []
