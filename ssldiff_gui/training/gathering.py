"""From the sources of a run to its pictures: found, read, scaled, and parted for holding out."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, FileProblem, UserError
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.slides.picture import MOST_PIXELS
from ssldiff_gui.slides.problems import oversized
from ssldiff_gui.storage.atomic import cannot_write
from ssldiff_gui.storage.file_lock import FileLock
from ssldiff_gui.training.alike import Colours, colours_of
from ssldiff_gui.training.found import AT_ONCE, Found, Shelf
from ssldiff_gui.training.origins import Origin
from ssldiff_gui.training.parting import ALIKE, Member, part
from ssldiff_gui.training.pictures import Pictures, Pixels, write_pictures
from ssldiff_gui.training.reading import read_picture
from ssldiff_gui.training.settings import Data, Source

__all__ = ["Skipped", "facts_of", "gather", "read_picture"]

logger = logging.getLogger(__name__)

SAME_SCALE = 0.02
LOCK = ".gathering.lock"
_PATIENCE = 0.2

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass
class Skipped:
    """What was left out, and why.

    Parameters
    ----------
    unreadable
        Names of files that offer no picture.
    small
        Names of pictures that are too small at the run's resolution.
    why
        For each unreadable one, in words.
    """

    unreadable: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brought:
    """A picture at the run's resolution.

    Parameters
    ----------
    pixels
        (height, width, 3) uint8.
    colours
        Of the whole of it as it was found, for those that are grouped by looking alike.
    """

    pixels: Pixels
    colours: Colours | None


def gather(data: Data, root: Path, folder: Path, progress: Progress | None = None) -> Pictures:
    """Return the pictures of a run; those that lie in `folder` already are taken as they are.

    Parameters
    ----------
    data
        What is wanted.
    root
        What the sources' paths are relative to.
    folder
        Where the pictures are laid.
    progress
        Told of each picture.

    Raises
    ------
    BadRequest
        There is no picture that can be trained on, or a slide of which nobody says how large its
        pixels are.
    MissingFile
        A source is not there.
    NoSpace, FileProblem
        The pictures cannot be laid down.
    Cancelled
        Somebody asked for an end; nothing is left behind.
    """
    progress = progress or Silent()
    wanted = data.model_dump(mode="json", include={"pixel", "sources", "smallest"})
    wanted["root"] = str(root.resolve())
    kept = _kept(folder, wanted)
    if kept is not None:
        return kept
    origins = [Origin.of(source, data, root) for source in data.sources]
    with _alone(folder, progress):
        kept = _kept(folder, wanted)  # another run may have gathered them meanwhile
        if kept is not None:
            return kept
        facts: dict[str, object] = {"wanted": wanted, "skipped": {}, "lone": {}}
        return write_pictures(folder, _read_all(origins, facts, progress), facts)


def _kept(folder: Path, wanted: dict[str, object]) -> Pictures | None:
    """Return the pictures in a folder, when they are whole and the ones that are wanted."""
    try:
        kept = Pictures(folder)
    except FileProblem:
        return None
    return kept if kept.facts.get("wanted") == wanted else None


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Wait until no other run gathers into a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        while not lock.held:
            progress.check()
            progress.report(0, 1, f"Waiting for another run that gathers into {folder}")
            time.sleep(_PATIENCE)
            lock = FileLock(folder / LOCK)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _read_all(
    origins: list[Origin], facts: dict[str, object], progress: Progress
) -> Iterator[tuple[dict[str, object], Pixels]]:
    """Yield what `write_pictures` lays down; groups are filled in once a source is through."""
    skipped, lone = Skipped(), {}
    count = 0
    for number, origin in enumerate(origins):
        told: list[dict[str, object]] = []
        members: list[Member] = []
        for found, pixels, colours in _read(origin, number / len(origins), skipped, progress):
            members.append(Member(found.name, found.label, found.case, colours))
            told.append({"name": found.name, "source": number, "label": found.label})
            yield told[-1], pixels
        count += len(told)
        nothing = part(members, origin.source)
        if nothing:
            lone[origin.source.path] = nothing
        for entry, member in zip(told, members, strict=True):
            entry.update(group=member.group, held_out=member.held_out)
    facts.update(skipped=asdict(skipped), lone=lone)
    if not count:
        raise _nothing(skipped, origins[0].data)


def _read(
    origin: Origin, start: float, skipped: Skipped, progress: Progress
) -> Iterator[tuple[Found, Pixels, Colours | None]]:
    """Yield the pictures of a source, and note those that are left out."""
    work = partial(_brought, source=origin.source, data=origin.data)
    length, count = 1 / len(origin.data.sources), 0
    with Shelf() as shelf, closing(_ahead(origin.found(shelf, progress), work)) as stream:
        for found, outcome in stream:
            progress.check()
            count += 1
            words = f"Reading {origin.source.path} ({count:,})"
            progress.report(start + length * found.at, 1, words)
            if isinstance(outcome, UserError):
                logger.warning("%s of %s is left out: %s", found.name, origin.there, outcome)
                skipped.unreadable.append(found.name)
                skipped.why[found.name] = outcome.message
            elif min(outcome.pixels.shape[:2]) < origin.data.smallest:
                skipped.small.append(found.name)
            else:
                yield found, outcome.pixels, outcome.colours


def _ahead(
    items: Iterable[Item], work: Callable[[Item], Outcome]
) -> Generator[tuple[Item, Outcome], None, None]:
    """Yield each item and what became of it, in order; the next few are worked on meanwhile."""
    waiting: deque[tuple[Item, Future[Outcome]]] = deque()
    threads = min(AT_ONCE, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, "gathering") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(work, item)))
                if len(waiting) > threads:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _brought(found: Found, source: Source, data: Data) -> Brought | UserError:
    """Read a picture and bring it to the run's resolution; or return what was wrong with it."""
    try:
        picture = found.load()
        pixels = picture if found.scaled else _scaled(picture, source, data, found.name)
    except UserError as error:
        return error
    colours = colours_of(picture) if source.groups == ALIKE else None
    return Brought(pixels, colours)


