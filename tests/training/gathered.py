"""Pictures, sources and watchers that the tests of gathering share."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.pictures import Pictures, Pixels
from ssldiff_gui.training.settings import Data, Source

MICRON = PixelSize(size=0.5, unit="µm")
METRE = PixelSize(size=0.5, unit="m")


def noise(seed: int, height: int = 40, width: int = 50) -> Pixels:
    """A picture like no other."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path: Path, picture: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims much."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def folder_of(root: Path, count: int = 6, classes: tuple[str, ...] = ("a", "b")) -> Path:
    """A folder of pictures named tiles, a folder a class in it."""
    for k in range(count):
        for n, name in enumerate(classes):
            save(root / "tiles" / name / f"{name}{k}.png", noise(100 * n + k))
    return root / "tiles"


def data_of(*sources: Source, pixel: PixelSize = MICRON, smallest: int = 16, **source: Any) -> Data:
    """What is trained on; of one source, "tiles", when none is given."""
    return Data(
        pixel=pixel, smallest=smallest, sources=sources or (Source(path="tiles", **source),)
    )


def gathered(root: Path, *sources: Source, **told: Any) -> Pictures:
    """The pictures of sources in a folder."""
    return gather(data_of(*sources, **told), root, root / "run")


class Watch:
    """Keeps what was reported, and asks for an end after so many reports."""

    def __init__(self, until: int | None = None, then: Callable[[], None] | None = None) -> None:
        self.words: list[str] = []
        self.shares: list[float] = []
        self._until, self._then = until, then

    def report(self, done: float, total: float, words: str = "") -> None:
        self.words.append(words)
        self.shares.append(done / total)
        if self._then is not None and len(self.words) == self._until:
            self._then()

    def check(self) -> None:
        if self._then is None and self._until is not None and len(self.words) >= self._until:
            raise Cancelled("Stopped.")
