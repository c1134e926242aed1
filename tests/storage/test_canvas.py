"""A canvas keeps what it acknowledged, and reads back as what was written."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import (
    AlreadyThere,
    BrokenFile,
    InUse,
    MissingFile,
    OversizedRequest,
    UnsupportedFile,
)
from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage import canvas_files
from ssldiff_gui.storage.canvas import CHUNK, TILE, Canvas
from ssldiff_gui.storage.canvas_files import ASIDE, GRID, LEDGER, RECIPE, shard_path
from tests.grids import same_grid
from tests.storage.canvases import (
    a_canvas,
    a_grid,
    a_picture,
    a_recipe,
    all_tiles,
    fill,
    halved,
    tile_of,
    whole,
)

SIZES = [(300, 200), (1, 1), (64, 64), (65, 1), (7, 130), (128, 128), (257, 255)]


def test_the_unit_of_acknowledgement_is_as_agreed() -> None:
    assert (TILE, CHUNK) == (1024, 256)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_was_written_is_read(tmp_path: Path, width: int, height: int) -> None:
    picture = a_picture(width, height)
    with a_canvas(tmp_path / "a.ome.zarr", width, height) as canvas:
        fill(canvas, picture)
        canvas.finish()
    with Canvas.open(tmp_path / "a.ome.zarr") as canvas:
        assert canvas.done == set(all_tiles(canvas))
        assert canvas.finished
        assert np.array_equal(whole(canvas), picture)
        assert canvas.digest() == hashlib.sha256(picture.tobytes()).hexdigest()
        assert canvas.verify() == frozenset()
        for level in range(1, len(canvas.levels)):
            picture = halved(picture)
            assert np.array_equal(whole(canvas, level), picture)
        assert max(canvas.levels[-1]) <= 64


def test_what_a_canvas_is_comes_back(tmp_path: Path) -> None:
    place = Georeference("EPSG:32614", (0.5, 0.0, 600_000.0, 0.0, -0.5, 5_200_000.0))
    scale = Scale(0.25, 0.5, "µm")
    with a_canvas(tmp_path / "a.ome.zarr", scale=scale, georeference=place, name="Lung") as made:
        recipe = made.recipe
    with Canvas.open(tmp_path / "a.ome.zarr") as canvas:
        assert (canvas.width, canvas.height, canvas.tiles) == (300, 200, (4, 5))
        assert (canvas.scale, canvas.georeference, canvas.name) == (scale, place, "Lung")
        assert canvas.recipe == recipe == a_recipe(a_grid(), 300, 200)
        assert same_grid(canvas.grid, a_grid())
        assert not canvas.done
        assert not canvas.finished
        assert (canvas.read(Box(0, 0, 300, 200)) == 255).all()


@settings(max_examples=60, deadline=None)
@given(
    box=st.builds(
        Box,
        st.integers(-40, 320),
        st.integers(-40, 220),
        st.integers(0, 200),
        st.integers(0, 200),
    ),
    level=st.integers(0, 2),
)
def test_any_part_reads_as_cut_from_the_whole(some_canvas: Canvas, box: Box, level: int) -> None:
    picture = whole(some_canvas, level)
    padded = np.pad(picture, ((500, 500), (500, 500), (0, 0)), constant_values=255)
    found = some_canvas.read(box, level)
    assert np.array_equal(found, padded[box.y + 500 :, box.x + 500 :][: box.height, : box.width])


@pytest.fixture(scope="module")
def some_canvas(tmp_path_factory: pytest.TempPathFactory) -> Canvas:
    """Half written: a part of every kind of tile."""
    canvas = a_canvas(tmp_path_factory.mktemp("canvas") / "a.ome.zarr")
    picture = a_picture()
    for at in all_tiles(canvas)[:13]:
        canvas.write(*at, tile_of(canvas, picture, *at))
    canvas.finish()
    canvas.close()
    return Canvas.open(canvas.path)


def test_an_absurd_part_is_refused(some_canvas: Canvas) -> None:
    with pytest.raises(OversizedRequest):
        some_canvas.read(Box(0, 0, 200_000, 200_000))


def test_order_makes_no_difference(tmp_path: Path) -> None:
    picture = a_picture()
    folders = []
    for number, chance in enumerate((None, np.random.default_rng(1), np.random.default_rng(2))):
        with a_canvas(tmp_path / f"{number}.ome.zarr", name="same") as canvas:
            tiles = all_tiles(canvas)
            if chance is not None:
                chance.shuffle(tiles)
            for at in tiles:
                canvas.write(*at, tile_of(canvas, picture, *at))
            canvas.finish()
        folders.append(contents(canvas.path))
    assert folders[0] == folders[1] == folders[2]
    assert len(folders[0]) == 20 + 6 + 2 + 1 + 4 + 5


def contents(folder: Path) -> dict[str, str]:
    """Hashes of all files but the ledger, which tells of the order."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "ledger"
    }


