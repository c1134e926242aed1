"""What is asked for beside embeddings: a text or a class, and areas with their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import shapely

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.sampling.field import Corners, GridField
from ssldiff_gui.sampling.plan import Layer, Place

Numbers = npt.NDArray[np.int64]
Maps = npt.NDArray[np.float32]

Value = TypeVar("Value")

_AT_ONCE = 64
"""Windows that are compared together."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What a picture shall show, in the terms of a generator.

    Parameters
    ----------
    layout
        Areas, in pixels of the canvas.
    text
        (length,) token ids; None when the generator takes no text.
    number
        Of the class, -1 for none; None when the generator takes no class.
    texts
        By the number of an area that has a text of its own: its token ids.
    numbers
        By the number of an area that has a class the generator knows: its number.
    """

    layout: Layout = field(default_factory=Layout)
    text: Numbers | None = None
    number: int | None = None
    texts: dict[int, Numbers] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)


class AskedField(GridField):
    """A grid under a canvas, blank or not, and what is asked for beside it.

    The text and the class of a window are those of the area that counts at its middle, and where
    there is none, those of the whole.

    Parameters
    ----------
    grid, spec
        As `GridField` has them.
    asked
        What else there is.
    """

    def __init__(self, grid: EmbeddingGrid, spec: GeneratorSpec, asked: Asked) -> None:
        super().__init__(grid, spec)
        self.asked = asked
        areas = asked.layout.areas
        drawn = asked.layout.boxes() if spec.layout_form == "boxes" else asked.layout
        self._drawn = drawn.areas
        self._tree = shapely.STRtree([area.geometry for area in self._drawn])
        self._middles = shapely.STRtree([area.geometry for area in areas])
        side = spec.window
        self._nothing = np.zeros((len(spec.layout), side, side), np.float32)
        self._nothing.flags.writeable = False

    def given(self, corners: Corners) -> Given:
        """Return what windows are conditioned on, by their top left corners in latents."""
        given = super().given(corners)
        over = self._over_middles(corners)
        asked = self.asked
        if asked.text is not None:
            found = [_last(asked.texts, areas) for areas in over]
            given = replace(
                given, text=np.stack([asked.text if ids is None else ids for ids in found])
            )
        if asked.number is not None:
            numbers = [_last(asked.numbers, areas) for areas in over]
            given = replace(
                given,
                classes=np.array([asked.number if n is None else n for n in numbers], np.int64),
            )
        if self.spec.layout:
            given = replace(given, maps=self._maps(corners))
        return given

    def changed(self, other: GridField, layer: Layer) -> set[Place]:
        """Return the windows of a phase that see something else here than in another field."""
        found = super().changed(other, layer)
        places = sorted(set(self._candidates(other, layer)) - found)
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            corners = [layer.corner(place) for place in some]
            ours, theirs = self.given(corners), other.given(corners)
            for number, place in enumerate(some):
                if not _same(ours, theirs, number):
                    found.add(place)
        return found

    def _over_middles(self, corners: Corners) -> list[list[int]]:
        """Return for each window the numbers of the areas over its middle."""
        found: list[list[int]] = [[] for _ in corners]
        asked = self.asked
        if not asked.texts and not asked.numbers:
            return found
        half, factor = self.spec.window / 2, self.spec.factor
        places = [((left + half) * factor, (top + half) * factor) for top, left in corners]
        windows, areas = self._middles.query(shapely.points(places), predicate="covered_by")
        for window, area in zip(windows.tolist(), areas.tolist(), strict=True):
            found[window].append(area)
        return found

    def _maps(self, corners: Corners) -> Maps:
        maps = [self._map_of(top, left) for top, left in corners]
        if all(one is self._nothing for one in maps):
            return np.broadcast_to(self._nothing, (len(maps), *self._nothing.shape))
        return np.stack(maps)

    def _map_of(self, top: int, left: int) -> Maps:
        """Return the maps of a window; windows without any area share theirs."""
        side, factor = self.spec.window, self.spec.factor
        pixels = shapely.box(
            left * factor, top * factor, (left + side) * factor, (top + side) * factor
        )
        here = sorted(self._tree.query(pixels).tolist())
        if not here:
            return self._nothing
        layout = Layout(tuple(self._drawn[number] for number in here))
        return layout.maps((top, left), side, factor, self.spec.layout)

    def _candidates(self, other: GridField, layer: Layer) -> Iterator[Place]:
        """Go through the windows that may see another text, class or map."""
        if not isinstance(other, AskedField) or not self._same_rest(other):
            yield from layer.touching(Box(0, 0, layer.columns.length, layer.rows.length))
            return
        factor = self.spec.factor
        for area in _differing(self.asked.layout.areas, other.asked.layout.areas):
            box = area.box
            yield from layer.touching(
                Box.covering(
                    box.x / factor, box.y / factor, box.x2 / factor, box.y2 / factor
                ).intersect(Box(0, 0, layer.columns.length, layer.rows.length))
            )

    def _same_rest(self, other: AskedField) -> bool:
        ours, theirs = self.asked, other.asked
        return ours.number == theirs.number and (
            (ours.text is None) == (theirs.text is None)
            and (ours.text is None or np.array_equal(ours.text, theirs.text))  # type: ignore[arg-type]
        )


def _differing(ours: Sequence[Area], theirs: Sequence[Area]) -> list[Area]:
    """Return the areas of two layouts without those that both begin and end with."""
    shorter = min(len(ours), len(theirs))
    first = _shared(ours, theirs)
    last = min(_shared(ours[::-1], theirs[::-1]), shorter - first)
    return [*ours[first : len(ours) - last], *theirs[first : len(theirs) - last]]


def _shared(ours: Sequence[Area], theirs: Sequence[Area]) -> int:
    """Return how many areas two layouts have in common from the first on."""
    pairs = zip(ours, theirs, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _last(values: dict[int, Value], numbers: Sequence[int]) -> Value | None:
    """Return what belongs to the last of some areas that has any."""
    told = [number for number in numbers if number in values]
    return values[max(told)] if told else None


def _same(ours: Given, theirs: Given, number: int) -> bool:
    """Whether a window is told the same by two fields."""
    for name in ("text", "classes", "maps"):
        a, b = getattr(ours, name), getattr(theirs, name)
        if (a is None) != (b is None) or (
            a is not None and not np.array_equal(a[number], b[number])
        ):
            return False
    return True
