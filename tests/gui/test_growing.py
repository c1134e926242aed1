"""A canvas on the screen while it is written, and what it looks like in its original's view."""

from __future__ import annotations

import gc
import shutil
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QMainWindow

from ssldiff_gui.core.errors import MissingFile
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.placed import NOTHING, placed
from ssldiff_gui.slides.scene import RGB, Scene
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.document import Document
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.growing import GrowingCanvas
from ssldiff_gui.viewer.check_overlay import CheckOverlay
from ssldiff_gui.viewer.compare import Compare
from ssldiff_gui.viewer.compare_marks import CompareMarks
from ssldiff_gui.viewer.desktop import StudioCanvas, make_view
from ssldiff_gui.viewer.scene_view import SceneView
from tests.gui.waiting import until, wait
from tests.slides.scenes import ArraySource, scene_of
from tests.storage.canvases import a_canvas, fill, tile_of

pytestmark = pytest.mark.gui

TILE = 256
PLACE = Box(1024, 512, 1024, 768)
RED, GREEN = (200, 40, 40), (40, 180, 60)


@dataclass
class Stage:
    """A view of a red original, and a green canvas that belongs in it."""

    canvas: StudioCanvas
    view: SceneView
    original: Slide
    growing: GrowingCanvas
    made: Canvas
    picture: RGB

    def seen(self) -> RGB:
        return self.canvas.screenshot(flash=False)[..., :3]

    def write(self, *at: tuple[int, int]) -> None:
        for row, column in at:
            self.made.write(row, column, tile_of(self.made, self.picture, row, column))
            self.growing.tile_written(self.made.layout.box((0, row, column)))

    def finish(self) -> None:
        fill(self.made, self.picture)
        self.made.finish()
        self.growing.refresh()

    def part(self, box: Box) -> RGB:
        """Return what is on the screen of a box in level-0 pixels of the original."""
        left, top, right, bottom = self.view.viewport
        picture = self.seen()
        across = picture.shape[1] / (right - left)
        down = picture.shape[0] / (bottom - top)
        rows = slice(round((box.y - top) * down) + 2, round((box.y2 - top) * down) - 2)
        return picture[
            rows, round((box.x - left) * across) + 2 : round((box.x2 - left) * across) - 2
        ]


def is_of(picture: RGB, colour: tuple[int, int, int], most: int = 3) -> bool:
    return picture.size > 0 and bool(np.abs(picture.astype(int) - colour).max() <= most)


def a_scene() -> Scene:
    array = np.empty((2048, 3072, 3), np.uint8)
    array[:] = RED
    return scene_of(ArraySource([array, array[::2, ::2], array[::4, ::4]]))


@pytest.fixture
def stage(qtbot, tmp_path: Path) -> Iterator[Stage]:
    window = QMainWindow()
    canvas, view = make_view()
    window.setCentralWidget(canvas)
    window.resize(1000, 700)
    window.show()
    qtbot.waitExposed(window)
    path = tmp_path / "slide.tif"
    path.write_bytes(b"a slide")
    picture = np.empty((PLACE.height, PLACE.width, 3), np.uint8)
    picture[:] = GREEN
    made = a_canvas(tmp_path / "made.zarr", PLACE.width, PLACE.height, tile=TILE, chunk=64)
    growing = GrowingCanvas(made.path, PLACE.width, PLACE.height, tile=TILE, chunk=64)
    yield Stage(canvas, view, Slide(path, "Fake", [a_scene()]), growing, made, picture)
    made.close()
    view.close()
    canvas.close()
    window.close()
    window.deleteLater()
    qtbot.wait(20)


def look(stage: Stage, slide: Slide, box: Box = PLACE) -> None:
    stage.view.show(Document(slide))
    stage.view.zoom_to(box)
    until(lambda: stage.view.pyramid.sharp, "the picture")
    wait(80)


@pytest.fixture
def beside(stage: Stage) -> Stage:
    look(stage, placed(stage.growing.slide, Region(PLACE), stage.original.scenes[0]))
    return stage


@pytest.fixture
def compare(stage: Stage) -> Iterator[Compare]:
    stage.finish()
    look(stage, stage.original)
    made = Compare(stage.view)
    made.show(stage.growing.slide, Region(PLACE))
    yield made
    made.close()


