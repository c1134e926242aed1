from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ssldiff_gui.app.joints import export_offers as offers
from ssldiff_gui.app.joints.export import ExportJoint
from ssldiff_gui.app.joints.export_offers import CanvasFacts
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.requests import ExportRequest, FigureRequest
from ssldiff_gui.jobs.handlers import Around, perform
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.storage.grid_files import read_grid
from ssldiff_gui.viewer.joints.in_view import canvas_in_view
from tests.app.room import ENCODER, Room


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path)
    made.joint = ExportJoint(made.frame, made.window, made.answers)
    made.shown = []
    made.joint.show_folder = made.shown.append
    made.open_project(made.joint)
    yield made
    made.close(made.joint)


def opened(room: Room):
    room.joint.export()
    room.until(lambda: room.joint.dialog is not None)
    return room.joint.dialog


def test_with_nothing_to_export_a_toast_says_what_to_do(room):
    room.joint.export()
    room.until(lambda: room.toasts)
    assert room.toasts == [
        "There is nothing to export yet. Draw a region, embed it, or render a grid."
    ]
    assert room.joint.dialog is None


def test_only_what_there_is_can_be_chosen(room):
    room.open_grid()
    dialog = opened(room)
    assert list(dialog.cards) == ["canvas", "grid", "annotations"]
    assert not dialog.cards["canvas"].isEnabled()
    assert not dialog.cards["annotations"].isEnabled()
    assert dialog.choice.what == "grid"
    assert [kind.key for kind in dialog.offer.formats] == ["own", "trident", "clam"]


def test_a_canvas_is_exported_by_the_queue_and_its_folder_opened(room, tmp_path):
    room.add_result(room.open_grid())
    dialog = opened(room)
    assert list(dialog.cards) == ["canvas", "figure", "grid", "annotations"]
    assert dialog.choice.what == "canvas"
    assert dialog.mark.isVisible()
    assert dialog.estimate.text().startswith("about ")
    room.answers.path = tmp_path / "mine.ome.tif"
    dialog.export_button.click()
    assert room.answers.asked[0].name == "biopsy-result-1-synthetic.ome.tif"
    job, request = room.client.submitted[-1]
    assert isinstance(request, ExportRequest)
    assert Path(request.output).name == "mine.synthetic.ome.tif"
    assert request.region is None
    room.client.finish(job, output=request.output, bytes=38_000_000)
    assert room.toasts == [f"Exported, 38 MB. {request.output}"]
    room.press_toast()
    assert room.shown == [Path(request.output)]


def test_nothing_is_overwritten_because_the_name_got_the_word(room, tmp_path):
    room.add_result(room.open_grid())
    dialog = opened(room)
    (tmp_path / "mine.synthetic.ome.tif").touch()
    room.answers.path = tmp_path / "mine.ome.tif"
    dialog.export_button.click()
    assert not room.client.submitted
    assert "mine.synthetic.ome.tif is there already" in room.toasts[0]
    assert dialog.isVisible()


def test_gaps_of_a_canvas_are_said(room):
    room.add_result(room.open_grid(), whole=False)
    dialog = opened(room)
    assert "20 tiles are not rendered, and white" in dialog.offer.note
    assert not dialog.cards["figure"].isEnabled()


def test_a_figure_shows_the_slide_when_its_file_is_known(room, tmp_path):
    room.add_result(room.open_grid())
    room.answers.path = tmp_path / "figure-synthetic.png"
    room.joint.figure()
    _, request = room.client.submitted[-1]
    assert isinstance(request, FigureRequest)
    assert request.slide == str(tmp_path / "biopsy.tif")
    assert request.check is None


def test_a_slide_that_is_gone_is_left_out_of_the_figure(room, tmp_path):
    entry = room.add_result(room.open_grid())
    session = room.frame.session
    session.close(session.current)
    (tmp_path / "biopsy.tif").unlink()
    room.joint._draw(entry, tmp_path / "figure-synthetic.png")
    room.until(lambda: room.client.submitted)
    assert room.client.submitted[-1][1].slide is None


