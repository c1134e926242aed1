"""The engine against the published algorithm: evaluations, speed, memory, edits.

``python -m tests.benchmarks.render [--json] [--model small|ldm192|pixart-xl] [--device cpu]
[--side 1024] [--skip memory,edit]``. Both ways render the same grid with the same network in the
same run. On a GPU the share of the measured matmul peak is printed too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.jobs.tile_writer import TileWriter
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan, cost
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from ssldiff_gui.storage.canvas import Canvas
from tests.benchmarks.render_models import ENCODER, TFLOP, random_generator

GOALS = {
    "evaluations_ratio": (25, "at least"),
    "speed_ratio": (20, "at least"),
    "engine_over_network": (1.10, "at most"),
    "edit_evaluations_ratio": (20, "at least"),
    "edit_speed_ratio": (20, "at least"),
    "memory_ratio": (1.10, "at most"),
}


def grid_for(spec, side):
    cells = side // (spec.cell * spec.factor)
    vectors = np.random.default_rng(0).standard_normal((cells, cells, spec.dim))
    return EmbeddingGrid(vectors.astype(np.float32), ENCODER, spec.cell * spec.factor)


def renderer_for(generator, grid, preset, batch, store=None):
    plan = Plan.of(generator, preset_named(preset), grid.rows, grid.columns)
    noise = KeyedNoise(0, plan.spec.channels)
    return Renderer(
        [generator], plan, GridField(grid, plan.spec), noise, store or WindowStore(None),
        batch=batch, guidance=2.0,
    )  # fmt: skip


def canvas_for(folder, grid, side):
    recipe = Recipe(
        model="bench", grid=grid.digest(), seed=0, steps=1, guidance=2, batch=1,
        precision="float32", preset={}, width=side, height=side,
    )  # fmt: skip
    return Canvas.create(folder, width=side, height=side, recipe=recipe, grid=grid)


def render(renderer, canvas, parts=None):
    """Render tiles onto a canvas; return the seconds."""
    began = time.perf_counter()
    rows, columns = canvas.tiles
    places = [(r, c) for r in range(rows) for c in range(columns)]
    parts = parts or {at: canvas.layout.box((0, *at)) for at in places}
    whole = renderer.plan.preset.whole
    bands = [list(parts)] if whole else [[p for p in parts if p[0] == r] for r in range(rows)]
    by_box = {box: at for at, box in parts.items()}
    with TileWriter(canvas) as writer:
        for box, pixels in renderer.render([[parts[at] for at in band] for band in bands if band]):
            writer.put(*by_box[box], box, pixels)
    return time.perf_counter() - began


def bare_seconds(generator, renderer, batch, count=12):
    """Return how long the network calls of a render take by themselves, back to back."""
    spec, plan = generator.spec, renderer.plan
    x = torch.randn(batch, spec.channels, spec.window, spec.window, device=generator.device)
    given = Given(vectors=np.zeros((batch, 1, spec.dim), np.float32))
    with torch.inference_mode():
        condition = generator.condition(given)
        denoise = _seconds(lambda: generator.denoise(x, 2.0, condition), generator, count)
        decode = _seconds(lambda: generator.decode(x), generator, max(3, count // 3))
    calls = sum(-(-len(layer) // batch) * cost(layer) for layer in plan.phases)
    return calls * denoise + -(-len(plan.decoding) // batch) * decode


def _seconds(call, generator, count):
    call()
    _wait(generator)
    began = time.perf_counter()
    for _ in range(count):
        call()
    _wait(generator)
    return (time.perf_counter() - began) / count


def _wait(generator):
    if generator.device.type == "cuda":
        torch.cuda.synchronize()


def compare(name, device, side, batch):
    """Return the figures of both ways over the same grid."""
    generator = random_generator(name, device)
    grid = grid_for(generator.spec, side)
    found = {"model": name, "device": str(generator.device), "side": side, "batch": batch}
    with tempfile.TemporaryDirectory() as folder:
        for preset in ("default", "lid"):
            renderer = renderer_for(generator, grid, preset, batch)
            bare = bare_seconds(generator, renderer, batch)
            with canvas_for(Path(folder) / f"{preset}.ome.zarr", grid, side) as canvas:
                seconds = render(renderer, canvas)
            bare = (bare + bare_seconds(generator, renderer, batch)) / 2
            key = "ours" if preset == "default" else "published"
            area = side * side / 1e6
            found[f"{key}_evaluations_per_mpx"] = renderer.evaluations / area
            found[f"{key}_mpx_per_s"] = area / seconds
            found[f"{key}_engine_over_network"] = seconds / bare
            if name in TFLOP and generator.device.type == "cuda":
                done = renderer.evaluations * TFLOP[name] / seconds
                found[f"{key}_share_of_matmul_peak"] = done / matmul_peak(generator)
    found["evaluations_ratio"] = (
        found["published_evaluations_per_mpx"] / found["ours_evaluations_per_mpx"]
    )
    found["speed_ratio"] = found["ours_mpx_per_s"] / found["published_mpx_per_s"]
    found["engine_over_network"] = found["ours_engine_over_network"]
    plans = [
        Plan.of(generator, preset_named(p), 4096 // (s := grid.cell), 4096 // s).evaluations
        for p in ("lid", "default")
    ]
    found["evaluations_ratio_at_4k"] = plans[0] / plans[1]
    return found


def matmul_peak(generator):
    """Return the TFLOP/s of a large matrix product in the network's type."""
    a = torch.randn(8192, 8192, device=generator.device, dtype=generator.dtype)
    return 2 * 8192**3 / 1e12 / _seconds(lambda: a @ a, generator, 20)


