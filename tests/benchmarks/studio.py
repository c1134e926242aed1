"""How the studio feels: strokes, overlay, renders that follow, memory, cancelling, the start.

    python -m tests.benchmarks.studio [--json FILE] [--quick] [--only NAME]

on any display (packaging/with_display.py brings one). It is the real program with its real worker
and the starter models, worked by real events; each part in a process and a home of its own.

What is measured
----------------
strokes
    From a mouse event to the frame with the changed cells, drawn and finished (glFinish): hover,
    press, each step of a stroke, release; and all of it while the worker renders.
overlay
    The overlay of 64 × 64 and of 512 × 512 cells in other colours, and in other modes. Modes are
    computed beside; what counts is how long the window does not listen.
live
    One cell of a 2048² canvas painted with "live" on: from the release of the button to the first
    pixel of the right view that is another, and to the end of the render, against the whole
    picture in the same run. Then the same at once again, and strokes while it renders.
engine
    The same without a window: on a copy of the canvas, and on the canvas itself.
memory
    Resident size of both processes over 30 renders that are discarded again.
cancel
    From the keys to the job gone, at ten different moments of a render.
start
    From the start of the process to a window with its views ready, against an empty napari viewer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.studio_rows import Row, table

ROOT = Path(__file__).parents[2]
READY_RATIO = 1.3
LIMIT = 1800
"""Seconds that one part may take."""


def start_rows(quick: bool) -> list[Row]:
    """Start the studio and an empty napari viewer in turn."""
    from tests.benchmarks.startup import measure

    found = measure(1 if quick else 5)
    napari = f"{found['napari_visible_s']:.2f} s for napari"
    return [
        Row("start → window", found["studio_visible_s"], "s", comparand=napari),
        Row("start → views ready", found["studio_views_ready_s"], "s", comparand=napari),
        Row("views ready against an empty napari viewer", found["ready_ratio"], "×", READY_RATIO,
            comparand=napari),
    ]  # fmt: skip


def _strokes(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_strokes import stroke_rows

    return stroke_rows(quick)


def _overlay(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_strokes import overlay_rows

    return overlay_rows(quick)


def _live(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_renders import live_rows

    return live_rows(quick)


def _engine(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_engine import engine_rows

    return engine_rows(quick)


def _memory(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_renders import memory_rows

    return memory_rows(quick)


def _cancel(quick: bool) -> list[Row]:
    from tests.benchmarks.studio_renders import cancel_rows

    return cancel_rows(quick)


PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "strokes": _strokes,
    "overlay": _overlay,
    "live": _live,
    "engine": _engine,
    "memory": _memory,
    "cancel": _cancel,
    "start": start_rows,
}


def run(name: str, quick: bool) -> dict[str, Any]:
    """Run one part in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ssldiff-bench-") as home:
        environment = os.environ | {
            "SSLDIFF_HOME": home,
            "NAPARI_CONFIG": str(Path(home) / "napari.yaml"),
        }
        command = [sys.executable, "-m", "tests.benchmarks.studio", "--part", name]
        done = subprocess.run(
            [*command, *(["--quick"] if quick else [])],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        last = "\n".join(done.stderr.splitlines()[-25:])
        return {"failed": last or f"it ended with {done.returncode}"}
    return {"rows": json.loads(lines[-1].removeprefix("RESULT "))}


def main() -> int:
    """Measure and print; no figure decides anything, but a part that breaks is told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures for machines")
    parser.add_argument("--quick", action="store_true", help="1024², few rounds")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.part:
        rows = [row.told() for row in PARTS[wanted.part](wanted.quick)]
        print("RESULT " + json.dumps(rows), flush=True)
        os._exit(0)
    figures: dict[str, Any] = {"quick": wanted.quick, "parts": {}}
    for name in wanted.only or PARTS:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        found = figures["parts"][name] = run(name, wanted.quick) | {"load_before": load}
        print(f"-- {name}" + ("" if load is None else f" (load {load:.1f})"))
        print(table(found["rows"]) if "rows" in found else found["failed"], flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 1 if any("failed" in found for found in figures["parts"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
