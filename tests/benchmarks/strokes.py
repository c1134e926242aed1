"""How long a stroke over a grid takes, from the pointer's move to the cells' new colours.

``python -m tests.benchmarks.strokes [--json] [--side 64] [--dim 384] [--radius 3]``: every tool
draws a stroke across a grid as a pointer does, move by move. A *step* is one move: what it changes
is computed and coloured. A *commit* is the release of the button: the stroke becomes an edit that
can be undone. No window is drawn; that is measured with the viewer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.state.cells import CellAnalysis
from ssldiff_gui.state.grid_editor import GridEditor
from ssldiff_gui.state.grid_tools import GridTools

STEP_MS, COMMIT_MS = 4.0, 16.0
TOOLS = ("brush", "stamp", "vary", "eraser", "gradient")
MOVES = 60


def grid_of(side: int, dim: int) -> EmbeddingGrid:
    """Return a grid of random cells."""
    vectors = np.random.default_rng(0).normal(size=(side, side, dim)).astype(np.float32)
    return EmbeddingGrid(vectors, "random@0", 16)


def taken(call: Callable[[], object]) -> float:
    """Return how many ms a call takes."""
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def stroke(tools: GridTools, side: int, turn: int) -> tuple[list[float], float]:
    """Draw a wave from left to right; return ms of each move, and of the release."""
    columns = np.linspace(2, side - 3, MOVES)
    rows = side / 2 + side / 4 * np.sin(columns / 5 + turn)
    path = [(float(row), float(column)) for row, column in zip(rows, columns, strict=True)]
    steps = [taken(lambda: tools.press(*path[0]))]
    steps += [taken(lambda place=place: tools.drag(*place)) for place in path[1:]]
    return steps, taken(lambda: tools.release(*path[-1]))


def measure(side: int = 64, dim: int = 384, radius: float = 3.0) -> dict[str, float]:
    """Return ms: median and 95th percentile of steps and commits, and what tools begin with."""
    editor = GridEditor("bench", grid_of(side, dim))
    cells = CellAnalysis(editor, run=lambda call, _name: call())
    found = {"fit_colours_ms": taken(lambda: cells.show("colours"))}
    tools = GridTools(editor, draw_seed=lambda: 1)
    tools.set(radius=radius, softness=0.5, variety=8)
    found["pick_ms"] = taken(lambda: tools.pick((1, 1)))
    tools.tool = "stamp"
    tools.press(3, 3, ("Alt",))
    every: list[float] = []
    commits: list[float] = []
    for name in TOOLS:
        tools.tool = name
        steps, ends = [], []
        for turn in range(5):
            moves, end = stroke(tools, side, turn)
            steps += moves
            ends.append(end)
            editor.grid.digest()  # somebody holds the grid, as a render does
        found[f"{name}_step_ms"] = float(np.median(steps))
        found[f"{name}_commit_ms"] = float(np.median(ends))
        every += steps
        commits += ends
    found |= {
        "step_ms": float(np.median(every)),
        "step_p95_ms": float(np.percentile(every, 95)),
        "commit_ms": float(np.median(commits)),
        "commit_p95_ms": float(np.percentile(commits, 95)),
        "undo_ms": taken(editor.history.undo),
        "redo_ms": taken(editor.history.redo),
    }
    tools.tool = "similar"
    found["similar_ms"] = taken(lambda: tools.press(4, 4))
    tools.cancel()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--radius", type=float, default=3.0)
    told = parser.parse_args()
    found = measure(told.side, told.dim, told.radius)
    if told.json:
        print(json.dumps(found))
        return
    print(f"{told.side} × {told.side} cells of {told.dim} values, radius {told.radius}")
    for name, value in found.items():
        print(f"  {name:18} {value:8.2f}")
    print(f"  wanted: a step within {STEP_MS} ms, a commit within {COMMIT_MS} ms")


if __name__ == "__main__":
    main()
