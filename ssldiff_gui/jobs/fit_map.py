"""`MapRequest` → a map between two encoders, fitted and measured; and grids put through it."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.specs import Licence, MapSpec, PartSpec
from ssldiff_gui.models.maps import (
    EncoderMap,
    Linear,
    Sums,
    explained,
    likeness,
    load_map,
    pixel_of,
    save_map,
)
from ssldiff_gui.storage.grid_files import check_output, read_grid, write_grid
from ssldiff_gui.storage.grids import GridRecord

FEWEST = 16
"""Cells that a map can be fitted to and measured on."""

RIDGES = tuple(float(n) for n in np.logspace(-6, 2, 17))
SAME = 0.02
_BLOCK = 4
"""Side in cells of the blocks that are held out together: cells beside each other are alike."""

_FEW_BLOCKS = 12
_REQUEST = "request.json"

Pair = tuple[EmbeddingGrid, EmbeddingGrid, tuple[str, str]]
"""Grids of one place by both encoders, and the names of their files."""

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Cells seen by both encoders.

    Parameters
    ----------
    source, target
        (cells, values).
    blocks
        (cells,): which block each cell is of.
    """

    source: npt.NDArray[np.float32]
    target: npt.NDArray[np.float32]
    blocks: npt.NDArray[np.int64]

    def some(self, chosen: Mask) -> Pairs:
        """Return some of the cells."""
        return Pairs(self.source[chosen], self.target[chosen], self.blocks[chosen])

    def parted(self, share: float, random: np.random.Generator) -> tuple[Pairs, Pairs]:
        """Return those to fit to, and those held out: whole blocks, about that share."""
        there = np.unique(self.blocks)
        count = min(max(1, round(share * len(there))), len(there) - 1)
        held = np.isin(self.blocks, random.permutation(there)[:count])
        return self.some(~held), self.some(held)


