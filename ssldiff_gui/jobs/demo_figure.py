"""The demo's figure: its pixels are fetched, its words are chosen."""

from __future__ import annotations

import os
from pathlib import Path

from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import EmbeddingGrid, Mask
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.jobs.check import CheckResult
from ssldiff_gui.jobs.comparison import RGB, Comparison, comparison_figure
from ssldiff_gui.jobs.demo_folder import FIGURE, DemoFolder
from ssldiff_gui.jobs.demo_places import Journey
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.export import record_of
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.figure_png import write_figure
from ssldiff_gui.storage.grids import load_grid


def draw_figure(
    journey: Journey, folder: DemoFolder, checked: CheckResult, changed: Mask, seconds: float
) -> Path:
    """Write original | grid | result | check map as one PNG; return where it is.

    Parameters
    ----------
    journey, folder
        Of the demo.
    checked
        The check map.
    changed
        (rows, columns): cells that were transplanted.
    seconds
        That rendering took.
    """
    with open_slide(journey.slide) as slide:
        original = _pixels(slide.scenes[0], load_grid(folder.grid))
        donor = _pixels(slide.scenes[0], load_grid(folder.donor))
    with Canvas.open(folder.canvas) as canvas:
        record = record_of(extract_of(canvas, None, 0), Silent())
        result = canvas.read(Box(0, 0, canvas.width, canvas.height))
    recipe = record.recipe
    made = (recipe.model, f"{recipe.steps} steps", f"seed {recipe.seed}")
    shown = Comparison(
        original=original,
        result=result,
        grid=checked.grid,
        changed=changed,
        check=checked.map,
        title="A region becomes embeddings, is edited, and is rendered again",
        subtitle="  ·  ".join((journey.sample, *_sizes(checked.grid), *made)),
        told=_told(journey, checked, changed, seconds),
        scale=checked.grid.scale,
        donor=donor,
        original_synthetic=True,
    )
    what = "A region, its grid of embeddings, what was rendered from it, and how well it fits."
    return write_figure(folder.path / FIGURE, comparison_figure(shown), record, what)


def _pixels(scene: object, grid: EmbeddingGrid) -> RGB:
    from ssldiff_gui.slides.scene import Scene

    assert isinstance(scene, Scene)  # noqa: S101 - a slide has scenes
    region = grid.region
    assert region is not None  # noqa: S101 - it was taken from a slide
    return scene.read(Region(region.box, region.downsample))


def _sizes(grid: EmbeddingGrid) -> tuple[str, ...]:
    cells = f"{grid.rows * grid.columns:,} cells"
    scale = grid.scale
    if scale is None:
        return (cells,)
    wide, high = (count * grid.cell * scale.x for count in (grid.columns, grid.rows))
    return (
        f"{_length(wide)} × {_length(high)} {scale.unit}",
        f"{cells} of {_length(grid.cell * scale.x)} {scale.unit}",
    )


def _length(size: float) -> str:
    return f"{size:,.0f}" if size >= 100 else f"{size:.3g}"


def _told(
    journey: Journey, checked: CheckResult, changed: Mask, seconds: float
) -> tuple[str, str, str]:
    rows, columns = (int(changed.any(axis).sum()) for axis in (1, 0))
    cores = os.cpu_count() or 1
    inside = checked.map.within(changed).summary().get("centred")
    likeness = "" if inside is None else f" Likeness in the outlined cells: {inside:.2f}."
    replaced = (
        f"The outlined {rows} × {columns} cells were replaced by those of the small picture, "
        f"which come from elsewhere on the {journey.place}."
    )
    coloured = (
        f"Every cell is {checked.grid.dim} numbers. Cells of alike colours look alike to the "
        "encoder; lightness is the direction in which they differ most."
    )
    rendered = (
        f"Rendered in {seconds:.0f} s on {cores} {'core' if cores == 1 else 'cores'}, without a "
        f"GPU. The same seed gives the same picture, another one a variation.{likeness}"
    )
    return replaced, coloured, rendered