def marks(stage: Stage) -> list[str]:
    """What the plates over the picture say."""
    parts = stage.canvas.canvas.native.findChildren(CompareMarks)[0]
    plates = {"Original": parts.original, "SYNTHETIC": parts.synthetic, "Difference": parts.legend}
    found = [word for word, plate in plates.items() if plate.isVisible()]
    return [*found, "handle"] if parts.handle.isVisible() else found


def settled(stage: Stage, compare: Compare) -> None:
    until(lambda: compare.pyramid.sharp, "what is compared")
    wait(80)
    assert stage.view.pyramid.sharp


# -- growing ---------------------------------------------------------------------------------------


def test_tiles_appear_at_their_place_over_the_preview(beside: Stage) -> None:
    assert is_of(beside.part(PLACE), NOTHING)
    beside.growing.set_preview(Box(0, 0, 1024, 768), np.full((24, 32, 3), 90, np.uint8))
    until(lambda: is_of(beside.part(PLACE), (90, 90, 90)), "the preview", 5)
    beside.write((1, 2))
    tile = Box(PLACE.x + 2 * TILE, PLACE.y + TILE, TILE, TILE)
    until(lambda: is_of(beside.part(tile), GREEN), "the tile", 5)
    left = Box(PLACE.x, PLACE.y, 2 * TILE, 3 * TILE)
    assert is_of(beside.part(left), (90, 90, 90))
    beside.finish()
    until(lambda: is_of(beside.part(PLACE), GREEN), "the whole", 5)


class Watch:
    """Notes when napari has taken pixels that are all there."""

    def __init__(self, view: SceneView) -> None:
        self.at: float | None = None
        self._view = view
        self._event = view.model.layers[0].events.set_data
        self._event.connect(self._note)

    def _note(self) -> None:
        if self.at is None and self._view.pyramid.sharp:
            self.at = time.perf_counter()

    def seconds(self, written: float) -> float:
        until(lambda: self.at is not None, "the tile", 10)
        self._event.disconnect(self._note)
        return self.at - written


def test_a_tile_is_seen_soon_after_it_was_written(beside: Stage) -> None:
    taken = []
    for at in ((0, 0), (1, 1), (2, 3), (0, 3), (2, 0)):
        beside.made.write(*at, tile_of(beside.made, beside.picture, *at))
        watch = Watch(beside.view)
        written = time.perf_counter()
        beside.growing.tile_written(beside.made.layout.box((0, *at)))
        taken.append(watch.seconds(written))
        wait(30)
    assert min(taken) < 0.5, taken  # 0.1 is meant, on a machine that does nothing else


def test_only_the_tiles_that_changed_are_read(beside: Stage) -> None:
    beside.finish()
    until(lambda: beside.view.pyramid.sharp, "the whole")
    wait(100)
    source, reads = beside.growing._source, []
    read = source.read

    def noting(level: int, box: Box):
        reads.append((level, box))
        return read(level, box)

    source.read = noting
    beside.write((0, 0))
    until(lambda: beside.view.pyramid.sharp and reads, "the tile")
    wait(100)
    fine = [box for level, box in reads if level == 0]
    assert sum(box.area for box in fine) <= 512 * 512
    assert len(reads) <= 4


def test_from_far_away_there_is_what_there_is(beside: Stage) -> None:
    beside.write((0, 0), (0, 1))
    beside.view.fit()
    until(lambda: beside.view.pyramid.sharp, "the picture")
    tiles = Box(PLACE.x, PLACE.y, 2 * TILE, TILE)
    until(lambda: is_of(beside.part(tiles), GREEN, 6), "the tiles", 5)
    assert is_of(beside.part(Box(PLACE.x, PLACE.y + TILE, TILE, TILE)), NOTHING)
    beside.write((2, 2))
    other = Box(PLACE.x + 2 * TILE, PLACE.y + 2 * TILE, TILE, TILE)
    until(lambda: is_of(beside.part(other), GREEN, 6), "another tile", 5)


def test_a_canvas_that_vanishes_is_a_problem_and_no_crash(beside: Stage) -> None:
    problems: list[Exception] = []
    beside.view.failed.connect(problems.append)
    beside.write((0, 0))
    until(lambda: beside.view.pyramid.sharp, "the tile")
    beside.made.close()
    shutil.rmtree(beside.growing.path)
    beside.growing.refresh()
    until(lambda: problems, "a word of it", 5)
    assert isinstance(problems[0], MissingFile)
    wait(100)
    beside.view.pan_by(0.3, 0.2)
    wait(100)