def fit_map(request: MapRequest, progress: Progress | None = None) -> dict[str, JsonValue]:
    """Fit a map and write it.

    Parameters
    ----------
    request
        Which grids; their encoders are what the map is between.
    progress
        Who watches, and may ask for an end.

    Raises
    ------
    IncompatibleGrid
        Two grids are not of the same places.
    BadRequest
        There are too few cells.
    """
    began, watch = time.monotonic(), progress or Silent()
    grids = _grids(request, watch)
    pairs = _pairs(grids)
    random = np.random.default_rng(request.seed)
    fitted, held = pairs.parted(request.held_out, random)
    ridge = request.ridge
    if ridge is None:
        watch.report(len(grids), len(grids) + 2, "Choosing how far the map is held back")
        ridge = _chosen(fitted, request.held_out, random, watch)
    watch.report(len(grids) + 1, len(grids) + 2, "Fitting the map")
    watch.check()
    linear = Sums.of(fitted.source, fitted.target).fitted(ridge)
    figures = _figures(linear, fitted, held)
    first = grids[0]
    spec = _spec(request, first[0], first[1], figures)
    facts: dict[str, JsonValue] = {
        "ridge": ridge, "cells": len(pairs.source), "fitted_to": len(fitted.source),
        "held_out": len(held.source), **figures,
        "notes": list(_notes(first[0], fitted, figures)),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / _REQUEST
        path.write_text(request.model_dump_json(indent=2) + "\n", "utf-8", newline="\n")
        save_map(
            request.output, spec, linear, licence=Licence(name="unknown"), card=_card(spec, facts),
            provenance=facts, others=[path],
        )  # fmt: skip
    watch.report(1, 1, "Done")
    return {
        "map": request.output, "name": spec.name, "source": spec.source, "target": spec.target,
        "seconds": time.monotonic() - began, **facts,
    }  # fmt: skip


def apply_map(grid: str | Path, folder: str | Path, output: str | Path) -> EmbeddingGrid:
    """Put a grid through a map and write what comes of it.

    The map's own facts, and those of the grid before it, go into the file.

    Parameters
    ----------
    grid
        Path of a grid.
    folder
        The map's.
    output
        The file to write.

    Raises
    ------
    IncompatibleGrid
        The map takes no such grid.
    """
    check_output(Path(output))
    found = load_map(folder)
    record = read_grid(Path(grid)).record
    made = found(record.grid)
    write_grid(Path(output), GridRecord(made, notes=_told(found, record)))
    return made


def _told(found: EncoderMap, record: GridRecord) -> dict[str, JsonValue]:
    """Return what a mapped grid's file says: whence it came, and how good the map is."""
    spec, before = found.spec, record.grid
    past: dict[str, JsonValue] = {
        "encoder": before.encoder, "digest": before.digest(), "cell": before.cell,
        "edits": len(record.edits), "notes": record.notes,
    }  # fmt: skip
    kept: dict[str, JsonValue] = {
        name: record.notes[name]
        for name in ("synthetic", "digital_source_type")
        if name in record.notes
    }
    words = (
        f"Mapped from {spec.source} by {spec.name}: its mean cosine in held-out cells was "
        f"{spec.likeness:.3f}, and the mean vector's {spec.baseline:.3f}."
    )
    about: dict[str, JsonValue] = {
        "name": spec.name, "likeness": spec.likeness, "baseline": spec.baseline,
    }  # fmt: skip
    return {**kept, "map": about, "note": words, "mapped_from": past}


def _grids(request: MapRequest, watch: Progress) -> list[Pair]:
    if len(request.source) != len(request.target):
        raise BadRequest(
            f"There are {len(request.source)} grids to map from, and {len(request.target)} to "
            "map to.",
            "Name both grids of each region, in the same order.",
        )
    found: list[Pair] = []
    for number, names in enumerate(zip(request.source, request.target, strict=True)):
        watch.check()
        watch.report(number, len(request.source) + 2, "Reading grids")
        a, b = (read_grid(Path(name)).record.grid for name in names)
        short = Path(names[0]).name, Path(names[1]).name
        _require_same_place(a, b, short)
        if found:
            _require_alike(found[0][0], a, short[0])
            _require_alike(found[0][1], b, short[1])
        found.append((a, b, short))
    if found[0][0].encoder == found[0][1].encoder:
        raise BadRequest(
            f"Both grids are of {found[0][0].encoder}.", "Nothing has to be mapped between them."
        )
    return found


def _require_same_place(a: EmbeddingGrid, b: EmbeddingGrid, names: tuple[str, str]) -> None:
    """Refuse two grids whose cells do not cover the same places; say what differs."""
    wrong = []
    if a.mask.shape != b.mask.shape:
        wrong.append(f"the one has {a.rows} × {a.columns} cells, the other {b.rows} × {b.columns}")
    elif (differ := int((a.mask != b.mask).sum())) > 0:
        wrong.append(f"{differ:,} cells are empty in one of them only")
    if a.source and b.source and a.source.fingerprint != b.source.fingerprint:
        wrong.append(f"they are of {a.source.name} and {b.source.name}")
    if a.region and b.region:
        ours, theirs = a.region.box, b.region.box
        if (ours.x, ours.y) != (theirs.x, theirs.y):
            wrong.append(f"they begin at {ours.x}, {ours.y} and {theirs.x}, {theirs.y}")
        if abs(a.footprint / b.footprint - 1) > SAME:
            wrong.append(
                f"their cells cover {a.footprint:g} and {b.footprint:g} pixels of the source"
            )
    if a.scale and b.scale:
        one, other = a.cell * a.scale.x, b.cell * b.scale.x
        if a.scale.unit != b.scale.unit or abs(one / other - 1) > SAME:
            wrong.append(
                f"their cells are {one:g} {a.scale.unit} and {other:g} {b.scale.unit} wide"
            )
    if wrong:
        raise IncompatibleGrid(
            f"{names[0]} and {names[1]} are not of the same places: {'; '.join(wrong)}.",
            "Embed one region with both encoders, in cells of the same size: choose encoders "
            "whose cells are equally wide, and the same --tissue.",
        )


def _require_alike(first: EmbeddingGrid, other: EmbeddingGrid, name: str) -> None:
    """Refuse grids of one side that are not of one encoder and size of cells."""
    same = (first.encoder, first.dim, first.cell) == (other.encoder, other.dim, other.cell)
    if same and first.scale and other.scale:
        near = abs(first.scale.x / other.scale.x - 1) <= SAME
        same = near and first.scale.unit == other.scale.unit
    if not same:
        raise IncompatibleGrid(
            f"{name} is of {other.encoder}, in cells of {other.cell} pixels, and the first grid "
            f"of {first.encoder}, in cells of {first.cell}.",
            "A map is between two encoders, at one scale each.",
        )


def _pairs(grids: Sequence[Pair]) -> Pairs:
    count = sum(int(a.mask.sum()) for a, _, _ in grids)
    if count < FEWEST:
        raise BadRequest(
            f"The grids have {count} cells with embeddings; {FEWEST} are the least.",
            "Embed a larger region, or several, with both encoders.",
        )
    large = sum(-(-a.rows // _BLOCK) * -(-a.columns // _BLOCK) for a, _, _ in grids)
    side = _BLOCK if large >= _FEW_BLOCKS else 1
    blocks, offset = [], 0
    for a, _, _ in grids:
        rows, columns = np.nonzero(a.mask)
        across = -(-a.columns // side)
        blocks.append(offset + rows // side * across + columns // side)
        offset += -(-a.rows // side) * across
    return Pairs(
        np.concatenate([a.vectors[a.mask] for a, _, _ in grids]),
        np.concatenate([b.vectors[b.mask] for _, b, _ in grids]),
        np.concatenate(blocks).astype(np.int64),
    )


def _chosen(fitted: Pairs, share: float, random: np.random.Generator, watch: Progress) -> float:
    """Return the weight of the penalty that does best on blocks held out of the fitted ones."""
    if len(np.unique(fitted.blocks)) < 2:
        return 1e-2
    inner, outer = fitted.parted(share, random)
    sums = Sums.of(inner.source, inner.target)
    errors = []
    for ridge in RIDGES:
        watch.check()
        errors.append(float(np.square(sums.fitted(ridge)(outer.source) - outer.target).sum()))
    return RIDGES[int(np.argmin(errors))]


def _figures(linear: Linear, fitted: Pairs, held: Pairs) -> dict[str, float]:
    """Return how near held-out cells are met, and how near the mean vector comes."""
    mean = fitted.target.mean(0, dtype=np.float64)
    found, plain = linear(held.source), np.broadcast_to(mean, held.target.shape)
    return {
        "r2": explained(found, held.target, mean),
        "cosine": likeness(found, held.target),
        "baseline_r2": explained(np.asarray(plain), held.target, mean),
        "baseline_cosine": likeness(np.asarray(plain), held.target),
        "fitted_r2": explained(linear(fitted.source), fitted.target, mean),
    }


def _notes(source: EmbeddingGrid, fitted: Pairs, figures: dict[str, float]) -> list[str]:
    notes = []
    if len(fitted.source) < 2 * source.dim:
        notes.append(
            f"{len(fitted.source):,} cells are few for {source.dim:,} values: embed more regions."
        )
    if figures["r2"] < 0.1:
        notes.append(
            "The map is hardly better than the mean vector: grids put through it say little."
        )
    return notes


def _spec(
    request: MapRequest, a: EmbeddingGrid, b: EmbeddingGrid, figures: dict[str, float]
) -> MapSpec:
    name = (
        re.sub(r"[^A-Za-z0-9._-]+", "-", Path(request.output).absolute().name).strip("-") or "map"
    )
    one, other = (encoder.partition("@")[0] for encoder in (a.encoder, b.encoder))
    return MapSpec(
        name=name, title=f"Map from {one} to {other}", source=a.encoder, target=b.encoder,
        source_dim=a.dim, target_dim=b.dim, source_cell=a.cell, source_pixel=pixel_of(a.scale),
        cell=b.cell, pixel=pixel_of(b.scale), likeness=figures["cosine"],
        baseline=figures["baseline_cosine"], network=PartSpec(type="LinearMap"),
    )  # fmt: skip


def _card(spec: MapSpec, facts: Mapping[str, Any]) -> str:
    return (
        f"# {spec.title}\n\n"
        f"A linear map by ridge regression: embeddings of `{spec.source}` become those that "
        f"`{spec.target}` would give of the same cells. The terms of both encoders apply.\n\n"
        f"Fitted to {facts['fitted_to']:,} cells, measured on {facts['held_out']:,} others: "
        f"R² {facts['r2']:.3f}, mean cosine {facts['cosine']:.3f} "
        f"(the mean vector: {facts['baseline_cosine']:.3f}).\n\n"
        "**Not for diagnosis.** It is good for pictures like those it was fitted to.\n"
    )
