"""Pictures for a class: real ones varied through their grids, or drawn by what a generator is told.

A picture is brought to the generator's resolution, drawn there, and brought back.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from ssldiff_gui.core.errors import BadNumbers, BadRequest
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid, Vectors
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator, Given
from ssldiff_gui.core.slerp import slerp
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.jobs.evaluate_features import Embeds, cells_of, embed_cells
from ssldiff_gui.jobs.evaluate_rendering import MOST, Unconditional, _Checking, grid_of
from ssldiff_gui.jobs.labelled import Labelled
from ssldiff_gui.sampling.field import Corners, Field, GridField, Shares
from ssldiff_gui.sampling.noise import KeyedNoise
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import Preset
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from ssldiff_gui.training.pictures import Pixels

Numbers = npt.NDArray[np.int64]

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that is to be drawn.

    Parameters
    ----------
    label
        Number of its class.
    number
        Its own, within the class.
    seed
        Of its noise.
    source, partner
        Numbers of the real picture whose size it has, and which it is a variation of; and of the
        one of the same class that it goes towards.
    """

    label: int
    number: int
    seed: int
    source: int
    partner: int


@dataclass(frozen=True, slots=True, eq=False)
class Real:
    """The real pictures, of which some may be looked at.

    Parameters
    ----------
    labelled
        All of them.
    seen
        Numbers of those that may be looked at.
    scale
        Pixels of the generator for one of the pictures', along one axis.
    """

    labelled: Labelled
    seen: Numbers
    scale: float

    def load(self, number: int) -> Pixels:
        """Return (height, width, 3) uint8 of one that may be looked at."""
        if number not in self.seen:
            raise BadRequest(
                f"{self.labelled.paths[number]} is not among the pictures to be seen.",
                "This is a mistake of the program: please report it.",
            )
        return self.labelled.load(number)

    def own(self, number: int) -> Pixels:
        """Return one at the generator's resolution."""
        return resized_by(self.load(number), self.scale)

    def size(self, number: int) -> Size:
        """Return the size of one, in its own pixels."""
        known = self.labelled.prints[number]
        return known.height, known.width


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A picture that was drawn.

    Parameters
    ----------
    pixels
        (height, width, 3) uint8, at the resolution of the real ones.
    grid
        What it was drawn from; None when there is none.
    """

    pixels: Pixels
    grid: EmbeddingGrid | None


class Draws(Protocol):
    """Who draws pictures for a class."""

    def draw(self, candidate: Candidate) -> Made:
        """Draw one."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """What every way to draw needs.

    Parameters
    ----------
    generator
        Who does the work.
    preset
        The way to render.
    real
        The real pictures.
    large
        Side of what is made, in pixels of the pictures; None makes it as large as they are.
    progress
        Asked for an end.
    """

    generator: Generator
    preset: Preset
    real: Real
    large: int | None
    progress: Progress

    @property
    def side(self) -> int:
        """Of a cell, in pixels of the generator."""
        return self.generator.spec.cell * self.generator.spec.factor

    def real_size(self, number: int) -> Size:
        """Return the size of what is made beside a real picture."""
        if self.large is not None:
            return self.large, self.large
        return self.real.size(number)

    def own_size(self, size: Size) -> Size:
        """Return a size in pixels of the generator."""
        height, width = (max(1, round(n * self.real.scale)) for n in size)
        return height, width

    def cells(self, size: Size) -> Size:
        """Return how many rows and columns of cells cover a size in pixels of the pictures."""
        height, width = self.own_size(size)
        return math.ceil(height / self.side), math.ceil(width / self.side)

    def render(
        self, generator: Generator, field: Field, size: Size, seed: int, preset: Preset
    ) -> Pixels:
        """Return a picture of a size in pixels of the pictures."""
        rows, columns = self.cells(size)
        plan = Plan.of(generator, preset, rows, columns)
        guidance = generator.spec.guidance if preset.guidance is None else preset.guidance
        renderer = Renderer(
            [generator], plan, field, KeyedNoise(seed, plan.spec.channels), WindowStore(None),
            batch=min(MOST, max(len(layer) for layer in plan.phases)), guidance=guidance,
            progress=_Checking(self.progress),
        )  # fmt: skip
        height, width = self.own_size(size)
        [(_, pixels)] = renderer.render([[Box(0, 0, width, height)]])
        if pixels is None:
            raise BadNumbers(
                f"{generator.spec.title} answered with NaN or infinity.",
                "Lower --scale or --guidance; or train it again, or longer.",
            )
        return resized(pixels, size)


class Variations:
    """Real pictures, varied: their grids go towards those of others of their class.

    Parameters
    ----------
    hand
        What is needed to draw.
    encoder
        The generator's own.
    strength
        0 repeats a picture's grid, 1 takes the other's.
    """

    def __init__(self, hand: Hand, encoder: Embeds, strength: float) -> None:
        self._hand, self._encoder, self._strength = hand, encoder, strength
        self._grids: dict[int, Vectors] = {}

    def draw(self, candidate: Candidate) -> Made:
        """Draw a variation."""
        hand, spec = self._hand, self._hand.generator.spec
        size = hand.real_size(candidate.source)
        rows, columns = hand.cells(size)
        random = np.random.default_rng(candidate.seed)
        own, other = (
            laid(self._grid(number), rows, columns, random)
            for number in (candidate.source, candidate.partner)
        )
        grid = grid_of(slerp(self._strength, own, other), spec)
        field = GridField(grid, spec)
        made = hand.render(hand.generator, field, size, candidate.seed, hand.preset)
        return Made(made, grid)

    def _grid(self, number: int) -> Vectors:
        """Return (rows, columns, dim) of a real picture."""
        if number not in self._grids:
            picture = self._hand.real.own(number)
            self._grids[number] = embedded(self._encoder, picture, self._hand.side)
        return self._grids[number]


class Asking:
    """Pictures by a generator that is told the same everywhere.

    Parameters
    ----------
    hand
        What is needed to draw.
    generators
        For each class.
    given
        From a class and a number of windows to what they are conditioned on.
    told
        Whether the generator is told it; without, it draws anything, and nothing but a classifier
        leads it.
    """

    def __init__(
        self,
        hand: Hand,
        generators: Sequence[Generator],
        given: Callable[[int, int], Given],
        *,
        told: bool,
    ) -> None:
        self._hand, self._given, self._told = hand, given, told
        self._generators = (
            generators
            if told
            else [cast("Generator", Unconditional(generator)) for generator in generators]
        )

    def draw(self, candidate: Candidate) -> Made:
        """Draw a picture of its class."""
        preset = self._hand.preset
        if not self._told:
            preset = preset.model_copy(update={"guided": (0.0, 0.0)})
        field = _Everywhere(lambda count: self._given(candidate.label, count))
        size = self._hand.real_size(candidate.source)
        generator = self._generators[candidate.label]
        return Made(self._hand.render(generator, field, size, candidate.seed, preset), None)


class _Everywhere:
    """The same condition for every window."""

    def __init__(self, given: Callable[[int], Given]) -> None:
        self._given = given

    def given(self, corners: Corners) -> Given:
        """Return it, for as many windows."""
        return self._given(len(corners))

    def empty(self, box: Box) -> bool:  # noqa: ARG002 - as every field has it
        """Whether nothing is to be drawn in a box of latents."""
        return False

    def shown(self, pixels: Box) -> Shares | None:  # noqa: ARG002
        """Return None: all of it is drawn."""
        return None


def candidates_of(
    labels: Numbers, seen: Numbers, names: Sequence[str], count: int, seed: int
) -> list[Candidate]:
    """Plan `count` pictures of each class: all real ones in turn, each towards another one.

    Parameters
    ----------
    labels
        Of all real pictures.
    seen
        Numbers of those that may be looked at.
    names
        Of the classes.
    count
        Of each class.
    seed
        Of the choice; a class's depends on its own name and pictures only.
    """
    planned = []
    for label, name in enumerate(names):
        random = np.random.default_rng(_number(f"{seed} order {name}"))
        members = random.permutation(seen[labels[seen] == label])
        for number in range(count):
            source = int(members[number % len(members)])
            others = members[members != source]
            partner = int(random.choice(others)) if len(others) else source
            own = _number(f"{seed} picture {name} {number}")
            planned.append(Candidate(label, number, own, source, partner))
    return planned


def nothing_for(spec: GeneratorSpec, count: int, empty: Numbers | None) -> Given:
    """Return what has the shape of a generator's condition, and is not to be told.

    Parameters
    ----------
    spec
        Of the generator.
    count
        Of windows.
    empty
        (length,) ids of the empty text, for one that takes texts.
    """
    if empty is not None:
        return Given(text=np.repeat(empty[None], count, axis=0))
    if spec.dim is not None:
        return Given(vectors=np.zeros((count, spec.tokens**2, spec.dim), np.float32))
    return Given(classes=np.zeros(count, np.int64))


def laid(grid: Vectors, rows: int, columns: int, random: np.random.Generator) -> Vectors:
    """Return so many rows and columns of a grid: a part of it, or all of it and mirrored on."""
    for axis, wanted in enumerate((rows, columns)):
        have = grid.shape[axis]
        start = int(random.integers(max(0, have - wanted) + 1))
        places = (np.arange(wanted) + start) % (2 * have)
        grid = np.take(grid, np.minimum(places, 2 * have - 1 - places), axis=axis)
    return grid


def embedded(encoder: Embeds, picture: Pixels, side: int) -> Vectors:
    """Return (rows, columns, dim) of a picture; its border is mirrored to fill the last cells."""
    height, width = picture.shape[:2]
    more = [(0, -length % side) for length in (height, width)]
    whole = np.pad(picture, (*more, (0, 0)), mode="symmetric")
    cells = cells_of(whole[None], side)[0]
    rows, columns = cells.shape[:2]
    return embed_cells(encoder, cells.reshape(-1, side, side, 3)).reshape(rows, columns, -1)


def resized_by(picture: Pixels, scale: float) -> Pixels:
    """Return a picture with another number of pixels."""
    height, width = picture.shape[:2]
    return resized(picture, (max(1, round(height * scale)), max(1, round(width * scale))))


def resized(picture: Pixels, size: Size) -> Pixels:
    """Return a picture of a size, without steps in what gets smaller."""
    if picture.shape[:2] == size:
        return picture
    image = Image.fromarray(picture).resize(size[::-1], Image.Resampling.LANCZOS)
    return np.asarray(image)


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)
