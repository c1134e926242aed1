"""Make the sample slide and the sample scene that every installation carries.

Tiles of real pictures are embedded by the starter encoders, their grids are composed into large
ones, and the starter generators render those: what comes out shows no patient and no place. Each
file says so, in every place that its format offers. One that was stopped is gone on with.

    python packaging/make_samples.py --histology FOLDER --aerial FOLDER
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sample_layouts import CELL, RGB, Embed, Mask, Vectors, scene_grid, slide_grid
from sample_writing import METRES, MICRONS, write_scene, write_slide, write_small

from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.training.views import cells_of

ROOT = Path(__file__).resolve().parents[1]
BATCH = 256


class OneLine:
    """Shows progress where it is run."""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Overwrite the line."""
        print(f"\r  {words} {100 * done / max(total, 1):3.0f} % ", end="", file=sys.stderr)

    def check(self) -> None:
        """Ctrl-C ends it; what is done is kept."""


def embedding(encoder: TimmEncoder) -> Embed:
    """Return what makes a grid of a picture in whole cells."""

    def embed(picture: RGB) -> Vectors:
        rows, columns = (length // CELL for length in picture.shape[:2])
        cells = cells_of(picture, CELL)
        parts = [encoder.embed(cells[at : at + BATCH]) for at in range(0, len(cells), BATCH)]
        return np.concatenate(parts).reshape(rows, columns, -1)

    return embed


def rendered(grid: EmbeddingGrid, model: Path, work: Path, steps: int | None, device: str) -> RGB:
    """Return (height, width, 3): the picture that a grid asks for."""
    from ssldiff_gui.jobs.generate import generate

    work.mkdir(parents=True, exist_ok=True)
    save_grid(work / "grid.safetensors", grid)
    canvas = work / "canvas.ome.zarr"
    request = GenerateRequest(
        grid=str(work / "grid.safetensors"), canvas=str(canvas), model=str(model), seed=1,
        resume=canvas.exists(), steps=steps, device=device,
    )  # fmt: skip
    result = generate(request, OneLine())
    print(f"\n  {result.width} × {result.height} in {result.seconds:.0f} s", file=sys.stderr)
    with Canvas.open(canvas) as made:
        return made.read(Box(0, 0, made.width, made.height))


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the files.

    Parameters
    ----------
    name, family
        What it is, and which starter models make it.
    scale
        Of a pixel.
    layout
        Composes its grid of the tiles in a folder.
    write
        Writes pixels, at a quality.
    """

    name: str
    family: str
    scale: Scale
    layout: Callable[[Path, Embed], tuple[Vectors, Mask]]
    write: Callable[[RGB, Path, int], None]


SLIDE = Sample("slide", "histology", Scale(MICRONS, MICRONS, "µm"), slide_grid, write_slide)
SCENE = Sample("scene", "aerial", Scale(METRES, METRES, "m"), scene_grid, write_scene)


def make(sample: Sample, tiles: Path, told: argparse.Namespace) -> None:
    """Make a sample of the tiles in a folder."""
    encoder = load_encoder(told.models / f"starter-{sample.family}-encoder", told.device)
    vectors, valid = sample.layout(tiles, embedding(encoder))
    grid = EmbeddingGrid(vectors, encoder.spec.id, CELL, sample.scale, valid)
    model = told.models / f"starter-{sample.family}"
    pixels = rendered(grid, model, told.work / sample.name, told.steps, told.device)
    told.out.mkdir(parents=True, exist_ok=True)
    target = told.out / f"sample-{sample.name}.tif"
    quality = write_small(lambda path, level: sample.write(pixels, path, level), target)
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB, JPEG quality {quality}")


def main(words: list[str]) -> None:
    """Make those samples whose tiles were named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--histology", type=Path, help="folder with lc25000 and osteosarcoma")
    parser.add_argument("--aerial", type=Path, help="folder with UC Merced's classes")
    parser.add_argument("--models", type=Path, default=ROOT / "resources" / "models")
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "samples")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "samples")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    told = parser.parse_args(words)
    if told.histology is None and told.aerial is None:
        parser.error("name the tiles: --histology FOLDER, --aerial FOLDER, or both")
    if told.histology is not None:
        make(SLIDE, told.histology, told)
    if told.aerial is not None:
        make(SCENE, told.aerial, told)


if __name__ == "__main__":
    main(sys.argv[1:])
