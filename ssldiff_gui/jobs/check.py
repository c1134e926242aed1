"""The check map: a finished picture embedded again, against the grid that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Vectors
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.evaluation.consistency import CheckMap, check_map

if TYPE_CHECKING:
    from ssldiff_gui.models.encoders import TimmEncoder

BATCH = 64
"""Cells the encoder sees at once."""


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
    """

    grid: EmbeddingGrid
    map: CheckMap
    encoder: str


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
        judge = load_encoder(encoder or grid.encoder, device)
        if judge.spec.id != grid.encoder:
            raise BadRequest(
                f"The grid was made with {grid.encoder}, not with {judge.spec.id}.",
                "Leave the encoder out: the grid names its own.",
            )
        found = embed_again(seen, grid, judge, progress)
    return CheckResult(grid, check_map(grid.vectors, found, grid.mask), grid.encoder)


def embed_again(
    seen: Seen, grid: EmbeddingGrid, judge: TimmEncoder, progress: Progress | None = None
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
    """
    watch = progress or Silent()
    found = np.zeros_like(grid.vectors)
    for row in range(grid.rows):
        watch.check()
        wanted = grid.mask[row]
        if wanted.any():
            cells = _cells(seen, grid, row, wanted)
            parts = [cells[at : at + BATCH] for at in range(0, len(cells), BATCH)]
            found[row, wanted] = np.concatenate([judge.embed(part) for part in parts])
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
