"""What a canvas's ledger amounts to, also when parts of it are lost."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_files import GRID, LEDGER, NEXT_GRID
from ssldiff_gui.storage.ledger import line_of, read_ledger
from tests.grids import same_grid
from tests.storage.canvases import (
    a_canvas,
    a_grid,
    a_picture,
    a_recipe,
    all_tiles,
    fill,
    tile_of,
)


def test_a_canvas_whose_ledger_was_cut_anywhere_goes_on(tmp_path: Path) -> None:
    """What a power cut leaves: any part of the ledger's end may be missing."""
    picture = a_picture(100, 80)
    expected = hashlib.sha256(picture.tobytes()).hexdigest()
    with a_canvas(tmp_path / "a.ome.zarr", 100, 80) as canvas:
        born = (canvas.path / LEDGER).stat().st_size
        canvas.fail(1, 1, "NaN")
        fill(canvas, picture)
        canvas.finish()
    content = (canvas.path / LEDGER).read_bytes()
    lines = [born + n for n, byte in enumerate(content[born:]) if byte == 10]
    for length in range(born, len(content) + 1):
        (canvas.path / LEDGER).write_bytes(content[:length])
        with Canvas.open(canvas.path) as looked:
            assert len(looked.done) + len(looked.failed) <= sum(end < length for end in lines)
            before = looked.done
        if length % 31:  # going on from all of them takes long
            continue
        with Canvas.open(canvas.path, write=True) as again:
            assert again.done == before
            fill(again, picture)
            again.finish()
            assert again.digest() == expected
            assert again.verify() == frozenset()
    for length in range(0, born, 11):
        (canvas.path / LEDGER).write_bytes(content[:length])
        with pytest.raises(BrokenFile, match="damaged"):
            Canvas.open(canvas.path, write=True)


def test_a_damaged_record_costs_its_own_tile(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        for at in all_tiles(canvas):
            canvas.write(*at, tile_of(canvas, picture, *at))
    lines = (canvas.path / LEDGER).read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"shard", b"chard")
    (canvas.path / LEDGER).write_bytes(b"".join(lines))
    with Canvas.open(canvas.path, write=True) as canvas:
        assert set(all_tiles(canvas)) - canvas.done == {(0, 2)}
        fill(canvas, picture)
        assert canvas.digest() == hashlib.sha256(picture.tobytes()).hexdigest()


def test_a_lost_change_is_not_passed_over(tmp_path: Path) -> None:
    """Its tiles would be taken for done, with the pixels of another recipe."""
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, picture)
        canvas.change(a_recipe(a_grid(1), 300, 200), a_grid(1), [(0, 0)])
        fill(canvas, picture)
    records = read_ledger(canvas.path / LEDGER).records
    kept = [line_of(record) for record in records if record and b'"changed"' not in record]
    (canvas.path / LEDGER).write_bytes(b"".join(kept))
    with pytest.raises(BrokenFile, match="damaged"):
        Canvas.open(canvas.path)


NONSENSE = [
    b'{"kind":"shard","edition":0,"at":[0,9,0],"size":1,"sha256":""}',
    b'{"kind":"shard","edition":0,"at":[0,-1,0],"size":1,"sha256":""}',
    b'{"kind":"shard","edition":0,"at":["../..",0,0],"size":1,"sha256":""}',
    b'{"kind":"failed","edition":0,"at":[0,99],"reason":""}',
    b'{"kind":"pickle"}',
    b"[" * 100_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("record", NONSENSE, ids=range(len(NONSENSE)))
def test_a_record_that_makes_no_sense_is_an_error_for_people(tmp_path: Path, record: bytes) -> None:
    a_canvas(tmp_path / "a.ome.zarr").close()
    with (tmp_path / "a.ome.zarr" / LEDGER).open("ab") as file:
        file.write(line_of(record))
    with pytest.raises(BrokenFile, match="damaged"):
        Canvas.open(tmp_path / "a.ome.zarr")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"width":300', b'"width":0'),
        (b'"tile":64', b'"tile":65'),
        (b'"tile":64', b'"tile":1099511627776'),
        (b'"chunk":16', b'"chunk":17'),
        (b'"width":300', b'"width":999999999999999999999'),
        (b'"kind":"created"', b'"kind":"finished"'),
    ],
)
def test_a_canvas_of_an_absurd_size_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    a_canvas(tmp_path / "a.ome.zarr").close()
    path = tmp_path / "a.ome.zarr" / LEDGER
    record = read_ledger(path).records[0] or b""
    assert old in record
    path.write_bytes(line_of(record.replace(old, new, 1)))
    with pytest.raises(BrokenFile, match="damaged"):
        Canvas.open(tmp_path / "a.ome.zarr")


def test_a_change_stopped_between_its_steps_is_whole_or_not_there(tmp_path: Path) -> None:
    new = a_grid(1)
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, a_picture())
    with a_canvas(tmp_path / "new.ome.zarr", grid=new, recipe=a_recipe(new, 300, 200)) as other:
        pass
    shutil.copy(
        other.path / GRID,
        canvas.path / NEXT_GRID,
    )
    with Canvas.open(canvas.path, write=True) as canvas:
        assert same_grid(canvas.grid, a_grid())
        assert not (canvas.path / NEXT_GRID).exists()
        canvas.change(a_recipe(new, 300, 200), new, [(0, 0)])
    (canvas.path / GRID).rename(canvas.path / NEXT_GRID)
    with Canvas.open(canvas.path) as looked:
        assert same_grid(looked.grid, new)
    with Canvas.open(canvas.path, write=True) as canvas:
        assert same_grid(canvas.grid, new)
    assert (canvas.path / GRID).exists()
