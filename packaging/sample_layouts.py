"""What lies where on the sample slide and in the sample scene, and which pictures it is made of.

Real tiles are embedded, and their grids are quilted: nothing but embeddings goes on from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mosaic import Mask, Vectors, alternating, joined, nearest, piece, quilt
from PIL import Image

RGB = npt.NDArray[np.uint8]
Embed = Callable[[RGB], Vectors]
"""(height, width, 3) uint8 in whole cells → (rows, columns, dim)."""

CELL = 32
ALIKE = 6
"""Tiles of a class that are taken: those nearest in colour, so that the stain stays one."""

ENDINGS = {".jpg", ".jpeg", ".png", ".tif"}
GLASS, MOST_GLASS = 222, 0.12


@dataclass(frozen=True, slots=True)
class Tissue:
    """A kind of tissue.

    Parameters
    ----------
    folder
        Of its tiles.
    factor
        Pixels of the model for each of the tiles'.
    crop
        Share of a tile's side that is used.
    block, overlap
        As `quilt` has them.
    glass
        Share of a tile that may be glass.
    dense
        Whether the tiles with the most nuclei are taken, rather than typical ones.
    """

    folder: str
    factor: float
    crop: float
    block: int
    overlap: int
    glass: float = MOST_GLASS
    dense: bool = False


BONE = {"factor": 1.0, "crop": 1.0, "block": 14, "overlap": 4}
SMALL = {"factor": 0.5, "crop": 0.75, "block": 9, "overlap": 3}

SLIDE_SIZE = (96, 128)
PIECES: tuple[tuple[tuple[int, int], tuple[int, int], tuple[tuple[Tissue, int, int], ...]], ...] = (
    (
        (48, 36),
        (40, 31),
        (
            (Tissue("osteosarcoma/Viable", **BONE, dense=True), 30, 26),
            (Tissue("osteosarcoma/Non-Tumor", **BONE), 48, 58),
            (Tissue("osteosarcoma/Non-Viable-Tumor", **BONE), 74, 28),
        ),
    ),
    (
        (29, 96),
        (25, 27),
        (
            (Tissue("lc25000/colonn", **SMALL), 30, 82),
            (Tissue("lc25000/colonca", **SMALL), 30, 106),
        ),
    ),
    (
        (75, 98),
        (16, 24),
        (
            (Tissue("lc25000/lungscc", **SMALL), 75, 86),
            (Tissue("lc25000/lungaca", **SMALL, glass=0.25), 75, 110),
        ),
    ),
)
"""Centre, radii, and which tissue is where: pieces on the glass, from left to right."""

SCENE_SIZE = (80, 80)
FREEWAY, RIVER = (36, 44), (52, 60)
FIELD = "agricultural"
PARCELS = (
    (0, 0, 18, 20, FIELD), (0, 20, 18, 36, FIELD), (18, 0, 36, 26, FIELD), (18, 26, 36, 36, FIELD),
    (0, 36, 36, 52, "forest"), (0, 52, 36, 80, "mediumresidential"),
    (44, 0, 64, 30, "denseresidential"), (64, 0, 80, 30, "mediumresidential"),
    (44, 30, 54, 42, "parkinglot"), (54, 30, 66, 42, "buildings"), (66, 30, 80, 52, "golfcourse"),
    (44, 42, 66, 52, "sparseresidential"), (44, 52, 62, 80, "forest"), (62, 52, 80, 80, FIELD),
)  # fmt: skip
"""First row and column, last ones, and what is there; the river and the freeway run across."""


def slide_grid(folder: Path, embed: Embed, seed: int = 7) -> tuple[Vectors, Mask]:
    """Return (rows, columns, dim) and where there is tissue.

    Parameters
    ----------
    folder
        With the folders of the tissues' tiles.
    embed
        Makes grids of pictures.
    seed
        Of all chance.
    """
    random = np.random.default_rng(seed)
    whole: Vectors | None = None
    tissue = np.zeros(SLIDE_SIZE, np.bool_)
    for centre, radii, kinds in PIECES:
        mask = piece(random, SLIDE_SIZE, centre, radii) & ~_grown(tissue) & _inside()
        box = tuple(
            slice(max(0, middle - 3 * radius // 2), middle + 3 * radius // 2)
            for middle, radius in zip(centre, radii, strict=True)
        )
        layers = [_tissue(random, folder, kind, embed, box) for kind, _, _ in kinds]
        labels = nearest(random, SLIDE_SIZE, [(row, column) for _, row, column in kinds], rough=5)
        filled = joined(layers, labels, softness=0.8)
        whole = filled if whole is None else np.where(mask[..., None], filled, whole)
        tissue |= mask
    assert whole is not None  # noqa: S101 - there are pieces
    return whole, tissue


def scene_grid(folder: Path, embed: Embed, seed: int = 7) -> tuple[Vectors, Mask]:
    """Return (rows, columns, dim), and that all of it is land or water; as `slide_grid`."""
    random = np.random.default_rng(seed)
    labels = np.zeros(SCENE_SIZE, np.int64)
    layers: list[Vectors] = []
    for top, left, bottom, right, kind in PARCELS:
        field = kind == FIELD
        tiles = _alike(random, _pictures(folder / kind), 1 if field else ALIKE)
        turns = (0, 2) if field else (0, 1, 2, 3)
        ways = [np.rot90(tile, turn) for tile in tiles for turn in turns]
        grids = [embed(np.ascontiguousarray(way)) for way in ways]
        block, overlap = (6, 3) if field else (8, 3)
        layer = np.zeros((*SCENE_SIZE, grids[0].shape[2]), np.float32)
        # Each parcel reaches a little under its neighbours, for the soft border.
        part = np.s_[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
        size = layer[part].shape[:2]
        layer[part] = quilt(random, grids, (size[0], size[1]), block, overlap)
        labels[top:bottom, left:right] = len(layers)
        layers.append(layer)
    for kind, across in (("river", False), ("freeway", True)):
        layer, where = _course(folder / kind, embed, across=across)
        labels[where] = len(layers)
        layers.append(layer)
    return joined(layers, labels, softness=0.5), np.ones(SCENE_SIZE, np.bool_)


def _tissue(
    random: np.random.Generator, folder: Path, kind: Tissue, embed: Embed, box: tuple[slice, ...]
) -> Vectors:
    """Return the whole slide, a part of it filled with one tissue."""
    pictures = [
        tile
        for tile in _pictures(folder / kind.folder, kind.factor, kind.crop)
        if float((tile.min(2) > GLASS).mean()) <= kind.glass
    ]
    tiles = _alike(random, pictures, ALIKE, dense=kind.dense)
    ways = [np.rot90(tile, turn) for tile in tiles for turn in range(4)]
    if kind.factor < 1:  # small tiles: there are fewer places to choose from
        ways += [way[:, ::-1] for way in ways]
    grids = [embed(np.ascontiguousarray(way)) for way in ways]
    whole = np.zeros((*SLIDE_SIZE, grids[0].shape[2]), np.float32)
    rows, columns = whole[box].shape[:2]
    whole[box] = quilt(random, grids, (rows, columns), kind.block, kind.overlap)
    return whole


def _course(folder: Path, embed: Embed, *, across: bool) -> tuple[Vectors, Mask]:
    """Return a road from left to right, or a river that winds from top to foot, and where it is."""
    tile = _straightest(_pictures(folder))
    rows, columns = SCENE_SIZE
    where = np.zeros(SCENE_SIZE, np.bool_)
    if across:
        grids = [embed(np.ascontiguousarray(way.swapaxes(0, 1))) for way in (tile, tile[::-1])]
        line = alternating(grids[0].swapaxes(0, 1), grids[1].swapaxes(0, 1), columns)
        layer = np.zeros((rows, columns, line.shape[2]), np.float32)
        where[FREEWAY[0] : FREEWAY[1]] = True
        layer[where] = line.swapaxes(0, 1).reshape(-1, line.shape[2])
        return layer, where
    line = alternating(*(embed(np.ascontiguousarray(way)) for way in (tile, tile[::-1])), rows)
    layer = np.zeros((rows, columns, line.shape[2]), np.float32)
    for row in range(rows):
        left = RIVER[0] + round(2.6 * np.sin(row / 11))
        layer[row, left : left + line.shape[1]] = line[row]
        where[row, left : left + line.shape[1]] = True
    return layer, where


def _straightest(pictures: Sequence[RGB]) -> RGB:
    """Return the picture in which most runs from top to foot, turned so if need be."""
    scores = []
    for picture in pictures:
        for way in (picture, picture.swapaxes(0, 1)):
            cells = way.reshape(8, -1, 8, way.shape[1] // 8, 3).mean((1, 3))
            along, between = cells.var(0).mean(), cells.mean(0).var(0).mean()
            scores.append((float(between / (along + 4.0)), len(scores)))
    best = max(scores)[1]
    picture = pictures[best // 2]
    return picture.swapaxes(0, 1) if best % 2 else picture


def _pictures(folder: Path, factor: float = 1.0, crop: float = 1.0) -> list[RGB]:
    """Return the tiles of a folder, in whole cells, at the model's resolution."""
    found = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        wide, high = (round(length * crop) for length in picture.size)
        left, top = (picture.width - wide) // 2, (picture.height - high) // 2
        picture = picture.crop((left, top, left + wide, top + high))
        size = max(1, round(wide * factor)), max(1, round(high * factor))
        pixels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
        rows, columns = (length // CELL * CELL for length in pixels.shape[:2])
        found.append(pixels[:rows, :columns])
    if not found:
        raise SystemExit(f"No pictures are in {folder}.")
    side = int(np.median([min(picture.shape[:2]) for picture in found]))
    return [picture[:side, :side] for picture in found if min(picture.shape[:2]) >= side]


def _alike(
    random: np.random.Generator, pictures: Sequence[RGB], count: int, *, dense: bool = False
) -> list[RGB]:
    """Return some pictures of like colours: typical ones, or the bluest: those with most nuclei."""
    means = np.array([picture.reshape(-1, 3).mean(0) for picture in pictures])
    typical = np.argsort(np.linalg.norm(means - np.median(means, 0), axis=1), kind="stable")
    if dense:
        typical = np.argsort(means[:, 0] - means[:, 2], kind="stable")[:3]
    first = int(random.choice(typical[: max(1, len(typical) // 3)]))
    nearest_ones = np.argsort(np.linalg.norm(means - means[first], axis=1), kind="stable")
    return [pictures[int(number)] for number in nearest_ones[:count]]


def _inside(cells: int = 3) -> Mask:
    """Return the whole slide but for a border, on which no tissue lies."""
    mask = np.zeros(SLIDE_SIZE, np.bool_)
    mask[cells:-cells, cells:-cells] = True
    return mask


def _grown(mask: Mask, cells: int = 2) -> Mask:
    """Return a mask with what lies around it, so that pieces do not touch."""
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(mask, iterations=cells)) if mask.any() else mask


__all__ = ["CELL", "SCENE_SIZE", "SLIDE_SIZE", "scene_grid", "slide_grid"]
