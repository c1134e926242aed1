"""Grids from nothing, and directions to steer by: what a prior draws from words or a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssldiff_gui.core.annotations import AnnotationClass
from ssldiff_gui.core.edits import Paint, Sample, Whole, apply
from ssldiff_gui.core.errors import BadRequest, MissingModel, UserError
from ssldiff_gui.core.grid import EmbeddingGrid, blank_grid
from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.palettes import COLOURS
from ssldiff_gui.core.project import GridEntry, new_id
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.slides.blank import blank
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.swatches import Swatch, swatch_of_mask
from ssldiff_gui.storage.grids import load_grid_record, save_grid
from ssldiff_gui.storage.layouts import write_layout

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import Bench
    from ssldiff_gui.state.job_list import Job

SAMPLE = 8
"""Rows and columns of the grid that a text is drawn as to steer by it, or to paint with it."""

Taken = Callable[[str, EmbeddingGrid], None]


@dataclass(frozen=True, slots=True)
class NewCanvas:
    """A canvas from nothing.

    Parameters
    ----------
    rows, columns
        In cells.
    text, label
        What it shows, in words or as a class.
    prior
        Name of the model that draws; empty takes the first that knows.
    seed, guidance
        As `PriorRequest` has them.
    name
        For people.
    """

    rows: int
    columns: int
    text: str = ""
    label: str = ""
    prior: str = ""
    seed: int = 1
    guidance: float | None = None
    name: str = ""


class Drawing:
    """Has priors draw.

    Parameters
    ----------
    bench
        What is worked on.
    deliver
        Runs a call in the thread where state may change.
    """

    def __init__(self, bench: Bench, deliver: Deliver | None = None) -> None:
        self._bench = bench
        self._deliver = deliver or deliver_at_once
        self._samples: dict[str, Taken] = {}
        bench.queue.finished.connect(self._on_finished)
        bench.queue.failed.connect(self._on_ended)
        bench.queue.cancelled.connect(self._on_ended)

    def close(self) -> None:
        """Stop following."""
        queue = self._bench.queue
        queue.finished.disconnect(self._on_finished, missing_ok=True)
        queue.failed.disconnect(self._on_ended, missing_ok=True)
        queue.cancelled.disconnect(self._on_ended, missing_ok=True)

    def priors(self) -> tuple[InstalledModel, ...]:
        """Return the priors that know the kind of grid at hand; all when there is none."""
        opened = self._bench.open
        encoder = None if opened is None else opened.editor.original.encoder
        return self._bench.models.inventory.priors_for(encoder)

    # -- canvases from nothing ---------------------------------------------------------------------

    def draw(self, wanted: NewCanvas) -> str:
        """Have a grid drawn from words or a class; a document for it opens when it is there."""
        name = wanted.name or wanted.text or wanted.label
        entry = GridEntry(id=new_id(), name=name, rows=wanted.rows, columns=wanted.columns)
        request = self._request(wanted, f"grids/{entry.id}.safetensors")
        self._bench.project.put(entry)
        self._bench.queue.add(request, f"Draw “{name}”", owner=entry.id)
        return entry.id

    def paint(self, palette: str, rows: int, columns: int, name: str) -> None:
        """Make a grid from nothing but one entry of the palette.

        Parameters
        ----------
        palette
            Name of the small grid in the project's folder palette.
        rows, columns
            In cells.
        name
            For people.
        """

        def make() -> EmbeddingGrid:
            path = self._bench.path(f"palette/{palette}.safetensors")
            return filled(load_grid_record(path).grid, rows, columns)

        self._make(name, make)

    def blank(self, generator: str, rows: int, columns: int) -> None:
        """Make an empty canvas for a generator that takes no grid: for its layout, or a class.

        Parameters
        ----------
        generator
            Name of the model.
        rows, columns
            In cells.
        """
        entry = self._bench.models.inventory.named(generator)
        spec = None if entry is None or entry.model is None else entry.model.generator
        if spec is None:
            raise MissingModel(f"{generator} is no longer installed.", "Choose another model.")
        scale = None if spec.pixel is None else spec.pixel.scale
        side = spec.cell * spec.factor

        def make() -> EmbeddingGrid:
            return blank_grid(rows, columns, side, scale)

        classes = [name for name in (*spec.layout, *spec.classes) if name]
        self._make(f"Canvas for {spec.title}", make, classes)

    def _make(
        self, name: str, make: Callable[[], EmbeddingGrid], classes: Sequence[str] = ()
    ) -> None:
        """Make a grid beside the window, keep it, and open it with classes to draw with."""
        bench, entry = self._bench, GridEntry(id=new_id(), name=name)
        file = f"grids/{entry.id}.safetensors"
        bench.project.put(entry)

        def work() -> None:
            try:
                grid = make()
                bench.path(file).parent.mkdir(parents=True, exist_ok=True)
                save_grid(bench.path(file), grid, notes={"made from": name, "synthetic": True})
            except UserError as error:
                problem = error
                self._deliver(lambda: self._failed(entry.id, problem))
            else:
                self._deliver(lambda: self._adopt(entry.id, file, grid, classes))

        in_background(work, f"make {name}")

    def reopen(self, grid_id: str) -> None:
        """Show a grid from nothing of an earlier day again."""
        entry = self._bench.project.get(grid_id)
        if isinstance(entry, GridEntry) and entry.file and entry.slide is None:
            self._read(entry.id, entry.file)

    # -- samples to steer by and to paint with -----------------------------------------------------

    def sample(self, text: str, label: str, seed: int, taken: Taken) -> None:
        """Have a small grid drawn; `taken` gets its name and its content."""
        identity = new_id()
        wanted = NewCanvas(SAMPLE, SAMPLE, text, label, seed=seed)
        request = self._request(wanted, f"palette/{identity}.drawn.safetensors")
        job = self._bench.queue.add(request, f"Draw “{text or label}”", front=True)
        self._samples[job] = taken

    def areas(self, layout: Layout, rows: int, columns: int, seed: int, taken: Taken) -> None:
        """Have a grid drawn in which every area shows its own text or class.

        Parameters
        ----------
        layout
            The areas, in pixels of the canvas.
        rows, columns
            Of the grid, in cells.
        seed
            Of the noise.
        taken
            Gets its name and its content.
        """
        identity = new_id()
        path = self._bench.path(f"palette/{identity}.layout.json")
        request = self._request(
            NewCanvas(rows, columns, seed=seed), f"palette/{identity}.drawn.safetensors", path
        )

        def write() -> None:
            try:
                write_layout(path, layout)
            except UserError as error:
                problem = error
                self._deliver(lambda: self._bench.failed.emit(problem))
            else:
                self._deliver(submit)

        def submit() -> None:
            words = ", ".join(dict.fromkeys(a.text or a.label for a in layout.areas))
            job = self._bench.queue.add(request, f"Draw “{words}”", front=True)
            self._samples[job] = taken

        in_background(write, "write the areas")

    def swatch(self, label: str, taken: Callable[[Swatch], None]) -> None:
        """Have something to paint with drawn, of a class that a prior knows."""

        def take(_: str, grid: EmbeddingGrid) -> None:
            whole = np.ones((grid.rows, grid.columns), np.bool_)
            swatch = swatch_of_mask(grid, whole, label, "drawn by the prior")
            taken(replace(swatch, cell=None))  # it is in no slide

        self.sample("", label, 1, take)

    def _request(self, wanted: NewCanvas, file: str, layout: Path | None = None) -> PriorRequest:
        if not wanted.text.strip() and not wanted.label and layout is None:
            raise BadRequest("Nothing says what to draw.", "Type some words, or choose a class.")
        if not wanted.prior and not self.priors():
            raise MissingModel(
                "No installed model draws grids from words or classes for this encoder.",
                "Train one with `ssldiff train prior`, or take a starter's encoder.",
            )
        path = self._bench.path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        return PriorRequest(
            output=str(path),
            model=wanted.prior or self._prior_for(wanted),
            text=wanted.text.strip() or None,
            label=wanted.label or None,
            layout=None if layout is None else str(layout),
            rows=wanted.rows,
            columns=wanted.columns,
            seed=wanted.seed,
            guidance=wanted.guidance,
        )

    def _prior_for(self, wanted: NewCanvas) -> str | None:
        """Return the prior that knows a class; None lets the worker find out about words."""
        found = self.priors()
        if len(found) == 1:
            return found[0].name
        knowing = [
            entry.name
            for entry in found
            if entry.model is not None
            and entry.model.prior is not None
            and wanted.label in entry.model.prior.classes
        ]
        return knowing[0] if len(knowing) == 1 else None

    # -- what comes back ---------------------------------------------------------------------------

    def _on_finished(self, job: Job, _: object) -> None:
        if job.entry.request.get("kind") != "prior":
            return
        taken = self._samples.pop(job.entry.id, None)
        if taken is not None:
            self._hand_over(job, taken)
            return
        entry = self._bench.project.get(job.entry.owner)
        if isinstance(entry, GridEntry):
            self._read(entry.id, f"grids/{entry.id}.safetensors")

    def _hand_over(self, job: Job, taken: Taken) -> None:
        name = str(job.entry.request["output"]).replace("\\", "/").rsplit("/", 1)[-1]
        path = self._bench.path(f"palette/{name}")

        def read() -> None:
            try:
                grid = load_grid_record(path).grid
                path.unlink(missing_ok=True)
                path.with_name(name.replace(".drawn.safetensors", ".layout.json")).unlink(
                    missing_ok=True
                )
            except UserError as error:
                problem = error
                self._deliver(lambda: self._bench.failed.emit(problem))
            else:
                self._deliver(lambda: taken(grid.digest()[:16], grid))

        in_background(read, f"read {name}")

    def _read(self, identity: str, file: str) -> None:
        path = self._bench.path(file)

        def read() -> None:
            try:
                grid = load_grid_record(path).grid
            except UserError as error:
                problem = error
                self._deliver(lambda: self._bench.failed.emit(problem))
            else:
                self._deliver(lambda: self._adopt(identity, file, grid))

        in_background(read, f"read {path.name}")

    def _adopt(
        self, identity: str, file: str, grid: EmbeddingGrid, classes: Sequence[str] = ()
    ) -> None:
        bench = self._bench
        entry = bench.project.get(identity)
        if not isinstance(entry, GridEntry):
            return
        facts = {
            "file": file,
            "rows": grid.rows,
            "columns": grid.columns,
            "cell": grid.cell,
            "encoder": grid.encoder,
            "digest": grid.digest(),
        }
        changed = entry.model_copy(update=facts)
        if changed != entry:
            bench.project.put(changed)
        width, height = grid.columns * grid.cell, grid.rows * grid.cell
        slide = blank(entry.name or "New canvas", width, height, key=identity, scale=grid.scale)
        document = bench.session.add(slide, activate=False)
        if classes:
            colours = [COLOURS[k % len(COLOURS)] for k in range(len(classes))]
            document.editor.set_classes(
                AnnotationClass(name=name, colour=colour)
                for name, colour in zip(classes, colours, strict=True)
            )
        bench.adopt_blank(document, identity)
        bench.choose_grid(identity)

    def _failed(self, identity: str, problem: UserError) -> None:
        self._bench.project.drop(identity)
        self._bench.failed.emit(problem)

    def _on_ended(self, job: Job, _: object = None) -> None:
        if job.entry.request.get("kind") != "prior":
            return
        self._samples.pop(job.entry.id, None)
        entry = self._bench.project.get(job.entry.owner)
        if isinstance(entry, GridEntry) and not entry.file:
            self._bench.project.drop(entry.id)


def filled(source: EmbeddingGrid, rows: int, columns: int) -> EmbeddingGrid:
    """Return a grid of cells drawn from a few, so that none of them is seen everywhere."""
    nothing = EmbeddingGrid(
        np.zeros((rows, columns, source.dim), np.float32),
        source.encoder,
        source.cell,
        source.scale,
        np.zeros((rows, columns), np.bool_),
    )
    source_cell = Sample(cells=((0, 0),), grid="source")
    edit = Paint(where=Whole(), embedding=source_cell, spread=source.rows * source.columns)
    return apply(nothing, [edit], {"source": source})