def test_a_canvas_that_is_no_longer_shown_is_let_go(beside: Stage) -> None:
    beside.write((0, 0))
    until(lambda: beside.view.pyramid.sharp, "the tile")
    pyramid = weakref.ref(beside.view.pyramid)
    beside.view.show(None)
    beside.growing.tile_written(Box(0, 0, 10, 10))
    wait(50)
    gc.collect()
    assert pyramid() is None


# -- comparing -------------------------------------------------------------------------------------


def test_the_curtain_divides_the_picture_at_the_line(stage: Stage, compare: Compare) -> None:
    compare.mode = "curtain"
    settled(stage, compare)
    for share in (0.5, 0.3, 0.8):
        compare.share = share
        wait(60)
        picture = stage.seen()
        line, row = round(share * picture.shape[1]), picture[picture.shape[0] // 2]
        assert is_of(row[200 : line - 2], RED)
        assert is_of(row[line + 2 : 800] if share < 0.7 else row[line + 2 : 830], GREEN)
    left, top, _, bottom = stage.view.viewport
    above = Box(PLACE.x, round(top) + 2, PLACE.width, PLACE.y - round(top) - 4)
    assert is_of(stage.part(above), RED)  # beside its region the original stays
    assert (left, bottom) == (stage.view.viewport[0], stage.view.viewport[3])
    assert marks(stage) == ["Original", "SYNTHETIC", "handle"]


def test_the_curtain_is_drawn_by_the_mouse_and_by_keys(stage: Stage, compare: Compare) -> None:
    compare.mode = "curtain"
    settled(stage, compare)
    handle = stage.canvas.canvas.native.findChildren(CompareMarks)[0].handle
    grip, camera = handle.rect().center(), stage.view.camera
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=grip)
    QTest.mouseMove(handle, grip + QPoint(-150, 20))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=grip)
    width = stage.canvas.canvas.native.width()
    assert compare.share == pytest.approx(0.5 - 150 / width, abs=0.003)
    before = compare.share
    QTest.keyClick(handle, Qt.Key.Key_Right)
    assert compare.share == pytest.approx(before + 0.01)
    QTest.keyClick(handle, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert compare.share == pytest.approx(before - 0.09)
    QTest.keyClick(handle, Qt.Key.Key_End)
    assert 0.9 < compare.share < 1  # it can be caught again
    assert stage.view.camera == camera


def test_the_two_take_turns(stage: Stage, compare: Compare) -> None:
    compare.mode = "blink"
    until(lambda: compare.pyramid.sharp, "what is compared")
    seen = []
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        wait(40)
        words = marks(stage)
        seen.append(words[0])
        picture = stage.part(PLACE)
        assert is_of(picture, GREEN if words == ["SYNTHETIC"] else RED)
    assert {"SYNTHETIC", "Original"} <= set(seen)


def test_a_key_shows_the_other_for_as_long_as_it_is_held(stage: Stage, compare: Compare) -> None:
    compare.mode = "blink"
    until(lambda: compare.pyramid.sharp, "what is compared")
    native, before = stage.canvas.canvas.native, compare.synthetic_seen
    QTest.keyPress(native, Qt.Key.Key_Backslash)
    for _ in range(3):
        wait(250)
        assert compare.synthetic_seen is not before
    QTest.keyRelease(native, Qt.Key.Key_Backslash)
    until(lambda: compare.synthetic_seen is before, "the next turn", 2)
    compare.mode = "curtain"
    QTest.keyPress(native, Qt.Key.Key_Backslash)
    wait(60)
    assert is_of(stage.part(PLACE), RED)
    QTest.keyRelease(native, Qt.Key.Key_Backslash)
    wait(60)
    assert not is_of(stage.part(PLACE), RED)


def test_differences_are_seen_where_there_are_any(stage: Stage, compare: Compare) -> None:
    compare.mode = "difference"
    settled(stage, compare)
    bright = stage.part(PLACE)
    apart = sum(abs(a - b) for a, b in zip(RED, GREEN, strict=True))
    assert is_of(bright, (min(255, apart),) * 3)
    assert marks(stage) == ["SYNTHETIC", "Difference"]
    stage.picture[:, :512] = RED
    stage.write(*((row, column) for row in range(3) for column in range(2)))
    same = Box(PLACE.x, PLACE.y, 512, PLACE.height)
    until(lambda: is_of(stage.part(same), (0, 0, 0)), "black where they are the same", 5)
    assert is_of(
        stage.part(Box(PLACE.x + 512, PLACE.y, 512, PLACE.height)), (255, 255, 255), 9
    ) or (apart < 255)


@pytest.mark.parametrize("mode", ["curtain", "blink", "difference"])
def test_leaving_restores_everything(stage: Stage, compare: Compare, mode: str) -> None:
    model, camera = stage.view.model, stage.view.camera
    layers, active = list(model.layers), model.layers.selection.active
    before = stage.seen()
    for _ in range(3):
        compare.mode = mode
        settled(stage, compare)
        assert model.layers[0] is layers[0]
        assert model.layers[-1] is layers[-1]
        assert model.layers.selection.active is active
        compare.mode = "side"
        wait(60)
        assert list(model.layers) == layers
        assert model.layers.selection.active is active
    assert stage.view.camera == camera
    assert marks(stage) == []
    assert np.array_equal(stage.seen(), before)


def test_nothing_is_left_of_what_was_compared(stage: Stage, compare: Compare) -> None:
    gone = []
    for mode in ("curtain", "blink", "difference"):
        compare.mode = mode
        settled(stage, compare)
        gone.append(weakref.ref(compare.pyramid))
    compare.mode = "side"
    wait(50)
    gc.collect()
    assert [found() for found in gone] == [None] * 3
    assert len(stage.growing.scene.changed) <= 1


def test_another_scene_ends_it_and_the_same_one_brings_it_back(
    stage: Stage, compare: Compare, tmp_path: Path
) -> None:
    compare.mode = "curtain"
    settled(stage, compare)
    document = stage.view.document
    other = tmp_path / "other.tif"
    other.write_bytes(b"another")
    stage.view.show(Document(Slide(other, "Fake", [a_scene()])))
    assert compare.pyramid is None
    assert not compare.ready
    assert marks(stage) == []
    stage.view.show(document)
    assert compare.ready
    settled(stage, compare)
    assert marks(stage) == ["Original", "SYNTHETIC", "handle"]
    compare.show(None)
    assert compare.pyramid is None
    assert marks(stage) == []


def test_tiles_appear_behind_the_curtain_too(stage: Stage) -> None:
    look(stage, stage.original)
    compare = Compare(stage.view)
    compare.show(stage.growing.slide, Region(PLACE))
    compare.mode = "curtain"
    compare.share = 0.1
    until(lambda: is_of(stage.part(PLACE), NOTHING), "nothing yet", 5)
    stage.write((0, 0))
    tile = Box(PLACE.x, PLACE.y, TILE, TILE)
    until(lambda: is_of(stage.part(tile), GREEN), "the tile", 5)
    compare.close()
    wait(60)
    assert is_of(stage.part(PLACE), RED)


def test_low_cells_are_marked_by_more_than_colour(stage: Stage, compare: Compare) -> None:
    overlay = CheckOverlay(stage.view)
    likeness = np.full((3, 4), 1.0, np.float32)
    likeness[1, 1] = 0.0
    likeness[2, 3] = np.nan
    overlay.show(likeness, Region(PLACE), TILE, 0.5)
    wait(100)
    low = stage.part(Box(PLACE.x + TILE, PLACE.y + TILE, TILE, TILE))
    fine = stage.part(Box(PLACE.x, PLACE.y, TILE, TILE)).astype(int)
    none = stage.part(Box(PLACE.x + 3 * TILE + 8, PLACE.y + 2 * TILE + 8, TILE - 16, TILE - 16))
    assert np.abs(fine - RED).max() < 60  # quiet
    assert is_of(none, RED)
    assert np.median(low, axis=(0, 1)).max() < 110  # loud, and hatched:
    assert (low.min(axis=2) > 180).mean() > 0.01
    overlay.set_threshold(0.0)
    wait(60)
    low = stage.part(Box(PLACE.x + TILE + 8, PLACE.y + TILE + 8, TILE - 16, TILE - 16))
    assert (low.min(axis=2) > 180).mean() == 0
    overlay.visible = False
    wait(60)
    assert is_of(stage.part(PLACE), RED)
    layers = len(stage.view.model.layers)
    overlay.close()
    assert len(stage.view.model.layers) == layers
