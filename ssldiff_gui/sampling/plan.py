"""The geometry of a render: phases, windows, and which window needs which. No pixels here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.sampling.presets import Preset, Step, steps_of
from ssldiff_gui.sampling.windows import Axis, pairs

Place = tuple[int, int]
"""Row and column of a window in its phase's grid."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Windows that cover the canvas: those of a phase, or those that are decoded.

    Parameters
    ----------
    rows, columns
        In latents.
    steps
        What each window does by itself; none for the windows that are decoded.
    """

    rows: Axis
    columns: Axis
    steps: tuple[Step, ...] = ()

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def corner(self, place: Place) -> tuple[int, int]:
        """Return the top and the left of a window, in latents."""
        return int(self.rows.starts[place[0]]), int(self.columns.starts[place[1]])

    def box(self, place: Place) -> Box:
        """Return what a window covers, in latents."""
        top, left = self.corner(place)
        return Box(left, top, self.columns.window, self.rows.window)

    def touching(self, box: Box) -> Iterator[Place]:
        """Go through the windows that have a place in a box of latents, row by row."""
        rows, columns = self.rows.touching(box.y, box.y2), self.columns.touching(box.x, box.x2)
        return pairs(rows, columns)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All that a render does, as geometry.

    Parameters
    ----------
    spec, preset
        Of the generator, and the way to render.
    height, width
        Of the canvas, in latents; never smaller than a window.
    phases
        In order; windows of one take their start from the blend of the one before.
    decoding
        The windows that are decoded, of the blend of the last phase.
    pixel_rows, pixel_columns
        The same windows in pixels.
    """

    spec: GeneratorSpec
    preset: Preset
    height: int
    width: int
    phases: tuple[Layer, ...]
    decoding: Layer
    pixel_rows: Axis
    pixel_columns: Axis

    @classmethod
    def of(cls, generator: Generator, preset: Preset, rows: int, columns: int) -> Plan:
        """Plan the render of a grid of so many rows and columns of cells."""
        spec = generator.spec
        _require_pixels(spec, preset)
        height, width = (max(n * spec.cell, spec.window) for n in (rows, columns))
        # Blocks of cells are exact only where windows stand on the lattice of the cells.
        lattice = spec.cell if spec.tokens > 1 else 1
        stride = max(lattice, round(preset.stride * spec.window / lattice) * lattice)
        groups = np.array_split(np.arange(preset.steps), preset.phases)
        steps = steps_of(preset, generator)
        phases = []
        for number, group in enumerate(groups):
            down, across = (
                Axis.of(
                    length, spec.window, stride, round(share * stride / lattice) * lattice,
                    preset.blend,
                )
                for length, share in zip(
                    (height, width), preset.shifts[number % len(preset.shifts)], strict=True
                )
            )  # fmt: skip
            phases.append(Layer(down, across, tuple(steps[k] for k in group)))
        decoding, pixels = _decoding(spec, preset, height, width)
        return cls(spec, preset, height, width, tuple(phases), decoding, *pixels)

    @property
    def evaluations(self) -> int:
        """How often the network sees a window when the whole canvas is rendered."""
        return sum(len(layer) * cost(layer) for layer in self.phases)

    def latents_of(self, pixels: Box) -> Box:
        """Return the latents under a box of pixels, within the canvas."""
        factor = self.spec.factor
        box = Box.covering(
            pixels.x / factor, pixels.y / factor, pixels.x2 / factor, pixels.y2 / factor
        )
        return box.intersect(Box(0, 0, self.width, self.height))

    def needs(self, boxes: Iterable[Box]) -> list[list[Place]]:
        """Return the windows, a list for each phase and one for decoding, that pixels need.

        Parameters
        ----------
        boxes
            In pixels of the canvas.
        """
        decoded = {place for box in boxes for place in self.decoding.touching(self.latents_of(box))}
        wanted = [decoded]
        layer = self.decoding
        for phase in reversed(self.phases):
            wanted.append({p for place in wanted[-1] for p in phase.touching(layer.box(place))})
            layer = phase
        return [sorted(places) for places in reversed(wanted)]

    def touched(self, changed: Callable[[Layer], set[Place]]) -> list[set[Place]]:
        """Return the windows, a set for each phase and one for decoding, that a change reaches.

        Parameters
        ----------
        changed
            Returns the windows of a phase that are conditioned on something else now.
        """
        reached: list[set[Place]] = []
        before: Layer | None = None
        for phase in self.phases:
            own = changed(phase)
            if before is not None:
                own |= {p for q in reached[-1] for p in phase.touching(before.box(q))}
            reached.append(own)
            before = phase
        last = self.phases[-1]
        reached.append({p for q in reached[-1] for p in self.decoding.touching(last.box(q))})
        return reached

    def pixels_of(self, place: Place) -> Box:
        """Return what a decoded window covers, in pixels."""
        box, factor = self.decoding.box(place), self.spec.factor
        return Box(box.x * factor, box.y * factor, box.width * factor, box.height * factor)


def cost(layer: Layer) -> int:
    """Return how many evaluations one window of a phase takes."""
    return sum(2 if step.guided else 1 for step in layer.steps)


def _require_pixels(spec: GeneratorSpec, preset: Preset) -> None:
    """Refuse to keep latents from -1 to 1: only pixels end there."""
    if preset.solver == "ddim-clamped" and spec.factor > 1:
        raise BadRequest(
            f"The preset “{preset.name}” is for models of pixels; {spec.title} has latents.",
            "Choose another preset.",
        )


def _decoding(
    spec: GeneratorSpec, preset: Preset, height: int, width: int
) -> tuple[Layer, tuple[Axis, Axis]]:
    window = spec.window
    share = 1.0 if spec.local_decoder else preset.decode_stride
    stride = max(1, round(share * window))
    if spec.factor < 1:
        raise BadRequest("A latent covers at least one pixel.", "Correct the model's model.json.")
    axes = [Axis.of(length, window, stride, 0, "uniform") for length in (height, width)]
    blend = preset.decode_blend
    pixels = axes[0].magnified(spec.factor, blend), axes[1].magnified(spec.factor, blend)
    return Layer(axes[0], axes[1]), pixels
