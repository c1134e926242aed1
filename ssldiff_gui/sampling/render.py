"""The engine: pixels ask for decoded windows, those for the windows of each phase before."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.sampling import solver
from ssldiff_gui.sampling.batches import Batch, Finite, PhaseRunner, decode, filled
from ssldiff_gui.sampling.blend import blend, to_uint8
from ssldiff_gui.sampling.field import Field
from ssldiff_gui.sampling.noise import Latents, Noise
from ssldiff_gui.sampling.plan import Layer, Place, Plan, cost
from ssldiff_gui.sampling.store import Key, WindowStore

RGB = npt.NDArray[np.uint8]
Seen = Callable[[int, Sequence[Place], Latents], None]
"""Takes a phase, windows of it, and their (windows, planes, channels, window, window) at its end:
the noisy latents and, when the solver looks back, what the network saw in them."""

Work = TypeVar("Work")
Answer = TypeVar("Answer")

SECOND_DRAW = -1
"""The stream of the second half of a first noise that is drawn in two."""

WHITE = 255

_ATTEMPTS = 8
"""How often files that turn out damaged are made again: more is not an accident."""


class Renderer:
    """Renders any part of a canvas; the same bits whatever part, order, batch mate or device.

    Parameters
    ----------
    generators
        The same model on one device or more.
    plan, field, noise
        What to do, what to condition on, what to start from.
    store
        Keeps windows between the parts that need them.
    batch
        Windows the network sees at once.
    guidance
        In the form ``null + guidance · (conditional - null)``.
    progress
        Watches, and may ask for an end.
    seen
        Told of windows that have gone through a phase; nothing that it does changes a bit.
    """

    def __init__(
        self,
        generators: Sequence[Generator],
        plan: Plan,
        field: Field,
        noise: Noise,
        store: WindowStore,
        *,
        batch: int,
        guidance: float,
        progress: Progress | None = None,
        seen: Seen | None = None,
    ) -> None:
        self.generators = generators
        self.plan = plan
        self.field = field
        self.noise = noise
        self.store = store
        self.batch = batch
        self.evaluations = 0
        self.expected = plan.evaluations
        self.progress = progress or Silent()
        self.seen = seen
        self._phase = PhaseRunner(plan.preset, guidance, noise, self.progress)
        self._whole: dict[int, Latents] = {}
        self._glass: Latents | None = None

    def expect(self, boxes: Sequence[Box]) -> None:
        """Count what a part of the canvas will take, for the progress."""
        phases = self.plan.phases
        missing = (
            [p for p in places if self._key(index, p) not in self.store]
            for index, places in enumerate(self.plan.needs(boxes)[: len(phases)])
        )
        self.expected = sum(
            len(places) * cost(layer) for places, layer in zip(missing, phases, strict=True)
        )

    def render(self, bands: Sequence[Sequence[Box]]) -> Iterator[tuple[Box, RGB | None]]:
        """Go through boxes of pixels; what none of the later bands needs is let go.

        Parameters
        ----------
        bands
            Groups of boxes from top to bottom; a group's windows are computed together.

        Yields
        ------
        tuple of Box and (height, width, 3) uint8
            None in the place of pixels when a window under them failed.
        """
        needs = self.plan.needs(bands[0]) if bands else []
        for number, boxes in enumerate(bands):
            wanted = needs
            for box, over in zip(boxes, self._last_uses(boxes), strict=True):
                yield box, self._try(box, wanted)
                wanted = []  # the first box has made them for all
                self.store.forget(over)
            following = self.plan.needs(bands[number + 1]) if number + 1 < len(bands) else []
            self._let_go(following)
            needs = following

    def _last_uses(self, boxes: Sequence[Box]) -> Iterator[list[Key]]:
        """Yield for each box the decoded windows that no later one of the group needs."""
        needed = [set(self.plan.decoding.touching(self.plan.latents_of(box))) for box in boxes]
        last = {place: number for number, places in enumerate(needed) for place in places}
        for number, places in enumerate(needed):
            yield [self._key(self._last, p) for p in sorted(places) if last[p] == number]

    def floats(self, box: Box) -> Latents | None:
        """Return (3, height, width) of a box of pixels, about -1 to 1; None where one failed."""
        latents = self.plan.latents_of(box)
        places = list(self.plan.decoding.touching(latents))
        self._decode([p for p in places if self._key(self._last, p) not in self.store])
        axes = self.plan.pixel_rows, self.plan.pixel_columns
        return blend(box, places, axes, lambda place: self._content(self._last, place))

    def _try(self, box: Box, needs: list[list[Place]]) -> RGB | None:
        """Return a box of pixels; when a window's file turns out damaged, make it again."""
        for _ in range(_ATTEMPTS):
            try:
                for index, places in enumerate(needs[: self._last]):
                    self._run_phase(index, places)
                return self._pixels(box)
            except KeyError:
                needs = self.plan.needs([box])
        raise FileProblem(
            self.store.folder or "",
            "Latents that were put on the disk cannot be read again.",
            "Check that disk, or move the cache to another one.",
        )

    def _pixels(self, box: Box) -> RGB | None:
        shown = self.field.shown(box)
        if shown is not None and not shown.any():
            return np.full((box.height, box.width, 3), WHITE, np.uint8)
        found = self.floats(box)
        if found is None:
            return None
        if shown is not None:
            found = 1 + shown * (found - 1)
        return to_uint8(found)

    @property
    def _last(self) -> int:
        """The number under which decoded windows are kept."""
        return len(self.plan.phases)

    @staticmethod
    def _key(index: int, place: Place) -> tuple[int, int, int]:
        return index, *place

    def _content(self, index: int, place: Place) -> Latents | None:
        key = self._key(index, place)
        return None if key in self.store.failed else self.store.get(key)

    def _run_phase(self, index: int, places: Iterable[Place]) -> None:
        """Take windows through a phase, unless they are there already."""
        if index in self._whole:
            return
        missing = [p for p in places if self._key(index, p) not in self.store]
        layer = self.plan.phases[index]
        empty = [p for p in missing if self.field.empty(layer.box(p))]
        for place in empty:
            start = self._start(index, place)
            self._keep(index, place, None if start is None else self._as_glass(start, layer))
        self.expected -= len(empty) * cost(layer)
        skipped = set(empty)
        work = self._batches(index, [p for p in missing if p not in skipped])

        def run(generator: Generator, batch: Batch) -> tuple[Batch, Latents, Finite]:
            return batch, *self._phase.run(generator, batch, layer.steps)

        for batch, found, finite in self._everywhere(work, run):
            for place, latents, sound in zip(batch.places, found, finite, strict=False):
                self._keep(index, place, latents if sound else None)
            self.evaluations += len(batch.places) * cost(layer)
            self.progress.report(self.evaluations, self.expected, "Rendering")
            if self.seen is not None:
                self.seen(index, batch.places, found)
        if self.plan.preset.whole and len(missing) == len(layer):
            self._finish_phase(index)

    def _keep(self, index: int, place: Place, latents: Latents | None) -> None:
        key = self._key(index, place)
        if latents is None:
            self.store.failed.add(key)
        else:
            last = index == self._last - 1
            self.store.put(key, latents[:1].copy() if last else latents.copy())

    def _finish_phase(self, index: int) -> None:
        """Blend a phase once for all; the same sums in the same order as window by window."""
        layer, canvas = self.plan.phases[index], Box(0, 0, self.plan.width, self.plan.height)
        found = self._blended(index, canvas)
        if found is not None:
            self._whole = {index: found}
            self.store.forget([self._key(index, p) for p in layer.touching(canvas)])

    def _batches(self, index: int, places: Sequence[Place]) -> Iterator[Batch]:
        """Gather the starts of windows, as many together as the network always sees."""
        layer = self.plan.phases[index]
        ready: list[tuple[Place, Latents]] = []
        for number, place in enumerate(places, 1):
            start = self._start(index, place)
            if start is None:
                self._keep(index, place, None)
            else:
                ready.append((place, start))
            if ready and (len(ready) == self.batch or number == len(places)):
                chosen = filled(ready, self.batch)
                corners = [layer.corner(p) for p, _ in chosen]
                starts = np.stack([latents for _, latents in chosen])
                kept = [p for p, _ in ready]
                yield Batch(kept, starts, corners, self.field.given(corners))
                ready = []

    def _start(self, index: int, place: Place) -> Latents | None:
        """Return (planes, channels, window, window) that a window begins a phase with."""
        box = self.plan.phases[index].box(place)
        if index:
            return self._blended(index - 1, box)
        first = self.noise.draw(0, box.y, box.x, box.height, box.width)
        level = self.plan.phases[0].steps[0].now
        if self.plan.preset.start_twice:
            second = self.noise.draw(SECOND_DRAW, box.y, box.x, box.height, box.width)
            return (first + np.float32(level) * second)[None]
        return (first * np.float32(np.hypot(1, level)))[None]

    def _blended(self, index: int, box: Box) -> Latents | None:
        """Return what a phase ended with in a box of latents; None where a window failed."""
        if index in self._whole:
            return self._whole[index][..., box.y : box.y2, box.x : box.x2].copy()
        layer = self.plan.phases[index]
        axes = layer.rows, layer.columns
        return blend(box, layer.touching(box), axes, lambda place: self._content(index, place))

    def _decode(self, places: Sequence[Place]) -> None:
        """Decode windows of the last phase's blend."""

        def batches() -> Iterator[tuple[list[Place], Latents]]:
            ready: list[tuple[Place, Latents]] = []
            for number, place in enumerate(places, 1):
                latents = self._blended(self._last - 1, self.plan.decoding.box(place))
                if latents is None:
                    self.store.failed.add(self._key(self._last, place))
                else:
                    ready.append((place, latents[0]))
                if ready and (len(ready) == self.batch or number == len(places)):
                    stacked = np.stack([found for _, found in filled(ready, self.batch)])
                    yield [p for p, _ in ready], stacked
                    ready = []

        def run(
            generator: Generator, work: tuple[list[Place], Latents]
        ) -> tuple[list[Place], Latents, Finite]:
            self.progress.check()
            return work[0], *decode(generator, work[1])

        for kept, pixels, finite in self._everywhere(batches(), run):
            for place, found, sound in zip(kept, pixels, finite, strict=False):
                key = self._key(self._last, place)
                if sound:
                    self.store.put(key, found.copy())
                else:
                    self.store.failed.add(key)

    def _everywhere(
        self, work: Iterable[Work], run: Callable[[Generator, Work], Answer]
    ) -> Iterator[Answer]:
        """Have the devices do the work; while they compute, the next batch is gathered."""
        if len(self.generators) == 1 and self.generators[0].device.type == "cpu":
            # In any other thread than the caller's, torch took twice as long for the same batch:
            # 65 ms instead of 30 on two cores, in a lasting thread as in a fresh one.
            yield from (run(self.generators[0], item) for item in work)
            return
        idle: queue.SimpleQueue[Generator] = queue.SimpleQueue()
        for generator in self.generators:
            idle.put(generator)

        def one(item: Work) -> Answer:
            generator = idle.get()
            try:
                return run(generator, item)
            finally:
                idle.put(generator)

        running: set[Future[Answer]] = set()
        with ThreadPoolExecutor(len(self.generators), "device") as pool:
            try:
                for item in work:
                    running.add(pool.submit(one, item))
                    if len(running) > len(self.generators):
                        done, running = wait(running, return_when=FIRST_COMPLETED)
                        yield from (future.result() for future in done)
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            finally:
                for future in running:
                    future.cancel()

    def _as_glass(self, start: Latents, layer: Layer) -> Latents:
        """Return what a window of glass ends with, as if the network had seen white in it."""
        if self._glass is None:
            spec, generator = self.plan.spec, self.generators[0]
            side = spec.window * spec.factor
            with torch.inference_mode():
                white = torch.ones(1, 3, side, side, device=generator.device)
                latents = generator.encode(white).float().cpu().numpy()[0]
            self._glass = np.median(latents, axis=(1, 2), keepdims=True).astype(np.float32)
        seen = torch.from_numpy(np.broadcast_to(self._glass, start[0].shape).copy())
        x = torch.from_numpy(start[0].copy())
        for step in layer.steps:
            x = seen if step.then == 0 else solver.ddim(x, seen, step.now, step.then)
        planes = [x, seen] if self._phase.looks_back else [x]
        return torch.stack(planes).numpy()

    def _let_go(self, following: list[list[Place]]) -> None:
        """Drop the windows that the next part does not need."""
        needed = {
            self._key(index, place) for index, places in enumerate(following) for place in places
        }
        held = [key for key in self.store if key not in needed]
        self.store.forget([key for key in held if key[0] == self._last])
        self.store.drop([key for key in held if key[0] < self._last])
