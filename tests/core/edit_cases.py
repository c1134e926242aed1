"""Grids and edits by chance, for properties that all edits have."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from ssldiff_gui.core.edits import (
    Cells,
    Clear,
    Cluster,
    Corners,
    Edit,
    Erase,
    Interpolate,
    Paint,
    Rectangle,
    Replace,
    Runs,
    Sample,
    Selection,
    Similar,
    Stamp,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
)
from ssldiff_gui.core.grid import EmbeddingGrid

ROWS, COLUMNS, DIM = 6, 7, 5
GLASS = ((0, 6), (3, 3), (5, 0))
"""Cells without an embedding in `made`."""


def made(seed: int = 0, rows: int = ROWS, columns: int = COLUMNS, dim: int = DIM) -> EmbeddingGrid:
    chance = np.random.default_rng(seed)
    valid = np.ones((rows, columns), bool)
    for row, column in GLASS:
        if row < rows and column < columns:
            valid[row, column] = False
    vectors = chance.normal(size=(rows, columns, dim)) * chance.uniform(1, 9)
    return EmbeddingGrid(vectors.astype(np.float32), "tiny-1", 224, valid=valid)


def bits(grid: EmbeddingGrid) -> bytes:
    return grid.vectors.tobytes() + grid.mask.tobytes()


SOURCES = {"original": made(1), "other": made(2, 4, 9)}

cells_with = st.tuples(st.integers(0, 3), st.integers(0, 5)).filter(lambda cell: cell not in GLASS)
any_cell = st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1))
grid_names = st.sampled_from([None, "other"])
feathers = st.integers(0, 3)
points = st.tuples(st.floats(-2, 8, width=32), st.floats(-2, 8, width=32))
strokes = st.builds(
    Stroke,
    points=st.lists(points, min_size=1, max_size=4).map(tuple),
    radius=st.floats(0, 4, width=32),
    softness=st.floats(0, 1, width=32),
)
rectangles = st.builds(
    Rectangle,
    row=st.integers(-3, 5),
    column=st.integers(-3, 6),
    rows=st.integers(3, 6),
    columns=st.integers(3, 6),
    feather=feathers,
)


def chosen(cell: Any, most: int = 4) -> Any:
    return st.lists(cell, min_size=1, max_size=most).map(tuple)


masks = st.lists(st.booleans(), min_size=ROWS * COLUMNS, max_size=ROWS * COLUMNS).filter(any)


def runs_of(chosen: list[bool], feather: int) -> Runs:
    return Runs.of(np.array(chosen).reshape(ROWS, COLUMNS), feather)


selections: st.SearchStrategy[Selection] = st.one_of(
    st.builds(Cells, cells=chosen(any_cell, 12), feather=feathers),
    rectangles,
    st.builds(runs_of, masks, feathers),
    strokes,
    st.builds(
        Similar,
        cells=chosen(cells_with),
        grid=grid_names,
        threshold=st.floats(-1, 1, width=32),
        feather=feathers,
    ),
    st.builds(Cluster, cell=cells_with, clusters=st.integers(2, 5), seed=st.integers(0, 3)),
    st.just(Whole()),
)
samples = st.builds(Sample, cells=chosen(cells_with), grid=grid_names)
opacities = st.sampled_from([1.0, 1.0, 0.75, 0.3, 0.0])
amounts = st.floats(-3, 3, width=32)

EDITS: dict[str, st.SearchStrategy[Edit]] = {
    "paint": st.builds(
        Paint,
        where=selections,
        embedding=samples,
        opacity=opacities,
        spread=st.sampled_from([0, 0, 1, 3, 100]),
        seed=st.integers(0, 2**63 - 1),
    ),
    "stamp": st.builds(
        Stamp,
        where=selections,
        offset=st.tuples(st.integers(-4, 4), st.integers(-4, 4)),
        grid=grid_names,
        opacity=opacities,
    ),
    "transplant": st.builds(
        Transplant,
        row=st.integers(-2, 5),
        column=st.integers(-2, 8),
        rows=st.integers(1, 5),
        columns=st.integers(1, 5),
        to=st.tuples(st.integers(-4, 7), st.integers(-4, 8)),
        grid=grid_names,
        feather=feathers,
        opacity=opacities,
    ),
    "interpolate": st.builds(
        Interpolate, along=strokes, ends=st.tuples(samples, samples), opacity=opacities
    ),
    "corners": st.builds(
        Corners,
        over=rectangles,
        corners=st.tuples(samples, samples, samples, samples),
        opacity=opacities,
    ),
    "vary": st.builds(
        Vary,
        where=selections,
        amount=st.floats(0, 3, width=32),
        seed=st.integers(0, 2**63 - 1),
        reach=st.integers(1, 2),
        opacity=opacities,
    ),
    "steer": st.builds(
        Steer, where=selections, away=samples, towards=samples, amount=amounts, opacity=opacities
    ),
    "replace": st.builds(
        Replace,
        where=selections,
        by=samples,
        manner=st.sampled_from(["match", "shift"]),
        opacity=opacities,
    ),
    "erase": st.builds(Erase, where=selections, opacity=opacities),
    "clear": st.builds(Clear, where=selections, opacity=opacities),
}


def confined(edit: Edit, within: Selection | None) -> Edit:
    return edit.model_copy(update={"within": within})


edits: st.SearchStrategy[Edit] = st.builds(
    confined, st.one_of(*EDITS.values()), st.one_of(st.none(), st.none(), selections)
)
