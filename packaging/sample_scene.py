"""Draw farmland from above: crops in rows, a river, a village, woods. No real place is in it.

What stands on the ground has a height; the sun that lights it throws the shadows. Four bands
are drawn, red, green, blue and near infrared, so that a choice of bands has something to show.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from sample_land import SIDE, TILT, Land, Points, survey
from sample_noise import Field, cloud, ramp, smooth_noise
from scipy import ndimage

METRES = 0.3
ORIGIN = (412_300.0, 5_318_900.0)
CRS = "EPSG:32633"
QUALITY = 70
PART = (slice(560, 3632), slice(520, 3592))
"""Rows and columns that are kept: four bands of all that is drawn would weigh twice as much."""
SUN = (np.deg2rad(152), np.deg2rad(40))
"""Azimuth clockwise from north, and elevation."""

# Red, green, blue, near infrared; how strongly rows show; their distance in pixels.
CROPS = np.array(
    [
        (182, 162, 112, 150, 7, 6), (98, 122, 64, 196, 8, 6), (72, 104, 54, 208, 12, 9),
        (196, 180, 72, 200, 5, 6), (148, 122, 96, 122, 7, 8), (118, 98, 78, 100, 6, 7),
        (198, 180, 138, 160, 9, 11), (112, 132, 78, 186, 0, 6), (128, 142, 86, 182, 2, 10),
        (88, 114, 62, 200, 15, 13),
    ],
    np.float32,
)  # fmt: skip
CROP_SHARES = [0.15, 0.15, 0.13, 0.05, 0.09, 0.07, 0.10, 0.12, 0.08, 0.06]
ROOFS = np.array(
    [(158, 88, 66, 150), (112, 92, 84, 105), (98, 100, 106, 92), (168, 160, 150, 150)], np.float32
)
WATER = np.array([58, 78, 76, 18], np.float32)
SAND = np.array([176, 162, 132, 150], np.float32)
ASPHALT = np.array([126, 124, 122, 92], np.float32)
GRAVEL = np.array([172, 158, 134, 140], np.float32)
VERGE = np.array([106, 126, 70, 184], np.float32)


class Canvas:
    """Four bands of ground, and the height of what stands on it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.bands = np.zeros((4, SIDE, SIDE), np.float32)
        self.height = np.zeros((SIDE, SIDE), np.float32)

    def cover(self, mask: Field, colour: npt.NDArray[np.float32], grain: Field | float = 0) -> None:
        """Lay a colour over the ground where the mask is 1, half where it is half."""
        for band in range(4):
            target = self.bands[band]
            target += mask * (colour[band] * (1 + grain) - target)