def edit(name, device, side, batch):
    """Return what one edited cell costs against the whole canvas."""
    generator = random_generator(name, device)
    grid = grid_for(generator.spec, side)
    vectors = grid.vectors.copy()
    vectors[grid.rows // 2, grid.columns // 2] += 1
    changed = grid.with_vectors(vectors)
    with tempfile.TemporaryDirectory() as folder:
        store = WindowStore(Path(folder) / "windows", keep=True)
        full = renderer_for(generator, grid, "default", batch, store)
        with canvas_for(Path(folder) / "c.ome.zarr", grid, side) as canvas:
            seconds = render(full, canvas)
            store.flush()
            began = time.perf_counter()
            part = renderer_for(generator, changed, "default", batch, store)
            reached = part.plan.touched(lambda layer: part.field.changed(full.field, layer))
            store.forget((k, *p) for k, places in enumerate(reached) for p in places)
            parts = _parts(part.plan, canvas, reached[-1])
            planned = time.perf_counter() - began
            again = planned + render(part, canvas, parts)
    return {
        "edit_side": side,
        "full_s": seconds,
        "edit_s": again,
        "edit_evaluations_ratio": full.evaluations / part.evaluations,
        "edit_speed_ratio": seconds / again,
    }


def _parts(plan, canvas, places):
    """Return the part of each tile that windows reach."""
    boxes = [plan.pixels_of(place) for place in places]
    x, y = min(b.x for b in boxes), min(b.y for b in boxes)
    around = Box(x, y, max(b.x2 for b in boxes) - x, max(b.y2 for b in boxes) - y)
    rows, columns = canvas.tiles
    found = {
        (r, c): canvas.layout.box((0, r, c)).intersect(around)
        for r in range(rows)
        for c in range(columns)
    }
    return {at: box for at, box in found.items() if not box.empty}


MEMORY = """
import json, resource, sys, tempfile
from pathlib import Path
import numpy as np, torch
from ssldiff_gui.sampling.store import WindowStore
from tests.benchmarks.render import canvas_for, renderer_for, render
from tests.sampling.fakes import FakeGenerator, fake_grid, fake_spec
torch.set_num_threads(2)
side, rows = int(sys.argv[1]), int(sys.argv[2])
spec = fake_spec(window=64, cell=64, factor=4, channels=3)
grid = fake_grid(side // 256, side // 256, cell=256)
with tempfile.TemporaryDirectory() as folder:
    store = WindowStore(Path(folder) / "windows")
    renderer = renderer_for(FakeGenerator(spec), grid, "draft", 8, store)
    with canvas_for(Path(folder) / "c.ome.zarr", grid, side) as canvas:
        parts = {(r, c): canvas.layout.box((0, r, c))
                 for r in range(min(rows, canvas.tiles[0])) for c in range(canvas.tiles[1])}
        render(renderer, canvas, parts)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""


def memory(rows):
    """Return peak memory, in MiB, with a network that costs nothing, so that 32k² is in reach.

    The first rows of tiles are rendered: from the second on, memory has reached its level.
    """
    found = {}
    for side in (4096, 32768):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(side), str(rows)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found[f"peak_mib_{side // 1024}k"] = json.loads(done.stdout.splitlines()[-1])
    found["memory_ratio"] = found["peak_mib_32k"] / found["peak_mib_4k"]
    return found


def main() -> int:
    """Measure, print, and say by the exit code whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", default="small")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--edit-side", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--memory-rows", type=int, default=3)
    parser.add_argument("--skip", default="", help="compare, edit, memory")
    wanted = parser.parse_args()
    skip, found = wanted.skip.split(","), {}
    if "memory" not in skip:
        found |= memory(wanted.memory_rows)
    if "compare" not in skip:
        found |= compare(wanted.model, wanted.device, wanted.side, wanted.batch)
    if "edit" not in skip:
        found |= edit(wanted.model, wanted.device, wanted.edit_side, wanted.batch)
    if wanted.json:
        print(json.dumps(found))
    else:
        _table(found)
    return 0 if all(_met(name, found[name]) for name in GOALS if name in found) else 1


def _met(name, value):
    goal, sense = GOALS[name]
    return value >= goal if sense == "at least" else value <= goal


def _table(found):
    for name, value in found.items():
        shown = f"{value:12.4g}" if isinstance(value, float) else f"{value:>12}"
        goal = f"   {GOALS[name][1]} {GOALS[name][0]}" if name in GOALS else ""
        verdict = "" if not goal else (", met" if _met(name, value) else ", MISSED")
        print(f"{name:34}{shown}{goal}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
