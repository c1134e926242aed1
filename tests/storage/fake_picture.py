"""A canvas in memory, with all that an export asks for; and one out of arithmetic, of any size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.core.layout import Layout as Areas
from ssldiff_gui.core.recipe import SYNTHETIC, Recipe
from ssldiff_gui.slides.reduction import reduce_rgb
from ssldiff_gui.storage.canvas_layout import Layout

UTM = Georeference("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0))


def grid_of(rows: int = 3, columns: int = 4, dim: int = 16, seed: int = 0) -> EmbeddingGrid:
    chance = np.random.default_rng(seed)
    return EmbeddingGrid(
        vectors=chance.normal(size=(rows, columns, dim)).astype(np.float32),
        encoder="tiny-abc",
        cell=64,
        scale=Scale(0.5, 0.5, "µm"),
        valid=chance.random((rows, columns)) < 0.9,
        region=Region(Box(10, 20, 256, 192), 1.5),
        source=Source("slide.svs", "sha256:00", "Image 1", UTM),
    )


def recipe_of(grid: EmbeddingGrid, width: int, height: int, **other: object) -> Recipe:
    facts: dict[str, object] = {
        "source_type": SYNTHETIC,
        "model": "tiny",
        "model_files": {"network.safetensors": "ab" * 32},
        "grid": grid.digest(),
        "edits": [{"kind": "paint", "cells": [[0, 1]], "value": 0.1}],
        "seed": 7,
        "steps": 3,
        "guidance": 1.5,
        "batch": 2,
        "precision": "float32",
        "preset": {"name": "default", "steps": 3},
        "width": width,
        "height": height,
        "device": "cpu",
        "versions": {"torch": "2.8"},
    }
    return Recipe.model_validate(facts | other)


def pixels_of(width: int, height: int, seed: int = 0) -> np.ndarray:
    """Return a picture with slopes and noise, (height, width, 3) uint8."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    slopes = np.stack([x % 251, y % 241, (x + y) % 239], axis=2)
    return ((slopes + chance.integers(0, 17, slopes.shape)) % 256).astype(np.uint8)


@dataclass(frozen=True)
class Fake:
    """A canvas in memory."""

    areas = Areas()
    pixels: np.ndarray
    scale: Scale | None = field(default_factory=lambda: Scale(0.5, 0.5, "µm"))
    georeference: Georeference | None = None
    name: str = "A picture & <more>"
    source_type: str = SYNTHETIC
    tile: int = 256
    undone: frozenset[tuple[int, int]] = frozenset()
    grid: EmbeddingGrid = field(default_factory=grid_of)

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @cached_property
    def recipe(self) -> Recipe:
        return recipe_of(self.grid, self.width, self.height, source_type=self.source_type)

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.width, self.height, self.tile, self.tile // 2)

    @cached_property
    def done(self) -> frozenset[tuple[int, int]]:
        rows, columns = self.layout.tiles()
        return frozenset((r, c) for r in range(rows) for c in range(columns)) - self.undone

    @property
    def failed(self) -> dict[tuple[int, int], str]:
        return {}

    @cached_property
    def _levels(self) -> list[np.ndarray]:
        levels = [self.pixels]
        for _ in self.layout.levels[1:]:
            levels.append(reduce_rgb(levels[-1], 2))
        return levels

    def read(self, box: Box, level: int = 0) -> np.ndarray:
        width, height = self.layout.levels[level]
        assert Box(0, 0, width, height).contains(box), "nothing outside is asked for"
        return self._levels[level][box.y : box.y2, box.x : box.x2]

    def digest(self) -> str:
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()


@dataclass(frozen=True)
class Endless(Fake):
    """A canvas of any size that holds nothing: every tile is the same little square."""

    pixels: np.ndarray = field(default_factory=lambda: pixels_of(256, 256))
    size: tuple[int, int] = (1024, 1024)
    tile: int = 1024

    @property
    def width(self) -> int:
        return self.size[0]

    @property
    def height(self) -> int:
        return self.size[1]

    def read(self, box: Box, level: int = 0) -> np.ndarray:
        rows = np.arange(box.y, box.y2) % 256
        columns = np.arange(box.x, box.x2) % 256
        return self.pixels[rows[:, None], columns]
