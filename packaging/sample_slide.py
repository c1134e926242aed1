"""Draw a section of bowel wall as haematoxylin and eosin would show it. No real tissue is in it.

The section is laid out as anatomy is: a strip of mucosa with tubular crypts above a band of
smooth muscle, loose submucosa and fat; a second piece with the crypts cut across; lymphoid
follicles and vessels. Amounts of the two dyes are drawn, and light is taken away by them
(Beer and Lambert), so that overlaps darken as they do on glass.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sample_noise import Field, cloud, ramp, smooth_noise
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.draw import polygon as fill_polygon

Points = npt.NDArray[np.float64]
"""(n, 2) y, x in pixels."""

HEIGHT, WIDTH = 6144, 8192
COARSE = 8
HAEMATOXYLIN = np.array([0.66, 0.74, 0.34], np.float32)
EOSIN = np.array([0.10, 0.72, 0.36], np.float32)
BLOOD = np.array([0.13, 0.90, 0.66], np.float32)
GLASS = np.array([243, 243, 245], np.float32)


@dataclass
class Section:
    """Amounts of dye on the glass, and where which tissue lies."""

    rng: np.random.Generator
    tissue: Field
    depth: Field
    apart: Field
    muscle: Field
    loose: Field
    fat: Field
    follicle: Field
    haematoxylin: Field = field(init=False)
    eosin: Field = field(init=False)
    blood: Field = field(init=False)
    taken: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        shape = (HEIGHT, WIDTH)
        self.haematoxylin = np.zeros(shape, np.float32)
        self.eosin = np.zeros(shape, np.float32)
        self.blood = np.zeros(shape, np.float32)
        self.taken = np.zeros(shape, np.bool_)

    def at(self, coarse: Field, points: Points) -> Field:
        """Read a coarse field at full-size points."""
        index = np.clip((points / COARSE).astype(int), 0, np.array(coarse.shape) - 1)
        return coarse[index[:, 0], index[:, 1]]


ARC = {"y": 5550.0, "x": 3350.0, "outer": 4450.0, "thickness": 2150.0}
BLOCK = {"y": 4760.0, "x": 6250.0, "ry": 1080.0, "rx": 1600.0}
SCRAP = {"y": 5080.0, "x": 1350.0, "ry": 560.0, "rx": 830.0}


def folds(turn: Field) -> Field:
    """Return how far the mucosa's surface rises above its arc, by the angle along it."""
    return 210 * np.sin(turn * 9.3 + 0.6) + 90 * np.sin(turn * 21 + 2)


