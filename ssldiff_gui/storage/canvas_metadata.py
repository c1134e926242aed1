"""What the `zarr.json` files of a canvas say: OME-Zarr 0.5, and that the picture is synthetic."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage.canvas_layout import Layout
from ssldiff_gui.storage.canvas_records import FORMAT, Created
from ssldiff_gui.storage.canvas_shards import WHITE, ZSTD_LEVEL

EMPTY_GROUP = {"zarr_format": 3, "node_type": "group", "attributes": {}}

_UNITS = {"µm": "micrometer", "m": "meter"}
"""OME-Zarr's names of what is a length; degrees and pixels are none."""

_BANDS = (("Red", "FF0000"), ("Green", "00FF00"), ("Blue", "0000FF"))


def root_metadata(created: Created, recipe: Recipe, layout: Layout) -> dict[str, Any]:
    """Return the content of the canvas's own `zarr.json`."""
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {
            "ome": _ome(created, layout),
            "ssldiff": {
                "format": FORMAT,
                "synthetic": True,
                "digital_source_type": recipe.source_type,
                "scale": None if created.scale is None else asdict(created.scale),
                "georeference": _place(created),
                "recipe": recipe.model_dump(mode="json"),
            },
        },
    }


def array_metadata(layout: Layout, level: int) -> dict[str, Any]:
    """Return the content of a level's `zarr.json`."""
    width, height = layout.levels[level]
    zstd = {"level": ZSTD_LEVEL, "checksum": True}
    sharding = {
        "chunk_shape": [1, layout.chunk, layout.chunk],
        "codecs": [{"name": "bytes"}, {"name": "zstd", "configuration": zstd}],
        "index_codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "crc32c"},
        ],
        "index_location": "end",
    }
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [3, height, width],
        "data_type": "uint8",
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [3, layout.tile, layout.tile]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": WHITE,
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "dimension_names": ["c", "y", "x"],
        "attributes": {},
    }


def _ome(created: Created, layout: Layout) -> dict[str, Any]:
    unit = _UNITS.get(created.scale.unit) if created.scale else None
    space = {"type": "space"} if unit is None else {"type": "space", "unit": unit}
    multiscale = {
        "name": created.name,
        "type": "mean",
        "axes": [
            {"name": "c", "type": "channel"},
            {"name": "y", **space},
            {"name": "x", **space},
        ],
        "datasets": [_dataset(created, unit, level) for level in range(len(layout.levels))],
    }
    channels = [
        {
            "label": label,
            "color": colour,
            "active": True,
            "window": {"min": 0, "max": 255, "start": 0, "end": 255},
        }
        for label, colour in _BANDS
    ]
    return {
        "version": "0.5",
        "multiscales": [multiscale],
        "omero": {"name": created.name, "channels": channels, "rdefs": {"model": "color"}},
    }


def _dataset(created: Created, unit: str | None, level: int) -> dict[str, Any]:
    """Return a level's name and place: the middle of its first pixel moves with its size."""
    known = created.scale is not None and unit is not None
    x, y = (created.scale.x, created.scale.y) if known and created.scale else (1.0, 1.0)
    factor = 2**level
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": [1.0, y * factor, x * factor]}]
    if level:
        shift = (factor - 1) / 2
        steps.append({"type": "translation", "translation": [0.0, y * shift, x * shift]})
    return {"path": str(level), "coordinateTransformations": steps}


def _place(created: Created) -> dict[str, Any] | None:
    place = created.georeference
    return None if place is None else {"crs": place.crs, "affine": list(place.affine)}
