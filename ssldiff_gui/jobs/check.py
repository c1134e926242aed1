"""The check map: a finished picture embedded again, against the grid that it was made from."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.requests import CheckRequest
from ssldiff_gui.evaluation.consistency import CheckMap, check_map
from ssldiff_gui.storage.check_files import CheckFacts, CheckFile, Marks, load_check, save_check

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.models.encoders import TimmEncoder

BATCH = 64
"""Cells the encoder sees at once."""

LOW = 0.5
"""Likeness below which a cell does not show what was asked for; the starters reach 0.95."""


@dataclass(frozen=True, slots=True, eq=False)
class CheckResult:
    """What came of checking a picture.

    Parameters
    ----------
    grid
        What was asked for.
    map
        Requested against found, cell by cell.
    encoder
        Id of what judged: the grid's own encoder.
    found
        (rows, columns, dim) float32: what the picture looks like to it.
    marks
        (rows, columns) uint32: checksums of the cells' pixels.
    embedded
        How many cells were embedded for it; the others were known.
    """

    grid: EmbeddingGrid
    map: CheckMap
    encoder: str
    found: Vectors
    marks: Marks
    embedded: int


class Seen(Protocol):
    """Pixels, wherever they are."""

    @property
    def width(self) -> int:
        """In pixels."""
        ...

    @property
    def height(self) -> int:
        """In pixels."""
        ...

    def read(self, box: Box) -> npt.NDArray[np.uint8]:
        """Return (height, width, 3) uint8 RGB."""
        ...


def check(
    picture: str | Path,
    *,
    encoder: str | Path | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    models: Kept | None = None,
    known: CheckFile | None = None,
) -> CheckResult:
    """Embed a picture again and compare it with the grid that it carries.

    Parameters
    ----------
    picture
        A canvas, or a whole export of one at its full resolution.
    encoder
        Name or folder; the installed one that made the grid when None.
    device
        As for `embed`.
    progress
        Who watches, and may ask for an end.
    models
        Those that are loaded already.
    known
        An earlier check: cells with the same pixels are not embedded again.

    Raises
    ------
    BadRequest
        The picture shows a part or another resolution only, or another encoder is named.
    MissingModel, FileProblem
        The encoder is not installed; the picture cannot be read or says nothing of its grid.
    """
    from ssldiff_gui.models.encoders import load_encoder

    with _opened(Path(picture)) as (seen, grid):
        if (seen.width, seen.height) != (grid.columns * grid.cell, grid.rows * grid.cell):
            raise BadRequest(
                f"{Path(picture).name} does not show the whole canvas at its full resolution.",
                "Check the canvas itself, or export all of it.",
            )
        load = load_encoder if models is None else models.encoder
        judge = load(encoder or grid.encoder, device)
        if judge.spec.id != grid.encoder:
            raise BadRequest(
                f"The grid was made with {grid.encoder}, not with {judge.spec.id}.",
                "Leave the encoder out: the grid names its own.",
            )
        if known is not None and not _fits(known, grid):
            known = None
        marks = np.zeros(grid.mask.shape, np.uint32)
        found = embed_again(seen, grid, judge, progress, marks=marks, known=known)
    count = int((grid.mask if known is None else grid.mask & (marks != known.marks)).sum())
    shown = check_map(grid.vectors, found, grid.mask)
    return CheckResult(grid, shown, grid.encoder, found, marks, count)


def check_to_file(
    request: CheckRequest, progress: Progress | None = None, *, models: Kept | None = None
) -> tuple[CheckFile, int, float]:
    """Check a canvas and write what was found; return it, the cells embedded, and the seconds.

    Parameters
    ----------
    request
        What to check.
    progress, models
        As for `check`.
    """
    began, output = time.monotonic(), Path(request.output)
    done = check(
        request.canvas,
        encoder=request.encoder,
        device=request.device,
        progress=progress,
        models=models,
        known=_known(output),
    )
    facts, likeness = done.map.summary(), done.map.centred
    file = CheckFile(
        CheckFacts(
            encoder=done.encoder,
            grid=done.grid.digest(),
            cells=done.map.cells,
            mean=facts.get("centred"),
            low=float((likeness < LOW).sum() / done.map.cells) if done.map.cells else None,
            low_below=LOW,
            told_apart=facts.get("told_apart"),
        ),
        *(done.map.centred, done.map.raw, done.map.apart, done.found, done.marks),
    )
    output.parent.mkdir(parents=True, exist_ok=True)
    save_check(output, file)
    return file, done.embedded, time.monotonic() - began


def _fits(known: CheckFile, grid: EmbeddingGrid) -> bool:
    return known.facts.encoder == grid.encoder and known.found.shape == grid.vectors.shape


def _known(output: Path) -> CheckFile | None:
    """Return an earlier check; one that cannot be read is made anew."""
    try:
        return load_check(output)
    except UserError:
        return None


def embed_again(
    seen: Seen,
    grid: EmbeddingGrid,
    judge: TimmEncoder,
    progress: Progress | None = None,
    *,
    marks: Marks | None = None,
    known: CheckFile | None = None,
) -> Vectors:
    """Return (rows, columns, dim) float32: what the cells of a picture look like to an encoder.

    Parameters
    ----------
    seen
        Of the grid's size, in whole cells.
    grid
        Says which cells there are; zeros come back for the others.
    judge
        The encoder.
    progress
        Who watches.
    marks
        (rows, columns): filled with checksums of the cells' pixels.
    known
        An earlier check: cells with the same pixels are not embedded again.
    """
    watch = progress or Silent()
    found = np.zeros_like(grid.vectors)
    marks = np.zeros(grid.mask.shape, np.uint32) if marks is None else marks
    for row in range(grid.rows):
        watch.check()
        wanted = np.flatnonzero(grid.mask[row])
        if len(wanted):
            cells = _cells(seen, grid, row, grid.mask[row])
            marks[row, wanted] = [zlib.crc32(cell.data) for cell in cells]
            same = np.zeros(len(wanted), np.bool_)
            if known is not None:
                same = known.marks[row, wanted] == marks[row, wanted]
                found[row, wanted[same]] = known.found[row, wanted[same]]
            for at in range(0, int((~same).sum()), BATCH):
                watch.check()
                part = np.flatnonzero(~same)[at : at + BATCH]
                found[row, wanted[part]] = judge.embed(cells[part])
        watch.report(row + 1, grid.rows, "Checking what was rendered")
    return found


def _cells(seen: Seen, grid: EmbeddingGrid, row: int, wanted: Mask) -> npt.NDArray[np.uint8]:
    """Return (n, cell, cell, 3): the wanted cells of a row."""
    side = grid.cell
    strip = seen.read(Box(0, row * side, grid.columns * side, side))
    cells = strip.reshape(side, grid.columns, side, 3).swapaxes(0, 1)
    return np.ascontiguousarray(cells[wanted])


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Seen, EmbeddingGrid]]:
    """Open a canvas, or an export with its record, whichever it is."""
    from ssldiff_gui.storage.canvas import Canvas
    from ssldiff_gui.storage.canvas_files import LEDGER
    from ssldiff_gui.storage.records import read_record

    if (path / LEDGER).is_file():
        with Canvas.open(path) as canvas:
            yield canvas, canvas.grid
        return
    record = read_record(path)
    from ssldiff_gui.slides import open_slide

    with open_slide(path) as slide:
        yield _Export(slide.scenes[0]), record.grid


class _Export:
    """The pixels of an export, through the readers that every slide is read with."""

    def __init__(self, scene: object) -> None:
        from ssldiff_gui.slides.scene import Scene

        assert isinstance(scene, Scene)  # noqa: S101 - a slide has scenes
        self._scene = scene
        self.width, self.height = scene.width, scene.height

    def read(self, box: Box) -> npt.NDArray[np.uint8]:
        from ssldiff_gui.core.geometry import Region

        return self._scene.read(Region(box))
