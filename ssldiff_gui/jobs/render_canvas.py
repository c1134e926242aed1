"""One run over one canvas: which tiles are to be made, and what an edit changes of them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ssldiff_gui.core.errors import OutOfMemory
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.progress import Onlooker, Progress
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.jobs.fields import field_of
from ssldiff_gui.jobs.measures import peak_device_memory, peak_memory
from ssldiff_gui.jobs.phase_cache import PhaseCache
from ssldiff_gui.jobs.previewing import Previewer
from ssldiff_gui.jobs.recipes import region_within
from ssldiff_gui.jobs.tile_writer import TileWriter, tile_box
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import Preset
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import LIMIT
from ssldiff_gui.storage.canvas import Canvas

AT_ONCE = 1 << 24
"""Pixels up to which somebody who looks on sees each phase everywhere before the next."""

BRIEF = 0.2
"""Seconds that an end may take for what is kept only to save time later."""

Parts = dict[tuple[int, int], Box]
"""Tiles that are to be made, and what of each is to be rendered, in pixels of the canvas."""


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What came of a request.

    Parameters
    ----------
    canvas
        Its folder.
    width, height
        In pixels.
    tiles, failed
        How many were made now, and how many could not be.
    missing
        Tiles of the canvas that are not done: there was a region, or some failed.
    evaluations
        How often the network saw a window.
    seconds
        From the first window to the last tile on disk.
    megapixels
        Rendered now.
    peak_memory, peak_device_memory
        Bytes; None where it cannot be told.
    sha256
        Of the pixels of level 0, row by row; None while tiles are missing, or unasked for.
    notes
        What else is worth knowing.
    """

    canvas: Path
    width: int
    height: int
    tiles: int
    failed: int
    missing: int
    evaluations: int
    seconds: float
    megapixels: float
    peak_memory: int | None
    peak_device_memory: int | None
    sha256: str | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a canvas shall show.

    Parameters
    ----------
    recipe, grid, layout
        As the canvas keeps them.
    folder
        Of the generator.
    """

    recipe: Recipe
    grid: EmbeddingGrid
    layout: Layout
    folder: Path

    def field(self, spec: GeneratorSpec) -> GridField:
        """Return what each window is conditioned on."""
        return field_of(self.recipe, self.grid, self.layout, spec, self.folder)


class Render:
    """One run over one canvas.

    Parameters
    ----------
    canvas
        Open for writing.
    generators
        The same model on one device or more.
    scene
        What it shall show.
    onlooker
        Who looks on.
    hashed
        Whether a whole canvas is hashed at the end; exports do it in any case.
    """

    def __init__(
        self,
        canvas: Canvas,
        generators: Sequence[Generator],
        scene: Scene,
        onlooker: Onlooker | None = None,
        *,
        hashed: bool = True,
    ) -> None:
        self.canvas = canvas
        self.generators = generators
        self.scene = scene
        self.recipe = recipe = scene.recipe
        self.onlooker = onlooker
        self.hashed = hashed
        self.region = recipe.region
        self.batch = recipe.batch
        self.notes: list[str] = []
        self.evaluations = 0
        preset = Preset.model_validate(recipe.preset)
        self.plan = Plan.of(generators[0], preset, scene.grid.rows, scene.grid.columns)
        self.field = scene.field(self.plan.spec)
        self.phases = PhaseCache(canvas.path, recipe, self.plan)
        self.store = self.phases.store(LIMIT)

    def run(self, progress: Progress) -> GenerateResult:
        """Render what is missing."""
        began = time.monotonic()
        parts = self._parts()
        pixels = sum(box.area for box in parts.values())
        whole = False
        try:
            self._render_within_memory(parts, progress)
            whole = len(self.canvas.done) == self.canvas.tiles[0] * self.canvas.tiles[1]
        finally:
            self.store.flush(None if whole else BRIEF)
        if whole:
            self.canvas.finish()
        seconds = time.monotonic() - began
        return self._result(parts, pixels, seconds, whole=whole)

    def _parts(self) -> Parts:
        """Return the tiles to be made; of those that an edit reaches, only what it changes."""
        rows, columns = self.canvas.tiles
        everything = {
            (row, column): tile_box(self.canvas, row, column)
            for row in range(rows)
            for column in range(columns)
        }
        changed: Parts = {}
        if self.canvas.recipe.asked != self.recipe.asked:
            changed = self._change(everything)
        else:
            if self.canvas.recipe.region != self.recipe.region:
                self.recipe = self.recipe.model_copy(update={"region": None})
                self._go_over([])
            if self.phases.asked != self.recipe.asked:
                self.store.clear()
                self.phases.belong_to(self.recipe.asked)
        done = self.canvas.done
        wanted = Box(*region_within(self.region, self.canvas.width, self.canvas.height))
        return {
            at: changed.get(at, box)
            for at, box in everything.items()
            if at not in done and not box.intersect(wanted).empty
        }

    def _change(self, everything: Parts) -> Parts:
        """Go over to another grid or layout; return what it changes of tiles that were done."""
        canvas, done = self.canvas, self.canvas.done
        before = replace(
            self.scene, recipe=canvas.recipe, grid=canvas.grid, layout=canvas.areas
        ).field(self.plan.spec)
        reached = self.phases.change(
            lambda layer: self.field.changed(before, layer),
            (canvas.recipe.asked, self.recipe.asked),
            self.store,
        )
        changed: Parts = {}
        for place in reached[-1]:
            pixels = self.plan.pixels_of(place)
            for at in done.intersection(self._tiles_under(pixels)):
                common = pixels.intersect(everything[at])
                changed[at] = _around(changed[at], common) if at in changed else common
        # The windows of a failed tile are tried again, too.
        tiles = {*changed, *self.canvas.failed}
        self._go_over(tiles)
        self.notes.append(f"{len(changed)} of {len(everything)} tiles are reached by the edit")
        return changed

    def _go_over(self, tiles: Collection[tuple[int, int]]) -> None:
        """Have the canvas say that it is of this recipe; these tiles are to be made again."""
        self.canvas.change(self.recipe, self.scene.grid, tiles, self.scene.layout)

    def _tiles_under(self, pixels: Box) -> Iterator[tuple[int, int]]:
        """Go through the tiles that a box of pixels has a part in."""
        side = self.canvas.layout.tile
        whole = pixels.intersect(Box(0, 0, self.canvas.width, self.canvas.height))
        for row in range(whole.y // side, -(-whole.y2 // side)):
            for column in range(whole.x // side, -(-whole.x2 // side)):
                yield row, column

    def _render_within_memory(self, parts: Parts, progress: Progress) -> None:
        over = not parts
        while not over:
            try:
                self._render(parts, progress)
                over = True
            except OutOfMemory:
                if self.batch == 1:
                    raise
                self._halve(parts)

    def _render(self, parts: Parts, progress: Progress) -> None:
        noise = KeyedNoise(self.recipe.seed, self.plan.spec.channels)
        renderer = Renderer(
            self.generators,
            self.plan,
            self.field,
            noise,
            self.store,
            batch=self.batch,
            guidance=self.recipe.guidance,
            progress=progress,
            seen=self._previewer(parts, progress),
        )
        bands = list(self._bands(parts))
        if len(parts) < self.canvas.tiles[0] * self.canvas.tiles[1] or any(self.store):
            renderer.expect([box for band in bands for box in band])
        by_box = {box: at for at, box in parts.items()}
        try:
            written = None if self.onlooker is None else self.onlooker.tile_written
            with TileWriter(self.canvas, written) as writer:
                for box, pixels in renderer.render(bands):
                    writer.put(*by_box[box], box, pixels)
        finally:
            self.evaluations += renderer.evaluations

    def _previewer(self, parts: Parts, progress: Progress) -> Previewer | None:
        """Return what shows the part that is made, as far as it is."""
        boxes = list(parts.values())
        if self.onlooker is None or not boxes:
            return None
        around = boxes[0]
        for box in boxes[1:]:
            around = _around(around, box)
        before = self.canvas if self.canvas.edition or self.canvas.done else None
        return Previewer(
            self.plan, self.generators[0], around, self.onlooker.preview, progress, before=before
        )

    def _bands(self, parts: Parts) -> Iterator[list[Box]]:
        """Group tiles: row by row, or all together where every phase is finished first."""
        at_once = self.onlooker is not None and self.canvas.width * self.canvas.height <= AT_ONCE
        if parts and (at_once or self.plan.preset.whole):
            yield [parts[at] for at in sorted(parts)]
            return
        for row in sorted({row for row, _ in parts}):
            yield [parts[at] for at in sorted(parts) if at[0] == row]

    def _halve(self, parts: Parts) -> None:
        """Go on with half the batch; what was made with the whole one stays."""
        self.batch //= 2
        self.notes.append(f"the batch was too large for the memory: {self.batch} windows now")
        for at in set(parts) & self.canvas.done:
            del parts[at]
        self.recipe = self.recipe.model_copy(update={"batch": self.batch})
        self._go_over([])
        self.store.clear()
        self.phases = PhaseCache(self.canvas.path, self.recipe, self.plan)
        self.phases.belong_to(self.recipe.asked)
        for at in parts:
            parts[at] = tile_box(self.canvas, *at)

    def _result(self, parts: Parts, pixels: int, seconds: float, *, whole: bool) -> GenerateResult:
        rows, columns = self.canvas.tiles
        failed = [at for at in parts if at in self.canvas.failed]
        return GenerateResult(
            canvas=self.canvas.path,
            width=self.canvas.width,
            height=self.canvas.height,
            tiles=len(parts) - len(failed),
            failed=len(failed),
            missing=rows * columns - len(self.canvas.done),
            evaluations=self.evaluations,
            seconds=seconds,
            megapixels=pixels / 1e6,
            peak_memory=peak_memory(),
            peak_device_memory=peak_device_memory(),
            sha256=self.canvas.digest() if whole and self.hashed else None,
            notes=self.notes,
        )


def _around(a: Box, b: Box) -> Box:
    """Return the smallest box around two."""
    x, y = min(a.x, b.x), min(a.y, b.y)
    return Box(x, y, max(a.x2, b.x2) - x, max(a.y2, b.y2) - y)
