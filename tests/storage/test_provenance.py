"""The record: exact, and refused in words when it is anything else than what was written."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRecord, OversizedRequest
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.recipe import COMPOSITE, SYNTHETIC
from ssldiff_gui.storage import grid_text
from ssldiff_gui.storage.provenance import Record, pack, source_type, unpack
from tests.grids import same_grid
from tests.storage.fake_picture import grid_of, recipe_of

DELETED = object()


def record_of(grid: EmbeddingGrid, **other: object) -> Record:
    return Record(recipe_of(grid, 256, 192), grid, **other)


@pytest.fixture(scope="module")
def text() -> str:
    return pack(record_of(grid_of(), title="Title", created_by="me", sha256="ab" * 32))


def changed(text: str, path: str, value: object) -> str:
    content = json.loads(text)
    *above, last = path.split(".")
    place = content
    for key in above:
        place = place[key]
    if value is DELETED:
        del place[last]
    else:
        place[last] = value
    return json.dumps(content)


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    dim=st.integers(1, 33),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_every_value_and_fact_comes_back(rows, columns, dim, seed):
    grid = grid_of(rows, columns, dim, seed)
    record = record_of(grid, title="T", created_by="me", sha256="0" * 64, box=(1, 2, 3, 4), level=1)
    again = unpack(pack(record))
    assert same_grid(again.grid, grid)
    assert again.grid.vectors.tobytes() == grid.vectors.tobytes()
    assert again.recipe == record.recipe
    facts = ("title", "created_by", "sha256", "box", "level")
    assert [getattr(again, name) for name in facts] == [getattr(record, name) for name in facts]


def test_a_grid_of_nothing_but_values_comes_back():
    grid = EmbeddingGrid(np.full((2, 3, 4), -0.0, np.float32), "e", 8)
    assert same_grid(unpack(pack(record_of(grid))).grid, grid)


def test_a_grid_that_packs_like_a_bomb_is_written_plainly(monkeypatch):
    monkeypatch.setattr(grid_text, "FREELY", 1000)
    grid = EmbeddingGrid(np.ones((40, 40, 64), np.float32), "e", 8)
    text = pack(record_of(grid))
    assert json.loads(text)["grid"]["codec"] == "none"
    assert same_grid(unpack(text).grid, grid)


def test_embeddings_take_less_than_their_base64(text):
    grid = grid_of(20, 20, 256)
    assert len(pack(record_of(grid))) < grid.vectors.nbytes * 4 / 3


def test_the_same_record_gives_the_same_text(text):
    assert text == pack(record_of(grid_of(), title="Title", created_by="me", sha256="ab" * 32))


def test_a_recipe_of_another_grid_is_not_packed():
    with pytest.raises(BadRecord, match="another grid"):
        pack(Record(recipe_of(grid_of(seed=1), 9, 9), grid_of(seed=2)))


def test_a_grid_beyond_the_limit_is_refused_when_it_is_packed(monkeypatch):
    monkeypatch.setattr(grid_text, "LARGEST", 100)
    with pytest.raises(OversizedRequest, match="larger"):
        pack(record_of(grid_of()))


@pytest.mark.parametrize(
    ("given_type", "said"),
    [(SYNTHETIC, SYNTHETIC), (COMPOSITE, COMPOSITE), ("a real photograph", SYNTHETIC)],
)
def test_a_record_never_says_that_a_picture_is_real(given_type, said):
    grid = grid_of()
    recipe = recipe_of(grid, 9, 9, source_type=given_type)
    assert source_type(recipe) == said
    assert json.loads(pack(Record(recipe, grid)))["digital_source_type"] == said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "another"),
        ("version", "1"),
        ("version", None),
        ("synthetic", False),
        ("synthetic", DELETED),
        ("sha256", "../../x"),
        ("sha256", "A" * 64),
        ("level", -1),
        ("level", 10**30),
        ("box", [1, 2, 3]),
        ("title", "x" * 5000),
        ("title", {"a": 1}),
        ("extra", 1),
        ("recipe", []),
        ("recipe.seed", "seven"),
        ("recipe.width", 0),
        ("recipe.unknown", 1),
        ("recipe.grid", "0" * 64),
        ("recipe.model", DELETED),
        ("grid", None),
        ("grid.shape", [3, 4, 17]),
        ("grid.shape", [3, 4, 15]),
        ("grid.shape", [4, 3, 16]),
        ("grid.shape", [0, 4, 16]),
        ("grid.shape", [-3, -4, 16]),
        ("grid.shape", [3, 4]),
        ("grid.shape", [1 << 20, 1 << 20, 1 << 20]),
        ("grid.shape", [1 << 14, 1 << 14, 1]),
        ("grid.facts.encoder", "another"),
        ("grid.facts.encoder", ""),
        ("grid.facts.cell", 0),
        ("grid.facts.cell", 65),
        ("grid.facts.edits", "none"),
        ("grid.codec", "pickle"),
        ("grid.codec", "none"),
        ("grid.vectors", "not base64!"),
        ("grid.vectors", ""),
        ("grid.vectors", "é"),
        ("grid.vectors", base64.b64encode(b"not zlib").decode()),
        ("grid.vectors", base64.b64encode(zlib.compress(b"short")).decode()),
        ("grid.valid", ""),
        ("grid.valid", base64.b64encode(zlib.compress(b"\0" * 99)).decode()),
        ("grid.facts.scale", {"x": -1, "y": 1, "unit": "µm"}),
        ("grid.facts.scale", {"x": 1, "y": 1, "unit": "parsec"}),
        ("grid.facts.region", {"x": 0, "y": 0, "width": -1, "height": 1, "downsample": 1}),
        ("grid.facts.source", "slide.svs"),
    ],
)
def test_what_was_tampered_with_is_refused(text, path, value):
    with pytest.raises(BadRecord) as caught:
        unpack(changed(text, path, value))
    assert caught.value.message
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 200_000,
        '{"a":' * 200_000,
        "1" * 10_000,
        '{"format": "ssldiff record", "version": 1, "level": 1e999}',
        '{"format": "ssldiff record", "version": 1, "level": NaN}',
        b"\xff\xfe\0",
        b"\0" * 64,
    ],
    ids=range(11),
)
def test_what_is_no_record_is_refused(content):
    with pytest.raises(BadRecord):
        unpack(content)


def test_a_newer_record_says_what_to_do(text):
    with pytest.raises(BadRecord, match="newer version") as caught:
        unpack(changed(text, "version", 2))
    assert "Update" in caught.value.hint


def test_an_infinite_number_inside_the_preset_is_refused(text):
    with pytest.raises(BadRecord):
        unpack(text.replace('"steps":3}', '"steps":1e999}'))


def test_values_that_are_no_numbers_are_refused(text):
    rows = [b"\xff" * (4 * 16 * 4) for _ in range(3)]
    packed = base64.b64encode(zlib.compress(b"".join(rows))).decode()
    with pytest.raises(BadRecord, match="NaN"):
        unpack(changed(text, "grid.vectors", packed))


@pytest.mark.parametrize("side", ["vectors", "valid"])
def test_a_bomb_takes_no_memory(text, side):
    bomb = base64.b64encode(zlib.compress(b"\0" * (100 << 20), 9)).decode()
    for shape in ([3, 4, 16], [4096, 4096, 16], [1 << 14, 1 << 14, 1]):
        hostile = changed(changed(text, f"grid.{side}", bomb), "grid.shape", shape)
        tracemalloc.start()
        try:
            with pytest.raises(BadRecord):
                unpack(hostile)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 80 << 20


def test_a_text_beyond_the_limit_is_refused_unread(monkeypatch):
    monkeypatch.setattr("ssldiff_gui.storage.provenance.largest_text", lambda: 100)
    with pytest.raises(BadRecord, match="larger"):
        unpack("{" * 101)
