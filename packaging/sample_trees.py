"""Trees for the drawn scene: where they grow, how their crowns look from above."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sample_land import FARMS, SIDE, TILT, Land, Points, dense, turned, warped
from sample_noise import Field, cloud, ramp, smooth_noise
from sample_scene import Canvas
from scipy.ndimage import uniform_filter
from scipy.spatial import cKDTree

GREENS = np.array(
    [
        (66, 88, 46, 200), (76, 98, 50, 214), (58, 82, 48, 190), (88, 104, 54, 208),
        (50, 72, 48, 168), (94, 100, 56, 196),
    ],
    np.float32,
)  # fmt: skip
VARIANTS = 10
RADII = tuple(range(4, 21))


def shaken_grid(rng: np.random.Generator, pitch: float, jitter: float) -> Points:
    """Return points over the whole scene, x and y, on a shaken grid."""
    line = np.arange(pitch / 2, SIDE, pitch)
    x, y = np.meshgrid(line, line)
    points = np.stack([x.ravel(), y.ravel()], 1)
    return points + rng.uniform(-jitter, jitter, points.shape)


def read(field: Field | npt.NDArray[np.bool_], points: Points) -> npt.NDArray[np.float32]:
    """Return a field's values at points, x and y."""
    index = np.clip(points.astype(int), 0, SIDE - 1)
    return field[index[:, 1], index[:, 0]].astype(np.float32)


Group = tuple[Points, tuple[float, float]]
"""Where the trees of one kind stand, and their least and largest radius."""


def natural(canvas: Canvas, land: Land, bank: Field) -> list[Group]:
    """Return the woods, which keep away from houses, and the trees along the river."""
    rng = canvas.rng
    wooded = cloud(rng, bank.shape, 900, 3) > 1.25
    points = shaken_grid(rng, 15, 5.5)
    centres = np.array([[house.x, house.y] for house in land.houses])
    clear = cKDTree(centres).query(points)[0] > 70
    in_wood = read(wooded, points) > 0
    away = read(bank, points)
    wet = rng.random(len(points)) < np.where(away < 16, 0.6, np.where(away < 46, 0.33, 0))
    return [(points[in_wood & clear], (7, 14)), (points[wet & clear & ~in_wood], (6, 12))]


def planted(rng: np.random.Generator, land: Land) -> list[Group]:
    """Return hedges along fields, trees in gardens, an orchard and the avenue of the main road."""
    hedges = []
    for outline in land.parcels:
        if rng.random() < 0.22:
            start = rng.integers(0, len(outline))
            run = np.roll(outline, -start, 0)[: max(3, int(len(outline) * rng.uniform(0.2, 0.5)))]
            line = dense(run, rng.uniform(9, 26), closed=False)
            kept = line[rng.random(len(line)) < 0.8]
            hedges.append(kept + rng.normal(0, 2.5, kept.shape))
    in_gardens = []
    for garden in land.gardens[: -len(FARMS)]:
        shares = rng.random((rng.integers(2, 7), 1))
        chosen = garden[rng.integers(0, len(garden), len(shares))]
        in_gardens.append(garden.mean(0) + (chosen - garden.mean(0)) * (0.55 + 0.42 * shares))
    grid = np.stack(np.meshgrid(np.arange(1240, 1600, 24.0), np.arange(1530, 1790, 21.0)), -1)
    orchard = turned(warped(grid.reshape(-1, 2)), TILT)
    wide = [dense(line, 44, closed=False) for line, half in land.roads if half >= 17]
    main = np.concatenate(wide)
    step = np.gradient(main, axis=0)
    side = np.stack([-step[:, 1], step[:, 0]], 1) / np.hypot(step[:, 0], step[:, 1])[:, None]
    avenue = np.concatenate([main + side * 26, main - side * 26])
    return [
        (np.concatenate(hedges), (4, 10)),
        (np.concatenate(in_gardens), (4, 9)),
        (orchard + rng.normal(0, 1, orchard.shape), (5, 7)),
        (avenue[rng.random(len(avenue)) < 0.42], (7, 11)),
    ]


class Crowns:
    """Drawn crowns of every radius: how high they are, how bright their leaves."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.library = {
            radius: [self._grow(rng, radius) for _ in range(VARIANTS)] for radius in RADII
        }

    def _grow(self, rng: np.random.Generator, radius: int) -> tuple[Field, Field]:
        side = 2 * radius + 8
        dy, dx = np.mgrid[:side, :side].astype(np.float32) - (side - 1) / 2
        turn = np.arctan2(dy, dx)
        edge = radius * (
            1
            + sum(
                rng.normal(0, 0.09) * np.cos(wave * turn + rng.uniform(0, 6.3))
                for wave in (2, 3, 4, 5, 7)
            )
        )
        away = np.hypot(dx, dy) / edge
        tufts = smooth_noise(rng, (side, side), max(3.0, radius / 2.4))
        dome = np.sqrt(np.clip(1 - away**2, 0, 1))
        height = (dome * 0.8 + 0.75) * radius * 1.15 + tufts * radius * 0.16
        return np.where(away < 1, height, 0).astype(np.float32), (0.10 * tufts).astype(np.float32)

    def plant(self, canvas: Canvas, point: Points, radius: float) -> None:
        """Let a tree stand at a point: the higher of what is there and the tree is seen."""
        rng = canvas.rng
        height, bright = self.library[int(np.clip(radius, RADII[0], RADII[-1]))][
            rng.integers(VARIANTS)
        ]
        side = len(height)
        x0, y0 = (point - side / 2).astype(int)
        if min(x0, y0) < 0 or max(x0, y0) + side > SIDE:
            return
        window = (slice(y0, y0 + side), slice(x0, x0 + side))
        below = canvas.height[window]
        seen = height > below
        below[seen] = height[seen]
        colour = GREENS[rng.integers(len(GREENS))] * rng.uniform(0.86, 1.12)
        for band in range(4):
            canvas.bands[band][window][seen] = colour[band] * (1 + bright[seen])


def grow(canvas: Canvas, land: Land, bank: Field, road: Field) -> None:
    """Plant all the trees, but none on a road, in the water or through a roof."""
    crowns = Crowns(canvas.rng)
    free = (road < 0.02) & (bank > 4) & (canvas.height < 1)
    for points, (least, largest) in [*natural(canvas, land, bank), *planted(canvas.rng, land)]:
        standing = points[read(free, points) > 0]
        sizes = canvas.rng.triangular(least, (least + largest) / 2.2, largest, len(standing))
        for point, radius in zip(standing, sizes, strict=True):
            crowns.plant(canvas, point, radius)


def wood_floor(canvas: Canvas) -> None:
    """Darken the ground near high crowns, as litter and shade do."""
    shade = ramp(uniform_filter((canvas.height > 6).astype(np.float32), 31), 0.35, 0.8)
    shade *= canvas.height < 1
    canvas.cover(shade * 0.8, np.array([62, 66, 44, 120], np.float32))
