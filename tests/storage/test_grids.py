"""Grids on disk: all comes back, hostile files end in one typed error that names them."""

from __future__ import annotations

import json
import pickle
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save

from ssldiff_gui.core.errors import (
    BadGrid,
    BrokenFile,
    FileProblem,
    MissingFile,
    UnsafeFile,
    UnsupportedFile,
    UserError,
)
from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.storage.grids import FACTS, load_grid, load_grid_record, save_grid
from tests.grids import same_grid
from tests.security.mutants import mutant

AFFINE = (0.5, 0.0, 4.0e5, 0.0, -0.5, 5.2e6)
PLACE = Georeference("EPSG:32633", AFFINE)


def made(**facts: Any) -> EmbeddingGrid:
    vectors = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    valid = np.ones((3, 4), bool)
    valid[1, 2] = False
    return EmbeddingGrid(vectors, "tiny-1", 224, valid=valid, **facts)


GRID = made(
    scale=Scale(0.5, 0.25, "µm"),
    region=Region(Box(-20, 7, 1800, 1400), 2.00012),
    source=Source("Lübeck.svs", "sha:1", "scene 2", PLACE),
)


boxes = st.builds(
    Box,
    st.integers(-(10**9), 10**9),
    st.integers(-(10**9), 10**9),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
known_facts = st.fixed_dictionaries(
    {
        "scale": st.none()
        | st.builds(Scale, st.floats(1e-9, 9), st.floats(1e-9, 9), st.sampled_from(["m", "µm"])),
        "region": st.none() | st.builds(Region, boxes, st.floats(0.001, 1000)),
        "source": st.none()
        | st.builds(Source, st.text(), st.text(), st.text(), st.none() | st.just(PLACE)),
    }
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 9)),
    seed=st.integers(0, 99),
    known=known_facts,
)
def test_all_comes_back(
    tmp_path: Path, shape: tuple[int, int, int], seed: int, known: dict[str, Any]
) -> None:
    chance = np.random.default_rng(seed)
    vectors = chance.normal(size=shape).astype(np.float32)
    valid = chance.random(shape[:2]) < 0.7
    grid = EmbeddingGrid(vectors, "encoder-ü", 16, valid=valid, **known)
    path = tmp_path / "g.safetensors"
    save_grid(path, grid)
    again = load_grid(path)
    assert same_grid(again, grid)
    assert again.digest() == grid.digest()


def test_the_past_and_the_notes_come_back(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    edits: list[Any] = [{"kind": "clear", "where": {"kind": "whole"}, "opacity": 0.3}]
    save_grid(path, GRID, edits=edits, notes={"model": {"name": "tiny", "files": ["a"]}})
    record = load_grid_record(path)
    assert record.edits == edits
    assert record.notes == {"model": {"name": "tiny", "files": ["a"]}}
    assert same_grid(record.grid, GRID)


def test_the_same_grid_is_the_same_bytes_and_any_reader_of_safetensors_opens_it(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    save_grid(one, GRID)
    save_grid(two, load_grid(one))
    assert one.read_bytes() == two.read_bytes()
    arrays = load_file(one)
    np.testing.assert_array_equal(arrays["vectors"], GRID.vectors)
    np.testing.assert_array_equal(arrays["valid"], GRID.mask)


def test_a_failing_save_leaves_the_old_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ssldiff_gui.storage.atomic.sync", full)
    with pytest.raises(FileProblem, match="no space") as caught:
        save_grid(path, made())
    assert caught.value.hint
    assert same_grid(load_grid(path), GRID)
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_there_and_folders(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"no\.safetensors"):
        load_grid(tmp_path / "no.safetensors")
    with pytest.raises(UnsupportedFile, match="folder"):
        load_grid(tmp_path)
    with pytest.raises(FileProblem, match=r"folder is gone|no such file") as caught:
        save_grid(tmp_path / "no" / "g.safetensors", GRID)
    assert caught.value.path == tmp_path / "no" / "g.safetensors"


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_by_another_name_is_refused_and_not_run(tmp_path: Path, protocol: int) -> None:
    path, canary = tmp_path / "g.safetensors", tmp_path / "canary"
    path.write_bytes(pickle.dumps(Canary(canary), protocol))
    with pytest.raises(UnsafeFile, match=r"g\.safetensors is a pickle"):
        load_grid(path)
    assert not canary.exists()


def test_an_archive_by_another_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    np.savez(path.with_suffix(".npz"), a=np.ones(3))
    path.with_suffix(".npz").rename(path)
    with pytest.raises(UnsafeFile):
        load_grid(path)


def facts(**changes: Any) -> dict[str, str]:
    return {FACTS: json.dumps({"encoder": "tiny-1", "cell": 224, **changes})}


VECTORS = np.ones((2, 3, 4), np.float32)
VALID = np.ones((2, 3), np.uint8)
NAN = np.where(np.arange(4) == 2, np.nan, VECTORS).astype(np.float32)


@pytest.mark.parametrize(
    ("arrays", "metadata", "kind", "words"),
    [
        ({"weight": VECTORS}, facts(), BadGrid, "weight"),
        ({"vectors": VECTORS}, facts(), BadGrid, "vectors"),
        ({"vectors": VECTORS, "valid": VALID, "more": VALID}, facts(), BadGrid, "more"),
        ({"vectors": VECTORS.astype("f8"), "valid": VALID}, facts(), BadGrid, "float32"),
        ({"vectors": VECTORS, "valid": VALID.astype("i4")}, facts(), BadGrid, "uint8"),
        ({"vectors": VECTORS[0], "valid": VALID}, facts(), BadGrid, "shapes"),
        ({"vectors": VECTORS, "valid": VALID[:1]}, facts(), BadGrid, "shapes"),
        ({"vectors": VECTORS[:0], "valid": VALID[:0]}, facts(), BadGrid, "shape"),
        ({"vectors": VECTORS, "valid": VALID + 1}, facts(), BrokenFile, "mask"),
        ({"vectors": NAN, "valid": VALID}, facts(), BadGrid, "row 0, column 0 holds NaN"),
        ({"vectors": VECTORS, "valid": VALID}, {}, BadGrid, "encoder"),
        ({"vectors": VECTORS, "valid": VALID}, {FACTS: "{"}, BrokenFile, "facts"),
        ({"vectors": VECTORS, "valid": VALID}, {FACTS: "[" * 9999}, BrokenFile, "facts"),
        ({"vectors": VECTORS, "valid": VALID}, facts(format=2), UnsupportedFile, "version"),
        ({"vectors": VECTORS, "valid": VALID}, facts(cell=0), BrokenFile, "cell"),
        ({"vectors": VECTORS, "valid": VALID}, facts(cell="224"), BrokenFile, "cell"),
        ({"vectors": VECTORS, "valid": VALID}, facts(surprise=1), BrokenFile, "surprise"),
        (
            {"vectors": VECTORS, "valid": VALID},
            facts(scale={"x": 0, "y": 1, "unit": "m"}),
            BrokenFile,
            "scale.x",
        ),
        (
            {"vectors": VECTORS, "valid": VALID},
            facts(region={"x": 1, "y": 1, "width": 1, "height": 1, "downsample": 1e999}),
            BrokenFile,
            "downsample",
        ),
    ],
)
def test_other_content_is_told_apart(
    tmp_path: Path,
    arrays: dict[str, Any],
    metadata: dict[str, str],
    kind: type[UserError],
    words: str,
) -> None:
    path = tmp_path / "g.safetensors"
    path.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, metadata))
    with pytest.raises(kind) as caught:
        load_grid(path)
    assert type(caught.value) is kind
    assert "g.safetensors" in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 64 * 2**20 + 1])