def test_coarser_levels_come_as_soon_as_they_can(tmp_path: Path) -> None:
    picture = a_picture(256, 128)
    with a_canvas(tmp_path / "a.ome.zarr", 256, 128) as canvas:
        for at in ((0, 0), (0, 1), (1, 0)):
            canvas.write(*at, tile_of(canvas, picture, *at))
        assert (whole(canvas, 1) == 255).all()
        canvas.write(1, 1, tile_of(canvas, picture, 1, 1))
        assert np.array_equal(whole(canvas, 1)[:, :64], halved(picture)[:, :64])
        assert (whole(canvas, 1)[:, 64:] == 255).all()
        for at in ((0, 2), (0, 3), (1, 2)):
            canvas.write(*at, tile_of(canvas, picture, *at))
        canvas.fail(1, 3, "NaN")
        picture[64:, 192:] = 255
        assert np.array_equal(whole(canvas, 1), halved(picture))
        assert np.array_equal(whole(canvas, 2), halved(halved(picture)))


def test_a_failed_tile_is_white_and_can_be_made_after_all(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, picture)
        canvas.fail(1, 1, "NaN in the latents")
        assert canvas.failed == {(1, 1): "NaN in the latents"}
        assert (1, 1) not in canvas.done
        assert (canvas.read(Box(64, 64, 64, 64)) == 255).all()
    with Canvas.open(canvas.path, write=True) as canvas:
        assert canvas.failed == {(1, 1): "NaN in the latents"}
        fill(canvas, picture)
        assert canvas.failed == {}
        assert np.array_equal(whole(canvas), picture)
        assert np.array_equal(whole(canvas, 1), halved(picture))


def test_a_change_is_made_of_some_tiles_only(tmp_path: Path) -> None:
    old, new = a_picture(seed=0), a_picture(seed=1)
    grid = a_grid(1)
    recipe = a_recipe(grid, 300, 200, seed=7)
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, old)
        canvas.finish()
        canvas.change(recipe, grid, {(1, 1), (3, 4)})
        assert len(canvas.done) == 18
        assert not canvas.finished
        assert np.array_equal(whole(canvas), old), "old pixels stay until there are new ones"
    with Canvas.open(canvas.path, write=True) as canvas:
        assert canvas.recipe == recipe
        assert same_grid(canvas.grid, grid)
        assert len(canvas.done) == 18
        fill(canvas, new)
        canvas.finish()
        expected = old.copy()
        for at in ((1, 1), (3, 4)):
            box = canvas.layout.box((0, *at))
            expected[box.y : box.y2, box.x : box.x2] = tile_of(canvas, new, *at)
        assert np.array_equal(whole(canvas), expected)
        assert np.array_equal(whole(canvas, 1), halved(expected))
        assert np.array_equal(whole(canvas, 2), halved(halved(expected)))
    facts = json.loads((canvas.path / RECIPE).read_text())
    assert Recipe.model_validate(facts) == recipe
    attributes = json.loads((canvas.path / "zarr.json").read_text())["attributes"]["ssldiff"]
    assert attributes["recipe"] == facts


def test_a_tile_written_again_shows_in_all_levels(tmp_path: Path) -> None:
    old, new = a_picture(seed=0), a_picture(seed=1)
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, old)
        old[64:128, :64] = new[64:128, :64]
        canvas.write(1, 0, tile_of(canvas, new, 1, 0))
        assert np.array_equal(whole(canvas), old)
        assert np.array_equal(whole(canvas, 1), halved(old))


def test_finishing_a_part_shows_it_in_all_levels(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        canvas.write(2, 2, tile_of(canvas, picture, 2, 2))
        canvas.finish()
        only = np.full_like(picture, 255)
        only[128:192, 128:192] = picture[128:192, 128:192]
        assert np.array_equal(whole(canvas, 2), halved(halved(only)))
        fill(canvas, picture)
        assert np.array_equal(whole(canvas, 2), halved(halved(picture)))


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_a_tile_that_the_disk_lost_is_not_done(tmp_path: Path, harm: str) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, picture)
    path = shard_path(canvas.path, (0, 1, 2))
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with Canvas.open(canvas.path) as looked:
        assert set(all_tiles(looked)) - looked.done == {(1, 2)}
    with Canvas.open(canvas.path, write=True) as canvas:
        assert set(all_tiles(canvas)) - canvas.done == {(1, 2)}
        fill(canvas, picture)
        assert np.array_equal(whole(canvas), picture)
        assert np.array_equal(whole(canvas, 2), halved(halved(picture)))