def _scaled(picture: Pixels, source: Source, data: Data, name: str) -> Pixels:
    """Return the middle of a picture at the run's resolution."""
    height, width = (max(1, round(n * source.crop)) for n in picture.shape[:2])
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    picture = picture[top : top + height, left : left + width]
    factor = (source.pixel or data.pixel.size) / data.pixel.size
    if abs(factor - 1) < SAME_SCALE:
        return picture
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size[0] * size[1] > MOST_PIXELS:
        raise oversized(Path(name), f"it would have {size[0]:,} × {size[1]:,} pixels in the run")
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def _nothing(skipped: Skipped, data: Data) -> BadRequest:
    """Say why there is not one picture to train on."""
    reasons = []
    if skipped.unreadable:
        first = skipped.why[skipped.unreadable[0]]
        reasons.append(f"{len(skipped.unreadable):,} could not be read ({first})")
    if skipped.small:
        reasons.append(
            f"{len(skipped.small):,} are smaller than {data.smallest} pixels at "
            f"{data.pixel.size:g} {data.pixel.unit}"
        )
    return BadRequest(
        f"There is not one picture to train on: {' and '.join(reasons)}.",
        "Check `path`, `pixel` and `smallest` in [data].",
    )


def facts_of(pictures: Pictures) -> str:
    """Return in words how many pictures there are, and how many were left out."""
    skipped = pictures.facts["skipped"]
    held = sum(entry.held_out for entry in pictures.entries)
    words = [
        f"{len(pictures):,} pictures, {pictures.megapixels:,.0f} megapixels, {held:,} held out"
    ]
    if skipped["unreadable"]:
        words.append(f"{len(skipped['unreadable']):,} unreadable left out")
    if skipped["small"]:
        words.append(f"{len(skipped['small']):,} too small left out")
    for path, classes in pictures.facts.get("lone", {}).items():
        named = ", ".join(name or "(none)" for name in classes)
        words.append(f"too few of {named} in {path} to hold any out")
    return "; ".join(words)
