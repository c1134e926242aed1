"""GeoTIFF and COG through rasterio: any bands, any CRS, nodata, masks and alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.problems import broken, naming, oversized, unsupported
from ssldiff_gui.slides.raster_source import DatasetPool, RasterSource, gdal, opened
from ssldiff_gui.slides.scene import Scene, levels_of
from ssldiff_gui.slides.slide import Slide

BLOCK_LIMIT = 256 << 20
"""Most bytes that one block of the file may hold once decoded."""

MOST_BANDS = 4096
BLACK = (0, 0, 0)


def open_raster(path: Path, identity: Identity) -> Slide:
    """Open a TIFF through GDAL, as one scene whose overviews are its levels.

    Parameters
    ----------
    path
        A local file.
    identity
        What the file was when opening began.
    """
    with naming(path):
        return _open(path, str(path), identity)


def _open(path: Path, address: str, identity: Identity) -> Slide:
    with gdal(address):  # GDAL prints what it says outside its settings
        try:
            dataset = opened(address, None)
        except rasterio.errors.RasterioError as error:
            raise broken(path, "GDAL cannot read its structure") from error
        with dataset:
            sizes = _sizes(path, address, dataset)
            scene = _scene(path, address, dataset, sizes)
            tags = {f"gdal.{key}": str(value)[:4096] for key, value in dataset.tags().items()}
    kind = "GeoTIFF" if scene.georeference is not None else "TIFF"
    return Slide(path, kind, [scene], identity=identity, properties=tags)


def _sizes(path: Path, address: str, dataset: Any) -> list[tuple[int, int]]:
    """Return the size of each level, and refuse files that cannot be read part by part."""
    if not 0 < dataset.count <= MOST_BANDS:
        raise broken(path, f"it claims {dataset.count:,} bands")
    if any(np.dtype(name).kind not in "uif" for name in dataset.dtypes):
        raise unsupported(path, f"pixels of type {dataset.dtypes[0]} cannot be shown")
    itemsize = max(np.dtype(name).itemsize for name in dataset.dtypes)
    rows, columns = dataset.block_shapes[0]
    together = dataset.count if str(dataset.interleaving).endswith("pixel") else 1
    if rows * columns * itemsize * together > BLOCK_LIMIT:
        raise oversized(path, f"one of its blocks alone holds {columns:,} × {rows:,} pixels")
    sizes = [(int(dataset.width), int(dataset.height))]
    for index in range(len(dataset.overviews(1))):
        with opened(address, index) as overview:
            size = int(overview.width), int(overview.height)
        if size[0] < 1 or size[1] < 1 or size[0] > sizes[-1][0] or size[1] > sizes[-1][1]:
            break
        sizes.append(size)
    return sizes


def _scene(path: Path, address: str, dataset: Any, sizes: Sequence[tuple[int, int]]) -> Scene:
    alpha = [i for i, kind in enumerate(dataset.colorinterp, 1) if kind is ColorInterp.alpha]
    indexes = [i for i in dataset.indexes if i not in alpha] or list(dataset.indexes)
    palette = _palette(dataset)
    dtype = np.result_type(*(np.dtype(dataset.dtypes[i - 1]) for i in indexes))
    if dtype == np.float16:
        dtype = np.dtype(np.float32)
    georeference = _georeference(dataset)
    nodata = None if palette is not None else _nodata(dataset, indexes)
    rows, columns = dataset.block_shapes[0]
    return Scene(
        path,
        path.stem,
        RasterSource(DatasetPool(address, len(sizes)), indexes, dtype, palette),
        levels_of(sizes),
        dtype=np.uint8 if palette is not None else dtype,
        bands=("Red", "Green", "Blue") if palette is not None else _names(dataset, indexes),
        scale=_scale(georeference),
        georeference=georeference,
        nodata=nodata,
        tile=(int(columns), int(rows)),
        background=(255, 255, 255) if georeference is None else BLACK,
    )


def _nodata(dataset: Any, indexes: Sequence[int]) -> float | None:
    values = [dataset.nodatavals[i - 1] for i in indexes]
    return None if values[0] is None else float(values[0])


def _names(dataset: Any, indexes: Sequence[int]) -> list[str]:
    """Return what the file calls its bands, or what they are colours of, or their numbers."""
    names = []
    for index in indexes:
        kind = dataset.colorinterp[index - 1]
        plain = kind in {ColorInterp.undefined, ColorInterp.gray, ColorInterp.palette}
        made_up = f"Band {index}" if plain else str(kind.name).capitalize()
        names.append(dataset.descriptions[index - 1] or made_up)
    return names


def _palette(dataset: Any) -> Any:
    """Return (256, 3) uint8 colours when the only band is an index into them."""
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        return None
    if dataset.colorinterp[0] is not ColorInterp.palette:
        return None
    table = np.zeros((256, 3), np.uint8)
    for value, colour in dataset.colormap(1).items():
        table[value & 255] = colour[:3]
    return table


def _georeference(dataset: Any) -> Georeference | None:
    """Return the place of a scene; from ground control points it is the affine that fits best."""
    crs, transform = dataset.crs, dataset.transform
    points, points_crs = dataset.gcps
    if transform == Affine.identity() and points and points_crs:
        crs, transform = points_crs, rasterio.transform.from_gcps(points)
    values = tuple(float(value) for value in tuple(transform)[:6])
    a, b, _, d, e, _ = values
    if crs is None or not all(map(math.isfinite, values)) or a * e - b * d == 0:
        return None
    code = crs.to_epsg()
    name = f"EPSG:{code}" if code else crs.to_wkt()
    return Georeference(name, (a, b, values[2], d, e, values[5])) if name else None


def _scale(georeference: Georeference | None) -> Scale | None:
    """Return metres or degrees a pixel along the rows and along the columns of the scene."""
    if georeference is None:
        return None
    a, b, _, d, e, _ = georeference.affine
    x, y = math.hypot(a, d), math.hypot(b, e)
    crs = rasterio.crs.CRS.from_user_input(georeference.crs)
    if crs.is_geographic:
        return Scale(x, y, "°")
    if not crs.is_projected:
        return None
    factor = float(crs.linear_units_factor[1])
    return Scale(x * factor, y * factor, "m") if factor > 0 else None


def open_remote_raster(address: str) -> Slide:
    """Open a cloud-optimised GeoTIFF where it lies, by ranges over HTTP.

    Parameters
    ----------
    address
        http: or https:, chosen by the user.
    """
    path = Path(address)
    with naming(path):
        return _open(path, f"/vsicurl/{address}", Identity(()))
