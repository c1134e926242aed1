from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import box

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.state.history import History
from ssldiff_gui.viewer.area_brush import paint, swept


@pytest.fixture
def editor() -> AnnotationEditor:
    made = AnnotationEditor(History())
    made.add_class("road")
    made.add(Annotation(geometry=box(0, 0, 10, 10), class_name="road"))
    made.select([made.annotations[0].id])
    return made


def test_a_stroke_has_the_width_of_the_brush():
    area = swept(np.array([[5.0, 0.0], [5.0, 100.0]]), 4)
    assert area.bounds == pytest.approx((-4, 1, 104, 9), abs=0.3)
    assert area.area == pytest.approx(100 * 8 + np.pi * 16, rel=0.03)


def test_a_click_is_a_dot():
    assert swept(np.array([[7.0, 3.0]]), 5).area == pytest.approx(np.pi * 25, rel=0.05)


def test_it_makes_the_selected_one_larger(editor):
    assert paint(editor, box(8, 8, 20, 20), erase=False) == []
    (one,) = editor.annotations
    assert one.geometry.area == 100 + 144 - 4
    assert one.class_name == "road"


def test_elsewhere_it_begins_another_of_the_class(editor):
    (made,) = paint(editor, box(50, 50, 60, 60), erase=False)
    assert made.class_name == "road"
    assert len(editor.annotations) == 2


def test_it_erases_from_the_selected_one_only(editor):
    paint(editor, box(5, 0, 20, 10), erase=True)
    assert editor.annotations[0].geometry.area == 50
    paint(editor, box(50, 50, 60, 60), erase=True)
    assert editor.annotations[0].geometry.area == 50
    editor.select([])
    paint(editor, box(0, 0, 10, 10), erase=True)
    assert editor.annotations[0].geometry.area == 50


def test_nothing_left_is_taken_away_and_comes_back(editor):
    paint(editor, box(-1, -1, 20, 20), erase=True)
    assert editor.annotations == ()
    editor.history.undo()
    assert editor.annotations[0].geometry.area == 100


def test_a_locked_one_is_left_alone(editor):
    editor.lock([editor.annotations[0].id])
    made = paint(editor, box(5, 5, 20, 20), erase=False)
    assert len(made) == 1
    assert editor.annotations[0].geometry.area == 100
