"""Work for a worker: tiny models in the home of a test, and requests for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.storage.grids import save_grid
from tests.models.tiny import tiny_generator_folder


def tiny_model(folder: Path) -> Path:
    """Make the tiny generator that grids of `grid_file` are for."""
    return tiny_generator_folder(folder / "tiny")


def grid_file(
    path: Path, rows: int = 3, columns: int = 4, *, changed: tuple[int, int] | None = None
) -> Path:
    """Write a grid; one cell of it is another one when `changed` names it."""
    vectors = np.random.default_rng(3).standard_normal((rows, columns, 8)).astype(np.float32)
    if changed is not None:
        vectors[changed] = -vectors[changed]
    save_grid(path, EmbeddingGrid(vectors, "tiny@000000000000", 32))
    return path


def rendering(model: Path, grid: Path, canvas: Path, **changes: object) -> GenerateRequest:
    """Return a request for a canvas."""
    facts = {
        "grid": str(grid), "canvas": str(canvas), "model": str(model), "steps": 4, "device": "cpu",
    }  # fmt: skip
    return GenerateRequest.model_validate(facts | changes)
