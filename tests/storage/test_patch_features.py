"""CLAM's and TRIDENT's features: in, out, and what cannot be a grid."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import (
    BadGrid,
    BadRequest,
    BrokenFile,
    MissingFile,
    OversizedFile,
    UnsupportedFile,
    UserError,
)
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.storage import hdf5_child, patch_files
from ssldiff_gui.storage.patch_features import Form, Told, load_features, save_features
from tests.grids import same_grid
from tests.security.mutants import mutant

COORDS = np.array([(x, y) for y in (100, 612, 1124) for x in (40, 552, 1064, 1576)])[1:-2]
FEATURES = np.random.default_rng(0).normal(size=(len(COORDS), 6)).astype(np.float32)
REGION = {"x": 0, "y": 0, "width": 1, "height": 1}
TRIDENT = {
    "patch_size": 256,
    "patch_size_level0": 512,
    "level0_magnification": 40,
    "target_magnification": 20,
    "overlap": 0,
    "name": "slide-1",
    "savetodir": "/somewhere",
    "level0_width": 4000,
    "level0_height": 3000,
}


def wrote(
    path: Path,
    coords: Any = COORDS,
    features: Any = FEATURES,
    about: dict[str, Any] | None = None,
    encoder: str | None = None,
) -> Path:
    with h5py.File(path, "w") as file:
        if coords is not None:
            file.create_dataset("coords", data=coords).attrs.update(about or {})
        if features is not None:
            made = file.create_dataset("features", data=features)
            if encoder is not None:
                made.attrs["encoder"] = encoder
    return path


def test_trident_s_footprint_is_patch_size_level0(tmp_path: Path) -> None:
    path = wrote(tmp_path / "a.h5", about=TRIDENT, encoder="uni_v1")
    found = load_features(path)
    grid = found.record.grid
    assert (grid.rows, grid.columns, grid.dim) == (3, 4, 6)
    assert (grid.encoder, grid.cell, grid.footprint) == ("uni_v1", 256, 512)
    assert grid.scale == Scale(0.5, 0.5, "µm")
    assert grid.region == Region(Box(40, 100, 2048, 1536), 2.0)
    assert grid.source == Source("slide-1", "")
    holes = [[0, 0], [2, 2], [2, 3]]
    assert np.argwhere(~grid.mask).tolist() == holes
    np.testing.assert_array_equal(grid.vectors[grid.mask], FEATURES)
    for (x, y), vector in zip(COORDS, FEATURES, strict=True):
        np.testing.assert_array_equal(grid.vectors[(y - 100) // 512, (x - 40) // 512], vector)
    assert (found.moved, found.left_out, found.record.edits) == (0, 0, [])


def test_clam_says_nothing_and_has_to_be_told(tmp_path: Path) -> None:
    path = wrote(tmp_path / "slide-7.h5")
    with pytest.raises(BadRequest, match="how large") as caught:
        load_features(path, Told(encoder="uni-1"))
    assert "--cell" in caught.value.hint
    with pytest.raises(BadRequest, match="downsample"):
        load_features(path, Told(encoder="uni-1", cell=256))
    with pytest.raises(BadRequest, match="encoder"):
        load_features(path, Told(cell=256, downsample=2))
    grid = load_features(path, Told("uni-1", 256, 2, Scale(0.25, 0.25, "µm"))).record.grid
    assert (grid.encoder, grid.cell, grid.footprint) == ("uni-1", 256, 512)
    assert grid.scale == Scale(0.5, 0.5, "µm")
    assert grid.source == Source("slide-7", "")
    np.testing.assert_array_equal(grid.vectors[grid.mask], FEATURES)


def test_clam_s_patches_with_attributes_need_only_the_encoder(tmp_path: Path) -> None:
    about = {"patch_size": 256, "patch_level": 1, "downsample": np.array([2.0, 2.0])}
    path = wrote(tmp_path / "a.h5", about={**about, "name": b"slide-2"})
    grid = load_features(path, Told(encoder="uni-1")).record.grid
    assert (grid.cell, grid.footprint, grid.source) == (256, 512, Source("slide-2", ""))


def test_half_precision_and_other_orders_are_read(tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(len(COORDS))
    path = wrote(
        tmp_path / "a.h5",
        COORDS[order].astype(np.int32),
        FEATURES[order].astype(np.float16),
        TRIDENT,
        "e",
    )
    grid = load_features(path).record.grid
    np.testing.assert_array_equal(grid.vectors[grid.mask], FEATURES.astype(np.float16))


places = st.fixed_dictionaries(
    {
        "region": st.none()
        | st.builds(
            Region,
            st.builds(Box, *2 * [st.integers(-9999, 9999)], *2 * [st.integers(0, 9999)]),
            st.floats(0.3, 40),
        ),
        "scale": st.none() | st.just(Scale(0.5, 0.5, "µm")),
    }
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    form=st.sampled_from(["clam", "trident"]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
    place=places,
)
def test_what_goes_out_comes_back_to_the_bit(
    tmp_path: Path, form: Form, shape: tuple[int, int, int], seed: int, place: dict[str, Any]
) -> None:
    chance = np.random.default_rng(seed)
    valid = chance.random(shape[:2]) < 0.6
    valid.flat[seed % valid.size] = True
    vectors = chance.normal(size=shape).astype(np.float32)
    source = Source("a.svs", "f", "scene")
    grid = EmbeddingGrid(vectors, "e-1", 64, valid=valid, source=source, **place)
    path = tmp_path / "g.h5"
    save_features(path, grid, form, edits=[{"kind": "clear"}], notes={"a": [1]})
    found = load_features(path)
    assert same_grid(found.record.grid, grid)
    assert found.record.edits == [{"kind": "clear"}]
    assert found.record.notes == {"a": [1]}


def test_trident_s_attributes_are_written_as_far_as_they_are_known(tmp_path: Path) -> None:
    region = Region(Box(40, 100, 2048, 1536), 2.0)
    grid = EmbeddingGrid(
        np.ones((3, 4, 6), np.float32),
        "uni-1",
        256,
        Scale(0.4995, 0.4995, "µm"),
        region=region,
        source=Source("slide-1.svs", "f"),
    )
    path = tmp_path / "out" / "g.h5"
    path.parent.mkdir()
    save_features(path, grid)
    with h5py.File(path) as file:
        coords, features = file["coords"], file["features"]
        assert coords.dtype == np.int64
        assert features.dtype == np.float32
        assert coords[0].tolist() == [40, 100]
        assert coords[-1].tolist() == [40 + 3 * 512, 100 + 2 * 512]
        said = {"name": "slide-1", "savetodir": "out"}
        assert dict(features.attrs) == {**said, "encoder": "uni-1"}
        assert dict(coords.attrs) == {
            **said,
            "patch_size": 256,
            "patch_size_level0": 512,
            "overlap": 0,
            "target_magnification": 20,
            "level0_magnification": 40,
        }
    save_features(path, grid, "clam")
    with h5py.File(path) as file:
        assert sorted(file) == ["coords", "features"]
        assert not dict(file["coords"].attrs)
        assert not dict(file["features"].attrs)


def test_a_subset_that_another_program_made_keeps_its_place(tmp_path: Path) -> None:
    grid = EmbeddingGrid(
        np.random.default_rng(1).normal(size=(4, 4, 3)).astype(np.float32), "e", 64
    )
    path = tmp_path / "g.h5"
    save_features(path, grid, edits=[{"kind": "clear"}])
    with h5py.File(path, "r+") as file:
        for name in ("features", "coords"):
            kept = file[name][5:9]
            del file[name]
            file[name] = kept
    record = load_features(path).record
    assert (record.grid.rows, record.grid.columns) == (4, 4)
    assert record.grid.mask.sum() == 4
    np.testing.assert_array_equal(record.grid.vectors[1, 1], grid.vectors[1, 1])
    assert record.edits == []  # it is not the grid that these edits led to


def test_no_cell_is_no_file(tmp_path: Path) -> None:
    grid = EmbeddingGrid(np.ones((1, 1, 2), np.float32), "e", 8, valid=np.zeros((1, 1), bool))
    with pytest.raises(BadGrid, match="No cell"):
        save_features(tmp_path / "g.h5", grid)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 10**9, "columns": 10**9},
        {"rows": 0},
        {"rows": "4"},
        {"facts": {"encoder": "e"}},
        {"facts": {"encoder": "e", "cell": 1}},
        {"facts": {"encoder": "e", "cell": 64, "region": REGION | {"downsample": 1e-300}}},
        {"facts": []},
    ],
)
def test_our_own_facts_are_not_believed_either(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "a.h5"
    save_features(path, EmbeddingGrid(np.ones((4, 4, 3), np.float32), "e", 64))
    with h5py.File(path, "r+") as file:
        file.attrs["ssldiff_grid"] = json.dumps(json.loads(file.attrs["ssldiff_grid"]) | changes)
    with pytest.raises((BrokenFile, OversizedFile), match=r"a\.h5"):
        load_features(path)


def test_cells_that_whole_pixels_cannot_tell_apart_are_not_written(tmp_path: Path) -> None:
    grid = EmbeddingGrid(
        np.ones((1, 2, 2), np.float32), "e", 1, region=Region(Box(0, 0, 1, 1), 0.5)
    )
    with pytest.raises(BadGrid, match="too small"):
        save_features(tmp_path / "g.h5", grid)


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ({"features": None}, BadGrid, "no features"),
        ({"coords": None}, BadGrid, "no coords"),
        ({"features": FEATURES[:3]}, BadGrid, "do not go together"),
        ({"features": FEATURES[None]}, BadGrid, "do not go together"),
        ({"coords": COORDS[:, :1]}, BadGrid, "do not go together"),
        ({"coords": COORDS[:0], "features": FEATURES[:0]}, BadGrid, "no patch"),
        ({"features": FEATURES.astype(int)}, BrokenFile, "no numbers"),
        ({"coords": COORDS + 0.5}, BrokenFile, "coordinates"),
        ({"coords": COORDS * 2**40}, BrokenFile, "coordinates"),
        ({"coords": np.where(COORDS == 40, np.nan, COORDS)}, BrokenFile, "coordinates"),
        ({"coords": COORDS * 512 * 2**16}, OversizedFile, "spread over"),
        ({"features": np.where(FEATURES > 1, np.nan, FEATURES)}, BadGrid, "NaN"),
        ({"coords": COORDS + np.arange(len(COORDS))[:, None] * 5}, BadGrid, "lattice"),
    ],
)
def test_what_is_no_grid_is_told_with_what_to_do(
    tmp_path: Path, content: dict[str, Any], kind: type[UserError], words: str
) -> None:
    path = wrote(tmp_path / "a.h5", **{"about": TRIDENT, "encoder": "e", **content})
    with pytest.raises(kind) as caught:
        load_features(path)
    assert type(caught.value) is kind
    assert "a.h5" in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint


def test_a_great_claim_in_a_small_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("features", (100_000, 2048), "f4", chunks=(1024, 2048))
        file.create_dataset("coords", (100_000, 2), "i8", chunks=(1024, 2))
    tracemalloc.start()
    with pytest.raises(OversizedFile, match="claims"):
        load_features(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_arrays_that_lie_in_other_files_are_not_followed(tmp_path: Path) -> None:
    target = wrote(tmp_path / "target.h5", about=TRIDENT, encoder="e")
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(FEATURES))
    path = tmp_path / "a.h5"
    makers = {
        "external link": lambda file: file.__setitem__(
            "features", h5py.ExternalLink(str(target), "features")
        ),
        "soft link": lambda file: file.__setitem__("features", h5py.SoftLink("/coords")),
        "external bytes": lambda file: file.create_dataset(
            "features", FEATURES.shape, "f4", external=[(str(secret), 0, FEATURES.nbytes)]
        ),
        "virtual": lambda file: file.create_virtual_dataset("features", virtual(target)),
    }
    for name, make in makers.items():
        with h5py.File(path, "w") as file:
            file["coords"] = COORDS
            make(file)
        with pytest.raises(UnsupportedFile, match="other files"):
            load_features(path, Told("e", 256, 2))
        assert name


def virtual(target: Path) -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout(FEATURES.shape, "f4")
    layout[:] = h5py.VirtualSource(str(target), "features", FEATURES.shape)
    return layout


def test_nothing_there_and_no_hdf5(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"no\.h5"):
        load_features(tmp_path / "no.h5")
    (tmp_path / "a.h5").write_bytes(b"no")
    with pytest.raises(BrokenFile, match=r"a\.h5"):
        load_features(tmp_path / "a.h5")


def fates(path: Path, whole: bytes, seeds: Iterable[int]) -> dict[str, int]:
    found = {"opened": 0, "refused": 0}
    for seed in seeds:
        path.write_bytes(mutant(whole, seed))
        try:
            load_features(path)
            found["opened"] += 1
        except UserError as error:
            assert "g.h5" in error.message  # noqa: PT017
            found["refused"] += 1
    return found


def test_some_mutants_end_in_a_grid_or_in_one_typed_error_that_names_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "g.h5"
    whole = wrote(path, about=TRIDENT, encoder="e").read_bytes()
    found = fates(path, whole, range(12))
    assert min(found.values()) > 1


@pytest.mark.slow
@pytest.mark.security
def test_many_mutants_end_in_a_grid_or_in_one_typed_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patch_files, "_CHILD", impatient(tmp_path, 3))
    path = tmp_path / "g.h5"
    whole = wrote(path, about=TRIDENT, encoder="e").read_bytes()
    found = fates(path, whole, range(60))
    save_features(path, EmbeddingGrid(np.random.default_rng(3).normal(size=(4, 4, 5)), "e", 64))
    ours = fates(path, path.read_bytes(), range(60, 120))
    print(f"\nhdf5_mutants_refused={found['refused'] + ours['refused']}")
    assert min(*found.values(), *ours.values()) > 4


def impatient(folder: Path, seconds: int) -> Path:
    """Return a copy of the child that waits less long."""
    words = Path(hdf5_child.__file__).read_text("utf-8")
    copy = folder / "child.py"
    copy.write_text(words.replace("PATIENCE = 30", f"PATIENCE = {seconds}"), "utf-8")
    return copy


def test_a_file_over_which_the_library_loops_or_dies_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wrote(tmp_path / "g.h5", about=TRIDENT, encoder="e")
    child = impatient(tmp_path, 1)
    words = child.read_text("utf-8")
    monkeypatch.setattr(patch_files, "_CHILD", child)
    loop = "any(iter(int, 1))"  # a loop in C, as the library's: Python gets no turn
    for fate in (loop, "os.abort()", "sys.exit(3)"):
        for place in ("    with h5py.File(", '            _send(file["features"]'):
            space = " " * (len(place) - len(place.lstrip()))
            child.write_text(words.replace(place, f"{space}{fate}\n{place}"), "utf-8")
            with pytest.raises(BrokenFile, match=r"g\.h5 is damaged: HDF5 cannot read"):
                load_features(path)


def test_real_patch_files_without_features_say_so(shared: Path) -> None:
    files = sorted((shared / "data" / "annotations" / "clam_coords_h5").glob("*.h5"))
    assert files
    for path in files:
        with pytest.raises(BadGrid, match="no features"):
            load_features(path, Told(encoder="e"))


def test_real_places_of_several_pieces_of_tissue_are_snapped(shared: Path, tmp_path: Path) -> None:
    for path in sorted((shared / "data" / "annotations" / "clam_coords_h5").glob("*.h5")):
        with h5py.File(path) as file:
            coords, about = file["coords"][:], dict(file["coords"].attrs)
        features = np.arange(2 * len(coords), dtype=np.float32).reshape(-1, 2)
        made = wrote(tmp_path / path.name, coords, features, about)
        found = load_features(made, Told(encoder="e"), fit="snap")
        grid = found.record.grid
        assert (grid.cell, grid.footprint) == (512, 512)
        assert grid.mask.sum() == len(coords) - found.left_out
        assert found.moved <= 256 * np.sqrt(2)
        assert found.left_out < 0.05 * len(coords)
        for row, column in np.argwhere(grid.mask)[::50].tolist():
            box = grid.box_of(row, column)
            patch = int(grid.vectors[row, column, 0]) // 2
            assert np.hypot(*(coords[patch] - (box.x, box.y))) <= found.moved + 1
