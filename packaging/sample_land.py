"""Where what lies in the drawn scene: parcels, roads, a river, houses, trees; plain geometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Points = npt.NDArray[np.float64]
"""(n, 2) x, y in pixels."""

SIDE = 4096
TILT = 0.31


@dataclass(frozen=True)
class House:
    """A roof: centre, half sizes along and across the ridge, direction, height, kind of tile."""

    x: float
    y: float
    half_long: float
    half_wide: float
    angle: float
    height: float
    roof: int

    def corners(self, grow: float = 0.0) -> Points:
        """Return the outline, a little wider by `grow`."""
        along = np.array([np.cos(self.angle), np.sin(self.angle)]) * (self.half_long + grow)
        across = np.array([-np.sin(self.angle), np.cos(self.angle)]) * (self.half_wide + grow)
        centre = np.array([self.x, self.y])
        return np.array(
            [
                centre - along - across,
                centre + along - across,
                centre + along + across,
                centre - along + across,
            ]
        )


@dataclass
class Land:
    """All that is drawn, as outlines."""

    parcels: list[Points] = field(default_factory=list)
    roads: list[tuple[Points, float]] = field(default_factory=list)
    river: Points = field(default_factory=lambda: np.zeros((0, 2)))
    houses: list[House] = field(default_factory=list)
    gardens: list[Points] = field(default_factory=list)
    middles: list[Points] = field(default_factory=list)


def split(rng: np.random.Generator, box: tuple[float, float, float, float]) -> list[Points]:
    """Cut a rectangle into fields, again and again, as heirs do."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if width * height < rng.uniform(1.2e5, 7.5e5) and max(width, height) < 1500:
        gap = 2.5
        left, top, right, bottom = x0 + gap, y0 + gap, x1 - gap, y1 - gap
        return [np.array([[left, top], [right, top], [right, bottom], [left, bottom]])]
    share = rng.uniform(0.36, 0.64)
    if width > height * rng.uniform(0.5, 1.3):
        cut = x0 + width * share
        parts = [(x0, y0, cut, y1), (cut, y0, x1, y1)]
    else:
        cut = y0 + height * share
        parts = [(x0, y0, x1, cut), (x0, cut, x1, y1)]
    return [piece for part in parts for piece in split(rng, part)]


def turned(points: Points, angle: float) -> Points:
    """Turn points about the middle of the scene."""
    middle = SIDE / 2
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = points[:, 0] - middle, points[:, 1] - middle
    return np.stack([middle + cos * x - sin * y, middle + sin * x + cos * y], 1)


def warped(points: Points) -> Points:
    """Bend the straight plan a little, as land does."""
    x, y = points[:, 0], points[:, 1]
    return np.stack(
        [x + 46 * np.sin(y / 610 + 0.5) + 18 * np.sin(y / 240), y + 40 * np.sin(x / 700 + 1)], 1
    )


def dense(outline: Points, step: float = 40.0, *, closed: bool = True) -> Points:
    """Add points along the sides, so that bending bends them."""
    ends = np.vstack([outline, outline[:1]]) if closed else outline
    pieces = []
    for start, stop in pairwise(ends):
        count = max(2, int(np.hypot(*(stop - start)) / step) + 1)
        pieces.append(np.linspace(start, stop, count, endpoint=False))
    return np.concatenate(pieces if closed else [*pieces, ends[-1:]])


def placed(points: Points, *, closed: bool = True) -> Points:
    """Bring a line of the straight plan onto the land."""
    return turned(warped(dense(points, closed=closed)), TILT)


def winding(rng: np.random.Generator) -> Points:
    """Return the river's middle line, from the left edge to the lower one."""
    t = np.linspace(-0.05, 1.05, 420)
    x = SIDE * (t * 1.02)
    y = SIDE * (0.60 + 0.30 * t) + 210 * np.sin(t * 8.4 + 0.4) + 80 * np.sin(t * 19 + 1)
    y += gaussian_filter1d(rng.normal(0, 1, len(t)), 14) * 120
    return np.stack([x, y], 1)


COLUMNS = (1780.0, 2240.0, 2680.0)
ROWS = (900.0, 1180.0, 1470.0)
LANES = (
    ((1420, 1180), (3050, 1180), 15.0),
    ((1780, 720), (1780, 1660), 12.0),
    ((2240, 660), (2240, 1720), 12.0),
    ((2680, 800), (2680, 1580), 11.0),
    ((1780, 900), (2680, 900), 11.0),
    ((1780, 1470), (2680, 1470), 11.0),
)


