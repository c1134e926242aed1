"""What the JSON of an OME-Zarr folder says, read before zarr may act on it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.ome_xml import MICROMETRES
from ssldiff_gui.slides.problems import broken, unsupported

LARGEST_JSON = 16 << 20
MOST_IMAGES = 256

CODECS = {
    "astype", "blosc", "bytes", "bz2", "crc32c", "delta", "fixedscaleoffset", "gzip", "lz4",
    "lzma", "shuffle", "sharding_indexed", "transpose", "zlib", "zstd",
}  # fmt: skip
"""Codecs that only move numbers: "pickle" runs what is in the file, and is not among them."""

OLD_AXES = ("t", "c", "z", "y", "x")


@dataclass(frozen=True, slots=True)
class Axes:
    """What each axis of an image is.

    Parameters
    ----------
    names
        "t", "c", "z", "y" or "x" for each axis.
    units
        Unit of each axis; empty when the file does not say.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]

    def size(self, shape: Sequence[int]) -> tuple[int, int]:
        """Return width and height of an array."""
        return int(shape[self.names.index("x")]), int(shape[self.names.index("y")])

    def bands(self, shape: Sequence[int]) -> int:
        """Return how many channels an array has."""
        return int(shape[self.names.index("c")]) if "c" in self.names else 1

    def selection(self, shape: Sequence[int], box: Box) -> tuple[slice | int, ...]:
        """Return what to ask of an array: the first time and the middle of a stack."""
        chosen: dict[str, slice | int] = {
            "x": slice(box.x, box.x2),
            "y": slice(box.y, box.y2),
            "c": slice(None),
        }
        others = {
            name: (length // 2 if name == "z" else 0)
            for name, length in zip(self.names, shape, strict=True)
        }
        return tuple(chosen.get(name, others[name]) for name in self.names)

    def last_is_band(self, found: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Turn what a selection returned into (height, width, bands)."""
        left = [name for name in self.names if name in {"x", "y", "c"}]
        if "c" not in left:
            found, left = found[..., np.newaxis], [*left, "c"]
        return found.transpose([left.index(name) for name in ("y", "x", "c")])


def axes_of(multiscale: Mapping[str, Any], dimensions: int) -> Axes:
    """Return the axes of an image.

    Parameters
    ----------
    multiscale
        As the metadata has it; up to 0.2 axes were always t, c, z, y, x, in 0.3 only names.
    dimensions
        Of its arrays.
    """
    stated = multiscale.get("axes")
    if stated is None:
        names: list[str] = list(OLD_AXES[-dimensions:])
        units = [""] * len(names)
    else:
        entries = [{"name": axis} if isinstance(axis, str) else axis for axis in stated]
        names = [str(axis["name"]).lower() for axis in entries]
        units = [str(axis.get("unit") or "") for axis in entries]
    if len(names) != dimensions or len(set(names)) != dimensions or not {"x", "y"} <= set(names):
        raise ValueError("the axes make no sense")
    return Axes(tuple(names), tuple(units))


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a small JSON file; an empty one when there is no such file."""
    if not path.is_file():
        return {}
    if path.stat().st_size > LARGEST_JSON:
        raise broken(path, "its metadata are too long")
    found = json.loads(path.read_bytes())
    if not isinstance(found, dict):
        raise broken(path, "its metadata are of an unexpected kind")
    return found


def attributes(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the OME attributes of a group and the version of OME-Zarr they follow."""
    whole = read_json(folder / "zarr.json").get("attributes")
    if isinstance(whole, dict) and isinstance(whole.get("ome"), dict):
        return whole["ome"], str(whole["ome"].get("version") or "0.5")
    found = read_json(folder / ".zattrs")
    scales = found.get("multiscales")
    first = scales[0] if isinstance(scales, list) and scales else {}
    return found, str(first.get("version") or "") if isinstance(first, dict) else ""


def images_in(root: Path) -> Iterator[tuple[Path, dict[str, Any], str]]:
    """Yield the folder, the metadata and the version of each image in a folder.

    Parameters
    ----------
    root
        One image, a collection of numbered images (bioformats2raw), or a plate of wells.
    """
    found, version = attributes(root)
    own = found.get("multiscales")
    if isinstance(own, list) and own:
        for multiscale in own[:MOST_IMAGES]:
            yield root, {"omero": found.get("omero"), **multiscale}, version
        return
    count = 0
    for name in _children(root, found):
        folder = (root / name).resolve()
        if not folder.is_relative_to(root) or not folder.is_dir():
            continue
        inner, version = attributes(folder)
        for multiscale in inner.get("multiscales") or []:
            count += 1
            if count > MOST_IMAGES:
                return
            yield folder, {"omero": inner.get("omero"), "name": name, **multiscale}, version


def _children(root: Path, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the images of a plate, of a well or of a collection lie."""
    if isinstance(found.get("plate"), dict):
        for well in found["plate"].get("wells") or []:
            inner, _ = attributes(root / str(well["path"]))
            for image in (inner.get("well") or {}).get("images") or []:
                yield f"{well['path']}/{image['path']}"
    elif isinstance(found.get("well"), dict):
        for image in found["well"].get("images") or []:
            yield str(image["path"])
    else:
        series = read_json(root / "OME" / ".zattrs").get("series")
        yield from map(str, series or (str(index) for index in range(MOST_IMAGES)))


def pixel_size(multiscale: Mapping[str, Any], axes: Axes) -> tuple[float, float] | None:
    """Return µm a pixel of the largest level along x and y, when its unit is one of length."""
    steps = [multiscale["datasets"][0].get("coordinateTransformations")]
    steps.append(multiscale.get("coordinateTransformations"))
    size = [1.0] * len(axes.names)
    scaled = False
    for step in (step for group in steps for step in group or []):
        factors = step.get("scale")
        if step.get("type") == "scale" and factors and len(factors) == len(size):
            size = [a * float(b) for a, b in zip(size, factors, strict=True)]
            scaled = True
    found = []
    for name in ("x", "y"):
        index = axes.names.index(name)
        unit = MICROMETRES.get(axes.units[index])
        value = size[index] * (unit or 0)
        if not scaled or not math.isfinite(value) or value <= 0:
            return None
        found.append(value)
    return found[0], found[1]


def refuse_unsafe(path: Path, folder: Path) -> None:
    """Refuse an array whose codecs could do more than unpack numbers.

    Parameters
    ----------
    path
        What was opened, named in the error.
    folder
        Where the array's metadata lie.
    """
    found = read_json(folder / "zarr.json") or read_json(folder / ".zarray")
    if not found:
        raise broken(path, f"its level {folder.name[:40]!r} has no metadata")
    codecs = [found.get("compressor"), *(found.get("filters") or [])]
    for name in (*_ids(codecs), *_names(found.get("codecs") or [])):
        if name not in CODECS:
            raise unsupported(path, f"its codec {name[:40]!r} is not supported")


def _ids(codecs: Sequence[Any]) -> Iterator[str]:
    for codec in codecs:
        if codec is not None:
            yield str(codec["id"])


def _names(codecs: Sequence[Any]) -> Iterator[str]:
    for codec in codecs:
        yield str(codec["name"] if isinstance(codec, dict) else codec)
        inside = codec.get("configuration") if isinstance(codec, dict) else None
        if isinstance(inside, dict):
            for key in ("codecs", "index_codecs"):
                yield from _names(inside.get(key) or [])
