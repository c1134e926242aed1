"""What the pages show, as data: made by the studio, never changed by a widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]
"""A picture: (height, width, 3) uint8."""

OverlayMode = Literal["colours", "clusters", "likeness", "unseen", "lines", "off"]
SeedMode = Literal["lock", "random", "step"]
Part = Literal["whole", "selection", "view"]
CompareMode = Literal["side", "curtain", "blink", "difference"]
ActKind = Literal["fill", "vary", "replace", "steer", "erase", "clear"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose from.

    Parameters
    ----------
    id
        What signals name it by.
    title
        What people call it.
    note
        A second, small line: the licence, where it runs.
    missing
        Why it cannot be chosen now; empty when it can.
    """

    id: str
    title: str
    note: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class RegionShown:
    """The region at hand.

    Parameters
    ----------
    name
        "Region 2", or the name of an annotation.
    size
        In µm or m: "512 × 384 µm"; empty while the scale is unknown.
    pixels
        "1,024 × 768 px".
    problem
        Why it cannot be embedded; empty when it can.
    """

    name: str
    size: str
    pixels: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class GridShown:
    """The grid at hand: "Colon", 48 × 48, of an encoder, and a word about its state."""

    name: str
    rows: int
    columns: int
    encoder: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OverlayShown:
    """How the grid lies over the slide; opacity is 0–1."""

    mode: OverlayMode = "colours"
    opacity: float = 0.6
    clusters: int = 8


@dataclass(frozen=True, slots=True)
class ClusterShown:
    """One group of alike cells.

    Parameters
    ----------
    index
        What signals name it by.
    letter
        What tells it apart without colour.
    colour
        As on the overlay.
    count
        How many cells it has.
    """

    index: int
    letter: str
    colour: tuple[int, int, int]
    count: int


@dataclass(frozen=True, slots=True)
class SelectionShown:
    """What is selected in the grid.

    Parameters
    ----------
    count
        How many cells.
    words
        More about them: "6 % of the grid".
    paint
        What Fill and Replace paint with: "Gland" or "the picked cell"; empty when nothing is
        picked yet.
    """

    count: int
    words: str = ""
    paint: str = ""


@dataclass(frozen=True, slots=True)
class SelectionAct:
    """What is to happen to the selected cells.

    Parameters
    ----------
    kind
        Which act.
    amount
        How far it goes, 0–1.
    text, class_name
        Where "steer" leads; one of the two.
    """

    kind: ActKind
    amount: float = 1.0
    text: str = ""
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class SteerShown:
    """What a prior can steer by.

    Parameters
    ----------
    classes
        Classes it knows; empty when it knows none.
    words
        Words it has learnt; shown as a hint and offered while typing.
    missing
        Why steering is not possible; empty when it is.
    """

    classes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourShown:
    """A cell like the picked one: its place, its tile when read, its cosine to the picked one."""

    index: int
    cosine: float
    picture: RGB | None = None
    place: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CellShown:
    """The picked cell.

    Parameters
    ----------
    index
        Its place in the grid, row by row.
    row, column
        The same, as people count (from 1).
    place
        Where it lies: "1.20 × 0.84 mm".
    picture
        The tile as the slide has it; None while it is read.
    cluster
        The group it belongs to.
    neighbours
        The cells most like it, best first.
    edited
        Whether it no longer holds what the slide has there.
    """

    index: int
    row: int
    column: int
    place: str = ""
    picture: RGB | None = None
    cluster: ClusterShown | None = None
    neighbours: tuple[NeighbourShown, ...] = ()
    edited: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ScatterShown:
    """All cells as points.

    Parameters
    ----------
    points
        (n, 2) float; any range.
    colours
        (n, 3) uint8, as the overlay's.
    method
        Id of the method that made them.
    labels
        (n,) int: the cluster of each, -1 for none; None without clusters.
    clusters
        Letters and colours of the labels.
    """

    points: npt.NDArray[np.float32]
    colours: npt.NDArray[np.uint8]
    method: str = "pca"
    labels: npt.NDArray[np.int64] | None = None
    clusters: tuple[ClusterShown, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A named way to render: its steps and guidance, and a sentence about it."""

    id: str
    title: str
    steps: int
    guidance: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class RenderShown:
    """What Generate is set to.

    Parameters
    ----------
    model, preset, device
        Ids of choices.
    seed, seed_mode
        Where the noise starts; whether the next one is the same, drawn anew, or one more.
    variation
        How far embeddings are varied before rendering, 0–1.
    part
        What is rendered.
    live
        Whether edits are rendered as they are painted.
    steps, guidance
        As chosen under Advanced.
    """

    model: str = ""
    seed: int = 0
    seed_mode: SeedMode = "random"
    variation: float = 0.0
    part: Part = "whole"
    live: bool = False
    preset: str = "default"
    steps: int = 20
    guidance: float = 2.0
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class CostShown:
    """What a render takes.

    Parameters
    ----------
    pixels, size
        "2,048 × 1,536 px" and "1.02 × 0.77 mm"; the second is empty without a scale.
    time, memory, disk
        "about 4 min", "2.1 GB", "38 MB"; empty when not known.
    warning
        What makes it large, in a sentence; empty when it is not.
    consent
        What has to be ticked before it starts: "Render for about 3 hours"; empty when nothing.
    """

    pixels: str
    size: str = ""
    time: str = ""
    memory: str = ""
    disk: str = ""
    warning: str = ""
    consent: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CheckShown:
    """How far a result shows what was asked of it.

    Parameters
    ----------
    likeness
        (n,) float: cosine of each checked cell to its request.
    threshold
        Below it, a cell is said not to show what was asked.
    weakest
        Where the weakest cell is: "row 12, column 40"; empty when there is none.
    note
        More to know: "Checked with the starter encoder".
    """

    likeness: npt.NDArray[np.float32]
    threshold: float = 0.6
    weakest: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PaletteItem:
    """One embedding of the palette: a name, a picture to judge it by, where it came from."""

    id: str
    name: str
    picture: RGB | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """Work in progress.

    Parameters
    ----------
    title
        What is being done.
    done
        0–1; None while that is not known.
    words
        What it does right now: "tile 12 of 48".
    left
        "0:41 left"; empty when not known.
    paused
        Whether it waits.
    picture
        What there is of the result, at most 256 pixels wide and high.
    """

    title: str
    done: float | None = None
    words: str = ""
    left: str = ""
    paused: bool = False
    picture: RGB | None = None
