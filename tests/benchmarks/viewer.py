"""How long a person waits for pixels: the viewer against plain napari, on 32768² JPEG TIFFs.

    python -m tests.benchmarks.viewer [--json] [--quick] [--size 32768] [--steps 60]

Two slides of one kind of tissue are generated: one with a pyramid, one flat. Every case runs in a
fresh process under the same display (one of its own, with Xvfb, when there is none), in a window
of the same size: an empty napari window; plain napari with dask over tiffslide; this viewer. The
viewer's folder of finished pyramids is empty at the start, so the flat slide is really built.

What is measured
----------------
first picture
    From the start of the process (the parent's clock, before it is spawned) to the end of the
    first frame in which something of the slide can be seen (a value below 250 where blank glass
    is 255), drawn and finished (glFinish). For a flat slide that may be coarse: colours of a
    sample of the blocks. The empty window: to the end of its first frame.
first sharp
    The same, until nothing of the first view is missing. For the flat slide: until every pixel
    was read.
pixel wait
    Time that the window's thread spends in napari's slice request, in which levels are read, by
    frame; over all frames of the walk that sliced at all (a flat slide in plain napari never does:
    it holds all pixels from the start).
frame
    From moving the camera to the end of the next frame.
sharp
    From moving the camera to the end of the frame in which nothing is missing. Plain napari's
    frame is always sharp: it waits.
peak
    Largest resident size of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.slides import write_slide

KINDS = ("empty", "plain", "ours")
TARGETS = {
    "first_picture": "≤ 1.2 × the empty window",
    "wait_p95_ms": "≤ 16 ms",
    "wait_max_ms": "≤ 50 ms",
    "sharp_median_ms": "≤ plain napari's",
    "peak_mb": "≤ 600 MB",
}
ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run the benchmark; the exit status tells whether every target was reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    parser.add_argument("--quick", action="store_true", help="8192² slides and 20 steps")
    parser.add_argument("--size", type=int, help="side of the slides, a power of two")
    parser.add_argument("--steps", type=int, help="how many pans and zooms")
    options = parser.parse_args()
    size = options.size or (8192 if options.quick else 32768)
    steps = options.steps or (20 if options.quick else 60)
    with tempfile.TemporaryDirectory(prefix="ssldiff-bench-") as folder, display():
        figures = measure(Path(folder), size, steps)
    figures["size"], figures["steps"] = size, steps
    figures["missed"] = missed(figures)
    print(json.dumps(figures, indent=1) if options.json else table(figures))
    return 1 if figures["missed"] else 0


@contextmanager
def display() -> Iterator[None]:
    """Provide a screen where there is none."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield
        return
    program = shutil.which("Xvfb")
    if program is None:
        raise SystemExit("No display, and no Xvfb to make one: install xvfb.")
    read, write = os.pipe()
    screen = ["-screen", "0", "1600x1000x24", "-displayfd", str(write)]
    server = subprocess.Popen([program, *screen], pass_fds=[write], stderr=subprocess.DEVNULL)
    try:
        with os.fdopen(read) as numbers:
            os.environ["DISPLAY"] = f":{numbers.readline().strip()}"
        yield
    finally:
        del os.environ["DISPLAY"]
        server.terminate()
        server.wait()
        os.close(write)


def measure(folder: Path, size: int, steps: int) -> dict[str, Any]:
    """Generate the slides and run every case."""
    figures: dict[str, Any] = {"load_before": os.getloadavg()[0]}
    run("empty", folder, 0, folder)  # the disk's cache is warm for all cases then
    figures["empty"] = run("empty", folder, 0, folder)
    for name, pyramidal in (("pyramid", True), ("flat", False)):
        path = folder / f"{name}.tif"
        write_slide(path, size, pyramidal=pyramidal)
        for kind in ("plain", "ours"):
            figures[f"{name}_{kind}"] = run(kind, path, steps, folder)
    return figures


def run(kind: str, path: Path, steps: int, home: Path) -> dict[str, Any]:
    """Run one case in a process of its own and return its figures."""
    environment = os.environ | {
        "SSLDIFF_HOME": str(home / "home"),
        "NAPARI_CONFIG": str(home / "napari.yaml"),
    }
    command = [sys.executable, "-m", "tests.benchmarks.viewer_case", kind, str(path), str(steps)]
    result = subprocess.run(
        [*command, str(time.monotonic())],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"{kind} failed on {path.name}:\n{result.stderr}")
    return summary(json.loads(lines[0].removeprefix("RESULT ")))


def summary(raw: dict[str, Any]) -> dict[str, Any]:
    """Turn lists of times into the figures of the table."""
    figures: dict[str, Any] = {"first_frame": raw["first_frame"], "peak_mb": raw["peak_mb"]}
    if raw["kind"] == "empty":
        return figures
    figures |= {"first_picture": raw["first_picture"], "first_sharp": raw["first_sharp"]}
    for name, key in (("wait", "waits"), ("frame", "frames"), ("sharp", "sharp")):
        median, p95, most = np.percentile(raw[key] or [0.0], (50, 95, 100))
        figures |= {
            f"{name}_median_ms": float(median),
            f"{name}_p95_ms": float(p95),
            f"{name}_max_ms": float(most),
        }
    figures["slices"] = len(raw["waits"])
    return figures


def missed(figures: dict[str, Any]) -> list[str]:
    """Name the targets that were not reached."""
    found = []
    for name in ("pyramid", "flat"):
        ours, plain = figures[f"{name}_ours"], figures[f"{name}_plain"]
        reached = {
            "first_picture": ours["first_picture"] <= 1.2 * figures["empty"]["first_frame"],
            "wait_p95_ms": ours["wait_p95_ms"] <= 16,
            "wait_max_ms": ours["wait_max_ms"] <= 50,
            "sharp_median_ms": ours["sharp_median_ms"] <= plain["sharp_median_ms"],
            "peak_mb": ours["peak_mb"] <= 600,
        }
        found += [f"{name} {key}" for key, good in reached.items() if not good]
    return found


def table(figures: dict[str, Any]) -> str:
    """Return the figures for people."""
    columns = ["pyramid_plain", "pyramid_ours", "flat_plain", "flat_ours"]
    empty = figures["empty"]
    lines = [
        f"{figures['size']}² JPEG TIFFs, {figures['steps']} pans and zooms",
        f"empty napari window: {empty['first_frame']:.2f} s, {empty['peak_mb']:.0f} MB",
        "",
        f"{'':18}" + "".join(f"{name.replace('_', ' '):>15}" for name in columns) + "   target",
    ]
    for key in figures["flat_ours"]:
        if key == "first_frame":
            continue
        values = "".join(f"{figures[column][key]:15.2f}" for column in columns)
        lines.append(f"{key:18}{values}   {TARGETS.get(key, '')}")
    lines += ["", "missed: " + (", ".join(figures["missed"]) or "none")]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
