"""How soon an edit is seen in the picture, how soon work ends, and what stays in memory."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import psutil
from qtpy.QtCore import Qt

from tests.benchmarks.studio_desk import Desk
from tests.benchmarks.studio_rows import Row
from tests.benchmarks.studio_strokes import Times as StrokeTimes
from tests.benchmarks.studio_strokes import path_of, stroke
from tests.gui.work import SECONDS

CANCEL_S, RATIO, MIB_A_ROUND = 0.5, 10.0, 0.5
WARM = 10
"""Rounds after which memory has reached its level."""


def whole(desk: Desk, seed: int) -> float:
    """Render the grid at hand with a seed of its own; return the seconds a person waits."""
    desk.place.rendering.set(seed=seed)
    before = desk.place.bench.result
    desk.studio.click_canvas()
    began = time.perf_counter()
    desk.studio.ctrl(Qt.Key.Key_Return)

    def done() -> bool:
        result = desk.place.bench.result
        return result is not None and result is not before and result.status == "done"

    desk.spin(done, "the whole picture", 900)
    return time.perf_counter() - began


class Follower:
    """Notes what a live render does after a stroke has ended."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.changed = self.done = 0.0
        self.jobs: list[dict[str, Any]] = []
        desk.place.queue.finished.connect(self._on_finished)

    def _on_finished(self, job: Any, result: dict[str, Any]) -> None:
        if job.kind == "generate":
            self.jobs.append(dict(result))
            self.done = time.perf_counter()

    def follow(self, cell: tuple[int, int]) -> tuple[float, float, float]:
        """Paint one cell; return s from its end to a changed pixel, the end, and the last frame."""
        desk = self.desk
        self._look_at(cell)
        before = desk.beside.seen
        desk.answer("press", cell, any_frame=True)
        desk.send("release", desk.hand.at(*desk.worker.cell(*cell)))
        began, self.changed, self.done = time.perf_counter(), 0.0, 0.0
        desk.pause = 0.0
        desk.spin(lambda: self._over(before), "the edit in the picture", SECONDS)
        last = desk.beside.drawn
        desk.beside.look_at(None)
        return self.changed - began, self.done - began, max(last, self.done) - began

    def _over(self, before: Any) -> bool:
        desk = self.desk
        seen = desk.beside.seen
        if not self.changed and seen is not None and np.abs(seen - before).max() > 2:
            self.changed = desk.beside.drawn
        live = desk.place.live
        at_rest = not live._busy and not live._stale and self.done > 0
        return bool(self.changed and at_rest and desk.beside.drawn > self.done)

    def _look_at(self, cell: tuple[int, int]) -> None:
        """Read the middle of a cell in the right view: the ring of the brush is around it."""
        desk = self.desk
        desk.answer("hover", cell, any_frame=True)
        desk.rest(0.3)
        row, column = cell
        start = desk.hand_beside.at(*desk.worker.cell(row - 0.15, column - 0.15))
        end = desk.hand_beside.at(*desk.worker.cell(row + 0.15, column + 0.15))
        size = max(2, end.x() - start.x()), max(2, end.y() - start.y())
        desk.beside.look_at((start.x(), start.y(), *size))
        desk.spin(lambda: desk.beside.seen is not None, "the right view")
        desk.beside.seen = desk.beside.seen.astype(int)


def live_rows(quick: bool) -> list[Row]:
    """Measure from the end of a stroke to the picture, against the whole picture in this run."""
    cells = 32 if quick else 64
    desk = Desk()
    small = desk.embed()
    whole(desk, 1)  # torch and the models are loaded now
    desk.idle()
    desk.lay(cells, cells, small)
    desk.watch_cells()
    seconds = whole(desk, 2)
    desk.idle()
    desk.worker.pick(1, 1)
    desk.worker.take(Qt.Key.Key_B)
    desk.place.tools.set(radius=0.5, softness=0.0, variety=0)
    middle, around = cells // 2, 8
    x, y = desk.worker.cell(middle - around, middle - around)
    right, bottom = desk.worker.cell(middle + around, middle + around)
    desk.studio.pane.view.zoom_to((x, y, right, bottom))
    desk.rest(1.5)
    desk.studio.ctrl(Qt.Key.Key_L)
    desk.idle()
    follower = Follower(desk)
    firsts, ends, pauses = [], [], []
    for turn in range(3 if quick else 7):
        first, end, _ = follower.follow((middle + turn % 3 - 1, middle + turn))
        firsts.append(first)
        ends.append(end)
        pauses.append(desk.pause)
        desk.idle()
    size = f"{32 * cells}²"
    found = [
        Row(f"whole {size} picture", seconds, "s", comparand="Ctrl+Return → done"),
        Row("end of a stroke → first changed pixel", float(np.median(firsts)), "s"),
        Row(f"end of a stroke → {size} finished", float(np.median(ends)), "s"),
        Row(f"one cell against the whole {size}", seconds / float(np.median(ends)), "×", RATIO,
            "at least", f"{seconds:.2f} s for the whole"),
        Row("window's longest pause meanwhile", float(np.max(pauses)), "ms", 50.0),
        Row("renders a stroke", len(follower.jobs) / len(ends), "", comparand="1 is enough"),
    ]  # fmt: skip
    found += _in_a_row(desk, follower, middle, seconds)
    found += _while_live(desk, middle, around, 12 if quick else 40)
    desk.close()
    return found


