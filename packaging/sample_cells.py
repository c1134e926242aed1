"""Nuclei, fibres, fat and blood for the drawn section, and the light that falls through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sample_noise import Field, cloud, enlarge, ramp, smooth_noise, streaks
from sample_slide import (
    ARC,
    BLOOD,
    COARSE,
    EOSIN,
    GLASS,
    HAEMATOXYLIN,
    HEIGHT,
    WIDTH,
    Points,
    Section,
    draw_gland,
    evenly,
    folds,
    goblets,
    inward,
    lay_out,
    rings,
    scattered,
    tubes,
    wobbly,
)
from scipy import ndimage
from scipy.spatial import cKDTree

ANGLES = 24
VARIANTS = 6


@dataclass(frozen=True)
class NucleusKind:
    """Half axes in pixels, darkness, and how coarse the chromatin is."""

    long: float
    short: float
    dark: float
    clumps: float


EPITHELIAL = NucleusKind(11.0, 5.6, 0.95, 0.20)
LYMPHOCYTE = NucleusKind(6.4, 6.0, 1.35, 0.16)
PLASMA = NucleusKind(7.2, 6.0, 1.15, 0.34)
SPINDLE = NucleusKind(14.0, 3.2, 0.85, 0.12)
PLUMP = NucleusKind(9.5, 6.2, 0.70, 0.30)


class NucleusStamps:
    """A small library of drawn nuclei of one kind, turned to every angle."""

    def __init__(self, rng: np.random.Generator, kind: NucleusKind) -> None:
        self.reach = int(kind.long * 1.35) + 3
        self.stamps = [
            [self._draw(rng, kind, step * np.pi / ANGLES) for _ in range(VARIANTS)]
            for step in range(ANGLES)
        ]

    def _draw(self, rng: np.random.Generator, kind: NucleusKind, angle: float) -> Field:
        side = 2 * self.reach
        dy, dx = np.mgrid[:side, :side].astype(np.float32) - (side - 1) / 2
        scale = rng.uniform(0.86, 1.14)
        long, short = kind.long * scale, kind.short * scale * rng.uniform(0.88, 1.12)
        along = dx * np.cos(angle) + dy * np.sin(angle)
        across = -dx * np.sin(angle) + dy * np.cos(angle)
        across = across + (rng.uniform(-0.10, 0.10) / long) * along**2
        away = np.hypot(along / long, across / short)
        soft = 1.1 / short
        body = ramp(away, 1 + soft, 1 - soft)
        rim = np.exp(-(((away - 0.88) / 0.16) ** 2)) * 0.16
        chromatin = smooth_noise(rng, (side, side), 3.2) * kind.clumps
        return body * np.clip(kind.dark * rng.uniform(0.82, 1.15) * (1 + chromatin) + rim, 0.1, 2)

    def put(self, section: Section, point: Points, angle: float) -> None:
        """Lay one nucleus on the section: the darker of what is there and the nucleus stays."""
        y0, x0 = np.rint(point).astype(int) - self.reach
        side = 2 * self.reach
        if y0 < 0 or x0 < 0 or y0 + side >= HEIGHT or x0 + side >= WIDTH:
            return
        turned = self.stamps[round(angle / np.pi * ANGLES) % ANGLES]
        stamp = turned[section.rng.integers(VARIANTS)]
        window = (slice(y0, y0 + side), slice(x0, x0 + side))
        target = section.haematoxylin[window]
        np.maximum(target, stamp, out=target)


def line_with_nuclei(section: Section, outline: Points, stamps: NucleusStamps) -> None:
    """Set nuclei along a crypt's foot, leaning inwards, a few out of line or on their way up."""
    rng = section.rng
    foot = evenly(outline, 10.6)
    for point, way in zip(foot, inward(foot), strict=True):
        if rng.random() < 0.05:
            continue
        rise = abs(rng.normal(0, 3.0)) + (rng.uniform(8, 16) if rng.random() < 0.12 else 0)
        angle = np.arctan2(way[0], way[1]) + rng.normal(0, 0.18)
        stamps.put(section, point + way * (12.5 + rise), angle)


