"""Damaged and hostile exports: a record that is true, or one typed error that names the file."""

from __future__ import annotations

import base64
import json
import os
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.export import export
from ssldiff_gui.storage.export_png import SIGNATURE
from ssldiff_gui.storage.extract import extract_of
from ssldiff_gui.storage.provenance import Record, pack
from ssldiff_gui.storage.trailer import MAGIC
from tests.storage.fake_picture import UTM, Fake, grid_of, pixels_of, recipe_of

pytestmark = [pytest.mark.security, pytest.mark.slow]

MUTANTS = int(os.environ.get("SSLDIFF_RECORD_MUTANTS", "210"))
"""Of each file."""

ENDINGS = (".png", ".jpg", ".ome.tif", ".tif", ".ome.zarr")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One export of each format, a sidecar and a canvas; small, so that mutants hit the record."""
    folder = tmp_path_factory.mktemp("exports")
    picture = Fake(pixels_of(96, 80), georeference=UTM)
    done = [export(extract_of(picture), folder / f"out{ending}") for ending in ENDINGS]
    path = folder / "canvas.ome.zarr"
    recipe = recipe_of(picture.grid, 96, 80)
    with Canvas.create(path, width=96, height=80, recipe=recipe, grid=picture.grid) as canvas:
        canvas.write(0, 0, picture.pixels)
        canvas.finish()
    return [*(item.path for item in done), done[0].sidecar, path]


def go_through(tasks: list[str], folder: Path) -> tuple[dict[str, str], int]:
    """Return how each file ended, and the most memory that was held."""
    listing, done = folder / "list", folder / "done"
    listing.write_text("\n".join(tasks), "utf-8")
    done.touch()
    command = [sys.executable, "-m", "tests.security.records_child", str(listing), str(done)]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert run.returncode == 0, run.stderr[-3000:]
    assert not run.stderr
    lines = done.read_text("utf-8").splitlines()
    found = {task: json.loads(line) for task, line in zip(lines[::2], lines[1::2], strict=True)}
    assert max(item["seconds"] for item in found.values()) < 10
    return (
        {task: item["end"] for task, item in found.items()},
        max(item["memory"] for item in found.values()),
    )


def test_mutants_of_every_export(files, tmp_path):
    tasks = [f"{path}\t{seed}" for path in files for seed in range(MUTANTS)]
    ends, memory = go_through([*map(str, files), *tasks], tmp_path)
    kinds = Counter(ends.values())
    print(f"\nrecord_mutants={len(tasks)}")
    for kind, count in sorted(kinds.items()):
        print(f"record_{kind.replace(' ', '_')[:40]}={count}")
    print(f"record_peak_memory_mb={memory / 1e6:.0f}")
    assert not [end for end in ends.values() if "UNTYPED" in end or "UNNAMED" in end]
    assert all(ends[str(path)] == "read" for path in files)
    assert len(ends) == len(files) * (1 + MUTANTS)
    assert memory < 400e6
    for path in files:
        own = {ends[f"{path}\t{seed}"] for seed in range(MUTANTS)}
        assert own - {"read"}, f"no mutant of {path.name} was refused: the test is blind"


def hostile_text(**changes: object) -> bytes:
    """Return a record that looks well but for what is changed inside its grid."""
    grid = grid_of()
    content = json.loads(pack(Record(recipe_of(grid, 9, 9), grid)))
    content["grid"] |= changes
    return json.dumps(content).encode()


def bomb() -> bytes:
    """Return 300 kB that zlib would make 300 MB of."""
    return hostile_text(
        shape=[4096, 4096, 5],
        vectors=base64.b64encode(zlib.compress(b"\0" * (320 << 20), 9)).decode(),
    )


def _json(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def _png(path: Path, text: bytes) -> None:
    content = b"ssldiff:recipe\0\0\0\0\0" + text
    chunk = struct.pack(">I", len(content)) + b"iTXt" + content
    path.write_bytes(SIGNATURE + chunk + struct.pack(">I", zlib.crc32(chunk[4:])))


def _packed_png(path: Path, text: bytes) -> None:
    """Write a text chunk that says it is compressed: nobody here unpacks those."""
    content = b"ssldiff:recipe\0\1\0\0\0" + zlib.compress(text, 9)
    chunk = struct.pack(">I", len(content)) + b"iTXt" + content
    path.write_bytes(SIGNATURE + chunk + struct.pack(">I", zlib.crc32(chunk[4:])))


def _tiff(path: Path, text: bytes) -> None:
    path.write_bytes(b"II*\0" + b"\0" * 8 + text + struct.pack("<Q16s", len(text), MAGIC))


def _long_tiff(path: Path, text: bytes) -> None:
    path.write_bytes(b"II*\0" + text + struct.pack("<Q16s", 1 << 62, MAGIC))


def _jpeg(path: Path, text: bytes) -> None:
    content = b"ssldiff:recipe\0" + struct.pack(">HH", 1, 65_535) + text[:60_000]
    path.write_bytes(b"\xff\xd8" + struct.pack(">BBH", 255, 0xE9, len(content) + 2) + content)


def _sparse_json(path: Path, text: bytes) -> None:
    """Claim 100 GB that are not on the disk."""
    path.write_bytes(text)
    os.truncate(path, 100 << 30)


def _many_chunks(path: Path, _: bytes) -> None:
    chunk = struct.pack(">I", 0) + b"iTXt" + struct.pack(">I", zlib.crc32(b"iTXt"))
    path.write_bytes(SIGNATURE + chunk * 200_000)


def _deep_json(path: Path, _: bytes) -> None:
    path.write_bytes(b'{"format":"ssldiff record","a":' + b"[" * 5_000_000)


def _zarr(path: Path, text: bytes) -> None:
    (path / "ssldiff").mkdir(parents=True)
    (path / "ssldiff" / "record.json").write_bytes(text)


def _linked_zarr(path: Path, _: bytes) -> None:
    """Lead out of the folder, to a device that never ends."""
    (path / "ssldiff").mkdir(parents=True)
    (path / "ssldiff" / "record.json").symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (_json, bomb),
        (_png, bomb),
        (_tiff, bomb),
        (_zarr, bomb),
        (_packed_png, hostile_text),
        (_long_tiff, hostile_text),
        (_jpeg, hostile_text),
        (_sparse_json, hostile_text),
        (_many_chunks, lambda: b""),
        (_deep_json, lambda: b""),
        (_linked_zarr, lambda: b""),
        (_json, lambda: hostile_text(shape=[1 << 20, 1 << 20, 1 << 20])),
        (_json, lambda: hostile_text(codec="pickle")),
        (_json, lambda: hostile_text(vectors={"__reduce__": "os.system"})),
    ],
    ids=lambda item: getattr(item, "__name__", "text"),
)
def test_files_made_to_hurt(make: Callable[[Path, bytes], None], text, tmp_path):
    path = tmp_path / "hostile"
    make(path, text())
    ends, memory = go_through([str(path)], tmp_path)
    print(
        f"\nhostile_record_{make.__name__.strip('_')}={ends[str(path)]} memory={memory / 1e6:.0f}"
    )
    assert ends[str(path)] in {"BrokenFile", "NoRecipe", "OversizedFile"}
    assert memory < 300e6
