"""What a canvas will take of disk and memory, said before anything is made."""

from __future__ import annotations

import errno
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem, NoSpace
from ssldiff_gui.storage.atomic import cannot_write
from ssldiff_gui.storage.canvas_layout import CHUNK, TILE, Layout
from ssldiff_gui.storage.canvas_records import CanvasState
from ssldiff_gui.storage.canvas_shards import RGB, encode_shard

TYPICAL = 0.80
"""Bytes on disk for each byte of pixels: 0.71 to 0.87 on H&E and aerial pictures."""

SPARE = 64 << 20
"""Left free for everybody else on the disk, and for what the file system keeps about files."""

_BLOCK = 4096
_RECORD = 160
_FIXED = 64 << 10
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a canvas will take, in bytes.

    Parameters
    ----------
    disk
        Of the finished canvas, with its coarser levels.
    memory
        Of the host.
    """

    disk: int
    memory: int = 0


def estimate(
    width: int,
    height: int,
    *,
    sample: RGB | None = None,
    memory: int = 0,
    tile: int = TILE,
    chunk: int = CHUNK,
) -> Estimate:
    """Return what a canvas of this size will take.

    Parameters
    ----------
    width, height
        In pixels.
    sample
        (height, width, 3) uint8 pixels like those it will hold, such as a tile that is done
        already or a part of the source: the estimate is then within 10 %.
    memory
        What the engine wants for itself.
    tile, chunk
        See `Layout`.
    """
    layout = Layout(width, height, tile, math.gcd(tile, chunk))
    ratio = TYPICAL if sample is None else _ratio(sample, layout)
    pixels = sum(w * h for w, h in layout.levels)
    shards = sum(math.prod(layout.tiles(level)) for level in range(len(layout.levels)))
    index = _index_size(layout)
    disk = round(3 * pixels * ratio) + shards * (index + _RECORD + _BLOCK // 2) + _FIXED
    own = 6 * 3 * tile * tile + 2 * _RECORD * shards
    return Estimate(disk, memory + own)


def check_space(folder: Path, need: Estimate | int) -> None:
    """Raise `NoSpace` when a disk has no room.

    Parameters
    ----------
    folder
        Where it will lie; it need not exist yet.
    need
        Bytes.
    """
    room = need.disk if isinstance(need, Estimate) else need
    free = free_bytes(folder)
    if free < room + SPARE:
        raise NoSpace(
            f"This takes about {in_words(room)} on disk, and {in_words(free)} are free in"
            f" {_existing(folder)}.",
            f"Free {in_words(room + SPARE - free)} there, choose another folder, or make a"
            " smaller region.",
        )


def free_bytes(folder: Path) -> int:
    """Return how much can be written to the disk that a folder lies, or will lie, on."""
    return shutil.disk_usage(_existing(folder)).free


def still_needed(state: CanvasState) -> int:
    """Return how many bytes an unfinished canvas will grow by, judged by what it holds."""
    layout = state.layout
    found = [shard.size for key, shard in state.shards.items() if key[0] == 0]
    whole = 3 * layout.tile**2 * TYPICAL
    rows, columns = layout.tiles()
    left = max(0, rows * columns - len(found))
    area = min(1.0, layout.width * layout.height / (rows * columns * layout.tile**2))
    mean = sum(found) / len(found) if found else whole * area
    return math.ceil(mean * left * 4 / 3) + left * _RECORD


@contextmanager
def telling_of_full_disks(folder: Path, needed: Callable[[], int] = lambda: 0) -> Iterator[None]:
    """Turn what goes wrong in writing into errors for people.

    Parameters
    ----------
    folder
        What is being written.
    needed
        Says how many bytes are still to be written.

    Raises
    ------
    NoSpace
        When the disk or the quota is full.
    FileProblem
        When something else is the matter.
    """
    try:
        yield
    except (OSError, FileProblem) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(cause, OSError) and cause.errno in _FULL:
            raise _ran_full(folder, needed()) from error
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from error
        raise


def in_words(size: int) -> str:
    """Return a number of bytes as people read it, rounded up."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{math.ceil(size / unit * 10) / 10:.1f} {name}"
    return f"{max(0, math.ceil(size / 1000))} kB"


def _ran_full(folder: Path, needed: int) -> NoSpace:
    try:
        missing = max(needed + SPARE - free_bytes(folder), 0) or SPARE
    except OSError:
        missing = needed + SPARE
    return NoSpace(
        f"The disk is full: {folder.name} could not be completed. What is done is kept.",
        f"Free {in_words(missing)} and run again with --resume.",
    )


def _existing(folder: Path) -> Path:
    found = folder.absolute()
    while not found.exists() and found != found.parent:
        found = found.parent
    return found


def _index_size(layout: Layout) -> int:
    return 48 * (layout.tile // layout.chunk) ** 2 + 4


def _ratio(sample: RGB, layout: Layout) -> float:
    """Return bytes on disk for each byte of pixels, tile by tile over the sample."""
    side = layout.tile
    size = 0
    for y in range(0, sample.shape[0], side):
        for x in range(0, sample.shape[1], side):
            size += len(encode_shard(sample[y : y + side, x : x + side], layout))
    index = _index_size(layout)
    shards = math.ceil(sample.shape[0] / side) * math.ceil(sample.shape[1] / side)
    return float(size - index * shards) / sample.size
