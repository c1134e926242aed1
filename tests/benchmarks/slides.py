"""Large JPEG TIFFs that look and compress like stained tissue, written in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image
from scipy import ndimage

TILE = 512
VARIANTS = 8
KINDS = 4  # glass, fat, stroma, a dense field of nuclei

Picture = npt.NDArray[np.uint8]


def write_slide(path: Path, side: int, *, pyramidal: bool, seed: int = 0) -> None:
    """Write an RGB TIFF of `side`² pixels in JPEG tiles, with levels down to 1,024 pixels or flat.

    A tile is one of a few dozen textures, chosen by a smooth map of where tissue lies: the file
    has the size and the entropy of a scan, but only the textures had to be made.
    """
    rng = np.random.default_rng(seed)
    textures = _textures(rng)
    plan = _plan(rng, side // TILE)
    sides = [side]
    while pyramidal and sides[-1] > 1024:
        sides.append(sides[-1] // 2)
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for level, length in enumerate(sides):
            writer.write(
                _tiles(textures, plan, level),
                shape=(length, length, 3),
                dtype=np.uint8,
                tile=(TILE, TILE),
                photometric="ycbcr",
                subsampling=(2, 2),
                compression="jpeg",
                subfiletype=1 if level else 0,
                resolution=(40_000 / 2**level, 40_000 / 2**level),
                resolutionunit="CENTIMETER",
                metadata=None,
            )


def _tiles(textures: list[Picture], plan: npt.NDArray[np.intp], level: int) -> Iterator[bytes]:
    if level == 0:
        encoded = [_encode(texture) for texture in textures]
        for index in plan.ravel():
            yield encoded[index]
        return
    step = 2**level
    small = [np.asarray(Image.fromarray(texture).reduce(step)) for texture in textures]
    part = TILE // step
    for top in range(0, len(plan), step):
        for left in range(0, len(plan), step):
            tile = np.empty((TILE, TILE, 3), np.uint8)
            for y in range(step):
                for x in range(step):
                    tile[y * part : (y + 1) * part, x * part : (x + 1) * part] = small[
                        plan[top + y, left + x]
                    ]
            yield _encode(tile)


def _encode(picture: Picture) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(picture, level=80, subsampling="420"))


def _plan(rng: np.random.Generator, cells: int) -> npt.NDArray[np.intp]:
    field = ndimage.gaussian_filter(rng.random((cells, cells)), max(1.0, cells / 14), mode="wrap")
    ranks = field.ravel().argsort().argsort().reshape(field.shape) / field.size
    kind = np.searchsorted([0.3, 0.4, 0.7], ranks)
    return kind * VARIANTS + rng.integers(0, VARIANTS, (cells, cells))


def _textures(rng: np.random.Generator) -> list[Picture]:
    return [_texture(rng, kind) for kind in range(KINDS) for _ in range(VARIANTS)]


def _texture(rng: np.random.Generator, kind: int) -> Picture:
    if kind == 0:
        noise = ndimage.gaussian_filter(rng.normal(0, 3, (TILE, TILE)), 0.8)
        return np.clip(noise[..., None] + (243, 241, 244), 0, 255).astype(np.uint8)
    fibres = _smooth(rng, (2.0, 7.0)) + 0.6 * _smooth(rng, (1.2, 1.2))
    grain = _smooth(rng, (0.7, 0.7))
    nuclei = _smooth(rng, (3.2, 3.2)) > (1.9, 1.3, 0.55)[kind - 1]
    nuclei = ndimage.gaussian_filter(nuclei.astype(np.float64), 0.9)
    eosin = np.array([226, 160, 190]) if kind > 1 else np.array([240, 215, 228])
    picture = eosin + fibres[..., None] * (9, 17, 11) + grain[..., None] * 6
    haematoxylin = np.array([96, 62, 136]) + grain[..., None] * 12
    mixed = picture * (1 - nuclei[..., None]) + haematoxylin * nuclei[..., None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _smooth(rng: np.random.Generator, sigma: tuple[float, float]) -> npt.NDArray[np.float64]:
    field = ndimage.gaussian_filter(rng.normal(size=(TILE, TILE)), sigma, mode="wrap")
    scaled: npt.NDArray[np.float64] = (field - field.mean()) / field.std()
    return scaled
