"""How much memory training takes, by the plain recipe and by ours, at the same batch and quality.

``python -m tests.benchmarks.train_memory [--json] [--steps 60] [--batch 8] [--seeds 3]
[--size small] [--device auto]``: a text-conditioned latent diffusion network is trained on the
samples that the package carries. The plain recipe runs the autoencoder and the text tower in
every step, in float32, with AdamW. Ours takes both from the cache, computes activations twice
(run.checkpointing), and computes in bfloat16 where a GPU has it (run.precision). Each of these is
added in a row of its own. A row beside them shows an optimiser that remembers less
(run.optimiser = "adafactorbv"): it takes still less, and over few steps it learns more slowly.

Every run is a process of its own. On a GPU the peak is torch's own count of what was allocated.
On the CPU it is the most that the process held in memory (Linux' VmHWM), less what it held when
torch was loaded and no model was made yet; the allocator is told to give large blocks back at
once, so that the figure follows what is in use. The loss is that of the running mean of the
weights, over the same windows, noise and texts for all.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

GOAL = 0.7
"""Share of the plain recipe's peak that ours may take at most."""

WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "+ latents from the cache": {"latents": True},
    "+ texts from the cache": {"texts": True},
    "+ activations twice": {"checkpointing": True},
    "+ bfloat16 where there is": {"precision": "auto"},
    "beside: adafactorbv for adamw": {"optimiser": "adafactorbv"},
}
OURS = "+ bfloat16 where there is"
"""What each row adds to the ones before it; the first three leave the arithmetic as it is."""

_JUDGED = 6
_LOADED = [
    "accelerate", "timm.optim", "transformers.models.clip.modeling_clip",
    "diffusers.models.unets.unet_2d_condition", "diffusers.models.autoencoders.vq_model",
    "tests.benchmarks.train_memory_tasks",
]  # fmt: skip


def way_of(name: str) -> dict[str, Any]:
    """Return all that a row is made with."""
    found: dict[str, Any] = {
        "latents": False, "texts": False, "optimiser": "adamw", "checkpointing": False,
        "precision": "float32",
    }  # fmt: skip
    for key, added in WAYS.items():
        found |= added
        if key == name:
            break
    return found


class Clock:
    """Notes when each step was done."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def report(self, done: float, total: float, words: str = "") -> None:
        """Note it."""
        if words.startswith("Step"):
            self.times.append(time.perf_counter())

    def check(self) -> None:
        """Never end."""

    def per_second(self, batch: int) -> float:
        """Return pictures a second, by the median step after the first few."""
        times = self.times[min(3, len(self.times) - 2) :]
        steps = [b - a for a, b in pairwise(times)]
        return batch / statistics.median(steps)


def _held(key: str) -> int:
    """Return a figure of Linux' status of this process, in bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(key)))


def child(told: dict[str, Any]) -> dict[str, float | str]:
    """Train once, and return what it took."""
    import torch

    from ssldiff_gui.models import devices
    from ssldiff_gui.training import loop
    from ssldiff_gui.training.machine import machine
    from tests.benchmarks.train_memory_tasks import judged, task_of

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    on = machine(told["device"], told["precision"])
    torch.nn.functional.conv2d(torch.zeros(1, 3, 8, 8), torch.zeros(3, 3, 3, 3))
    gpu = on.device.type == "cuda"
    before = 0 if gpu else _held("VmRSS")
    task, settings = task_of(told)
    clock = Clock()
    average = loop.run(task, settings, Path(told["out"]), clock, on=on)
    peak = torch.cuda.max_memory_allocated() if gpu else _held("VmHWM") - before
    return {
        "peak_mb": peak / 2**20, "pictures_per_s": clock.per_second(told["batch"]),
        "loss": judged(told, average, on.device, _JUDGED), "device": devices.describe(on.device),
    }  # fmt: skip


def once(told: dict[str, Any]) -> dict[str, Any]:
    """Train in a process of its own, forked from one that has loaded the libraries only."""
    os.environ |= {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 20)}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(told, there))
    process.start()
    there.close()
    try:
        found: dict[str, Any] = here.recv()
    except EOFError:
        raise SystemExit(f"A run has failed: {told}") from None
    finally:
        process.join()
    print(f"  {Path(told['out']).name:6} {json.dumps(found)}", file=sys.stderr, flush=True)
    return found


def _tell(told: dict[str, Any], there: Any) -> None:
    there.send(child(told))


def measure(wanted: argparse.Namespace) -> dict[str, Any]:
    """Return a row for each way, and whether ours is as good as the plain recipe."""
    from tests.benchmarks.train_memory_parts import write_parts

    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_parts(folder, wanted.size)
        common = {"folder": name, "size": wanted.size, "batch": wanted.batch,
                  "device": wanted.device}  # fmt: skip
        once({**common, **way_of("plain"), "steps": 3, "seed": 0, "out": f"{name}/first"})
        for number, way in enumerate(WAYS):
            ends = way in ("plain", OURS)
            runs = [
                once({**common, **way_of(way), "steps": wanted.steps, "seed": seed,
                      "out": f"{name}/{number}-{seed}"})
                for seed in range(wanted.seeds if ends else 1)
            ]  # fmt: skip
            rows.append(_row(way, runs))
            rows[-1]["share"] = rows[-1]["peak_mb"] / rows[0]["peak_mb"]
    plain, ours = rows[0], rows[[*WAYS].index(OURS)]
    noise = max(2 * max(plain["loss_sd"], ours["loss_sd"]), 0.01 * plain["loss"])
    worse = ours["loss"] - plain["loss"]
    return {
        "rows": rows, "device": runs[0]["device"], "share": ours["share"], "noise": noise,
        "worse_by": worse, "goal": GOAL, "met": ours["share"] <= GOAL and worse <= noise,
    }  # fmt: skip


def _row(way: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    losses = [run["loss"] for run in runs]
    return {
        "way": way, "seeds": len(runs), "loss": statistics.mean(losses),
        "loss_sd": statistics.stdev(losses) if len(runs) > 1 else 0.0,
        "peak_mb": max(run["peak_mb"] for run in runs),
        "pictures_per_s": statistics.median(run["pictures_per_s"] for run in runs),
    }  # fmt: skip


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--device", default="auto")
    wanted = parser.parse_args()
    found = measure(wanted)
    if wanted.json:
        print(json.dumps(found))
    else:
        print(f"{wanted.size}, batch {wanted.batch}, {wanted.steps} steps, {found['device']}")
        for row in found["rows"]:
            spread = f" ± {row['loss_sd']:.4f}" if row["seeds"] > 1 else ""
            taken = f"{row['peak_mb']:9.0f} MB {row['share']:6.0%}"
            speed = f"{row['pictures_per_s']:8.2f} pictures/s"
            print(f"{row['way']:28} {taken} {speed}  loss {row['loss']:.4f}{spread}")
        worse = f"its loss is {found['worse_by']:+.4f}, noise {found['noise']:.4f}"
        print(f"ours takes {found['share']:.0%} of the plain peak, goal {GOAL:.0%}; {worse}")
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
