"""How soon the window answers: strokes over cells, and the whole overlay in other colours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from qtpy.QtCore import Qt

from tests.benchmarks.studio_desk import Desk
from tests.benchmarks.studio_rows import Row, spread

STEP_MS, ACT_MS = 16.0, 50.0
TOOLS = {"brush": Qt.Key.Key_B, "vary": Qt.Key.Key_Y, "eraser": Qt.Key.Key_E}
MODES = ("clusters", "likeness", "lines", "colours")


class Times:
    """How long the acts of strokes took, in ms."""

    def __init__(self) -> None:
        self.hovers: list[float] = []
        self.presses: list[float] = []
        self.coloured: list[float] = []
        """From a step's event to its cells' colours, before any drawing."""
        self.steps: list[float] = []
        """From a step's event to its frame."""
        self.ends: list[float] = []
        self.sustained: list[float] = []
        """A step, of strokes whose steps came as soon as the window was free."""
        self.bare: list[float] = []
        """Frames in which nothing was another: what the drawing costs here in any case."""

    def rows(self, where: str) -> list[Row]:
        """Return them for the table."""
        bare, step = float(np.median(self.bare)), float(np.median(self.steps))
        said = f"{bare:.1f} ms for a frame with nothing new"
        found = spread(f"{where}: stroke step → cells coloured", self.coloured, STEP_MS)
        found += spread(f"{where}: stroke step → frame drawn", self.steps, STEP_MS, said)
        found += [
            Row(f"{where}: a step beyond a frame with nothing new", step - bare, goal=STEP_MS),
            Row(f"{where}: steps one after the other", float(np.median(self.sustained)),
                comparand=f"whole strokes ÷ their steps; {said}"),
            Row(f"{where}: press → frame, longest", max(self.presses), "ms", ACT_MS,
                comparand=said),
            Row(f"{where}: release → frame, longest", max(self.ends), "ms", ACT_MS,
                comparand=said),
        ]  # fmt: skip
        if self.hovers:
            found += spread(f"{where}: hover → frame", self.hovers, ACT_MS, said)
        return found


def path_of(side: int, moves: int, turn: int) -> list[tuple[float, float]]:
    """Return cells along a wave from left to right."""
    columns = np.linspace(2, side - 3, moves)
    rows = side / 2 + side / 4 * np.sin(columns / 5 + turn)
    return [(float(row), float(column)) for row, column in zip(rows, columns, strict=True)]


def stroke(desk: Desk, times: Times, path: list[tuple[float, float]]) -> None:
    """Draw once; every act waits for the frame that shows the one before."""
    times.bare += [desk.bare_frame() for _ in range(5)]
    times.presses.append(desk.answer("press", path[0])[1])
    began = time.perf_counter()
    for cell in path[1:]:
        coloured, drawn = desk.answer("drag", cell)
        times.coloured.append(coloured)
        times.steps.append(drawn)
    times.sustained.append(1000 * (time.perf_counter() - began) / (len(path) - 1))
    times.ends.append(desk.answer("release", path[-1])[1])
    desk.rest(0.05)


def strokes(desk: Desk, side: int, turns: int, moves: int, *, hover: bool = False) -> Times:
    """Draw with every tool."""
    times = Times()
    for number, key in enumerate(TOOLS.values()):
        desk.worker.take(key)
        desk.place.tools.set(radius=3.0, softness=0.5, variety=8)
        for turn in range(turns):
            stroke(desk, times, path_of(side, moves, number * turns + turn))
        if hover:
            path = path_of(side, moves // 2, number)
            times.hovers += [desk.answer("hover", cell, any_frame=True)[1] for cell in path]
    return times


def stroke_rows(quick: bool) -> list[Row]:
    """Measure strokes over 64 × 64 cells, alone and while the worker renders."""
    side, turns, moves = 64, *((1, 20) if quick else (4, 60))
    desk = Desk()
    desk.lay(side, side)
    desk.watch_cells()
    desk.worker.pick(1, 1)
    desk.rest(0.5)
    found = strokes(desk, side, turns, moves, hover=True).rows(f"{side} × {side}")
    desk.place.keeping.checks_by_itself = False
    desk.press_generate()
    desk.until_running()
    busy = strokes(desk, side, turns, moves)
    running = desk.place.queue.running is not None
    found += busy.rows(f"{side} × {side}, the worker " + ("rendering" if running else "had ended"))
    desk.close()
    return found


def overlay_rows(quick: bool) -> list[Row]:
    """Measure the whole overlay: other colours, other modes, and what the window bears of it."""
    found: list[Row] = []
    desk = Desk()
    for side in (64, 128) if quick else (64, 512):
        desk.lay(side, side)
        found += _refresh(desk, side, 5 if quick else 20)
        found += _modes(desk, side)
    desk.close()
    return found


def _refresh(desk: Desk, side: int, times: int) -> list[Row]:
    overlay, taken = desk.cells._overlays[0], []
    colours = np.random.default_rng(1).integers(0, 256, (times, side, side, 4), np.uint8)
    for one in colours:
        with _answered(desk, taken):
            overlay.set_colours(one)
            desk.frames.expect()
    return spread(f"overlay of {side} × {side} in other colours", taken, ACT_MS)


def _modes(desk: Desk, side: int) -> list[Row]:
    found = []
    desk.cells.analysis.overlay_changed.connect(lambda _: desk.frames.expect())
    for mode in MODES:
        taken: list[float] = []
        desk.pause = 0.0
        with _answered(desk, taken, lambda: not desk.cells.analysis.busy):
            began = time.perf_counter()
            desk.cells.choose_mode(mode)
            desk.pause = 1000 * (time.perf_counter() - began)
        name = f"{side} × {side} shown as {mode}"
        found.append(Row(name, taken[0], comparand="the act → the frame; computed beside"))
        found.append(Row(f"{name}: longest pause of the window", desk.pause, goal=ACT_MS))
        desk.rest(0.1)
    return found


@contextmanager
def _answered(
    desk: Desk, taken: list[float], also: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Add the ms until the awaited frame is drawn."""
    desk.frames.begin()
    began = time.perf_counter()
    yield
    desk.spin(lambda: desk.frames.answered > 0 and also(), "the overlay", 120)
    taken.append(1000 * (desk.frames.answered - began))