def fibre_angles(section: Section) -> Field:
    """Return the direction of fibres everywhere, half size: along the wall where it is muscle."""
    shape = (HEIGHT // 2, WIDTH // 2)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) * 2
    along = np.arctan2(x - ARC["x"], ARC["y"] - y)
    muscle = enlarge(section.muscle, shape)
    swirl = cloud(section.rng, shape, 420, 3) * 1.25
    return (along + swirl * (1 - 0.93 * np.clip(muscle, 0, 1))).astype(np.float32)


def ground(section: Section, angle: Field) -> None:
    """Lay the connective tissue everywhere: mucosa's, muscle, loose collagen with its clefts."""
    rng, shape = section.rng, (HEIGHT, WIDTH)
    fine = enlarge(streaks(rng, angle, length=9, period=1.8), shape)
    bundles = enlarge(streaks(rng, angle, length=34, period=7.0), shape)
    inside = enlarge(section.tissue, shape) + bundles * 4 + fine * 2
    body = ramp(inside, -2, 5)
    muscle = enlarge(section.muscle, shape)
    loose = np.clip(enlarge(section.loose, shape), 0, 1)
    patch = cloud(rng, shape, 230, 4)
    eosin = 0.29 + 0.020 * fine + 0.028 * bundles + 0.03 * patch
    eosin += muscle * (0.31 + 0.035 * fine + 0.03 * bundles)
    eosin += loose * (0.10 + 0.035 * fine + 0.075 * bundles + 0.06 * patch)
    haem = 0.085 + 0.008 * fine + 0.010 * patch + 0.10 * muscle
    gaps = bundles + 0.25 * fine + patch * 0.8
    cleft = ramp(gaps, -1.15, -2.0) * loose * (1 - muscle)
    small = ramp(gaps, -2.0, -3.0) * (1 - loose) * (1 - muscle) * 0.7
    open_space = np.clip(cleft + small, 0, 0.93)
    section.eosin[:] = np.clip(eosin, 0.05, 1.4) * body * (1 - open_space)
    section.haematoxylin[:] = np.clip(haem, 0.02, 1) * body * (1 - open_space * 0.8)
    surface(section)


def surface(section: Section) -> None:
    """Cover the mucosa's free side with its own row of tall cells."""
    depth = enlarge(section.depth, (HEIGHT, WIDTH))
    depth += smooth_noise(section.rng, depth.shape, 22) * 1.6
    band = ramp(depth, -3, 1) * ramp(depth, 47, 43)
    band *= ramp(enlarge(section.tissue, depth.shape), -6, 2)
    pale = ramp(depth, 26, 14)
    brush = np.exp(-(((depth - 2) / 3) ** 2)) * 0.20
    section.eosin[:] = section.eosin * (1 - band) + band * (0.42 - 0.14 * pale + brush)
    section.haematoxylin[:] = section.haematoxylin * (1 - band) + band * (0.20 - 0.10 * pale)
    section.taken |= band > 0.5


def line_surface(section: Section, stamps: NucleusStamps) -> None:
    """Set the nuclei of the surface's cells side by side, upright."""
    rng = section.rng
    turn = np.arange(-1.0, 1.0, 10.4 / ARC["outer"])
    rise = np.gradient(folds(turn), turn) / ARC["outer"]
    reach = ARC["outer"] + folds(turn) - 30 + rng.normal(0, 2.6, len(turn))
    points = np.stack([ARC["y"] - reach * np.cos(turn), ARC["x"] + reach * np.sin(turn)], 1)
    inside = section.at(section.tissue, points) > 12
    upright = np.pi / 2 + turn - np.arctan(rise) + rng.normal(0, 0.15, len(turn))
    for point, angle in zip(points[inside], upright[inside], strict=True):
        stamps.put(section, point, float(angle))


def fat_cells(section: Section) -> None:
    """Replace the ground by large empty cells with thin walls where there is fat."""
    shape = (HEIGHT // 2, WIDTH // 2)
    fat = enlarge(section.fat, shape)
    rows, columns = np.nonzero(fat > 0.05)
    if not len(rows):
        return
    centres = scattered(section.rng, 118, 34) / 2
    tree = cKDTree(centres)
    warp = [smooth_noise(section.rng, shape, 30)[rows, columns] * 3.5 for _ in range(2)]
    near, _ = tree.query(np.stack([rows + warp[0], columns + warp[1]], 1), k=2, workers=2)
    wall = np.zeros(shape, np.float32)
    wall[rows, columns] = np.exp(-(((near[:, 1] - near[:, 0]) / 3.0) ** 2))
    edge = np.exp(-(((enlarge(section.tissue, shape) - 6) / 5) ** 2))
    wall = np.maximum(wall, edge)
    wall = enlarge(wall, (HEIGHT, WIDTH))
    share = np.clip(enlarge(fat, (HEIGHT, WIDTH)), 0, 1)
    section.eosin[:] = section.eosin * (1 - share) + share * (0.015 + 0.38 * wall)
    section.eosin[:] *= ramp(enlarge(section.tissue, (HEIGHT, WIDTH)), -6, 0)
    section.haematoxylin[:] *= 1 - share * (1 - 0.5 * wall)


def vessels(section: Section) -> list[tuple[Points, float]]:
    """Draw vessels in the loose tissue, some full of blood; return their outlines and walls."""
    rng = section.rng
    centres = scattered(rng, 330, 110)
    calm = section.at(section.tissue, centres) > 170
    loose = section.at(section.loose, centres) > 0.9
    centres = centres[calm & loose & (section.at(section.fat, centres) < 0.2)]
    centres = centres[(rng.random(len(centres)) < 0.6) & (centres[:, 1] < 4700)]
    drawn = []
    for centre in centres:
        size, wall = rng.uniform(26, 85), rng.uniform(10, 26)
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ring = wobbly(rng, 60, 0.22) * size * (1 + 0.3 * np.cos(2 * (turn - rng.uniform(0, 3))))
        outline = centre + np.stack([np.sin(turn), np.cos(turn)], 1) * ring[:, None]
        drawn.append((outline, wall))
        vessel(section, outline, wall, filled=rng.random() < 0.6)
    return drawn


def vessel(section: Section, outline: Points, wall: float, *, filled: bool) -> None:
    """Draw one vessel: a wall of muscle around a lumen, with or without red cells."""
    from skimage.draw import polygon2mask

    margin = int(wall) + 6
    low = np.floor(outline.min(0)).astype(int) - margin
    high = np.ceil(outline.max(0)).astype(int) + margin
    if (low < 0).any() or (high > (HEIGHT, WIDTH)).any():
        return
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    shape = (high[0] - low[0], high[1] - low[1])
    mask = polygon2mask(shape, outline - low)
    outside = ndimage.distance_transform_edt(~mask).astype(np.float32)
    coat = ramp(outside, wall + 2, wall - 3)
    lumen = ramp(outside, 1.5, 0.0)
    rings_of_muscle = (
        0.62 + 0.06 * np.sin(outside * 1.1) + 0.05 * smooth_noise(section.rng, shape, 8)
    )
    section.eosin[window] = section.eosin[window] * (1 - coat) + rings_of_muscle * coat
    section.haematoxylin[window] *= 1 - 0.5 * coat
    section.eosin[window] *= 1 - 0.97 * lumen
    section.haematoxylin[window] *= 1 - 0.95 * lumen
    section.taken[window] |= mask
    if filled:
        red = red_cells(section.rng, shape) * ramp(outside, 1.0, 0.0)
        section.blood[window] = np.maximum(section.blood[window], red)


def red_cells(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Return amounts of blood's colour: discs of 7 µm, crowded, paler in the middle."""
    count = max(8, shape[0] * shape[1] // 150)
    centres = rng.random((count, 2)) * shape
    distance, _ = cKDTree(centres).query(np.indices(shape).reshape(2, -1).T, k=1)
    distance = distance.reshape(shape).astype(np.float32)
    return ramp(distance, 8.0, 5.6) * (0.55 - 0.14 * ramp(distance, 4, 0))


def between(section: Section, pitch: float, jitter: float) -> Points:
    """Return places for cells in the tissue, but not in crypts, vessels or the surface."""
    points = scattered(section.rng, pitch, jitter)
    points = points[section.at(section.tissue, points) > 12]
    index = points.astype(int)
    return points[~section.taken[index[:, 0], index[:, 1]]]


def stroma_cells(section: Section, angle: Field) -> None:
    """Scatter the cells between: lymphocytes, plasma cells, spindles along the fibres."""
    rng = section.rng
    kinds = {kind: NucleusStamps(rng, kind) for kind in (LYMPHOCYTE, PLASMA, SPINDLE, PLUMP)}
    points = between(section, 16.5, 5.5)
    muscle, loose, fat, follicle = (
        section.at(coarse, points)
        for coarse in (section.muscle, section.loose, section.fat, section.follicle)
    )
    crowd = cloud(rng, (HEIGHT // COARSE, WIDTH // COARSE), 50, 3)
    chance = np.clip(0.46 + 0.17 * section.at(crowd, points), 0.15, 0.8)
    on_strip = section.at(section.apart, points) < 0.1
    chance = np.where((loose > 0.5) & on_strip, 0.085, chance)
    chance = np.where(muscle > 0.5, 0.2, chance) * np.where(fat > 0.3, 0.05, 1)
    kept = (rng.random(len(points)) < chance) & (follicle < 0.3)
    lymphatic = 0.42 - 0.2 * ((loose > 0.5) & on_strip) - 0.35 * (muscle > 0.5)
    for point, share, tough in zip(points[kept], lymphatic[kept], muscle[kept], strict=True):
        along = float(angle[int(point[0]) // 2, int(point[1]) // 2]) + rng.normal(0, 0.16)
        draw = rng.random()
        if draw < share:
            kind = LYMPHOCYTE
        elif tough > 0.5 or draw > 0.66:
            kind = SPINDLE
        else:
            kind = PLASMA if draw < 0.54 else PLUMP
        kinds[kind].put(section, point, along if kind is SPINDLE else rng.uniform(0, np.pi))


def follicle_cells(section: Section) -> None:
    """Fill the follicles: lymphocytes shoulder to shoulder, larger pale cells in the centre."""
    rng = section.rng
    small, large = NucleusStamps(rng, LYMPHOCYTE), NucleusStamps(rng, PLUMP)
    points = between(section, 12.6, 3.4)
    share = section.at(section.follicle, points)
    for point, dense in zip(points[share > 0.2], share[share > 0.2], strict=True):
        draw = rng.random()
        if draw < min(dense * 1.5, 0.94):
            centre = dense > 0.85 and rng.random() < 0.62
            (large if centre else small).put(section, point, rng.uniform(0, np.pi))


def develop(section: Section) -> npt.NDArray[np.uint8]:
    """Return what light leaves: (height, width, 3) uint8, sRGB; drawn in strips to save memory."""
    rng, shape = section.rng, (HEIGHT, WIDTH)
    uneven = 1 + 0.07 * cloud(rng, (HEIGHT // 32, WIDTH // 32), 30, 3)
    strength = enlarge(uneven.astype(np.float32), shape)
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for amount in (section.haematoxylin, section.eosin, section.blood):
        np.multiply(amount, strength, out=amount)
        ndimage.gaussian_filter(amount, 0.75, output=amount)
    for top in range(0, HEIGHT, 512):
        rows = slice(top, top + 512)
        for channel in range(3):
            absorbed = section.haematoxylin[rows] * HAEMATOXYLIN[channel]
            absorbed += section.eosin[rows] * EOSIN[channel] + section.blood[rows] * BLOOD[channel]
            light = GLASS[channel] * np.exp(-absorbed)
            image[rows, :, channel] = np.clip(light + 0.5, 0, 255)
    return image


def draw_slide(seed: int = 7) -> npt.NDArray[np.uint8]:
    """Return the whole section as (height, width, 3) uint8."""
    section = lay_out(np.random.default_rng(seed))
    angle = fibre_angles(section)
    ground(section, angle)
    fat_cells(section)
    vessels(section)
    glands = [*tubes(section), *rings(section)]
    for outline in glands:
        draw_gland(section, outline)
    for outline in glands:
        goblets(section, outline, section.rng.uniform(0.25, 0.7))
    lining = NucleusStamps(section.rng, EPITHELIAL)
    for outline in glands:
        line_with_nuclei(section, outline, lining)
    line_surface(section, lining)
    stroma_cells(section, angle)
    follicle_cells(section)
    return develop(section)
