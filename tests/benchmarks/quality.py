"""What our way to render costs in looks: seams, likeness and distances against the published way.

``python -m tests.benchmarks.quality [--data DIR] [--minutes 12] [--pictures 6] [--side 512]
[--guidance 1.5] [--json]``. A small generator is trained on real tissue first, for so many minutes
in all, and kept under out/quality; then pictures of slides that it never saw are embedded and
rendered again, both ways with the same network, noise and guidance.

Figures, for the real pictures, for what the linear patches keep of them, for ours, for the
published algorithm, and for windows apart, without overlap or blend, whose seams have to show:

- border: the largest `border_ratio` of all pictures together, on the lines between patches, modulo
  the window and the strides of both ways.
- block: `block_ratio` of the patches.
- cosine: of requested and found statistics of each cell.
- Fréchet distance and KID of crops at random places, so that seams count, in the space of the same
  statistics. Intervals: 95 % of resampled crops. Crops of one picture resemble each other, so the
  intervals are somewhat narrow.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.evaluation.seams import block_ratio, border_ratio
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import PRESETS
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from tests.benchmarks.local_statistics import SIDE, statistics
from tests.benchmarks.quality_training import ENCODER, FACTOR, as_tensor, read, tissue, train

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "quality"
DATA = ROOT.parent / "shared" / "data" / "histology" / "open"
WAYS = {
    "ours": PRESETS["default"],
    "published": PRESETS["lid"],
    "apart": PRESETS["default"].model_copy(update={"stride": 1.0, "phases": 1}),
}
COMPARED = ("ours", "published")
MODULI = sorted({SIDE, *(round(WAYS[way].stride * SIDE) for way in COMPARED)})
RESAMPLED = 300

GOALS = {
    "border_from_real": (0.02, "at most"),
    "border_over_published": (0.0, "at most"),
    "block_from_real": (0.02, "at most"),
    "block_over_published": (0.0, "at most"),
    "cosine_over_published": (-0.005, "at least"),
    "frechet_over_published_low": (0.0, "at most"),
    "kid_over_published_low": (0.0, "at most"),
}


class Standard:
    """Statistics of cells, each in units of its spread over what was trained on."""

    def __init__(self, folder):
        provenance = read_model(folder).provenance
        self.mean, self.spread = (np.array(provenance[name]) for name in ("mean", "spread"))

    def __call__(self, cells):
        return ((statistics(cells) - self.mean) / self.spread).astype(np.float32)


def cells_of(picture):
    """Return (rows, columns, SIDE, SIDE, 3)."""
    rows, columns = (length // SIDE for length in picture.shape[:2])
    return picture.reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)


def fullest(picture, side):
    """Return the square with the least glass in it; its corner is one of a cell."""
    places = range(0, picture.shape[0] - side + 1, SIDE)
    squares = [picture[y : y + side, x : x + side] for y in places for x in places]
    return min(squares, key=lambda square: (square.min(axis=2) > 220).mean())


def grid_of(picture, standard):
    cells = cells_of(picture)
    vectors = standard(cells.reshape(-1, *cells.shape[2:]))
    return EmbeddingGrid(vectors.reshape(*cells.shape[:2], -1), ENCODER, SIDE)


@dataclass
class Painting:
    """A picture to be made."""

    model: Path
    grid: EmbeddingGrid
    way: str
    guidance: float
    seed: int
    path: Path

    def make(self) -> float:
        """Render it with the engine and save it; return the seconds."""
        generator, grid = load_generator(self.model, "cpu", "float32"), self.grid
        preset = WAYS[self.way]
        plan = Plan.of(generator, preset, grid.rows, grid.columns)
        renderer = Renderer(
            [generator], plan, GridField(grid, plan.spec),
            KeyedNoise(self.seed, plan.spec.channels), WindowStore(None),
            batch=8, guidance=self.guidance,
        )  # fmt: skip
        began = time.perf_counter()
        [(_, pixels)] = renderer.render([[Box(0, 0, grid.columns * SIDE, grid.rows * SIDE)]])
        Image.fromarray(pixels).save(self.path)
        return time.perf_counter() - began


def paintings(folder, reals, standard, guidance):
    """Return a list of `Painting` for each way."""
    described = (folder / "model.json").read_bytes()
    key = hashlib.sha256(described + repr(guidance).encode()).hexdigest()[:12]
    kept = OUT / "pictures" / key
    kept.mkdir(parents=True, exist_ok=True)
    grids = [grid_of(real, standard) for real in reals]
    return {
        way: [
            Painting(folder, grid, way, guidance, k, kept / f"{k}-{way}-{grid.digest()[:8]}.png")
            for k, grid in enumerate(grids)
        ]
        for way in WAYS
    }


def painted(folder, reals, standard, guidance, processes):
    """Return the pictures of each way; those of an earlier run with this model are there still."""
    wanted = paintings(folder, reals, standard, guidance)
    missing = [p for many in wanted.values() for p in many if not p.path.exists()]
    missing.sort(key=lambda one: one.way != "published")  # those take longest
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for one, seconds in zip(missing, pool.map(Painting.make, missing), strict=True):
            print(f"{one.path.stem}: {seconds:.0f} s", file=sys.stderr, flush=True)
    generator = load_generator(folder, "cpu", "float32")
    coded = torch.cat([generator.decode(generator.encode(as_tensor(real))) for real in reals])
    levels = ((coded.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    made = {way: np.stack([read(p.path) for p in many]) for way, many in wanted.items()}
    return {"real": reals, "linear": levels, **made}


def seams(pictures):
    """Return border and block ratios of (n, height, width, 3)."""
    borders = {f"border_{m}": border_ratio(pictures, m, step=FACTOR) for m in MODULI}
    every = max(border_ratio(pictures, m) for m in MODULI)
    return borders | {
        "border": max(borders.values()),
        "border_of_every_line": every,
        "block": block_ratio(pictures, FACTOR),
    }


def likeness(reals, pictures, standard):
    """Return the mean cosine of requested and found statistics."""
    asked, found = (
        np.concatenate([grid_of(p, standard).vectors.reshape(-1, standard.mean.size) for p in many])
        for many in (reals, pictures)
    )
    sizes = np.linalg.norm(asked, axis=1) * np.linalg.norm(found, axis=1)
    return float(np.mean((asked * found).sum(axis=1) / sizes))


def crops_of(pictures, count, seed=0):
    """Return (n · count, SIDE, SIDE, 3) at random places, the same for any pictures."""
    random = np.random.default_rng(seed)
    side = pictures.shape[1] - SIDE + 1
    corners = random.integers(0, side, (len(pictures), count, 2))
    return np.stack(
        [
            picture[y : y + SIDE, x : x + SIDE]
            for picture, places in zip(pictures, corners, strict=True)
            for y, x in places
        ]
    )


class AsTheyAre(nn.Identity):
    """The metrics are given features at once."""

    def __init__(self, dim):
        super().__init__()
        self.num_features = dim


def frechet(real, made):
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(AsTheyAre(real.shape[1]))
    metric.update(torch.from_numpy(real).double(), real=True)
    metric.update(torch.from_numpy(made).double(), real=False)
    return float(metric.compute())


def kid(real, made):
    from torchmetrics.image.kid import poly_mmd

    return float(poly_mmd(torch.from_numpy(real).double(), torch.from_numpy(made).double()))


def distances(features, other, name, measure):
    """Return a distance of each way to the real crops, and intervals, of their difference too.

    That of the real pictures is between these crops and others of the same pictures.
    """
    compared = {**features, "real": other}
    found = {f"{way}_{name}": measure(features["real"], compared[way]) for way in compared}
    random = np.random.default_rng(0)
    drawn = {way: [] for way in COMPARED}
    for _ in range(RESAMPLED):
        chosen = random.integers(0, len(features["real"]), len(features["real"]))
        for way, values in drawn.items():
            values.append(measure(features["real"][chosen], features[way][chosen]))
    ours, published = (np.array(drawn[way]) for way in COMPARED)
    for key, values in (
        ("ours_" + name, ours),
        ("published_" + name, published),
        (name + "_over_published", ours - published),
    ):
        found[key + "_low"], found[key + "_high"] = map(float, np.quantile(values, (0.025, 0.975)))
    return found


def measure(pictures, standard, crops):
    """Return all figures."""
    found = {}
    for way, shown in pictures.items():
        found |= {f"{way}_{name}": value for name, value in seams(shown).items()}
        found[f"{way}_cosine"] = likeness(pictures["real"], shown, standard)
    features = {way: standard(crops_of(shown, crops)) for way, shown in pictures.items()}
    other = standard(crops_of(pictures["real"], crops, seed=1))
    for name, distance in (("frechet", frechet), ("kid", kid)):
        found |= distances(features, other, name, distance)
    for name in ("border", "block"):
        found[f"{name}_from_real"] = abs(found[f"ours_{name}"] - found[f"real_{name}"])
        found[f"{name}_over_published"] = found[f"ours_{name}"] - found[f"published_{name}"]
    found["cosine_over_published"] = found["ours_cosine"] - found["published_cosine"]
    return found


def contact_sheet(pictures, path):
    """Save real, ours and published side by side, a row a picture."""
    rows = zip(*(pictures[way] for way in ("real", *COMPARED)), strict=True)
    Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in rows])).save(path)


def main() -> int:
    """Train, render, measure, and say by the exit code whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--crops", type=int, default=150, help="of each picture")
    parser.add_argument("--guidance", type=float, default=1.5, help="of both ways")
    parser.add_argument("--processes", type=int, default=1, help="that render")
    wanted = parser.parse_args()
    if not tissue(wanted.data).held_out:
        parser.error("--data: a folder with osteosarcoma/*/*.jpg, H&E tiles of TCIA, is needed")
    folder = train(wanted.data, OUT, wanted.minutes)
    chosen = tissue(wanted.data).held_out[: wanted.pictures]
    reals = np.stack([fullest(read(path), wanted.side) for path in chosen])
    standard = Standard(folder)
    pictures = painted(folder, reals, standard, wanted.guidance, wanted.processes)
    contact_sheet(pictures, OUT / "contact.png")
    found = {
        "pictures": len(reals), "side": wanted.side, "guidance": wanted.guidance,
        "training_steps": read_model(folder).provenance["steps"],
        **measure(pictures, standard, wanted.crops),
    }  # fmt: skip
    print(json.dumps(found)) if wanted.json else _table(found)
    return 0 if all(_met(name, found[name]) for name in GOALS) else 1


def _met(name, value):
    goal, sense = GOALS[name]
    return value >= goal if sense == "at least" else value <= goal


def _table(found):
    for name in ("pictures", "side", "guidance", "training_steps"):
        print(f"{name.replace('_', ' ')}: {found[name]}")
    ways = ("real", "linear", *WAYS)
    print(f"{'':24}" + "".join(f"{way:>22}" for way in ways))
    rows = [name.removeprefix("real_") for name in found if name.startswith("real_")]
    for row in rows:
        print(f"{row:24}" + "".join(f"{_with_interval(found, f'{w}_{row}'):>22}" for w in ways))
    for name, (goal, sense) in GOALS.items():
        verdict = "met" if _met(name, found[name]) else "MISSED"
        print(f"{name:34}{found[name]:10.4f}   {sense} {goal}, {verdict}")


def _with_interval(found, name):
    shown = f"{found[name]:.4f}"
    if name + "_low" in found:
        shown += f" ({found[name + '_low']:.2f} – {found[name + '_high']:.2f})"
    return shown


if __name__ == "__main__":
    sys.exit(main())
