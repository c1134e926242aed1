"""Canvases as files that other programs open; every one of them says that it is synthetic."""

from __future__ import annotations

import hashlib
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numcodecs import zstd
from pydantic import JsonValue

from ssldiff_gui.core.errors import (
    BadRequest,
    MissingFile,
    NeedsConsent,
    OversizedRequest,
    Unfinished,
)
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.storage.atomic import write_bytes
from ssldiff_gui.storage.export_formats import Format, format_of
from ssldiff_gui.storage.extract import RGB, Extract, Picture
from ssldiff_gui.storage.marking import (
    description_of,
    marked,
    program,
    sidecar_of,
)
from ssldiff_gui.storage.placing import placing, placing_folder
from ssldiff_gui.storage.preflight import check_space, in_words
from ssldiff_gui.storage.provenance import Record, pack

ROWS = 256
"""That are hashed at once."""

SAMPLES, SAMPLE = 16, 256
"""How many squares of how many pixels tell how well the picture packs."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Parameters
    ----------
    path, sidecar
        The picture, and the JSON beside it.
    format
        In words.
    width, height
        In pixels.
    sha256
        Of the pixels, row by row in RGB, when they are the whole canvas without loss.
    missing
        Tiles that were not finished, and are white.
    bytes
        On disk.
    seconds
        That it took.
    """

    path: Path
    sidecar: Path
    format: str
    width: int
    height: int
    sha256: str | None
    missing: int
    bytes: int
    seconds: float


