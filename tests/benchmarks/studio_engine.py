"""What one changed cell costs the engine itself, in this process, without a window."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.jobs.recipes import model_for
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.storage.grids import save_grid
from tests.benchmarks.studio_rows import Row

ENCODER = "starter-histology-encoder"
RATIO = 10.0


class Onlooker:
    """Looks on, as the window does, so that previews are made."""

    def preview(self, box: Box, picture: object) -> None:
        pass

    def tile_written(self, box: Box) -> None:
        pass


class Engine:
    """Renders grids in a folder with models that stay loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.models = folder, Kept()
        self.evaluations: dict[str, int] = {}

    def render(self, name: str, grid: EmbeddingGrid, **more: object) -> float:
        """Render a grid; return the seconds that the whole request took."""
        asked = self.folder / f"{name}.safetensors"
        save_grid(asked, grid)
        told = {"canvas": str(self.folder / f"{name}.ome.zarr")} | more
        request = GenerateRequest(grid=str(asked), seed=1, **told)
        began = time.perf_counter()
        done = generate(request, models=self.models, onlooker=Onlooker(), hashed=False)
        assert not done.missing
        self.evaluations[name] = done.evaluations
        return time.perf_counter() - began


def painted(grid: EmbeddingGrid, row: int, column: int) -> EmbeddingGrid:
    """Return a grid with another cell in one place."""
    vectors = grid.vectors.copy()
    vectors[row, column] = vectors[0, 0]
    return grid.with_vectors(vectors)


def engine_rows(quick: bool) -> list[Row]:
    """Measure one changed cell, on a copy and on the canvas itself, against the whole canvas."""
    cells = 32 if quick else 64
    spec = load_encoder(ENCODER, "cpu").spec
    vectors = np.random.default_rng(0).standard_normal((cells, cells, spec.dim), np.float32)
    grid = EmbeddingGrid(vectors, spec.id, spec.cell)
    small = EmbeddingGrid(vectors[:8, :8], spec.id, spec.cell)
    model_for(grid, None)
    middle, found = cells // 2, []
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        engine.render("small", small)  # the model is loaded now
        whole = engine.render("whole", grid)
        canvas = str(Path(folder) / "whole.ome.zarr")
        ways = {
            "a copy that starts from it": {"start_from": canvas},
            "the canvas itself": {"canvas": canvas, "resume": True},
        }
        size = f"{cells * spec.cell}²"
        found.append(Row(f"whole {size}, engine alone", whole, "s"))
        for number, (way, more) in enumerate(ways.items()):
            edited = painted(grid, middle + number, middle)
            seconds = engine.render(f"edit{number}", edited, **more)
            ratio = engine.evaluations["whole"] / max(1, engine.evaluations[f"edit{number}"])
            found.append(Row(f"one cell, {way}", seconds, "s", comparand=f"{whole:.2f} s whole"))
            found.append(Row(f"one cell against whole, {way}", whole / seconds, "×", RATIO,
                             "at least", f"{ratio:.0f} × fewer evaluations"))  # fmt: skip
    return found
