"""Pictures in one file: what is drawn from them, and what may go wrong with the file."""

from __future__ import annotations

import errno
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRequest, BrokenFile, FileProblem, MissingFile, NoSpace
from ssldiff_gui.training import pictures as module
from ssldiff_gui.training.pictures import (
    CONTENT,
    INDEX,
    Pictures,
    Pixels,
    turned,
    write_pictures,
)

SIZES = st.lists(st.tuples(st.integers(8, 40), st.integers(8, 40)), min_size=1, max_size=5)


def marked(number: int, height: int, width: int) -> Pixels:
    """A picture each of whose pixels says which picture, row and column it is."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([np.full_like(rows, number), rows, columns], -1).astype(np.uint8)


def written(folder: Path, sizes: list[tuple[int, int]], held: tuple[int, ...] = ()) -> Pictures:
    found = (
        (
            {"name": f"{k}", "source": 0, "label": "", "group": f"{k}", "held_out": k in held},
            marked(k, *size),
        )
        for k, size in enumerate(sizes)
    )
    return write_pictures(folder, found, {"wanted": {}})


@given(sizes=SIZES, seed=st.integers(0, 99), side=st.integers(1, 8), flips=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_crop_is_a_square_of_one_picture_in_one_of_eight_ways(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[tuple[int, int]],
    seed: int,
    side: int,
    flips: bool,
) -> None:
    pictures = written(tmp_path_factory.mktemp("p"), sizes)
    for crop in pictures.crops(np.random.default_rng(seed), 6, side, flips=flips):
        number, top, left = (int(crop[..., n].min()) for n in range(3))
        assert np.ptp(crop[..., 0]) == 0
        there = pictures[number][top : top + side, left : left + side]
        ways = range(8) if flips else [0]
        assert there.shape == crop.shape
        assert any(np.array_equal(turned(there, way), crop) for way in ways)


@given(seed=st.integers(0, 999))
@settings(max_examples=20, deadline=None)
def test_what_is_drawn_depends_on_the_seed_alone(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    pictures = written(tmp_path_factory.mktemp("p"), [(20, 30), (12, 12)])
    again = Pictures(pictures.folder)
    first, second = (p.crops(np.random.default_rng(seed), 5, 8) for p in (pictures, again))
    assert np.array_equal(first, second)


def test_the_eight_ways_differ_and_come_equally_often(tmp_path: Path) -> None:
    pictures = written(tmp_path, [(8, 8)])
    crops = pictures.crops(np.random.default_rng(0), 4000, 8)
    counts = Counter(crop.tobytes() for crop in crops)
    assert len(counts) == 8
    assert set(counts) == {turned(pictures[0], way).tobytes() for way in range(8)}
    assert max(counts.values()) / min(counts.values()) < 1.3


@given(sizes=SIZES)
@settings(max_examples=20, deadline=None)
def test_pictures_are_drawn_in_proportion_to_their_areas(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[int, int]]
) -> None:
    pictures = written(tmp_path_factory.mktemp("p"), sizes)
    drawn = pictures.draw(np.random.default_rng(0), 20_000)
    areas = np.array([height * width for height, width in sizes])
    shares = np.bincount(drawn, minlength=len(sizes)) / len(drawn)
    assert np.abs(shares - areas / areas.sum()).max() < 0.02


def test_every_place_of_a_picture_is_reached(tmp_path: Path) -> None:
    crops = written(tmp_path, [(10, 12)]).crops(np.random.default_rng(0), 2000, 8, flips=False)
    places = {(int(crop[0, 0, 1]), int(crop[0, 0, 2])) for crop in crops}
    assert places == {(y, x) for y in range(3) for x in range(5)}


def test_the_stream_of_chance_is_the_one_that_runs_are_resumed_with(tmp_path: Path) -> None:
    """Numbers, then top, left and way of each: another order would change resumed runs."""
    pictures = written(tmp_path, [(20, 30), (40, 40)])
    random = np.random.default_rng(7)
    expected = []
    for number in pictures.draw(random, 5):
        picture = pictures[number]
        top, left = (int(random.integers(0, n - 8 + 1)) for n in picture.shape[:2])
        way = int(random.integers(8))
        expected.append(turned(picture[top : top + 8, left : left + 8], way))
    assert np.array_equal(pictures.crops(np.random.default_rng(7), 5, 8), expected)


def test_pictures_are_views_of_the_file_that_cannot_be_written_to(tmp_path: Path) -> None:
    pictures = written(tmp_path, [(10, 12), (9, 8)])
    assert type(pictures[1]) is np.ndarray
    assert not pictures[1].flags.owndata
    assert np.shares_memory(pictures[1], pictures.only(lambda entry: entry.height > 0)[1])
    with pytest.raises(ValueError, match="read-only"):
        pictures[1][0, 0] = 0


def test_a_file_of_ten_gigabytes_is_not_read_to_draw_from_it(tmp_path: Path) -> None:
    side = 57_000
    entry = {"name": "large", "source": 0, "label": "", "group": "", "held_out": False}
    placed = {**entry, "start": 0, "height": side, "width": side}
    (tmp_path / INDEX).write_text(json.dumps({"entries": [placed]}))
    with (tmp_path / CONTENT).open("wb") as file:
        try:
            file.truncate(3 * side**2)  # a hole: it takes no room
        except OSError:
            pytest.skip("this disk keeps no holes")
    crops = Pictures(tmp_path).crops(np.random.default_rng(0), 4, 64)
    assert crops.shape == (4, 64, 64, 3)
    assert not crops.any()


def test_parts_keep_their_own_pictures(tmp_path: Path) -> None:
    pictures = written(tmp_path, [(10, 12), (9, 8), (20, 20)], held=(1,))
    assert [entry.name for entry in pictures.training().entries] == ["0", "2"]
    assert [entry.name for entry in pictures.held_out().entries] == ["1"]
    assert np.array_equal(pictures.held_out()[0], pictures[1])
    assert set(pictures.training().draw(np.random.default_rng(0), 100)) == {0, 1}
    assert pictures.megapixels == pytest.approx((120 + 72 + 400) / 1e6)


def test_parts_outlive_the_replacement_of_the_file(tmp_path: Path) -> None:
    pictures = written(tmp_path, [(10, 12)])
    content = pictures[0].copy()
    written(tmp_path, [(9, 9), (9, 9)])
    assert np.array_equal(pictures.training()[0], content)


def test_nothing_to_draw_from_and_too_small_a_picture_are_said(tmp_path: Path) -> None:
    pictures = written(tmp_path, [(10, 12)])
    with pytest.raises(BadRequest, match="no picture to draw from"):
        pictures.held_out().crops(np.random.default_rng(0), 1, 4)
    with pytest.raises(BadRequest, match=r"12 × 10 pixels.*smallest = 16"):
        pictures.crops(np.random.default_rng(0), 1, 16)
    assert pictures.held_out().crops(np.random.default_rng(0), 0, 4).shape == (0, 4, 4, 3)


@pytest.mark.parametrize("damage", ["shorter", "longer", "no json", "no entries", "keys"])
def test_a_file_that_its_index_does_not_fit_is_not_taken(tmp_path: Path, damage: str) -> None:
    written(tmp_path, [(10, 12)])
    content, index = tmp_path / CONTENT, tmp_path / INDEX
    if damage == "shorter":
        content.write_bytes(content.read_bytes()[:-1])
    elif damage == "longer":
        content.write_bytes(content.read_bytes() + b"x")
    else:
        text = {"no json": "{", "no entries": '{"entries": []}', "keys": '{"entries": [{}]}'}
        index.write_text(text[damage])
    with pytest.raises(BrokenFile):
        Pictures(tmp_path)


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no gathered pictures"):
        Pictures(tmp_path)


def test_no_pictures_leave_what_was_there(tmp_path: Path) -> None:
    before = written(tmp_path, [(10, 12)])
    with pytest.raises(BadRequest, match="not one picture"):
        write_pictures(tmp_path, iter(()), {})
    assert np.array_equal(Pictures(tmp_path)[0], before[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == [CONTENT, INDEX]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace), (errno.EIO, FileProblem)]
)
@pytest.mark.parametrize("where", ["content", "index"])
def test_a_disk_that_fails_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception], where: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "injected")

    written(tmp_path, [(10, 12)])
    monkeypatch.setattr(module, "write_bytes" if where == "index" else "sync", fail)
    with pytest.raises(kind) as caught:
        written(tmp_path, [(9, 8), (9, 8)])
    assert caught.value.hint  # type: ignore[attr-defined]
    monkeypatch.undo()
    if where == "index":
        with pytest.raises(MissingFile):
            Pictures(tmp_path)
    else:
        assert len(Pictures(tmp_path)) == 1
    assert not [path for path in tmp_path.iterdir() if path.name not in (CONTENT, INDEX)]