def lay_out(rng: np.random.Generator) -> Section:
    """Decide where tissue is, and of which kind, on a coarse raster."""
    shape = (HEIGHT // COARSE, WIDTH // COARSE)
    y, x = (np.mgrid[: shape[0], : shape[1]].astype(np.float32) + 0.5) * COARSE
    ragged = cloud(rng, shape, 90, 6) * 75 + cloud(rng, shape, 16, 3) * 16
    dy, dx = ARC["y"] - y, x - ARC["x"]
    radius, turn = np.hypot(dy, dx), np.arctan2(dx, dy)
    depth = ARC["outer"] + folds(turn) - radius + cloud(rng, shape, 12, 2) * 5
    end = (0.80 - np.abs(turn + 0.03)) * 3300 + ragged * 2.4
    back = ARC["thickness"] - depth + ragged * 1.3
    strip = np.minimum(np.minimum(depth, back), end)
    pieces = [strip]
    for piece in (BLOCK, SCRAP):
        reach = np.hypot((y - piece["y"]) / piece["ry"], (x - piece["x"]) / piece["rx"])
        pieces.append((1 - reach) * min(piece["ry"], piece["rx"]) + ragged * 1.4)
    inside = np.maximum.reduce(pieces)
    apart = ramp(np.maximum(pieces[1], pieces[2]), -20, 0)
    on_strip = ramp(strip, -60, 0)
    level = depth + cloud(rng, shape, 60, 2) * 25
    muscle = ramp(level, 1010, 1040) * ramp(level, 1190, 1150) * on_strip
    loose = np.maximum(ramp(level, 1160, 1210) * on_strip, ramp(pieces[2], -80, 0) * 0.9)
    fat = ramp(cloud(rng, shape, 110, 3) + (level - 1720) / 260, 0.1, 0.25) * loose * on_strip
    section = Section(rng, inside, depth, apart, muscle, loose, fat, np.zeros(shape, np.float32))
    centres = [(1780, 2700, 250), (1700, 4560, 210), (4900, 6900, 300), (4420, 5700, 190)]
    for cy, cx, size in centres:
        reach = np.hypot(y - cy, (x - cx) * 0.85) + ragged * 0.6
        round_it = (
            ramp(reach, size * 1.15, size * 0.75) * 0.7 + ramp(reach, size * 0.6, size * 0.45) * 0.3
        )
        section.follicle = np.maximum(section.follicle, round_it)
    return section


def scattered(rng: np.random.Generator, pitch: float, jitter: float) -> Points:
    """Return points over the whole slide on a shaken hexagonal grid: close, but never too close."""
    rows = np.arange(0, HEIGHT, pitch * 0.87)
    columns = np.arange(0, WIDTH, pitch)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    x = x + (np.arange(len(rows)) % 2 * pitch / 2)[:, None]
    points = np.stack([y.ravel(), x.ravel()], 1)
    points += rng.uniform(-jitter, jitter, points.shape)
    return points[(points >= 0).all(1) & (points < (HEIGHT, WIDTH)).all(1)]


def wobbly(rng: np.random.Generator, count: int, strength: float) -> npt.NDArray[np.float64]:
    """Return `count` factors around 1 that vary smoothly around a closed line."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    total = np.ones(count)
    for wave in range(2, 6):
        total += strength / wave * rng.normal() * np.cos(wave * turn + rng.uniform(0, 6.3))
    return total


def tubes(section: Section) -> list[Points]:
    """Return the outlines of crypts cut lengthwise, side by side from the surface down."""
    rng = section.rng
    outlines: list[Points] = []
    turn, last = -0.86, 0.83
    while turn < last:
        half = rng.uniform(60, 84)
        top, bottom = rng.uniform(50, 62), rng.uniform(850, 985)
        if rng.random() < 0.14:
            top = rng.uniform(250, 520)
        steps = np.linspace(0, 1, 64)
        # Neighbours bend alike, as if the wall had been pushed a little while it was fixed.
        sway = turn + 0.016 * np.sin(steps * 3.4 + turn * 7) * steps + 0.003 * np.sin(steps * 9)
        reach = ARC["outer"] + folds(sway) - (top + (bottom - top) * steps)
        axis = np.stack([ARC["y"] - reach * np.cos(sway), ARC["x"] + reach * np.sin(sway)], 1)
        swell = half * (0.88 + 0.22 * steps + 0.06 * np.sin(steps * 11 + rng.uniform(0, 6)))
        near_end = np.minimum(steps, 1 - steps) * (bottom - top) / half
        swell *= np.sqrt(np.clip(1 - (1 - np.minimum(near_end, 1)) ** 2, 0.0, 1))
        tangent = np.gradient(axis, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        sides = [axis + normal * swell[:, None], (axis - normal * swell[:, None])[::-1]]
        outlines.append(evenly(np.concatenate(sides), 9.0))
        turn += (2 * half + rng.uniform(34, 66)) / (ARC["outer"] - 500)
    return [outline for outline in outlines if section.at(section.tissue, outline).min() > 8]


def rings(section: Section) -> list[Points]:
    """Return the outlines of crypts cut across, packed as far as their neighbours let them."""
    rng = section.rng
    centres = scattered(rng, 218, 42)
    centres = centres[section.at(section.tissue, centres) > 80]
    clear = section.at(section.follicle, centres) < 0.1
    centres = centres[clear & (section.at(section.apart, centres) > 0.9)]
    tree = cKDTree(centres)
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    outlines = []
    for centre in centres:
        radius = wobbly(rng, 72, 0.10) * rng.uniform(86, 128)
        radius *= 1 + 0.22 * rng.random() * np.cos(2 * (turn - rng.uniform(0, 3.2)))
        for other in tree.query_ball_point(centre, 340):
            offset = centres[other] - centre
            distance = np.hypot(*offset)
            if distance > 0:
                facing = np.cos(turn - np.arctan2(offset[0], offset[1]))
                radius = np.minimum(radius, (distance / 2 - 15) / np.maximum(facing, 0.12))
        radius = ndimage.gaussian_filter1d(radius, 2.5, mode="wrap")
        ring = np.stack([np.sin(turn), np.cos(turn)], 1) * radius[:, None]
        outlines.append(evenly(centre + ring, 9.0))
    return outlines


def evenly(outline: Points, step: float) -> Points:
    """Return a closed line's points at even distances."""
    closed = np.vstack([outline, outline[:1]])
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    wanted = np.arange(0, along[-1], step)
    return np.stack([np.interp(wanted, along, closed[:, axis]) for axis in (0, 1)], 1)


def draw_gland(section: Section, outline: Points) -> None:
    """Draw one crypt: lumen, cells with their mucus, and the nuclei that line its foot."""
    low = np.floor(outline.min(0)).astype(int) - 4
    high = np.ceil(outline.max(0)).astype(int) + 5
    if (low < 0).any() or (high > (HEIGHT, WIDTH)).any():
        return
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    shape = (high[0] - low[0], high[1] - low[1])
    mask = np.zeros(shape, np.uint8)
    rows, columns = fill_polygon(outline[:, 0] - low[0], outline[:, 1] - low[1], shape)
    mask[rows, columns] = 1
    inner = ndimage.distance_transform_edt(mask).astype(np.float32)
    rng = section.rng
    rough = inner + smooth_noise(rng, shape, 16) * 2.2
    widest = float(inner.max())
    wall = min(66.0, widest * 0.80)
    cell = ramp(inner, 0.5, 2.5)
    lumen = ramp(rough, wall, wall + 5) if widest > 24 else np.zeros(shape, np.float32)
    grain = smooth_noise(rng, shape, 5) * 0.045
    pale = ramp(inner, 16, 36)
    h = 0.20 - 0.10 * pale + grain
    e = 0.40 - 0.12 * pale + grain
    brush = np.exp(-(((rough - wall) / 4) ** 2)) * 0.22
    slime = ramp(smooth_noise(rng, shape, 40), 0.3, 1.6) * 0.20
    h = h * (1 - lumen) + (slime * 0.55 + 0.015) * lumen
    e = (e + brush) * (1 - lumen) + slime * 0.35 * lumen
    rim = np.exp(-(((inner - 1.5) / 2.0) ** 2)) * 0.20
    for amount, value in ((section.haematoxylin, h), (section.eosin, e + rim)):
        amount[window] = amount[window] * (1 - cell) + value * cell
    section.taken[window] |= mask.astype(bool)


def goblets(section: Section, outline: Points, share: float) -> None:
    """Leave drops of pale mucus between the nuclei and the lumen."""
    rng = section.rng
    heading = inward(outline)
    chosen = rng.random(len(outline)) < share
    for point, way in zip(outline[chosen], heading[chosen], strict=True):
        centre = point + way * rng.uniform(27, 40)
        stamp_pale(section, centre, np.arctan2(way[0], way[1]), rng.uniform(8, 12.5))


def stamp_pale(section: Section, centre: Points, angle: float, size: float) -> None:
    """Thin both dyes in an ellipse that leans along `angle`."""
    reach = int(size * 2.2)
    y0, x0 = (centre - reach).astype(int)
    if y0 < 0 or x0 < 0 or y0 + 2 * reach >= HEIGHT or x0 + 2 * reach >= WIDTH:
        return
    dy, dx = np.mgrid[: 2 * reach, : 2 * reach].astype(np.float32) - reach
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = -dx * np.sin(angle) + dy * np.cos(angle)
    away = np.hypot(along / (size * 1.5), across / size)
    hole = ramp(away, 1.05, 0.82)
    window = (slice(y0, y0 + 2 * reach), slice(x0, x0 + 2 * reach))
    hole *= section.taken[window]
    section.haematoxylin[window] *= 1 - 0.62 * hole
    section.eosin[window] *= 1 - 0.80 * hole
    section.haematoxylin[window] += 0.045 * hole


def inward(outline: Points) -> Points:
    """Return unit vectors that point into a closed line."""
    tangent = np.roll(outline, -1, 0) - np.roll(outline, 1, 0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    y, x = outline[:, 0], outline[:, 1]
    area = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    return -normal if area > 0 else normal
