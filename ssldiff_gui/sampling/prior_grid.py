"""Drawing a grid of any size from a prior that sees a small window of cells at once.

It is done as canvases are: windows go through a few steps each by itself, are blended, and the
next windows stand elsewhere. The first noise of a cell depends on the seed and on its place alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ssldiff_gui.core.errors import BadNumbers
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.protocols import Denoiser, Given
from ssldiff_gui.sampling.batches import Batch, PhaseRunner, filled
from ssldiff_gui.sampling.blend import blend
from ssldiff_gui.sampling.noise import KeyedNoise, Latents
from ssldiff_gui.sampling.plan import Layer, Place, cost
from ssldiff_gui.sampling.presets import Preset, steps_of
from ssldiff_gui.sampling.windows import Axis

PRIOR = Preset(
    name="prior",
    title="Windows of cells, blended four times, 24 steps",
    steps=24,
    guided=(0.0, 0.85),
)
"""How a grid is drawn."""

BATCH = 16
"""Windows that the network sees at once, always as many for grids of one size: the last bits may
depend on it."""


@dataclass(eq=False)
class GridDrawing:
    """A grid to be drawn; its windows may be taken in any order.

    Parameters
    ----------
    prior
        Sees clean components in noisy ones.
    channels
        How many components there are.
    window
        Side of what it sees, in cells.
    told
        (width,) what is asked for; or (rows, columns, width), for each cell by itself.
    rows, columns
        Of the grid, in cells.
    seed
        Of the noise.
    preset
        The way to draw.
    guidance
        In the form ``null + guidance · (conditional - null)``.
    progress
        Watches, and may ask for an end.
    batch
        Windows at once, at most; never more than there are.
    """

    prior: Denoiser
    channels: int
    window: int
    told: Latents
    rows: int
    columns: int
    seed: int = 0
    preset: Preset = PRIOR
    guidance: float = 1.0
    progress: Progress = field(default_factory=Silent)
    batch: int = BATCH
    _done: int = field(default=0, init=False)
    _total: int = field(default=0, init=False)

    @property
    def height(self) -> int:
        """Rows that are drawn: at least a window."""
        return max(self.rows, self.window)

    @property
    def width(self) -> int:
        """Columns that are drawn."""
        return max(self.columns, self.window)

    def layers(self) -> list[Layer]:
        """Return the windows of each phase, with their steps."""
        preset, steps = self.preset, steps_of(self.preset, self.prior)
        stride = max(1, round(preset.stride * self.window))
        made = []
        for number, group in enumerate(np.array_split(np.arange(preset.steps), preset.phases)):
            shifts = preset.shifts[number % len(preset.shifts)]
            rows, columns = (
                Axis.of(length, self.window, stride, round(share * stride), preset.blend)
                for length, share in zip((self.height, self.width), shifts, strict=True)
            )
            made.append(Layer(rows, columns, tuple(steps[k] for k in group)))
        return made

    def draw(self) -> Latents:
        """Return (channels, rows, columns) clean components.

        Raises
        ------
        BadNumbers
            The network answers with NaN or infinity.
        """
        layers = self.layers()
        self._done, self._total = 0, sum(len(layer) * cost(layer) for layer in layers)
        canvas = self.start(layers[0])
        for layer in layers:
            found = self.phase(layer, canvas, list(layer.touching(self._whole)))
            blended = blend(
                self._whole, layer.touching(self._whole), (layer.rows, layer.columns), found.get
            )
            assert blended is not None  # noqa: S101 - no window is left out
            canvas = blended
        return np.ascontiguousarray(canvas[0, :, : self.rows, : self.columns])

    def start(self, first: Layer) -> Latents:
        """Return (1, channels, height, width): the noise that the first phase begins with."""
        noise = KeyedNoise(self.seed, self.channels).draw(0, 0, 0, self.height, self.width)
        return (noise * np.float32(np.hypot(1, first.steps[0].now)))[None]

    def phase(self, layer: Layer, canvas: Latents, places: Sequence[Place]) -> dict[Place, Latents]:
        """Take windows through the steps of a phase.

        Parameters
        ----------
        layer
            The phase.
        canvas
            (planes, channels, height, width) that they begin with.
        places
            Which, in any order.
        """
        noise = KeyedNoise(self.seed, self.channels)
        runner = PhaseRunner(self.preset, self.guidance, noise, self.progress)
        size = min(self.batch, len(layer))
        made: dict[Place, Latents] = {}
        for first in range(0, len(places), size):
            some = places[first : first + size]
            boxes = filled([layer.box(place) for place in some], size)
            cut = [canvas[..., box.y : box.y2, box.x : box.x2] for box in boxes]
            batch = Batch(some, np.stack(cut), [], Given(vectors=self._told(boxes)))
            found, finite = runner.run(self.prior, batch, layer.steps)
            if not finite.all():
                raise BadNumbers(
                    "The prior answered with NaN or infinity.",
                    "Lower the guidance, or get the model again.",
                )
            made |= {place: found[k] for k, place in enumerate(some)}
            self._advance(len(some) * cost(layer))
        return made

    def _told(self, boxes: Sequence[Box]) -> Latents:
        """Return (boxes, parts, width): one part for a whole window, or one for each cell."""
        width = self.told.shape[-1]
        if self.told.ndim == 1:
            return np.broadcast_to(self.told, (len(boxes), 1, width))
        cut = []
        for box in boxes:  # beyond a grid smaller than a window, its last cells go on
            rows = np.minimum(np.arange(box.y, box.y2), self.rows - 1)
            columns = np.minimum(np.arange(box.x, box.x2), self.columns - 1)
            cut.append(self.told[np.ix_(rows, columns)].reshape(-1, width))
        return np.stack(cut)

    @property
    def _whole(self) -> Box:
        return Box(0, 0, self.width, self.height)

    def _advance(self, evaluations: int) -> None:
        self._done += evaluations
        total = max(self._total, self._done)
        self.progress.report(self._done, total, "Drawing the grid")
