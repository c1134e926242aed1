"""Pictures by a generator, for those who measure it: of grids, or told nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadNumbers, IncompatibleGrid
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid, Vectors
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.protocols import Condition, Generator, Given
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder
from ssldiff_gui.models.folders import find_model
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import Preset
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore

RGB = npt.NDArray[np.uint8]

MOST = 16
"""Windows that the network sees at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A picture, and what it took.

    Parameters
    ----------
    pixels
        (height, width, 3) uint8.
    seconds
        From the first window to the last pixel.
    evaluations
        How often the network saw a window.
    """

    pixels: RGB
    seconds: float
    evaluations: int


class Unconditional:
    """A generator that is told nothing, whatever it is given.

    Parameters
    ----------
    generator
        Who does the work.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def condition(self, given: Given) -> Condition:
        """Return the condition that says nothing."""
        return self._generator.null(given)


def load_pair(
    model: str, encoder: str | None, device: str
) -> tuple[Generator, GeneratorSpec, TimmEncoder]:
    """Load a generator, and the encoder whose grids it takes.

    Raises
    ------
    IncompatibleGrid
        It takes no grids, or those of another encoder.
    """
    generator = load_generator(find_model(model, "generator"), device)
    spec = generator.spec
    if spec.encoder is None:
        raise IncompatibleGrid(
            f"{spec.title} takes no grids: there is nothing to compare its pictures with.",
            "Measure a generator that is conditioned on embeddings.",
        )
    judge = load_encoder(encoder or spec.encoder, device)
    if judge.spec.id != spec.encoder:
        raise IncompatibleGrid(
            f"{spec.title} was trained on {spec.encoder}, not on {judge.spec.id}.",
            "Name that encoder with --encoder, or leave it out.",
        )
    return generator, spec, judge


def grid_of(vectors: Vectors, spec: GeneratorSpec) -> EmbeddingGrid:
    """Return (rows, columns, dim) as a grid that a generator takes."""
    scale = None if spec.pixel is None else spec.pixel.scale
    return EmbeddingGrid(vectors, str(spec.encoder), spec.cell * spec.factor, scale)


def render(
    generator: Generator,
    vectors: Vectors,
    preset: Preset,
    seed: int,
    *,
    told: bool = True,
    progress: Progress | None = None,
) -> Rendered:
    """Render (rows, columns, dim) with the engine.

    Parameters
    ----------
    generator, vectors
        Whose picture of what.
    preset
        The way to render.
    seed
        Of the noise.
    told
        Whether the generator is told the grid; else it draws anything.
    progress
        Asked for an end at every step.
    """
    if not told:
        generator = cast("Generator", Unconditional(generator))
        preset = preset.model_copy(update={"guided": (0.0, 0.0)})
    grid = grid_of(vectors, generator.spec)
    plan = Plan.of(generator, preset, grid.rows, grid.columns)
    guidance = generator.spec.guidance if preset.guidance is None else preset.guidance
    renderer = Renderer(
        [generator], plan, GridField(grid, plan.spec), KeyedNoise(seed, plan.spec.channels),
        WindowStore(None), batch=min(MOST, max(len(layer) for layer in plan.phases)),
        guidance=guidance, progress=_Checking(progress or Silent()),
    )  # fmt: skip
    began = time.perf_counter()
    box = Box(0, 0, grid.columns * grid.cell, grid.rows * grid.cell)
    [(_, pixels)] = renderer.render([[box]])
    if pixels is None:
        raise BadNumbers(
            f"{generator.spec.title} answered with NaN or infinity.", "Train it again, or longer."
        )
    return Rendered(pixels, time.perf_counter() - began, renderer.evaluations)


def render_all(
    generator: Generator,
    grids: Vectors,
    preset: Preset,
    seed: int,
    *,
    told: bool = True,
    progress: Progress,
    words: str,
) -> RGB:
    """Render (n, rows, columns, dim), each with noise of its own."""
    made = []
    for number, vectors in enumerate(grids):
        progress.check()
        progress.report(number, len(grids), words)
        own = seed * 100_003 + number
        picture = render(generator, vectors, preset, own, told=told, progress=progress)
        made.append(picture.pixels)
    return np.stack(made)


@dataclass(frozen=True, slots=True)
class _Checking:
    """Asks for an end, and leaves the reports to the one who counts pictures."""

    whole: Progress

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        """Raise `Cancelled` when an end was asked for."""
        self.whole.check()