def test_an_absurd_header_is_refused_before_memory_is_asked_for(
    tmp_path: Path, length: int
) -> None:
    path = tmp_path / "g.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b'{"a":1}' * 9)
    tracemalloc.start()
    with pytest.raises(BrokenFile, match="absurd"):
        load_grid(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


@pytest.mark.parametrize("length", [0x480, 0x580, 0x30480])
def test_a_header_whose_length_begins_like_a_pickle_is_none(tmp_path: Path, length: int) -> None:
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID)
    whole = path.read_bytes()
    end = 8 + int.from_bytes(whole[:8], "little")
    content = length.to_bytes(8, "little") + whole[8:end].ljust(length) + whole[end:]
    assert content[:2] in {b"\x80\x04", b"\x80\x05"}
    path.write_bytes(content)
    assert same_grid(load_grid(path), GRID)
    path.write_bytes(content[: length // 2])
    with pytest.raises(BrokenFile):
        load_grid(path)


def test_every_cut_of_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID)
    whole = path.read_bytes()
    for size in random.Random(1).sample(range(len(whole)), 60):
        path.write_bytes(whole[:size])  # some begin as pickles do: 0x80, 4
        with pytest.raises(BrokenFile, match=r"g\.safetensors"):
            load_grid(path)


def test_a_flipped_bit_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID)
    whole = path.read_bytes()
    ends = []
    values = len(whole) - GRID.vectors.nbytes - GRID.mask.size
    for seed in range(80):
        chance = random.Random(seed)
        content = bytearray(whole)
        content[chance.randrange(values, len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            assert same_grid(load_grid(path), GRID)  # the values of glass are nobody's
            ends.append("same")
        except (BrokenFile, BadGrid) as error:
            assert "g.safetensors" in error.message  # noqa: PT017
            ends.append("found")
    assert ends.count("found") > 60


def test_mutants_end_in_a_grid_or_in_one_typed_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    save_grid(path, GRID, edits=[{"kind": "clear"}], notes={"a": 1})
    whole = path.read_bytes()
    ends = {"opened": 0, "refused": 0}
    tracemalloc.start()
    for seed in range(400):
        path.write_bytes(mutant(whole, seed))
        try:
            load_grid_record(path)
            ends["opened"] += 1
        except UserError as error:
            assert "g.safetensors" in error.message  # noqa: PT017
            ends["refused"] += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ends["refused"] > 300
    assert peak < 20 * 10**6
