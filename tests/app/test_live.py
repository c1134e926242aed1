"""Rendering while one paints: one job at a time, none for nothing, and never behind a check."""

from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.core.edits import Cells, Paint, Sample
from ssldiff_gui.core.requests import CheckRequest, GenerateRequest
from tests.app.room import Room


def paint(row: int, column: int) -> Paint:
    return Paint(where=Cells(cells=((row, column),)), embedding=Sample(cells=((0, 0),)))


@pytest.fixture
def room(qtbot, tmp_path):
    room = Room.make(qtbot, tmp_path)
    place = room.open_project()
    place.keeping.checks_by_itself = False
    room.add_result(room.open_grid())
    yield room
    room.close()


def renders(room: Room) -> list[str]:
    return [job for job, request in room.client.submitted if isinstance(request, GenerateRequest)]


def begin(room: Room) -> None:
    """Switch live on, and let the render of the grid as it is come to its end."""
    room.place.rendering.set(live=True)
    room.until(lambda: renders(room))
    room.client.finish(renders(room)[-1], missing=0)
    room.until(lambda: not room.place.live._busy)


def test_the_end_of_a_stroke_that_was_rendered_already_renders_nothing(room, qtbot):
    begin(room)
    editor = room.place.bench.editor
    editor.preview(paint(1, 1))
    room.until(lambda: len(renders(room)) == 2)
    editor.do(paint(1, 1))
    room.client.finish(renders(room)[-1], missing=0)
    room.until(lambda: not room.place.live._busy)
    qtbot.wait(50)
    assert len(renders(room)) == 2, "the canvas is that of the finished stroke already"
    assert len(room.place.bench.result.edits) == 1, "and says so"
    editor.do(paint(2, 2))
    room.until(lambda: len(renders(room)) == 3)


def test_what_was_cancelled_is_rendered_at_the_next_edit_even_when_it_is_the_same(room):
    begin(room)
    editor = room.place.bench.editor
    editor.preview(paint(1, 1))
    room.until(lambda: len(renders(room)) == 2)
    editor.do(paint(1, 1))
    room.place.queue.cancel(renders(room)[-1])
    room.until(lambda: len(renders(room)) == 3)


def test_a_check_makes_way_for_the_next_edit(room):
    begin(room)
    room.place.keeping.check(room.place.bench.result.id)
    job, request = room.client.submitted[-1]
    assert isinstance(request, CheckRequest)
    room.place.bench.editor.do(paint(1, 1))
    room.until(lambda: job in room.client.cancelled)
    assert np.isfinite(room.place.bench.editor.grid.vectors).all()
