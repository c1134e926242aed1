"""Embedding a region: pixels of a slide or a scene → a grid.

Cells are taken row by row, and batched in that order with a last batch filled up to the others'
size. Batches never depend on what was done before, so that a run which was stopped at any time
and resumed gives the same bytes as one that was not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Source, Vectors
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.jobs.embed_plan import EmbedPlan, plan_embedding, scene_of
from ssldiff_gui.jobs.partial_vectors import PartialVectors
from ssldiff_gui.jobs.prefetch import in_background, ordered
from ssldiff_gui.jobs.speeds import Speeds
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.cells import read_cells
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.slides.tissue import data_share, tissue_look, tissue_share
from ssldiff_gui.storage.grid_files import check_output, write_grid
from ssldiff_gui.storage.grids import GridRecord

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.jobs.kept import Kept
    from ssldiff_gui.models.encoders import TimmEncoder

DATA = 0.5
"""Share of a cell that has to have data at least, in a scene on Earth."""


@dataclass(frozen=True, slots=True)
class EmbedResult:
    """What embedding a region came to.

    Parameters
    ----------
    grid
        What was written.
    seconds
        All of it, loading the encoder included.
    cells
        That were embedded.
    skipped
        Left out as glass or nodata.
    resumed
        Of the embedded ones, those that an earlier run had done.
    tiles_per_second
        Of this run, once the encoder was loaded.
    device
        What computed it.
    notes
        What the person should know.
    """

    grid: EmbeddingGrid
    seconds: float
    cells: int
    skipped: int
    resumed: int
    tiles_per_second: float
    device: str
    notes: tuple[str, ...] = field(default=())


def embed(
    request: EmbedRequest,
    progress: Progress | None = None,
    *,
    yes: bool = False,
    models: Kept | None = None,
) -> EmbedResult:
    """Embed a region and write its grid.

    Parameters
    ----------
    request
        What of which slide, by which encoder, to which file.
    progress
        Who watches, and may ask for an end.
    yes
        Whether a high cost was consented to.
    models
        Those that are loaded already.

    Raises
    ------
    UserError
        One of its kinds; what was done by then is kept beside the output.
    """
    started, watch = monotonic(), progress or Silent()
    output = Path(request.output)
    check_output(output)
    with open_slide(request.slide) as slide:
        work = _prepared(request, slide, watch, models, yes=yes)
        source = Source(slide.path.name, slide.fingerprint, work.scene.name,
                        work.scene.georeference)  # fmt: skip
        with PartialVectors(output, work.key(slide.fingerprint), work.dim) as partial:
            vectors, resumed, seconds = work.vectors(partial)
            plan, name = work.plan, work.encoder.spec.id
            grid = EmbeddingGrid(
                vectors, name, plan.layout.cell, plan.scale, work.valid, plan.layout.region, source
            )
            write_grid(output, GridRecord(grid, notes={"request": _told(request)}))
            partial.remove()
    count = int(work.valid.sum())
    if not resumed:
        Speeds(name, work.device).note(count, seconds)
    return EmbedResult(
        grid=grid,
        seconds=monotonic() - started,
        cells=count,
        skipped=work.valid.size - count,
        resumed=resumed,
        tiles_per_second=(count - resumed) / seconds if count > resumed else 0.0,
        device=work.device,
        notes=plan.notes,
    )


def _told(request: EmbedRequest) -> dict[str, JsonValue]:
    """Return what a grid's file says it was made from: all but the folders of this machine."""
    told: dict[str, JsonValue] = request.model_dump(mode="json", exclude={"output"})
    return told | {"slide": Path(request.slide).name, "model": Path(request.model).name}


def _prepared(
    request: EmbedRequest, slide: Slide, watch: Progress, models: Kept | None, *, yes: bool
) -> _Work:
    """Work out what is to be done, and load the encoder once it is known to be worth it."""
    from ssldiff_gui.models.encoders import encoder_spec, load_encoder

    scene = scene_of(slide, request)
    plan = plan_embedding(request, scene, encoder_spec(request.model), yes=yes)
    watch.report(0, 1, "Loading the encoder")
    load = load_encoder if models is None else models.encoder
    encoder = load(request.model, request.device)
    watch.check()
    watch.report(0, 1, "Looking for what to embed")
    valid = _valid(request, scene, plan)
    return _Work(request, scene, plan, valid, encoder, watch)