def village(rng: np.random.Generator, land: Land) -> None:
    """Set houses with gardens along both sides of the lanes of a village."""
    for first, last, width in LANES:
        lane = np.array([first, last], float)
        land.roads.append((placed(lane, closed=False), width))
        along = lane[1] - lane[0]
        length = float(np.hypot(*along))
        along /= length
        across = np.array([-along[1], along[0]])
        for side in (-1, 1):
            at = rng.uniform(40, 70)
            while at < length - 40:
                front = rng.uniform(66, 100)
                away = side * (width + rng.uniform(36, 52))
                plot(rng, land, lane[0] + along * at + across * away, along, front=front, side=side)
                at += front + rng.uniform(0, 16)


def plot(
    rng: np.random.Generator, land: Land, middle: Points, along: Points, *, front: float, side: int
) -> None:
    """Add one house and its garden, unless another stands there or a lane crosses."""
    lanes = [abs(middle[0] - column) for column in COLUMNS if abs(along[0]) > 0.5]
    lanes += [abs(middle[1] - row) for row in ROWS if abs(along[1]) > 0.5]
    others = [np.hypot(*(middle - other)) for other in land.middles]
    if min([*lanes, 999]) < 52 or min([*others, 999]) < 68:
        return
    land.middles.append(middle)
    across = np.array([-along[1], along[0]]) * side
    half = front / 2
    near, far = middle - across * 42, middle + across * rng.uniform(70, 110)
    garden = np.array(
        [near - along * half, near + along * half, far + along * half, far - along * half]
    )
    land.gardens.append(placed(garden))
    stand(rng, land, middle, along, (rng.uniform(19, 28), rng.uniform(13, 18)))
    if rng.random() < 0.4:
        shed = middle + across * rng.uniform(42, 56) + along * rng.uniform(-20, 20)
        stand(rng, land, shed, along, (rng.uniform(6, 10), rng.uniform(5, 7)), height=9)


def stand(
    rng: np.random.Generator,
    land: Land,
    middle: Points,
    along: Points,
    size: tuple[float, float],
    *,
    height: float | None = None,
) -> None:
    """Put up a building, its ridge along the lane or across it."""
    line = placed(np.array([middle, middle + along]), closed=False)
    heading = line[-1] - line[0]
    angle = float(np.arctan2(heading[1], heading[0])) + (np.pi / 2 if rng.random() < 0.3 else 0)
    roof = int(rng.choice(4, p=[0.50, 0.22, 0.18, 0.10]))
    height = rng.uniform(20, 27) if height is None else height
    x, y = line[0]
    land.houses.append(House(float(x), float(y), *size, angle + rng.normal(0, 0.02), height, roof))


FARMS = ((640.0, 480.0), (3480.0, 1900.0), (1200.0, 2300.0), (3350.0, 350.0))


def farms(rng: np.random.Generator, land: Land) -> None:
    """Put up farms with long barns, each at the end of its own track."""
    for x, y in FARMS:
        middle, along = np.array([x, y], float), np.array([1.0, 0.0])
        corners = np.array([[-150.0, -110.0], [150, -110], [150, 110], [-150, 110]])
        land.gardens.append(placed(middle + corners))
        stand(rng, land, middle + np.array([-70, -40]), along, (62, 26), height=30)
        stand(rng, land, middle + np.array([80, 30]), np.array([0.0, 1.0]), (54, 22), height=28)
        stand(rng, land, middle + np.array([-60, 62]), along, (24, 16), height=22)
        nearest = 1180.0 if y < 1800 else 2600.0
        track = np.array([[x, y], [x + 30, nearest]], float)
        land.roads.append((placed(track, closed=False), 6.0))


def survey(rng: np.random.Generator) -> Land:
    """Return the whole plan."""
    land = Land()
    reach = (-1300.0, -1300.0, SIDE + 1300.0, SIDE + 1300.0)
    land.parcels = [placed(piece) for piece in split(rng, reach)]
    land.river = winding(rng)
    for line, width in (
        (((-1200, 1180), (5300, 1180)), 17.0),
        (((3050, -1200), (3050, 5300)), 13.0),
        (((-1200, 2600), (5300, 2600)), 11.0),
        (((900, -1200), (900, 5300)), 7.0),
    ):
        land.roads.append((placed(np.array(line, float), closed=False), width))
    village(rng, land)
    farms(rng, land)
    return land
