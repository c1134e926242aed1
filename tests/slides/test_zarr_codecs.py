"""Blosc chunks that lie about their length are refused before Blosc sees them."""

from __future__ import annotations

import struct
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides import open_slide
from tests.slides.made.pixels import picture


def blosc_image(path: Path, version: int, shards: tuple[int, int, int] | None = None) -> Path:
    data = picture(128, 128)
    group = zarr.open_group(path, mode="w", zarr_format=version)
    array = group.create_array(
        "0",
        shape=data.shape,
        dtype="u1",
        chunks=(64, 64, 3),
        shards=shards,
        compressors=numcodecs.Blosc() if version == 2 else BloscCodec(),
    )
    array[...] = data
    multiscale = {
        "axes": [{"name": name} for name in ("y", "x", "c")],
        "datasets": [{"path": "0"}],
    }
    if version == 2:
        group.attrs["multiscales"] = [multiscale]
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
    return path


METADATA = {".zarray", "zarr.json"}
KINDS = {"zarr2": (2, None), "zarr3": (3, None), "sharded": (3, (128, 128, 3))}


@pytest.mark.parametrize("kind", KINDS)
def test_whole_chunks_are_read(kind: str, tmp_path: Path) -> None:
    path = blosc_image(tmp_path / "a.zarr", *KINDS[kind])
    texts = [file.read_text() for file in (path / "0").iterdir() if file.name in METADATA]
    assert any("blosc" in text for text in texts)
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        assert np.array_equal(
            scene.read_level(0, Box(30, 40, 90, 80)), picture(128, 128)[40:120, 30:120]
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_chunk_that_claims_more_than_it_holds_is_refused(kind: str, tmp_path: Path) -> None:
    path = blosc_image(tmp_path / "a.zarr", *KINDS[kind])
    damaged = 0
    for file in sorted((path / "0").rglob("*")):
        if not file.is_file() or file.suffix == ".json" or file.name.startswith(".z"):
            continue
        content = bytearray(file.read_bytes())
        start = 0
        while start + 16 <= len(content) - 68 * (kind == "sharded"):
            (length,) = struct.unpack_from("<I", content, start + 12)
            struct.pack_into("<I", content, start + 12, 0x7000_0000)
            start, damaged = start + length, damaged + 1
        file.write_bytes(content)
    assert damaged == 4
    with open_slide(path) as slide:
        with pytest.raises(BrokenFile, match=r"a\.zarr") as caught:
            slide.scenes[0].read_level(0, Box(0, 0, 20, 20))
        assert "claims" in str(caught.value.__cause__)
