"""Noise that depends on the seed and on the place alone, so that any part can be made by itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import numpy as np
import numpy.typing as npt

Latents = npt.NDArray[np.float32]

SIDE = 32
"""Latents on a side of a block of noise; part of what a seed means."""

_KEPT = 256
_WORD = 2**64


class Noise(Protocol):
    """Standard normal numbers for any rectangle of the plane of latents."""

    def draw(self, stream: int, y: int, x: int, height: int, width: int) -> Latents:
        """Return (channels, height, width); stream 0 starts the canvas, stream k serves step k."""
        ...


class KeyedNoise:
    """A counter-based generator, keyed by seed and stream, counted by block row and column.

    Parameters
    ----------
    seed
        Of the canvas.
    channels
        Of the latents.
    """

    def __init__(self, seed: int, channels: int) -> None:
        self.seed = seed
        self.channels = channels
        self._blocks: OrderedDict[tuple[int, int, int], Latents] = OrderedDict()

    def draw(self, stream: int, y: int, x: int, height: int, width: int) -> Latents:
        """Return (channels, height, width) of one stream, from row `y` and column `x` on."""
        found = np.empty((self.channels, height, width), np.float32)
        for row in range(y // SIDE, -(-(y + height) // SIDE)):
            for column in range(x // SIDE, -(-(x + width) // SIDE)):
                top, left = row * SIDE, column * SIDE
                rows = slice(max(y, top), min(y + height, top + SIDE))
                columns = slice(max(x, left), min(x + width, left + SIDE))
                block = self._block(stream, row, column)
                found[:, rows.start - y : rows.stop - y, columns.start - x : columns.stop - x] = (
                    block[
                        :,
                        rows.start - top : rows.stop - top,
                        columns.start - left : columns.stop - left,
                    ]
                )
        return found

    def _block(self, stream: int, row: int, column: int) -> Latents:
        place = (stream, row, column)
        if place in self._blocks:
            self._blocks.move_to_end(place)
            return self._blocks[place]
        # Negative numbers would go through float on their way into uint64.
        key = np.array([self.seed % _WORD, stream % _WORD], dtype=np.uint64)
        counter = np.array([0, 0, row % _WORD, column % _WORD], dtype=np.uint64)
        source = np.random.Generator(np.random.Philox(key=key, counter=counter))
        block = source.standard_normal((self.channels, SIDE, SIDE), dtype=np.float32)
        self._blocks[place] = block
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return block
