"""OME-Zarr 0.1 to 0.5: folders of chunks, sharded or not, with several images or only one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.slides.canvas_place import stated_place
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.positioned import Gate
from ssldiff_gui.slides.problems import broken, naming, oversized, unsupported
from ssldiff_gui.slides.scene import RGB, Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.slides.zarr_codecs import checked
from ssldiff_gui.slides.zarr_metadata import Axes, axes_of, images_in, pixel_size, refuse_unsafe

CHUNK_LIMIT = 256 << 20
"""Most bytes that one chunk may hold once decoded."""

MOST_BANDS = 4096
ASSOCIATED = ("label", "macro", "thumbnail")


class ZarrSource:
    """A PixelSource over the arrays of one multiscale image.

    Parameters
    ----------
    arrays
        Largest first.
    axes
        What their axes are.
    """

    def __init__(self, arrays: Sequence[Any], axes: Axes) -> None:
        self._arrays, self._axes = tuple(arrays), axes
        self._gate = Gate()

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`, which lies within the level."""
        array = self._arrays[level]
        with self._gate.inside():
            found = np.asarray(array[self._axes.selection(array.shape, box)])
        values = np.ascontiguousarray(self._axes.last_is_band(found))
        return Pixels(values.astype(values.dtype.newbyteorder("="), copy=False))

    def close(self) -> None:
        """Wait for readers; a folder of files has nothing else to let go of."""
        self._gate.shut()


def open_zarr(path: Path, identity: Identity) -> Slide:
    """Open an OME-Zarr folder: each multiscale image in it is a scene.

    Parameters
    ----------
    path
        A local folder that holds .zattrs or zarr.json.
    identity
        What the folder was when opening began.
    """
    with naming(path):
        scenes: list[Scene] = []
        associated: dict[str, Callable[[], RGB]] = {}
        version = ""
        for folder, multiscale, version in images_in(path):  # noqa: B007 - the last one stays
            scene = _scene(path, folder, multiscale, len(scenes))
            word = next((name for name in ASSOCIATED if name in scene.name.lower()), None)
            if word is not None and folder != path:
                associated[word] = _reader(scene)
            else:
                scenes.append(scene)
        if not scenes:
            raise unsupported(path, "this Zarr folder holds no OME image", "Open a file instead.")
        return Slide(
            path, f"OME-Zarr {version}".strip(), scenes, identity=identity, associated=associated
        )


def _scene(path: Path, folder: Path, multiscale: Mapping[str, Any], number: int) -> Scene:
    arrays = list(_arrays(path, folder, multiscale))
    axes = axes_of(multiscale, len(arrays[0].shape))
    if any(len(array.shape) != len(arrays[0].shape) for array in arrays):
        raise broken(path, "its levels have different axes")
    dtypes = {array.dtype.newbyteorder("=") for array in arrays}
    if len(dtypes) != 1:
        raise broken(path, "its levels have different pixel types")
    bands = axes.bands(arrays[0].shape)
    sizes = [axes.size(array.shape) for array in arrays]
    if min(min(size) for size in sizes) < 1 or not 0 < bands <= MOST_BANDS:
        raise broken(path, "its image has no size")
    if any(axes.bands(array.shape) != bands for array in arrays):
        raise broken(path, "its levels have different channels")
    scale, georeference = stated_place(folder)
    size = pixel_size(multiscale, axes)
    if scale is None and size is not None:
        scale = Scale(size[0], size[1], "µm")
    chunk = getattr(arrays[0], "chunks", None) or arrays[0].shape
    return Scene(
        path,
        str(multiscale.get("name") or (folder.name if folder != path else f"Image {number + 1}")),
        ZarrSource(arrays, axes),
        levels_of(sizes),
        dtype=dtypes.pop(),
        bands=_band_names(multiscale, bands),
        scale=scale,
        georeference=georeference,
        tile=axes.size(chunk),
    )


def _arrays(path: Path, folder: Path, multiscale: Mapping[str, Any]) -> Iterator[Any]:
    datasets = multiscale.get("datasets")
    if not isinstance(datasets, list) or not datasets:
        raise broken(path, "its image names no levels")
    for dataset in datasets[:64]:
        name = str(dataset["path"])
        where = (folder / name).resolve()
        if not where.is_relative_to(path) or not where.is_dir():
            raise broken(path, f"its level {name[:40]!r} is missing")
        refuse_unsafe(path, where)
        array = zarr.open_array(where, mode="r")
        if array.dtype.kind not in "uif":
            raise unsupported(path, f"pixels of type {array.dtype} cannot be shown")
        chunk = int(np.prod([int(side) for side in array.chunks], dtype=object))
        if chunk * array.dtype.itemsize > CHUNK_LIMIT:
            raise oversized(path, f"one of its chunks alone holds {chunk:,} values")
        yield checked(array)


def _band_names(multiscale: Mapping[str, Any], bands: int) -> list[str]:
    channels = (multiscale.get("omero") or {}).get("channels")
    if isinstance(channels, list) and len(channels) == bands:
        return [str(channel.get("label", f"Band {i + 1}")) for i, channel in enumerate(channels)]
    if bands == 3:
        return ["Red", "Green", "Blue"]
    return ["Grey"] if bands == 1 else [f"Band {i + 1}" for i in range(bands)]


def _reader(scene: Scene) -> Callable[[], RGB]:
    """Return a function that reads an associated image at its coarsest level."""

    def read() -> RGB:
        return scene.read_level(len(scene.levels) - 1, scene.levels[-1].box)

    return read
