"""OME-Zarr, DICOM, PNG and JPEG."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import zarr
from PIL import Image

from tests.slides.made.pixels import picture


def ome_zarr(
    path: Path,
    *,
    version: str = "0.5",
    sharded: bool = False,
    width: int = 300,
    height: int = 220,
) -> Path:
    """A pyramid of three levels, channels first, 0.5 µm a pixel."""
    data = np.moveaxis(picture(width, height), -1, 0)
    levels = [data, data[:, ::2, ::2], data[:, ::4, ::4]]
    modern = version == "0.5"
    group = zarr.open_group(path, mode="w", zarr_format=3 if modern else 2)
    for number, level in enumerate(levels):
        array = group.create_array(
            str(number),
            shape=level.shape,
            dtype=level.dtype,
            chunks=(3, 32, 32),
            shards=(3, 128, 128) if sharded else None,
        )
        array[...] = level
    multiscale: dict[str, Any] = {
        "axes": [
            {"name": "c", "type": "channel"},
            {"name": "y", "type": "space", "unit": "micrometer"},
            {"name": "x", "type": "space", "unit": "micrometer"},
        ],
        "datasets": [
            {
                "path": str(number),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0, 0.5 * 2**number, 0.5 * 2**number]}
                ],
            }
            for number in range(3)
        ],
        "name": "tissue",
    }
    if modern:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    else:
        group.attrs["multiscales"] = [{"version": version, **multiscale}]
    return path


def png(path: Path, mode: str = "RGB") -> Path:
    Image.fromarray(picture(160, 120)).convert(mode).save(path)
    return path


def jpeg(path: Path, orientation: int = 1) -> Path:
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(picture(160, 120)).save(path, quality=95, exif=exif)
    return path


def _element(group: int, element: int, kind: str, value: bytes | str | int) -> bytes:
    """One DICOM data element, explicit little endian."""
    if isinstance(value, int):
        data = struct.pack("<H" if kind == "US" else "<I", value)
    else:
        data = value.encode("ascii") if isinstance(value, str) else value
        data += (b"\0" if kind == "UI" else b" ") * (len(data) % 2)
    head = struct.pack("<HH", group, element) + kind.encode()
    if kind in {"OB", "SQ", "UN"}:
        return head + struct.pack("<HI", 0, len(data)) + data
    return head + struct.pack("<H", len(data)) + data


def dicom(path: Path, width: int = 100, height: int = 80, tile: int = 64) -> Path:
    """A whole-slide image of one level in JPEG tiles."""
    data = picture(width, height)
    across, down = -(-width // tile), -(-height // tile)
    padded = np.pad(
        data, ((0, down * tile - height), (0, across * tile - width), (0, 0)), mode="edge"
    )
    frames = [
        imagecodecs.jpeg_encode(
            padded[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile], level=95
        )
        for y in range(down)
        for x in range(across)
    ]
    slide, root = "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.826.0.1.3680043.8.498.1"
    meta = b"".join(
        [
            _element(2, 1, "OB", b"\0\1"),
            _element(2, 2, "UI", slide),
            _element(2, 3, "UI", f"{root}.1"),
            _element(2, 0x10, "UI", "1.2.840.10008.1.2.4.50"),
            _element(2, 0x12, "UI", f"{root}.9"),
        ]
    )
    spacing = _element(0x28, 0x30, "DS", "0.0005\\0.0005")
    measures = struct.pack("<HHI", 0xFFFE, 0xE000, len(spacing)) + spacing
    groups = _element(0x28, 0x9110, "SQ", measures)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(groups)) + groups
    body = b"".join(
        [
            _element(8, 8, "CS", "ORIGINAL\\PRIMARY\\VOLUME\\NONE"),
            _element(8, 0x16, "UI", slide),
            _element(8, 0x18, "UI", f"{root}.1"),
            _element(8, 0x60, "CS", "SM"),
            _element(0x20, 0xD, "UI", f"{root}.2"),
            _element(0x20, 0xE, "UI", f"{root}.3"),
            _element(0x20, 0x13, "IS", "1"),
            _element(0x20, 0x9311, "CS", "TILED_FULL"),
            _element(0x28, 2, "US", 3),
            _element(0x28, 4, "CS", "YBR_FULL_422"),
            _element(0x28, 6, "US", 0),
            _element(0x28, 8, "IS", str(len(frames))),
            _element(0x28, 0x10, "US", tile),
            _element(0x28, 0x11, "US", tile),
            _element(0x28, 0x100, "US", 8),
            _element(0x28, 0x101, "US", 8),
            _element(0x28, 0x102, "US", 7),
            _element(0x28, 0x103, "US", 0),
            _element(0x48, 6, "UL", width),
            _element(0x48, 7, "UL", height),
            _element(0x48, 0x303, "UL", 1),
            _element(0x5200, 0x9229, "SQ", item),
            struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF),
            struct.pack("<HHI", 0xFFFE, 0xE000, 0),
        ]
    )
    for frame in frames:
        whole = frame + b"\0" * (len(frame) % 2)
        body += struct.pack("<HHI", 0xFFFE, 0xE000, len(whole)) + whole
    body += struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    head = bytes(128) + b"DICM" + _element(2, 0, "UL", len(meta))
    path.write_bytes(head + meta + body)
    return path
