"""A map between two encoders: fitted, measured honestly, applied, refused where it is of no use."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    DamagedModel,
    IncompatibleGrid,
    MissingModel,
)
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.jobs.fit_map import apply_map, fit_map
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.maps import Sums, load_map
from ssldiff_gui.storage.grids import load_grid_record, save_grid
from tests.models.tiny_encoders import tiny_encoder_folder

ROWS, COLUMNS, A_DIM, B_DIM = 16, 20, 12, 7
HALF, WHOLE = Scale(0.5, 0.5, "µm"), Scale(1.0, 1.0, "µm")


def pair(seed=0, noise=0.05, rows=ROWS, columns=COLUMNS, empty=30):
    """Two grids of one place: what the second encoder says follows from the first, nearly."""
    random = np.random.default_rng(seed)
    plan = np.random.default_rng(99)
    hidden = random.normal(size=(rows, columns, 5))
    a = hidden @ plan.normal(size=(5, A_DIM)) * 3 + plan.normal(size=A_DIM)
    b = hidden @ plan.normal(size=(5, B_DIM)) + plan.normal(size=B_DIM)
    b += noise * random.normal(size=b.shape)
    mask = np.ones((rows, columns), bool)
    mask.reshape(-1)[random.permutation(rows * columns)[:empty]] = False
    source = Source("slide.tif", f"print{seed}")
    box = Box(100, 200, columns * 32, rows * 32)
    return (
        EmbeddingGrid(a, "one@111111111111", 32, HALF, mask, Region(box, 1.0), source),
        EmbeddingGrid(b, "two@222222222222", 16, WHOLE, mask, Region(box, 2.0), source),
    )


def written(folder, *pairs):
    names = []
    for k, (a, b) in enumerate(pairs):
        names.append((folder / f"a{k}.safetensors", folder / f"b{k}.safetensors"))
        for path, grid in zip(names[-1], (a, b), strict=True):
            save_grid(path, grid, notes={"synthetic": True} if path.name[0] == "a" else {})
    return names


def asked(folder, names, **changes):
    return MapRequest(
        source=tuple(str(a) for a, _ in names), target=tuple(str(b) for _, b in names),
        output=str(folder / "map"), **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    names = written(folder, pair(0), pair(1))
    return folder, names, fit_map(asked(folder, names))


def test_what_follows_from_the_other_is_found(fitted):
    _, _, facts = fitted
    assert facts["r2"] > 0.98
    assert facts["cosine"] > 0.99
    assert facts["cosine"] > facts["baseline_cosine"] + 0.05
    assert abs(facts["baseline_r2"]) < 0.1
    assert facts["fitted_to"] + facts["held_out"] == facts["cells"] == 2 * (ROWS * COLUMNS - 30)
    assert 0.1 < facts["held_out"] / facts["cells"] < 0.3


def test_the_folder_is_a_model_that_says_what_it_is(fitted):
    folder, _, facts = fitted
    model = read_model(folder / "map")
    assert model.kind == "map"
    assert model.map.source == "one@111111111111"
    assert model.map.likeness == facts["cosine"]
    assert {"map.safetensors", "request.json", "README.md"} == set(model.files)
    assert json.loads((folder / "map" / "request.json").read_text("utf-8"))["kind"] == "map"
    assert find_model(folder / "map", "map") == (folder / "map").resolve()


def test_a_mapped_grid_is_the_other_encoders_at_the_same_place(fitted, tmp_path):
    folder, _, facts = fitted
    a, b = pair(2)
    save_grid(tmp_path / "a.safetensors", a, notes={"synthetic": True})
    made = apply_map(tmp_path / "a.safetensors", folder / "map", tmp_path / "out.safetensors")
    record = load_grid_record(tmp_path / "out.safetensors")
    np.testing.assert_array_equal(record.grid.vectors, made.vectors)
    assert (made.encoder, made.cell, made.scale) == (b.encoder, b.cell, b.scale)
    assert made.region == b.region
    assert made.box_of(3, 4) == a.box_of(3, 4)
    np.testing.assert_array_equal(made.mask, a.mask)
    assert np.abs(made.vectors - b.vectors)[made.mask].mean() < 0.1
    assert f"{facts['cosine']:.3f}" in record.notes["note"]
    assert record.notes["synthetic"] is True
    assert record.notes["mapped_from"]["digest"] == a.digest()


def test_the_same_request_gives_the_same_bytes(fitted, tmp_path):
    folder, names, _ = fitted
    fit_map(asked(tmp_path, names))
    for name in ("map.safetensors", "README.md"):
        assert (tmp_path / "map" / name).read_bytes() == (folder / "map" / name).read_bytes()


def test_noise_is_held_back_and_said_to_be_noise(tmp_path):
    a, b = pair(0)
    random = np.random.default_rng(5)
    b = b.with_vectors(random.normal(size=b.vectors.shape))
    facts = fit_map(asked(tmp_path, written(tmp_path, (a, b))))
    assert facts["r2"] < 0.1
    assert any("hardly better" in note for note in facts["notes"])
    free = fit_map(asked(tmp_path, written(tmp_path, (a, b)), ridge=0.0))
    assert facts["r2"] >= free["r2"]


@given(seed=st.integers(0, 2**16), ridge=st.sampled_from([0.0, 1e-3, 1.0, 1e3]))
@settings(max_examples=15, deadline=None)
def test_it_is_ridge_regression(seed, ridge):
    random = np.random.default_rng(seed)
    a, b = random.normal(2, 3, (40, 4)), random.normal(size=(40, 3))
    found = Sums.of(a, b).fitted(ridge)
    z, y = (a - a.mean(0)) / a.std(0), b - b.mean(0)
    weight = np.linalg.solve(z.T @ z / 40 + ridge * np.eye(4), z.T @ y / 40)
    np.testing.assert_allclose(found(a), z @ weight + b.mean(0), atol=1e-7)


def test_values_that_never_change_do_no_harm():
    a = np.random.default_rng(0).normal(size=(50, 4))
    a[:, 2] = 7.0
    found = Sums.of(a, a[:, :2] * 2)
    np.testing.assert_allclose(found.fitted(0.0)(a), a[:, :2] * 2, atol=1e-6)


def other(grid, **changes):
    from dataclasses import replace

    return replace(grid, **changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a, b: (a, other(b, vectors=b.vectors[1:], valid=b.mask[1:])), "16 × 20 cells"),
        (lambda a, b: (a, other(b, valid=~b.mask)), "empty in one of them"),
        (lambda a, b: (a, other(b, region=Region(Box(0, 0, 640, 512), 2.0))), "begin at"),
        (lambda a, b: (a, other(b, region=Region(b.region.box, 1.0))), "pixels of the source"),
        (lambda a, b: (a, other(b, source=Source("else.tif", "x"))), "else.tif"),
        (lambda a, b: (a, other(b, scale=HALF)), "µm wide"),
    ],
)
def test_grids_of_other_places_are_refused(tmp_path, change, words):
    with pytest.raises(IncompatibleGrid, match=words):
        fit_map(asked(tmp_path, written(tmp_path, change(*pair()))))
    assert not (tmp_path / "map").exists()


def test_what_cannot_be_fitted_is_said(tmp_path):
    a, b = pair()
    names = written(tmp_path, (a, b))
    with pytest.raises(BadRequest, match="2 grids to map from"):
        fit_map(MapRequest(source=(str(names[0][0]),) * 2, target=(str(names[0][1]),), output="m"))
    with pytest.raises(BadRequest, match="Both grids are of"):
        fit_map(asked(tmp_path, written(tmp_path, (a, a))))
    with pytest.raises(BadRequest, match="16 are the least"):
        fit_map(asked(tmp_path, written(tmp_path, pair(rows=3, columns=4, empty=0))))
    with pytest.raises(IncompatibleGrid, match="first grid"):
        fit_map(asked(tmp_path, written(tmp_path, (a, b), (other(a, encoder="c@0"), b))))


def test_it_can_be_stopped(tmp_path):
    class Watch:
        def report(self, *words):
            pass

        def check(self):
            raise Cancelled("no more")

    with pytest.raises(Cancelled):
        fit_map(asked(tmp_path, written(tmp_path, pair())), Watch())
    assert not (tmp_path / "map").exists()


def test_grids_that_it_does_not_take_are_refused(fitted, tmp_path):
    folder, names, _ = fitted
    with pytest.raises(IncompatibleGrid, match="two@222222222222"):
        apply_map(names[0][1], folder / "map", tmp_path / "o.safetensors")
    a, _ = pair()
    for changes, words in (({"cell": 16}, "16 pixels"), ({"scale": WHOLE}, "1 µm")):
        save_grid(tmp_path / "odd.safetensors", other(a, **changes))
        with pytest.raises(IncompatibleGrid, match=words):
            apply_map(tmp_path / "odd.safetensors", folder / "map", tmp_path / "o.safetensors")
    assert not (tmp_path / "o.safetensors").exists()


def test_folders_that_are_no_map_are_refused(fitted, tmp_path):
    folder, _, _ = fitted
    tiny_encoder_folder(tmp_path / "encoder")
    with pytest.raises(MissingModel, match="no map"):
        load_map(tmp_path / "encoder")
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (folder / "map").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    bad = {"weight": torch.zeros(3, 3), "bias": torch.zeros(3)}
    save_file(bad, copy / "map.safetensors")
    with pytest.raises(DamagedModel, match="changed or damaged"):
        load_map(copy)
    import hashlib

    facts = json.loads((copy / "model.json").read_text("utf-8"))
    content = (copy / "map.safetensors").read_bytes()
    facts["files"]["map.safetensors"] = hashlib.sha256(content).hexdigest()
    (copy / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(DamagedModel, match="do not fit"):
        load_map(copy)
