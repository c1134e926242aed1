"""The real studio with a grid on it, and clocks that watch its views."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication
from vispy.gloo import gl
from vispy.gloo.util import read_pixels

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.project import GridEntry, new_id
from ssldiff_gui.storage.grids import save_grid
from tests.gui.canvases import Hand
from tests.gui.studio import Studio, until
from tests.gui.work import SECONDS, Worker

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
ACT = {
    "press": (QEvent.Type.MouseButtonPress, LEFT, LEFT),
    "drag": (QEvent.Type.MouseMove, NO_BUTTON, LEFT),
    "release": (QEvent.Type.MouseButtonRelease, LEFT, NO_BUTTON),
    "hover": (QEvent.Type.MouseMove, NO_BUTTON, NO_BUTTON),
}
"""Kind of event, the button that changes, and the buttons that are down."""


def random_grid(rows: int, columns: int, spec: Any, region: Region | None = None) -> EmbeddingGrid:
    """Return a grid of random cells of an encoder."""
    vectors = np.random.default_rng(0).standard_normal((rows, columns, spec.dim), np.float32)
    return EmbeddingGrid(vectors, spec.id, spec.cell, spec.pixel.scale, region=region)


class Frames:
    """Watches one view: when a frame is drawn and finished, and what some of its pixels are.

    Parameters
    ----------
    canvas
        A pane's.
    """

    def __init__(self, canvas: Any) -> None:
        self.count = 0
        self.drawn = 0.0
        self.answered = 0.0
        self._due = False
        self._spot: tuple[int, int, int, int] | None = None
        self.seen: Any = None
        self._canvas = canvas.canvas._scene_canvas
        self._canvas.events.draw.connect(self._on_drawn, position="last")

    def expect(self) -> None:
        """Note that what comes next on the screen is awaited."""
        self._due = True

    def begin(self) -> None:
        """Forget what was answered."""
        self.answered, self._due = 0.0, False

    def ask(self) -> None:
        """Have a frame drawn."""
        self._canvas.update()

    def look_at(self, spot: tuple[int, int, int, int] | None) -> None:
        """Read these pixels (x, y, width, height) of each frame from now on."""
        self._spot, self.seen = spot, None
        self._canvas.update()

    def _on_drawn(self, _: object) -> None:
        gl.glFinish()
        self.drawn = time.perf_counter()
        self.count += 1
        if self._spot is not None:
            x, y, width, height = self._spot
            bottom = int(self._canvas.physical_size[1]) - y - height
            self.seen = read_pixels((x, bottom, width, height), alpha=False).copy()
        if self._due:
            self.answered, self._due = self.drawn, False


class Desk:
    """A studio with the sample slide open, worked by real events."""

    def __init__(self) -> None:
        self.studio = Studio()
        self.studio.window.joints.help.guide.leave()
        self.studio.until_ready()
        self.studio.click(self.studio.pane.hint.buttons[1])
        self.studio.until_shown("sample-slide.tif")
        self.worker = Worker(self.studio)
        self.worker.until_working()
        self.frames = Frames(self.studio.pane.canvas)
        self.beside = Frames(self.studio.parts.synthetic.canvas)
        self._coloured = 0.0
        self.pause = 0.0
        """ms: the longest that the window's thread has not listened, since it was set to 0."""

    @property
    def place(self) -> Any:
        return self.worker.place

    @property
    def cells(self) -> Any:
        """The joint that shows the cells."""
        return self.studio.window.joints.cells

    @property
    def hand(self) -> Hand:
        return self.studio.hand

    @property
    def hand_beside(self) -> Hand:
        pane = self.studio.parts.synthetic
        return Hand(pane.view, pane.canvas.canvas.native)

    def close(self) -> None:
        """Leave."""
        self.place.queue.cancel_all()
        self.studio.close()

    # -- grids -------------------------------------------------------------------------------------

    def embed(self) -> EmbeddingGrid:
        """Embed a small region of tissue, as a person does; return its grid, which is 8 × 8."""
        self.worker.draw_region(2000.0, 1300.0, 256)
        self.worker.embed()
        self.idle()
        return self.worker.editor.original

    def lay(self, rows: int, columns: int, like: EmbeddingGrid | None = None) -> None:
        """Lay a grid over the slide and take it up.

        Parameters
        ----------
        rows, columns
            Of the grid.
        like
            Is repeated in it; random cells when None, of which no picture passes its check.
        """
        bench = self.place.bench
        document = self.studio.document
        spec = bench.models.inventory.encoder_for("µm").model.encoder
        scene = document.scene
        step = max(1.0, rows * spec.cell / scene.height, columns * spec.cell / scene.width)
        side = spec.cell * step
        box = Box(0, 0, round(columns * side), round(rows * side))
        grid = random_grid(rows, columns, spec, Region(box, step))
        if like is not None:
            times = -(-rows // like.rows), -(-columns // like.columns), 1
            repeated = np.tile(like.vectors, times)[:rows, :columns]
            grid = grid.with_vectors(repeated + 0.05 * grid.vectors)  # no two cells are the same
        entry = GridEntry(id=new_id(), slide=bench.slide_entry(document).id)
        entry = entry.model_copy(
            update={
                "name": f"{rows} × {columns}", "file": f"grids/{entry.id}.safetensors",
                "encoder": spec.id, "rows": rows, "columns": columns, "cell": spec.cell,
                "region": (0, 0, box.width, box.height), "digest": grid.digest(),
            }
        )  # fmt: skip
        bench.path(entry.file).parent.mkdir(parents=True, exist_ok=True)
        save_grid(bench.path(entry.file), grid)
        bench.project.put(entry)
        bench.choose_grid(entry.id)
        until(lambda: bench.open is not None and bench.open.id == entry.id, "the grid", SECONDS)
        self.studio.pane.view.zoom_to(box)
        self.worker.until_laid()
        self.studio.click_canvas()

    # -- events ------------------------------------------------------------------------------------

    def send(self, act: str, spot: QPoint) -> None:
        """Have the mouse do something over the left view, as Qt hands it on."""
        kind, button, down = ACT[act]
        native, place = self.hand.native, QPointF(spot)
        event = QMouseEvent(
            kind, place, native.mapToGlobal(place), button, down, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(native, event)

    def answer(
        self, act: str, cell: tuple[float, float], *, any_frame: bool = False
    ) -> tuple[float, float]:
        """Do something with the mouse; return ms until cells are coloured, and until it is drawn.

        Parameters
        ----------
        act
            One of `ACT`.
        cell
            Row and column.
        any_frame
            Whether any frame shows it, or only one with other cells in it.
        """
        spot = self.hand.at(*self.worker.cell(*cell))
        self.frames.begin()
        self._coloured = began = time.perf_counter()
        if any_frame:
            self.frames.expect()
        self.send(act, spot)
        self.spin(lambda: self.frames.answered > 0, f"an answer to {act} at {cell}")
        return 1000 * (self._coloured - began), 1000 * (self.frames.answered - began)

    def bare_frame(self) -> float:
        """Have the left view drawn as it is; return ms until it is."""
        self.frames.begin()
        began = time.perf_counter()
        self.frames.expect()
        self.frames.ask()
        self.spin(lambda: self.frames.answered > 0, "a frame")
        return 1000 * (self.frames.answered - began)

    def spin(self, done: Callable[[], object], what: str, seconds: float = 30) -> None:
        """Run the window's loop until something holds; notes its longest pause."""
        end = time.monotonic() + seconds
        while not done():
            began = time.perf_counter()
            QApplication.processEvents()
            self.pause = max(self.pause, 1000 * (time.perf_counter() - began))
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:g} s for {what}")
            time.sleep(0.0005)

    def rest(self, seconds: float) -> None:
        """Let the window be."""
        end = time.monotonic() + seconds
        self.spin(lambda: time.monotonic() > end, "nothing", seconds + 30)

    def idle(self) -> None:
        """Wait until nobody has anything to do."""
        self.spin(lambda: not self.place.queue.jobs, "the end of all jobs", SECONDS)
        self.rest(0.3)

    def press_generate(self) -> None:
        """Press Ctrl+Return."""
        self.studio.click_canvas()
        self.studio.ctrl(Qt.Key.Key_Return)

    def until_running(self, kind: str = "generate") -> None:
        """Wait until the worker is at a job of this kind and has said how far it is."""

        def there() -> bool:
            job = self.place.queue.running
            return job is not None and job.kind == kind and job.total > 0

        self.spin(there, f"the worker at {kind}", SECONDS)

    def watch_cells(self) -> None:
        """Have the left view's next frame count as an answer whenever cells got other colours."""
        overlay = self.cells._overlays[0]
        update = overlay.update_cells

        def updated(*given: object) -> None:
            update(*given)
            self._coloured = time.perf_counter()
            self.frames.expect()

        overlay.update_cells = updated