def _valid(request: EmbedRequest, scene: Scene, plan: EmbedPlan) -> Mask:
    """Return (rows, columns): which cells are embedded."""
    layout = plan.layout
    if not request.skip_background:
        return np.ones((layout.rows, layout.columns), np.bool_)
    where = (scene, layout.region, layout.side, layout.rows, layout.columns)
    if plan.on_earth:
        valid = data_share(*where) >= max(DATA, request.tissue)
    else:
        share = tissue_share(*where, look=tissue_look(scene, layout.region.box))
        valid = share >= request.tissue
    if not valid.any():
        what = "pixel with data" if plan.on_earth else "tissue"
        raise BadRequest(f"No {what} was found in the region.", "--all embeds it all the same.")
    return valid


@dataclass(frozen=True, slots=True)
class _Work:
    """One run: cells → vectors."""

    request: EmbedRequest
    scene: Scene
    plan: EmbedPlan
    valid: Mask
    encoder: TimmEncoder
    watch: Progress

    @property
    def dim(self) -> int:
        return self.encoder.spec.dim

    @property
    def device(self) -> str:
        from ssldiff_gui.models.devices import describe

        return describe(self.encoder.device)

    @property
    def sizes(self) -> list[int]:
        """How many cells each batch has."""
        count, batch = int(self.valid.sum()), self.request.batch
        return [min(batch, count - start) for start in range(0, count, batch)]

    def key(self, fingerprint: str) -> dict[str, object]:
        """Return all that the vectors depend on."""
        import torch

        region, layout = self.plan.layout.region, self.plan.layout
        box = region.box
        return {
            "slide": fingerprint,
            "scene": self.request.scene,
            "region": [box.x, box.y, box.width, box.height, region.downsample.hex()],
            "cells": [layout.rows, layout.columns, layout.cell],
            "valid": hashlib.sha256(self.valid.tobytes()).hexdigest(),
            "encoder": self.encoder.spec.id,
            "dim": self.dim,
            "batch": self.request.batch,
            "device": self.device,
            "precision": str(self.encoder.precision),
            "torch": str(torch.__version__),
        }

    def vectors(self, partial: PartialVectors) -> tuple[Vectors, int, float]:
        """Return (rows, columns, dim), how many cells were done before, and this run's seconds."""
        sizes = self.sizes
        found = partial.begin(sizes)
        resumed, total = sum(sizes[: len(found)]), sum(sizes)
        begun, done = monotonic(), resumed
        with in_background(self._batches(len(found)), ahead=2) as batches:
            for batch in batches:
                self.watch.check()
                count = sizes[len(found)]
                vectors = self.encoder.embed_pictures(batch)[:count]
                partial.add(vectors)
                found.append(vectors)
                done += count
                self.watch.report(done, total, f"Embedding {total:,} cells")
        grid = np.zeros((*self.valid.shape, self.dim), np.float32)
        grid[self.valid] = np.concatenate(found)
        return grid, resumed, monotonic() - begun

    def _batches(self, first: int) -> Iterator[torch.Tensor]:
        """Yield the pictures of each batch from the first on, all of them of the same size."""
        import torch

        size = self.request.batch
        skip, kept, held = first * size, [], 0
        workers = min(4, os.cpu_count() or 1)
        strips = self._strips(skip)
        with ordered(self._pictures, strips, workers=workers, ahead=2 * workers) as parts:
            for part in parts:
                kept.append(part)
                held += len(part)
                while held >= size:
                    joined = torch.cat(kept)
                    yield joined[:size]
                    kept, held = [joined[size:]], held - size
        if held:
            last = torch.cat(kept)
            yield torch.cat([last, last.new_zeros(size - held, *last.shape[1:])])

    def _strips(self, skip: int) -> Iterator[tuple[Box, int]]:
        """Yield strips with something to embed, and how many of their cells are done already."""
        for strip in self.plan.layout.strips():
            count = int(self._wanted(strip).sum())
            if count > skip:
                yield strip, skip
            skip = max(0, skip - count)

    def _pictures(self, task: tuple[Box, int]) -> torch.Tensor:
        """Return what the encoder takes of the cells of a strip; runs in a thread."""
        strip, skip = task
        cells = read_cells(self.scene, self.plan.layout, strip)
        return self.encoder.pictures(cells[self._wanted(strip)][skip:])

    def _wanted(self, strip: Box) -> Mask:
        found: Mask = self.valid[strip.y, strip.x : strip.x2]
        return found