def test_the_part_in_view_is_written_by_what_the_worker_runs(room, tmp_path, monkeypatch):
    room.add_result(room.open_grid())
    box = Box(16, 32, 128, 64)
    monkeypatch.setattr("ssldiff_gui.app.joints.export.canvas_in_view", lambda *_: box)
    dialog = opened(room)
    dialog.cards["region"].click()
    dialog.levels.setCurrentIndex(1)
    assert dialog.levels.currentText() == "64 × 32 px · 1 µm per pixel"
    dialog.formats.setCurrentIndex([k.key for k in dialog.offer.formats].index("png"))
    room.answers.path = tmp_path / "part-synthetic.png"
    dialog.export_button.click()
    job, request = room.client.submitted[-1]
    assert (request.region, request.level) == ((16, 32, 128, 64), 1)
    result = perform(request, Around(Silent(), Kept(), yes=True))
    room.client.finish(job, **result)
    assert Path(result["output"]) == tmp_path / "part-synthetic.png"
    assert (tmp_path / "part-synthetic.png").is_file()
    assert room.toasts[0].startswith("Exported, ")


@pytest.mark.parametrize(
    ("viewport", "expected"),
    [
        ((0, 0, 4000, 3000), Box(0, 0, 64, 48)),
        ((110, 210, 130, 230), Box(5, 5, 10, 10)),
        ((500, 0, 600, 100), None),
    ],
)
def test_what_is_in_view_is_told_in_pixels_of_the_canvas(room, viewport, expected):
    room.open_grid()
    opened = room.place.bench.open
    region = Region(Box(100, 200, 128, 96), 2.0)
    moved = EmbeddingGrid(opened.editor.original.vectors, ENCODER, 16, region=region)
    editor = SimpleNamespace(original=moved)
    there = SimpleNamespace(document=opened.document, editor=editor)
    view = SimpleNamespace(document=opened.document, viewport=viewport)
    assert canvas_in_view(there, view) == expected
    assert canvas_in_view(there, None) is None


def test_without_a_whole_result_there_is_no_figure(room):
    room.joint.figure()
    assert room.toasts == ["There is no whole result to draw. Render the grid first."]


@pytest.mark.parametrize(("key", "suffix"), [("own", ".safetensors"), ("clam", ".h5")])
def test_the_grid_is_written_with_its_past(room, tmp_path, key, suffix):
    room.open_grid()
    dialog = opened(room)
    dialog.formats.setCurrentIndex([k.key for k in dialog.offer.formats].index(key))
    room.answers.path = tmp_path / f"grid{suffix}"
    dialog.export_button.click()
    room.until(lambda: room.toasts)
    assert room.toasts == [f"The grid is exported. {tmp_path / f'grid{suffix}'}"]
    assert read_grid(tmp_path / f"grid{suffix}").record.grid.rows == 3


def test_a_grid_that_cannot_be_written_says_why(room, tmp_path):
    room.open_grid()
    dialog = opened(room)
    room.answers.path = tmp_path / "gone" / "grid.safetensors"
    dialog.export_button.click()
    room.until(lambda: room.toasts)
    assert "gone" in room.toasts[0]


def test_an_export_can_be_thought_better_of(room):
    room.open_grid()
    dialog = opened(room)
    dialog.export_button.click()
    assert dialog.isVisible()
    dialog.reject()
    assert room.joint.dialog is None


def test_leaving_the_project_closes_the_dialog(room):
    room.open_grid()
    opened(room)
    room.joint.leave()
    assert room.joint.dialog is None


def test_sizes_are_told_for_each_format_and_part():
    facts = CanvasFacts(((4096, 2048), (2048, 1024)), Scale(0.5, 0.5, "µm"), on_map=True)
    assert facts.formats[0].key == "geotiff"
    part = offers.region_offer(facts, Box(0, 0, 512, 256), "a")
    assert [(level.width, level.pixel) for level in part.levels] == [
        (512, "0.5 µm per pixel"), (256, "1 µm per pixel"),
    ]  # fmt: skip
    assert offers.bytes_of(1000, 1000, "jpeg") < offers.bytes_of(1000, 1000, "png")
    assert offers.hard_words(20_000, 20_000, "png") == "many programs refuse so large a picture"
    assert offers.hard_words(40_000, 40_000, "png").startswith("Too large")
    assert offers.hard_words(40_000, 40_000, "ome-tiff") == ""