def export(
    extract: Extract,
    output: Path,
    *,
    partial: bool = False,
    yes: bool = False,
    quality: int | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write a part of a canvas; the suffix of the file says the format.

    Parameters
    ----------
    extract
        What to write.
    output
        Where to; "synthetic" is put into the name when it is not in it.
    partial
        Whether to go on when tiles are missing; they are white.
    yes
        Whether to go on when the file will be hard to open.
    quality
        1 to 100, of a JPEG.
    progress
        Who is told, and asked whether to go on.

    Raises
    ------
    Unfinished
        When tiles are missing.
    BadRequest, OversizedRequest, NeedsConsent
        When the format does not suit the picture.
    NoSpace, FileProblem
        When it cannot be written; nothing is left of the attempt.
    """
    began = time.monotonic()
    progress = progress or Silent()
    kind = format_of(output, extract)
    path = marked(output)
    _check_place(path, kind)
    _check_missing(extract, partial=partial)
    _check_size(extract, kind, yes=yes)
    check_space(path.parent, _needed(extract, kind))
    record = record_of(extract, progress)
    size = _write(extract, path, kind, record, quality=quality, progress=progress)
    whole = kind.lossless and extract.whole
    return Exported(
        path=path,
        sidecar=sidecar_of(path),
        format=kind.title,
        width=extract.width,
        height=extract.height,
        sha256=record.sha256 if whole else None,
        missing=extract.missing,
        bytes=size,
        seconds=time.monotonic() - began,
    )


def record_of(extract: Extract, progress: Progress) -> Record:
    """Return what goes with an export; the canvas is hashed when it is whole."""
    picture = extract.picture
    rows, columns = picture.layout.tiles()
    complete = len(picture.done) == rows * columns
    return Record(
        recipe=picture.recipe,
        grid=picture.grid,
        title=picture.name,
        created_by=program(),
        sha256=_digest(picture, progress) if complete else None,
        box=None if extract.whole else extract.corner,
        level=extract.level,
        layout=picture.areas,
    )


def _digest(picture: Picture, progress: Progress) -> str:
    """Return the SHA-256 of level 0, as canvases have it; one may ask for an end on the way."""
    found = hashlib.sha256()
    for y in range(0, picture.height, ROWS):
        progress.check()
        rows = min(ROWS, picture.height - y)
        found.update(picture.read(Box(0, y, picture.width, rows)).tobytes())
        progress.report(y + rows, picture.height, "Hashing the canvas")
    return found.hexdigest()


def _write(
    extract: Extract,
    path: Path,
    kind: Format,
    record: Record,
    *,
    quality: int | None,
    progress: Progress,
) -> int:
    """Write picture and sidecar, the picture last, so that none is ever without; return bytes."""
    text = pack(record)
    options = {} if quality is None or kind.lossless else {"quality": quality}
    with (placing_folder if kind.folder else placing)(path) as fresh:
        kind.writer()(extract, fresh, record, text, progress, **options)
        size = _size(fresh)
        facts: dict[str, JsonValue] = {
            "name": path.name,
            "format": kind.title,
            "width": extract.width,
            "height": extract.height,
            "bytes": size,
            "missing_tiles": extract.missing,
            "description": description_of(record),
        }
        write_bytes(sidecar_of(path), pack(record, facts).encode())
    return size


def _check_place(path: Path, kind: Format) -> None:
    if not path.parent.is_dir():
        raise MissingFile(
            path.parent,
            f"The folder {path.parent.name} does not exist.",
            "Make it, or choose another.",
        )
    if kind.folder and path.exists() and not _is_export(path):
        raise BadRequest(f"{path.name} is there already, and is no export.", "Choose another name.")
    if not kind.folder and path.is_dir():
        raise BadRequest(f"{path.name} is a folder.", "Choose another name.")


def _is_export(path: Path) -> bool:
    from ssldiff_gui.storage.export_zarr import RECORD

    return (path / RECORD).is_file()


def _check_missing(extract: Extract, *, partial: bool) -> None:
    if not extract.missing or partial:
        return
    failed = len(extract.picture.failed)
    words = f" ({failed:,} of the canvas failed)" if failed else ""
    raise Unfinished(
        f"{extract.missing:,} of the tiles are not rendered yet{words}.",
        "Go on with `ssldiff generate … --resume`, or export them white with --partial.",
    )


def _check_size(extract: Extract, kind: Format, *, yes: bool) -> None:
    pixels = extract.box.area
    size = f"{extract.width:,} × {extract.height:,} pixels"
    opening = in_words(pixels * 4)
    smaller = "or a smaller part with --region or --level"
    if kind.most_pixels is not None and pixels > kind.most_pixels:
        raise OversizedRequest(
            f"{size} are too many for a {kind.title}: opening it would take {opening} of memory.",
            f"Export an OME-TIFF (.ome.tif), {smaller}.",
        )
    if kind.hard_pixels is not None and pixels > kind.hard_pixels and not yes:
        writing = f"{in_words(pixels * kind.memory)} of memory to write and " * bool(kind.memory)
        raise NeedsConsent(
            f"A {kind.title} of {size} takes {writing}{opening} to open; many programs refuse it.",
            f"Export an OME-TIFF (.ome.tif), {smaller}, or go on with --yes.",
        )


def _needed(extract: Extract, kind: Format) -> int:
    """Return about how many bytes the export takes, judged by samples of the picture."""
    ratio = _ratio(extract, kind) if kind.lossless else 0.25
    record = extract.picture.grid.vectors.nbytes * 5 // 2
    return round(extract.box.area * 3 * ratio * kind.copies) + record


def _ratio(extract: Extract, kind: Format) -> float:
    """Return bytes packed for each byte of pixels."""
    side = SAMPLE
    across, down = (max(1, -(-length // side)) for length in (extract.width, extract.height))
    step = max(1, across * down // SAMPLES)
    packed = raw = 0
    for number in range(0, across * down, step):
        row, column = divmod(number, across)
        box = Box(column * side, row * side, side, side)
        pixels = extract.read(box.intersect(Box(0, 0, extract.width, extract.height)))
        packed += _packed(pixels, kind)
        raw += pixels.nbytes
    return packed / raw


def _packed(pixels: RGB, kind: Format) -> int:
    """Return the bytes of a square in a lossless format: planes, or differences of neighbours."""
    if kind.folder:
        return sum(len(zstd.compress(np.ascontiguousarray(pixels[..., i]), 1)) for i in range(3))
    return len(zlib.compress(np.diff(pixels, axis=1, prepend=np.uint8(0)).tobytes(), 1))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
