"""`FigureRequest` → a PNG: original, grid, what was rendered, and how well it fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.requests import FigureRequest
from ssldiff_gui.evaluation.consistency import CheckMap
from ssldiff_gui.jobs.comparison import RGB, SIDE, Comparison, comparison_figure
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.check_files import load_check
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.figure_png import write_figure
from ssldiff_gui.storage.marking import program
from ssldiff_gui.storage.provenance import Record

TITLE = "A region, its embeddings, and what was rendered from them"
LARGEST = 2 * SIDE
"""Pixels on a side that are drawn from; a level that has so many is read."""


def draw_figure(request: FigureRequest, progress: Progress | None = None) -> Path:
    """Draw the figure; return where it is, with "synthetic" in its name.

    Raises
    ------
    BadRequest
        The check is of another grid.
    FileProblem, NoSpace
        A file cannot be read, or the figure not be written.
    """
    watch = progress or Silent()
    watch.report(0, 3, "Drawing the figure")
    with Canvas.open(Path(request.canvas)) as canvas:
        grid, recipe = canvas.grid, canvas.recipe
        result = _picture(canvas)
        picture = extract_of(canvas, None, 0).picture
        record = Record(recipe, grid, picture.name, program(), layout=canvas.areas)
    watch.check()
    watch.report(1, 3, "Drawing the figure")
    original = _original(request, grid)
    check = _check(request, grid)
    watch.check()
    watch.report(2, 3, "Drawing the figure")
    made = (recipe.model, f"{recipe.steps} steps", f"seed {recipe.seed}")
    shown = Comparison(
        original=result if original is None else original,
        result=result,
        grid=grid,
        changed=np.zeros(grid.mask.shape, np.bool_),
        check=check,
        title=TITLE,
        subtitle="  ·  ".join((record.title, *_sizes(grid), *made)),
        told=_told(request, grid),
        scale=grid.scale if original is None else _scale_of(grid, original),
        original_synthetic=original is None,
    )
    what = "A region, its grid of embeddings, what was rendered from it, and how well it fits."
    output = Path(request.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    return write_figure(output, comparison_figure(shown), record, what)


def _picture(canvas: Canvas) -> RGB:
    """Return the whole canvas, from the coarsest level that is large enough."""
    level = 0
    for number, size in enumerate(canvas.levels):
        if max(size) >= LARGEST:
            level = number
    return canvas.read(Box(0, 0, *canvas.levels[level]), level)


def _original(request: FigureRequest, grid: EmbeddingGrid) -> RGB | None:
    """Return what the grid was taken from, no larger than it is drawn."""
    if request.slide is None or grid.region is None:
        return None
    from ssldiff_gui.slides import open_slide

    box = grid.region.box
    least = max(box.width, box.height) / LARGEST
    with open_slide(request.slide) as slide:
        if not 0 <= request.scene < len(slide.scenes):
            raise BadRequest(
                f"{slide.path.name} has no scene {request.scene}.", "Leave the original out."
            )
        return slide.scenes[request.scene].read(Region(box, max(grid.region.downsample, least)))


def _scale_of(grid: EmbeddingGrid, original: RGB) -> Scale | None:
    if grid.scale is None:
        return None
    ratio = grid.columns * grid.cell / original.shape[1]
    return Scale(grid.scale.x * ratio, grid.scale.y * ratio, grid.scale.unit)


def _check(request: FigureRequest, grid: EmbeddingGrid) -> CheckMap:
    if request.check is None:
        nothing = np.full(grid.mask.shape, np.nan, np.float32)
        return CheckMap(nothing, nothing, nothing)
    found = load_check(Path(request.check))
    if found.facts.grid != grid.digest():
        raise BadRequest(
            "The check is of another grid than the canvas.", "Check the canvas again first."
        )
    return CheckMap(found.raw, found.centred, found.apart)


def _sizes(grid: EmbeddingGrid) -> tuple[str, ...]:
    cells = f"{grid.rows} × {grid.columns} cells"
    if grid.scale is None:
        return (cells,)
    wide, high = (count * grid.cell * grid.scale.x for count in (grid.columns, grid.rows))
    return f"{wide:,.4g} × {high:,.4g} {grid.scale.unit}", cells


def _told(request: FigureRequest, grid: EmbeddingGrid) -> tuple[str, str, str]:
    source = "" if grid.source is None else f" of {grid.source.name}"
    first = f"The region{source} that was embedded." if request.slide else (
        "There is no original: this is the rendering itself."
    )  # fmt: skip
    return (
        first,
        f"Every cell is {grid.dim} numbers. Cells of alike colours look alike to the encoder.",
        "Synthetic: rendered from the grid alone, not for diagnosis.",
    )