def test_a_flipped_bit_is_found_and_mended(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, picture)
    for key in ((0, 1, 2), (1, 0, 0)):
        flip(shard_path(canvas.path, key))
    with Canvas.open(canvas.path) as looked:
        with pytest.raises(BrokenFile, match="damaged"):
            whole(looked)
        assert looked.verify() == {(1, 2)}
    with Canvas.open(canvas.path, write=True) as canvas:
        assert canvas.verify() == {(1, 2)}
        fill(canvas, picture)
        canvas.finish()
        assert canvas.verify() == frozenset()
        assert np.array_equal(whole(canvas), picture)
        assert np.array_equal(whole(canvas, 1), halved(picture))


def test_damage_that_shows_while_levels_are_made_costs_one_tile(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        for at in ((0, 0), (0, 1), (1, 0)):
            canvas.write(*at, tile_of(canvas, picture, *at))
        flip(shard_path(canvas.path, (0, 0, 1)))
        with pytest.raises(BrokenFile, match="damaged"):
            canvas.write(1, 1, tile_of(canvas, picture, 1, 1))
        assert canvas.done == {(0, 0), (1, 0), (1, 1)}
        fill(canvas, picture)
        assert np.array_equal(whole(canvas, 1), halved(picture))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)


def test_one_program_writes_and_the_others_are_told_which(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        with pytest.raises(InUse, match=r"process \d+ on .+, since 20\d\d-") as caught:
            Canvas.open(canvas.path, write=True)
        assert "Wait" in caught.value.hint
        canvas.write(0, 0, tile_of(canvas, picture, 0, 0))
        with Canvas.open(canvas.path) as looked:
            assert looked.done == {(0, 0)}
            with pytest.raises(ValueError, match="opened to be read"):
                looked.write(0, 0, tile_of(canvas, picture, 0, 0))
    with Canvas.open(canvas.path, write=True) as canvas:
        assert canvas.done == {(0, 0)}


def test_nothing_that_exists_is_written_over(tmp_path: Path) -> None:
    a_canvas(tmp_path / "a.ome.zarr").close()
    before = contents(tmp_path / "a.ome.zarr")
    with pytest.raises(AlreadyThere) as caught:
        a_canvas(tmp_path / "a.ome.zarr")
    assert "--resume" in caught.value.hint
    assert contents(tmp_path / "a.ome.zarr") == before
    (tmp_path / "photos").mkdir()
    (tmp_path / "letter.txt").write_text("dear")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name in ("photos", "letter.txt", "nowhere"):
        with pytest.raises(AlreadyThere, match="no canvas"):
            a_canvas(tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 4, "nothing is left of the attempts"


def test_what_is_no_canvas_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        Canvas.open(tmp_path / "gone.ome.zarr", write=True)
    (tmp_path / "other.ome.zarr").mkdir()
    with pytest.raises(UnsupportedFile, match="no ledger"):
        Canvas.open(tmp_path / "other.ome.zarr", write=True)
    assert not list((tmp_path / "other.ome.zarr").iterdir())


def test_another_grid_is_not_taken_for_its_own(tmp_path: Path) -> None:
    a_canvas(tmp_path / "a.ome.zarr").close()
    a_canvas(tmp_path / "b.ome.zarr", grid=a_grid(1), recipe=a_recipe(a_grid(1), 300, 200)).close()
    other = (tmp_path / "b.ome.zarr" / GRID).read_bytes()
    (tmp_path / "a.ome.zarr" / GRID).write_bytes(other)
    with Canvas.open(tmp_path / "a.ome.zarr") as canvas, pytest.raises(BrokenFile, match="grid"):
        _ = canvas.grid


def test_a_recipe_of_something_else_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="another"):
        a_canvas(tmp_path / "a.ome.zarr", recipe=a_recipe(a_grid(1), 300, 200))
    with pytest.raises(ValueError, match="another"):
        a_canvas(tmp_path / "a.ome.zarr", recipe=a_recipe(a_grid(), 300, 201))
    with a_canvas(tmp_path / "a.ome.zarr") as canvas, pytest.raises(ValueError, match="another"):
        canvas.change(a_recipe(a_grid(), 300, 201), a_grid(), [])


@pytest.mark.parametrize("shape", [(64, 64), (64, 63, 3), (64, 64, 4)])
def test_pixels_have_the_tiles_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        with pytest.raises(ValueError, match="64 × 64 uint8 RGB"):
            canvas.write(0, 0, np.zeros(shape, dtype=np.uint8))
        with pytest.raises(ValueError, match="no shard"):
            canvas.write(4, 0, np.zeros((64, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    "name", ["0", "0/c/0", "0/c/0/1", "ssldiff", "ssldiff/unfinished", "ssldiff/writer.json"]
)
def test_a_canvas_that_leads_elsewhere_is_not_written(tmp_path: Path, name: str) -> None:
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, a_picture())
    inner, outside = canvas.path / name, tmp_path / "outside"
    if inner.exists():
        inner.rename(outside)
    else:
        outside.write_text("mine")
    inner.symlink_to(outside)
    with pytest.raises(BrokenFile, match="elsewhere"):
        Canvas.open(canvas.path, write=True)


def test_a_canvas_of_a_newer_version_says_so(tmp_path: Path) -> None:
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        pass
    from ssldiff_gui.storage.ledger import line_of, read_ledger

    first = json.loads(read_ledger(canvas.path / LEDGER).records[0] or b"")
    first["format"] = 2
    (canvas.path / LEDGER).write_bytes(line_of(json.dumps(first).encode()))
    with pytest.raises(UnsupportedFile, match="newer version"):
        Canvas.open(canvas.path)


def test_changed_metadata_are_noticed_or_mended(tmp_path: Path) -> None:
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        pass
    (canvas.path / "zarr.json").write_text("{}")
    (canvas.path / RECIPE).unlink()
    Canvas.open(canvas.path, write=True).close()
    assert "ome" in json.loads((canvas.path / "zarr.json").read_text())["attributes"]
    assert Recipe.model_validate_json((canvas.path / RECIPE).read_bytes()) == canvas.recipe
    level = canvas.path / "1" / "zarr.json"
    level.write_text(level.read_text().replace("255", "0"))
    with pytest.raises(BrokenFile, match="make no sense"):
        Canvas.open(canvas.path)


def test_several_threads_may_write(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        tiles = all_tiles(canvas)

        def work(part: int) -> None:
            for at in tiles[part::4]:
                canvas.write(*at, tile_of(canvas, picture, *at))

        threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        canvas.finish()
        assert np.array_equal(whole(canvas), picture)
        assert np.array_equal(whole(canvas, 2), halved(halved(picture)))


def test_many_tiles_hold_no_files_open(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list open files")
    picture = a_picture(160, 160)
    with a_canvas(tmp_path / "a.ome.zarr", 160, 160, tile=16, chunk=8) as canvas:
        canvas.write(0, 0, tile_of(canvas, picture, 0, 0))
        before = len(list(descriptors.iterdir()))
        fill(canvas, picture)
        assert len(canvas.done) == 100
        canvas.digest()
        canvas.finish()
        assert len(list(descriptors.iterdir())) == before


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks Linux what a number opens")
def test_a_tile_is_on_the_disk_before_its_record_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut keeps what was synced, and anything or nothing of the rest."""
    steps: list[tuple[str, Path]] = []
    real = {name: getattr(os, name) for name in ("fsync", "replace", "write")}

    def noting(name: str) -> Callable[..., object]:
        def call(first: int | Path, *others: object) -> object:
            opened = isinstance(first, int)
            steps.append((name, Path(f"/proc/self/fd/{first}").readlink() if opened else first))
            return real[name](first, *others)

        return call

    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        canvas.write(0, 0, tile_of(canvas, a_picture(), 0, 0))
        for name in real:
            monkeypatch.setattr(os, name, noting(name))
        canvas.write(0, 1, tile_of(canvas, a_picture(), 0, 1))
        monkeypatch.undo()
    assert steps == [
        ("fsync", canvas.path / ASIDE / "0-0-1"),
        ("replace", canvas.path / ASIDE / "0-0-1"),
        ("fsync", canvas.path / "0" / "c" / "0" / "0"),
        ("write", canvas.path / LEDGER),
        ("fsync", canvas.path / LEDGER),
    ]


def test_a_new_row_of_tiles_is_on_the_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(canvas_files, "sync", synced.append)
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        canvas.write(0, 0, tile_of(canvas, a_picture(), 0, 0))
    level = canvas.path / "0"
    wanted = [level, level / "c", level / "c" / "0", level / "c" / "0" / "0"]
    assert synced[-len(wanted) :] == wanted
