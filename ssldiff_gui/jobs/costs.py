"""What a request would take, said before it is made: cells, pixels, time, memory, disk.

Nothing here loads a model: the window asks it while somebody drags a region.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.grid import Mask
from ssldiff_gui.core.specs import EncoderSpec, GeneratorSpec
from ssldiff_gui.jobs.speeds import Speeds
from ssldiff_gui.storage.canvas_layout import TILE
from ssldiff_gui.storage.preflight import estimate

REACH = 150
"""Latents around a changed cell that change with it, for windows of 64; smaller ones less."""

_WINDOW = 64


@dataclass(frozen=True, slots=True)
class Cost:
    """What something takes.

    Parameters
    ----------
    cells
        That are embedded or rendered.
    pixels
        That are read or rendered.
    tiles
        Files of the canvas; 0 for a grid.
    disk, memory
        Bytes; memory is that of the host without the model's own.
    seconds
        None when this machine never did it.
    """

    cells: int
    pixels: int
    tiles: int
    disk: int
    memory: int
    seconds: float | None


def embed_cost(rows: int, columns: int, downsample: float, spec: EncoderSpec, device: str) -> Cost:
    """Return what it takes to embed so many cells.

    Parameters
    ----------
    rows, columns
        Of the grid; see `jobs.embed_plan.plan_embedding` for those of a region.
    downsample
        Level-0 pixels to one of the encoder's.
    spec
        The encoder.
    device
        Words of `messages.Ready.name`.
    """
    cells = rows * columns
    size = cells * (4 * spec.dim + 1)
    pixels = round(cells * (spec.cell * downsample) ** 2)
    seconds = Speeds(spec.id, device).seconds(cells)
    return Cost(cells, pixels, 0, size + (1 << 16), 3 * size + (64 << 20), seconds)


def generate_cost(
    rows: int,
    columns: int,
    spec: GeneratorSpec,
    steps: int,
    device: str,
    *,
    changed: Mask | None = None,
) -> Cost:
    """Return what it takes to render a grid.

    Parameters
    ----------
    rows, columns
        Of the grid.
    spec
        The generator.
    steps
        Of the preset, or asked for instead.
    device
        Words of `messages.Ready.name`.
    changed
        (rows, columns) of the cells that differ from those of the canvas it starts from; None
        renders everything.
    """
    side = spec.cell * spec.factor
    width, height = columns * side, rows * side
    whole = estimate(width, height)
    all_tiles = math.ceil(width / TILE) * math.ceil(height / TILE)
    cells, tiles = rows * columns, all_tiles
    if changed is not None:
        part = _grown(changed, spec)
        cells, tiles = int(part.sum()), _tiles_under(part, side)
    pixels = cells * side * side
    disk = whole.disk if changed is None else round(whole.disk * tiles / max(1, all_tiles))
    seconds = Speeds(spec.name, device).seconds(pixels * steps)
    return Cost(cells, pixels, tiles, disk, whole.memory, seconds)


def _grown(changed: Mask, spec: GeneratorSpec) -> Mask:
    """Return the cells that a change reaches: a square around each."""
    reach = math.ceil(REACH * spec.window / _WINDOW / spec.cell)
    rows, columns = (_wide(count, reach) for count in changed.shape)
    reached: Mask = rows @ changed.astype(np.float32) @ columns > 0
    return reached


def _wide(count: int, reach: int) -> npt.NDArray[np.float32]:
    """Return (count, count): 1 where two places are within reach of each other."""
    places = np.arange(count)
    return np.asarray(np.abs(places[:, None] - places) <= reach, np.float32)


def _tiles_under(part: Mask, side: int) -> int:
    """Return how many tiles cells have a part in."""
    rows, columns = np.nonzero(part)
    height, width = part.shape
    touched = np.zeros((math.ceil(height * side / TILE), math.ceil(width * side / TILE)), np.bool_)
    for down in (0, side - 1):
        for across in (0, side - 1):
            touched[(rows * side + down) // TILE, (columns * side + across) // TILE] = True
    return int(touched.sum())
