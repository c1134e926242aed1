"""The whole path in the real program with its real worker, on the starter models."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from ssldiff_gui.app.run import arguments, begin
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.records import read_record
from tests.gui.studio import Studio, until, wait
from tests.gui.work import Worker

pytestmark = [pytest.mark.gui, pytest.mark.slow]

ON_TISSUE = (2000.0, 1300.0)


@pytest.fixture
def studio(qapp):
    studio = Studio()
    studio.window.joints.help.guide.leave()
    yield studio
    studio.close()


def at_work(studio, sample=1, name="sample-slide.tif"):
    studio.until_ready()
    studio.click(studio.pane.hint.buttons[sample])
    studio.until_shown(name)
    worker = Worker(studio)
    worker.until_working()
    return worker


def test_from_a_slide_to_an_exported_synthetic_image_and_back_again(studio, tmp_path):
    worker = at_work(studio)
    worker.draw_region(*ON_TISSUE, 268)
    worker.embed()
    grid = worker.editor.original
    assert (grid.rows, grid.columns) == (8, 8)
    assert studio.parts.inspector.page == 1, "the grid's page follows by itself"

    worker.pick(1, 1)
    worker.take(Qt.Key.Key_B)
    before = worker.editor.grid.digest()
    worker.stroke((4, 3), (5, 5))
    edited = worker.editor.grid.digest()
    assert edited != before
    assert studio.document.history.undo_text.startswith("Paint")
    studio.ctrl(Qt.Key.Key_Z)
    assert worker.editor.grid.digest() == before
    studio.ctrl(Qt.Key.Key_Z, shift=True)
    assert worker.editor.grid.digest() == edited

    worker.generate()
    assert worker.result.status == "done"
    with Canvas.open(worker.bench.path(worker.result.canvas)) as canvas:
        assert canvas.grid.digest() == edited
        assert canvas.finished
        picture = canvas.read(canvas.layout.box((0, 0, 0)))
    assert picture.std() > 5, "it is a picture, not a plain"
    until(lambda: studio.parts.synthetic.view.document is not None, "the picture beside")
    worker.until_checked()
    assert worker.result.likeness is not None
    assert worker.result.likeness > 0.3

    path = worker.export("canvas", tmp_path / "out.ome.tif", "OME-TIFF")
    assert "synthetic" in path.name
    record = read_record(path)
    assert record.grid.digest() == edited
    assert [edit["kind"] for edit in record.recipe.edits] == ["paint"]
    studio.window.close()
    wait(100)

    again = Studio()
    begin(again.window, arguments([]))
    try:
        again.until_ready()
        again.until_shown("sample-slide.tif")
        back = Worker(again)
        back.until_working()
        until(lambda: back.bench.open is not None, "the grid of the last time")
        assert back.editor.grid.digest() == edited
        until(lambda: back.bench.result is not None, "the result of the last time")
        assert back.result.id == worker_result(record, back).id
        again.ctrl(Qt.Key.Key_Z)
        assert back.editor.grid.digest() == before, "what was done before the restart is undone"
    finally:
        again.close()


def worker_result(record, worker) -> ResultEntry:
    """Return the entry that a record is of."""
    found = [e for e in worker.bench.results if e.request["seed"] == record.recipe.seed]
    return found[0]


def test_from_a_scene_with_an_edit_rendered_where_it_changed(studio, tmp_path):
    worker = at_work(studio, 2, "sample-scene.tif")
    worker.draw_region(900.0, 900.0, 340)
    worker.embed()
    assert worker.editor.original.encoder.startswith("starter-aerial")
    worker.generate()
    first = worker.result
    with Canvas.open(worker.bench.path(first.canvas)) as canvas:
        before = canvas.read(canvas.layout.box((0, 0, 0)))

    worker.pick(0, 0)
    worker.take(Qt.Key.Key_B)
    worker.place.tools.set(radius=0.5, variety=0)
    worker.stroke((7, 7))
    worker.generate()
    second = worker.result
    assert second.id != first.id, "the first picture stays"
    with Canvas.open(worker.bench.path(second.canvas)) as canvas:
        after = canvas.read(canvas.layout.box((0, 0, 0)))
    side = worker.editor.original.cell
    changed = (before != after).any(axis=2)
    assert changed[7 * side : 8 * side, 7 * side : 8 * side].any(), "the edited cell is another"
    assert not changed[: 2 * side, : 2 * side].any(), "far from it every pixel is the same"
    with Canvas.open(worker.bench.path(first.canvas)) as canvas:
        np.testing.assert_array_equal(canvas.read(canvas.layout.box((0, 0, 0))), before)

    path = worker.export("grid", tmp_path / "cells.safetensors")
    from ssldiff_gui.storage.grids import load_grid_record

    kept = load_grid_record(path)
    assert kept.grid.digest() == worker.editor.grid.digest()
    assert len(kept.edits) == 1


def test_a_killed_worker_fails_one_job_and_the_next_one_works(studio):
    import os
    import signal

    worker = at_work(studio)
    worker.draw_region(*ON_TISSUE, 256)
    worker.embed()
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_Return)
    until(lambda: any(job.status == "running" for job in worker.place.queue.jobs), "the render")
    os.kill(worker.place.client.pid, signal.SIGKILL)
    until(lambda: not worker.place.queue.jobs, "the job to have failed", 60)
    assert studio.window.isVisible()
    assert any("The process that computes" in toast for toast in studio.toasts)
    worker.place.queue.resume()
    worker.generate()
    assert worker.result.status == "done"
