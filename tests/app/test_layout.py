"""Areas that are drawn: on a blank canvas for a generator of layouts, and as words for a prior."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from shapely.geometry import box

from ssldiff_gui.app.joints.canvas import CanvasJoint
from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.grid import EmbeddingGrid, is_blank
from ssldiff_gui.core.inventory import InstalledModel, Inventory
from ssldiff_gui.core.requests import GenerateRequest, PriorRequest
from ssldiff_gui.core.specs import GeneratorSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.core.support import Support
from ssldiff_gui.state.grid_acts import take_from
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.layouts import read_layout
from ssldiff_gui.viewer.joints.areas import AreasJoint
from ssldiff_gui.viewer.joints.generate import GenerateJoint
from tests.app.room import ENCODER, Room
from tests.app.test_joint_canvas import PRIOR

PART = PartSpec(type="GridUNet")
LICENCE = Licence(name="MIT")


def generator(**changes: object) -> InstalledModel:
    spec = GeneratorSpec(
        name="g", title="Layouts", channels=4, factor=8, window=16, cell=4, network=PART,
        autoencoder=PART, **changes,
    )  # fmt: skip
    model = ModelFile(kind="generator", generator=spec, licence=LICENCE)
    return InstalledModel(name="g", folder="/g", model=model)


LAYOUTS = generator(layout=("road", "roof"))
GRIDS = generator(encoder=ENCODER)
DRAWS = InstalledModel(
    name="prior", folder="/p", model=ModelFile(kind="prior", prior=PRIOR, licence=LICENCE)
)


def a_room(qtbot, folder: Path, *models: InstalledModel) -> Room:
    made = Room.make(qtbot, folder, Inventory(installed=models))
    made.canvas, made.generate = CanvasJoint(made.frame, made.window), GenerateJoint(made.frame)
    made.areas = AreasJoint(made.frame)
    made.joints = (made.canvas, made.generate, made.areas)
    made.open_project(*made.joints)
    return made


def refresh(room: Room) -> None:
    for joint in room.joints:
        joint.refresh()


@pytest.fixture
def blank(qtbot, tmp_path: Path) -> Iterator[Room]:
    room = a_room(qtbot, tmp_path, LAYOUTS)
    room.canvas.new()
    room.until(lambda: room.canvas.dialog is not None)
    dialog = room.canvas.dialog
    dialog.rows.setValue(3)
    dialog.columns.setValue(4)
    assert "road, roof" in dialog.blank.text()
    QTest.mouseClick(dialog.draw_button, Qt.MouseButton.LeftButton)
    room.until(lambda: room.place.bench.open is not None)
    yield room
    room.close(*room.joints)


def test_a_blank_canvas_has_the_classes_to_draw_with(blank):
    opened = blank.place.bench.open
    assert is_blank(opened.editor.original)
    assert opened.editor.shape == (3, 4)
    assert [c.name for c in opened.document.editor.classes] == ["road", "roof"]


def test_what_is_drawn_is_rendered(blank):
    place, page = blank.place, blank.frame.parts.generate
    editor = place.bench.open.document.editor
    editor.add(
        Annotation(geometry=box(8, 8, 60, 40), class_name="roof"),
        Annotation(geometry=box(0, 0, 30, 30), class_name="tree"),
    )
    refresh(blank)
    assert page.tell.isVisibleTo(page)
    assert page.tell.found.text() == "1 × roof Unknown to this model: tree."
    blank.generate.generate()
    blank.until(lambda: blank.client.submitted)
    request = blank.client.submitted[-1][1]
    assert isinstance(request, GenerateRequest)
    (area,) = read_layout(Path(request.layout)).areas
    assert (area.label, area.geometry.bounds) == ("roof", (8, 8, 60, 40))
    kept = place.bench.result.request
    assert kept["layout"].startswith("layouts/")


def test_areas_need_not_count(blank):
    page = blank.frame.parts.generate
    blank.place.bench.open.document.editor.add(
        Annotation(geometry=box(8, 8, 60, 40), class_name="roof")
    )
    refresh(blank)
    page.tell.areas.click()
    blank.generate.generate()
    blank.until(lambda: blank.client.submitted)
    assert blank.client.submitted[-1][1].layout is None


def test_areas_with_words_are_drawn_by_the_prior(qtbot, tmp_path):
    room = a_room(qtbot, tmp_path, GRIDS, DRAWS)
    room.open_grid(3, 4)
    editor = room.place.bench.open.editor
    side = editor.original.cell
    room.place.bench.open.document.editor.add(
        Annotation(geometry=box(0, 0, 2 * side, 2 * side), name="normal colon"),
        Annotation(geometry=box(3 * side, 0, 4 * side, side), class_name="lungn"),
        Annotation(geometry=box(0, 2 * side, side, 3 * side), class_name="nothing it knows"),
        Annotation(geometry=box(side, 2 * side, 2 * side, 3 * side), name="Annotation 4"),
    )
    refresh(room)
    page = room.frame.parts.grid
    assert not page.areas_section.isHidden()
    assert "“normal colon”, “lungn”" in page.areas.text()
    before = editor.grid.vectors.copy()
    page.draw_areas.click()
    room.until(lambda: room.client.submitted)
    job, request = room.client.submitted[-1][:2]
    assert isinstance(request, PriorRequest)
    assert [a.text or a.label for a in read_layout(Path(request.layout)).areas] == [
        "normal colon", "lungn",
    ]  # fmt: skip
    drawn = np.full((3, 4, 8), 7, np.float32)
    save_grid(Path(request.output), EmbeddingGrid(drawn, ENCODER, side))
    room.client.finish(job)
    room.until(lambda: editor.edits)
    changed = (editor.grid.vectors == 7).all(axis=2)
    wanted = np.zeros((3, 4), bool)
    wanted[:2, :2] = wanted[0, 3] = True
    np.testing.assert_array_equal(changed, wanted)
    editor.history.undo()
    np.testing.assert_array_equal(editor.grid.vectors, before)
    assert not list(room.place.bench.path("palette").glob("*.layout.json"))
    room.close(*room.joints)


def test_a_grid_that_is_new_to_the_model_is_told(qtbot, tmp_path, monkeypatch):
    known = np.random.default_rng(1).standard_normal((400, 8)).astype(np.float32)
    support = Support.of(known, known[::2])
    monkeypatch.setattr("ssldiff_gui.state.reach.read_support", lambda _: support)
    room = a_room(qtbot, tmp_path, GRIDS)
    room.open_grid(3, 4)
    room.until(lambda: room.place.reach.share is not None)
    refresh(room)
    page = room.frame.parts.generate
    assert not room.place.reach.beyond
    assert page.reach.isHidden()
    editor = room.place.bench.open.editor
    original = editor.original
    editor.add_source("odd", original.with_vectors(original.vectors + 90, original.mask))
    act = take_from("odd", np.ones((3, 4), bool))
    editor.do(act.edit, act.text)
    room.until(lambda: room.place.reach.beyond)
    refresh(room)
    assert "100% of the cells" in page.reach.message.text()
    assert page.show_unseen.isVisibleTo(page)
    with qtbot.waitSignal(page.unseen_requested):
        page.show_unseen.click()
    room.close(*room.joints)