def outlines(shapes: list[Points], *, numbered: bool = False) -> npt.NDArray[np.int32]:
    """Return a raster of filled outlines: 1, or each one's number from 1, over 0."""
    image = Image.new("I", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(image)
    for number, shape in enumerate(shapes, 1):
        draw.polygon([tuple(point) for point in shape], fill=number if numbered else 1)
    return np.asarray(image)


def stroke(lines: list[tuple[Points, float]]) -> Field:
    """Return a soft mask of lines of given half widths."""
    image = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(image)
    for line, half in lines:
        draw.line([tuple(p) for p in line], fill=255, width=max(1, round(2 * half)), joint="curve")
    return ndimage.gaussian_filter(np.asarray(image, np.float32) / 255, 0.8)


def plan_coordinates() -> tuple[Field, Field]:
    """Return every pixel's place in the straight plan, so that rows run as the fields do."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) - np.float32(SIDE / 2)
    cos, sin = np.float32(np.cos(TILT)), np.float32(np.sin(TILT))
    u, v = cos * x + sin * y + SIDE / 2, -sin * x + cos * y + SIDE / 2
    for _ in range(2):
        plain_u = u - 46 * np.sin(v / 610 + 0.5) - 18 * np.sin(v / 240)
        plain_v = v - 40 * np.sin(plain_u / 700 + 1)
    return plain_u.astype(np.float32), plain_v.astype(np.float32)


def sow(canvas: Canvas, land: Land) -> None:
    """Fill the parcels with crops in rows."""
    rng = canvas.rng
    number = outlines(land.parcels, numbered=True)
    count = len(land.parcels) + 1
    kind = rng.choice(len(CROPS), count, p=CROP_SHARES)
    tint = (1 + rng.normal(0, 0.06, (count, 1)) + rng.normal(0, 0.02, (count, 4))).astype(
        np.float32
    )
    crossways = rng.random(count) < 0.5
    u, v = plan_coordinates()
    across = np.where(crossways[number], u, v)
    crop = CROPS[kind]
    strength, period = crop[:, 4][number], (crop[:, 5] * rng.uniform(0.9, 1.2, count))[number]
    rows = np.sin(across * (2 * np.pi / period)).astype(np.float32)
    rows *= strength * np.clip(1 + 0.5 * smooth_noise(rng, rows.shape, 60), 0.2, 1.8)
    apart = (rng.uniform(70, 96, count)[number] + 0.0).astype(np.float32)
    wheel = np.abs(np.mod(across, apart) - apart / 2)
    wheel = ramp(np.abs(wheel - 3.2), 1.7, 0.7) * (strength > 4)
    vigour = cloud(rng, rows.shape, 420, 5) * 0.050 + smooth_noise(rng, rows.shape, 3) * 0.030
    wet = ramp(cloud(rng, rows.shape, 300, 3), 1.0, 2.0) * 0.10
    for band in range(4):
        ground = (crop[:, band] * tint[:, band])[number]
        lively = -0.8 if band == 3 else 1.0
        ground = ground * (1 + lively * vigour - wet) + rows - wheel * 13 * (1 if band < 3 else 2)
        canvas.bands[band] = np.where(number > 0, ground, VERGE[band] * (1 + vigour))


def flood(canvas: Canvas, land: Land) -> Field:
    """Let the river through, with sand at its bends; return the distance to its middle."""
    rng = canvas.rng
    image = Image.new("L", (SIDE, SIDE), 1)
    ImageDraw.Draw(image).line([tuple(point) for point in land.river], fill=0, width=3)
    away = ndimage.distance_transform_edt(np.asarray(image)).astype(np.float32)
    width = 52 + 9 * cloud(rng, away.shape, 420, 3)
    soft = away - width + smooth_noise(rng, away.shape, 14) * 1.5
    meadow = ramp(soft, 95, 60) * 0.85
    canvas.cover(meadow, VERGE, cloud(rng, away.shape, 90, 4) * 0.06)
    bend = ramp(smooth_noise(rng, away.shape, 380), 0.2, 1.2)
    canvas.cover(ramp(soft, 16, 6) * bend, SAND, smooth_noise(rng, away.shape, 3) * 0.05)
    canvas.cover(ramp(soft, 7, 1) * 0.55, WATER * 1.2)
    deep = ramp(soft, 3, -26)
    water = WATER[:, None, None] * (1.35 - 0.4 * deep)
    ripple = smooth_noise(rng, away.shape, 5) * 0.02 + cloud(rng, away.shape, 120, 3) * 0.04
    mask = ramp(soft, 2, -1.5)
    for band in range(4):
        canvas.bands[band] += mask * (water[band] * (1 + ripple) - canvas.bands[band])
    return soft


def pave(canvas: Canvas, land: Land, bank: Field) -> Field:
    """Lay roads with verges and a dashed middle line; return where they are."""
    rng = canvas.rng
    shape = (SIDE, SIDE)
    wide = [(line, half) for line, half in land.roads if half >= 10]
    narrow = [(line, half) for line, half in land.roads if half < 10]
    edges = stroke([(line, half + 9) for line, half in land.roads]) * (bank > 4)
    canvas.cover(edges, VERGE, cloud(rng, shape, 30, 3) * 0.07)
    tracks = stroke([(line, half * 0.62) for line, half in narrow])
    canvas.cover(tracks, GRAVEL, smooth_noise(rng, shape, 4) * 0.05)
    canvas.cover(stroke([(line, half * 0.72) for line, half in wide]), GRAVEL * 0.97)
    worn = smooth_noise(rng, shape, 3) * 0.025 + cloud(rng, shape, 150, 3) * 0.03
    canvas.cover(stroke([(line, half * 0.62) for line, half in wide]), ASPHALT, worn)
    u, v = plan_coordinates()
    dashes = stroke([(line, 0.8) for line, half in wide if half > 12.5])
    dashes *= (np.mod(u, 30) < 15) | (np.mod(v, 30) < 15)
    canvas.cover(dashes * 0.8, np.array([214, 212, 206, 170], np.float32))
    return stroke([(line, half + 4) for line, half in land.roads])


def plant_gardens(canvas: Canvas, land: Land) -> None:
    """Give each house its lawn, its own green, a terrace or a yard, now and then a pool."""
    rng = canvas.rng
    number = outlines(land.gardens, numbered=True)
    count = len(land.gardens) + 1
    lawn = np.array([112, 130, 76, 186], np.float32) * rng.uniform(0.84, 1.14, (count, 1))
    lawn = (lawn + rng.normal(0, 5, (count, 4))).astype(np.float32)
    lawn[-4:] = GRAVEL * 0.94
    inside = (number > 0).astype(np.float32)
    patchy = cloud(rng, inside.shape, 24, 3) * 0.06 + smooth_noise(rng, inside.shape, 3) * 0.03
    for band in range(4):
        target = canvas.bands[band]
        target += inside * (lawn[:, band][number] * (1 + patchy) - target)
    terraces, pools = [], []
    for house in land.houses:
        if house.half_long < 18 or house.half_long > 40:
            continue
        corners = house.corners(5)
        side = corners[2:] if rng.random() < 0.5 else corners[:2]
        out = side.mean(0) - np.array([house.x, house.y])
        step = out / np.hypot(*out) * rng.uniform(7, 14)
        terraces.append(np.vstack([side, side[::-1] + step]))
        if rng.random() < 0.09:
            spot = np.array([house.x, house.y]) + out / np.hypot(*out) * 48
            pools.append(spot + (corners - [house.x, house.y]) * 0.36)
    canvas.cover(outlines(terraces).astype(np.float32), np.array([176, 168, 156, 150], np.float32))
    canvas.cover(outlines(pools).astype(np.float32), np.array([96, 178, 196, 40], np.float32))


def roof(canvas: Canvas, land: Land) -> None:
    """Put the roofs up: two slopes, each as bright as the sun stands to it."""
    rng = canvas.rng
    sun = np.array([np.sin(SUN[0]), -np.cos(SUN[0])])
    for house in land.houses:
        reach = int(np.hypot(house.half_long, house.half_wide)) + 3
        x0, y0 = int(house.x) - reach, int(house.y) - reach
        if min(x0, y0) < 0 or max(x0, y0) + 2 * reach >= SIDE:
            continue
        window = (slice(y0, y0 + 2 * reach), slice(x0, x0 + 2 * reach))
        dy, dx = np.mgrid[: 2 * reach, : 2 * reach].astype(np.float32)
        dx, dy = dx + x0 - house.x, dy + y0 - house.y
        cos, sin = np.cos(house.angle), np.sin(house.angle)
        along, across = dx * cos + dy * sin, -dx * sin + dy * cos
        inside = ramp(np.abs(along) - house.half_long, 0.7, -0.7)
        inside *= ramp(np.abs(across) - house.half_wide, 0.7, -0.7)
        facing = sun @ np.array([-sin, cos])
        light = 1 + 0.34 * facing * np.clip(across * 2, -1, 1)
        light *= 1 + 0.045 * np.sin(across * 2.2) + 0.05 * smooth_noise(rng, dx.shape, 4)
        light -= 0.18 * np.exp(-(across**2) / 1.2)
        colour = ROOFS[house.roof] * rng.uniform(0.85, 1.12)
        for band in range(4):
            target = canvas.bands[band][window]
            target += inside * (colour[band] * light - target)
        top = house.height - 0.45 * np.abs(across)
        np.copyto(canvas.height[window], top, where=inside > 0.5)


def shine(canvas: Canvas) -> npt.NDArray[np.uint8]:
    """Light the scene: shadows, slopes, haze; return (4, height, width) uint8."""
    height = canvas.height
    toward = np.array([-np.cos(SUN[0]), np.sin(SUN[0])])  # rows, columns
    rise = float(np.tan(SUN[1]))
    roofline = np.zeros_like(height)
    for step in range(1, 46):
        dy, dx = np.rint(toward * step).astype(int)
        moved = ndimage.shift(height, (-dy, -dx), order=0, prefilter=False)
        np.maximum(roofline, moved - step * rise, out=roofline)
    shadow = ndimage.gaussian_filter(ramp(roofline - height, 0.0, 1.6), 0.7)
    soft = ndimage.gaussian_filter(height, 1.0)
    slope_y, slope_x = np.gradient(soft)
    facing = -(slope_y * toward[0] + slope_x * toward[1]) * 0.62
    leafy = ramp(canvas.bands[3] / np.maximum(canvas.bands[0], 1), 1.5, 1.9) * (height > 1)
    light = 1 + np.clip(facing, -0.85, 0.8) * leafy * 0.62
    image = np.empty(canvas.bands.shape, np.uint8)
    tinted = (0.56, 0.52, 0.44, 0.62)
    haze = (6, 8, 12, 0)
    for band in range(4):
        lit = canvas.bands[band] * light * (1 - tinted[band] * shadow)
        lit = ndimage.gaussian_filter(lit, 0.65) * 1.02 + haze[band]
        image[band] = np.clip(lit + 0.5, 2, 253)
    return image


def draw_scene(seed: int = 11) -> npt.NDArray[np.uint8]:
    """Return the whole scene as (4, height, width) uint8: red, green, blue, near infrared."""
    from sample_trees import grow, wood_floor

    rng = np.random.default_rng(seed)
    land = survey(rng)
    canvas = Canvas(rng)
    sow(canvas, land)
    plant_gardens(canvas, land)
    bank = flood(canvas, land)
    road = pave(canvas, land, bank)
    roof(canvas, land)
    grow(canvas, land, bank, road)
    wood_floor(canvas)
    return shine(canvas)[:, *PART]


def write_scene(
    pixels: npt.NDArray[np.uint8], target: Path, note: str, software: str, source_type: str
) -> None:
    """Write the bands as a GeoTIFF with overviews that says that it is synthetic."""
    from rasterio.enums import ColorInterp, Resampling
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy
    from rasterio.transform import from_origin

    count, height, width = pixels.shape
    plain = {
        "driver": "GTiff",
        "count": count,
        "height": height,
        "width": width,
        "dtype": "uint8",
        "ALPHA": "NO",
    }
    place = {"crs": CRS, "transform": from_origin(*ORIGIN, METRES, METRES)}
    with MemoryFile() as memory:
        with memory.open(**plain, **place) as scene:
            scene.write(pixels)
            colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.undefined)
            scene.colorinterp = colours
            for number, name in enumerate(("Red", "Green", "Blue", "Near infrared"), 1):
                scene.set_band_description(number, name)
            scene.update_tags(
                TIFFTAG_IMAGEDESCRIPTION=note,
                TIFFTAG_SOFTWARE=software,
                SYNTHETIC="YES",
                DigitalSourceType=source_type,
            )
            scene.build_overviews([2, 4, 8], Resampling.average)
        # The COG driver would drop the fourth band for JPEG; a GeoTIFF made from a source that
        # has its overviews is laid out in the same way, smallest pictures first.
        with memory.open() as scene:
            copy(
                scene, target, driver="GTiff", COPY_SRC_OVERVIEWS="YES", TILED="YES",
                BLOCKXSIZE=512, BLOCKYSIZE=512, COMPRESS="JPEG", JPEG_QUALITY=QUALITY,
                INTERLEAVE="BAND", ALPHA="NO", PHOTOMETRIC="MINISBLACK",
            )  # fmt: skip