def _in_a_row(desk: Desk, follower: Follower, middle: int, seconds: float) -> list[Row]:
    """Paint again as soon as a picture is finished, while it is checked perhaps."""
    ends = [follower.follow((middle - 3 + turn, middle - 4))[1] for turn in range(4)]
    desk.idle()
    worst = float(np.max(ends[1:]))
    said = "the check of the picture before is under way"
    return [
        Row("the next stroke at once → finished, longest", worst, "s", comparand=said),
        Row("the same against the whole", seconds / worst, "×", RATIO, "at least"),
    ]


def _while_live(desk: Desk, middle: int, around: int, moves: int) -> list[Row]:
    times = StrokeTimes()
    desk.place.tools.set(radius=2.0)
    offset = middle - around
    for turn in range(2):
        path = [(offset + r, offset + c) for r, c in path_of(2 * around, moves, turn)]
        stroke(desk, times, path)
    desk.idle()
    return times.rows("live on")


def memory_rows(quick: bool) -> list[Row]:
    """Generate and discard; return what both processes grow by."""
    rounds = 6 if quick else 30
    desk = Desk()
    desk.lay(8, 8)
    mine, sizes = psutil.Process(), []
    for turn in range(rounds):
        whole(desk, 100 + turn)
        desk.idle()
        desk.studio.window.actions_["result.delete"].trigger()
        desk.rest(0.1)
        child = psutil.Process(desk.place.client.pid)
        sizes.append([one.memory_info().rss / 2**20 for one in (mine, child)])
    assert not desk.place.bench.results, "everything was discarded"
    desk.close()
    warm = min(WARM, rounds // 2)
    found = []
    for name, levels in zip(("window", "worker"), np.transpose(sizes), strict=True):
        late = levels[warm:]
        slope = float(np.polyfit(np.arange(len(late)), late, 1)[0])
        what = f"memory of the {name} after {rounds} renders"
        found.append(Row(what, float(levels[-1]), "MiB", comparand=f"{late[0]:.0f} after {warm}"))
        found.append(
            Row(f"growth of the {name}", slope, "MiB each", MIB_A_ROUND, "between",
                f"a line through the rounds after {warm}")
        )  # fmt: skip
    return found


def cancel_rows(quick: bool) -> list[Row]:
    """Cancel renders at different moments; return how long the job was still there."""
    cells, times = (32, 4) if quick else (64, 10)
    desk = Desk()
    desk.lay(8, 8)
    whole(desk, 1)
    desk.idle()
    desk.lay(cells, cells)
    ended: list[float] = []
    desk.place.queue.cancelled.connect(lambda _: ended.append(time.perf_counter()))
    taken = []
    for turn in range(times):
        desk.place.rendering.set(seed=200 + turn)
        desk.press_generate()
        desk.until_running()
        desk.rest(0.3 * turn)
        assert desk.place.queue.running is not None, "it has ended before it could be cancelled"
        ended.clear()
        began = time.perf_counter()
        desk.studio.ctrl(Qt.Key.Key_Period)
        desk.spin(lambda: ended and not desk.place.queue.jobs, "the end of the job")
        taken.append(ended[-1] - began)
        desk.rest(0.2)
    desk.close()
    said = "Ctrl+. → no job"
    return [
        Row(f"cancel, median of {times}", float(np.median(taken)), "s", CANCEL_S, comparand=said),
        Row("cancel, longest", float(np.max(taken)), "s", CANCEL_S, comparand=said),
    ]
