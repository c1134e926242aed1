"""From a request to a grid: which prior, how it was read, and what the file says of it."""

from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, MissingModel, OversizedRequest, UnsupportedFile
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.prior import draw, make_grid
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.storage.grids import load_grid_record
from tests.grids import same_grid
from tests.models.tiny_priors import tiny_prior_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("priors") / "tiny-prior"
    tiny_prior_folder(made)
    return made


def asked(folder, tmp_path, **changes):
    facts = {
        "output": str(tmp_path / "G.safetensors"), "model": str(folder), "rows": 5, "columns": 7,
        "steps": 4, "device": "cpu",
    }  # fmt: skip
    return PriorRequest.model_validate(facts | changes)


def test_a_grid_is_drawn_and_written(folder, tmp_path):
    result = draw(asked(folder, tmp_path, label="lungn", seed=3))
    record = load_grid_record(tmp_path / "G.safetensors")
    np.testing.assert_array_equal(record.grid.vectors, result.grid.vectors)
    grid = record.grid
    assert (grid.rows, grid.columns, grid.dim, grid.cell) == (5, 7, 24, 32)
    assert grid.encoder == "tiny@000000000000"
    assert (grid.scale.x, grid.scale.unit) == (0.5, "µm")
    assert grid.mask.all()
    assert grid.source is None


def test_the_file_says_that_it_is_synthetic_and_how_it_was_made(folder, tmp_path):
    draw(asked(folder, tmp_path, text="bowel cancer", seed=3))
    notes = load_grid_record(tmp_path / "G.safetensors").notes
    assert notes["synthetic"] is True
    assert "trainedAlgorithmicMedia" in notes["digital_source_type"]
    assert notes["request"]["text"] == "bowel cancer"
    assert notes["request"]["model"] == "tiny-prior"
    assert str(tmp_path) not in str(notes)
    assert set(notes["model_files"]) >= {"network.safetensors", "reader.safetensors"}
    assert next(iter(notes["reading"])) == "colonca"


def test_the_same_request_gives_the_same_bytes(folder, tmp_path):
    draw(asked(folder, tmp_path, label="colonn"))
    first = (tmp_path / "G.safetensors").read_bytes()
    draw(asked(folder, tmp_path, label="colonn"))
    assert (tmp_path / "G.safetensors").read_bytes() == first
    grid = make_grid(asked(folder, tmp_path, label="colonn"))
    assert same_grid(grid, load_grid_record(tmp_path / "G.safetensors").grid)


def test_seed_class_and_guidance_decide(folder, tmp_path):
    grids = [
        make_grid(asked(folder, tmp_path, **{"label": "colonn", **changes})).vectors
        for changes in ({}, {"seed": 1}, {"label": "lungn"}, {"guidance": 4.0}, {"steps": 6})
    ]
    for k, grid in enumerate(grids):
        for other in grids[:k]:
            assert np.abs(grid - other).max() > 1e-3


def test_words_that_mean_nothing_are_told(folder, tmp_path):
    result = draw(asked(folder, tmp_path, text="bowel cancer and a bicycle"))
    assert any("bicycle" in note for note in result.notes)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({}, BadRequest, "Nothing says"),
        ({"text": "  "}, BadRequest, "empty"),
        ({"text": "a bicycle"}, BadRequest, "knows nothing"),
        ({"label": "kidney"}, BadRequest, "kidney"),
        ({"label": "lungn", "rows": 10_000, "columns": 10_000}, OversizedRequest, "cells"),
        ({"label": "lungn", "output": "/nowhere/grid.png"}, UnsupportedFile, "no name for a grid"),
        ({"label": "lungn", "model": "nothing-like-it"}, MissingModel, "nothing-like-it"),
    ],
)
def test_what_cannot_be_drawn_is_said(folder, tmp_path, changes, kind, words):
    with pytest.raises(kind, match=words):
        draw(asked(folder, tmp_path, **changes))
    assert not (tmp_path / "G.safetensors").exists()


@pytest.mark.usefixtures("without_starters")
def test_without_a_name_the_prior_that_knows_is_taken(tmp_path):
    with pytest.raises(MissingModel, match="No prior"):
        make_grid(asked("x", tmp_path, model=None, label="lungn"))
    tiny_prior_folder(installed_folder() / "slides")
    assert make_grid(asked("x", tmp_path, model=None, label="lungn")).dim == 24
    with pytest.raises(BadRequest, match="kidney"):
        make_grid(asked("x", tmp_path, model=None, label="kidney"))
    tiny_prior_folder(
        installed_folder() / "scenes", name="scenes", dim=12, pixel=PixelSize(size=0.3, unit="m"),
        classes=["river", "forest", "beach", "road"], captions=[], reader=None,
    )  # fmt: skip
    assert make_grid(asked("x", tmp_path, model=None, label="river")).dim == 12
    assert make_grid(asked("x", tmp_path, model=None, text="bowel cancer")).dim == 24
    with pytest.raises(BadRequest, match="No installed prior") as caught:
        make_grid(asked("x", tmp_path, model=None, label="kidney"))
    assert "scenes, slides" in caught.value.hint
    tiny_prior_folder(installed_folder() / "more-slides")
    with pytest.raises(BadRequest, match="Several installed priors"):
        make_grid(asked("x", tmp_path, model=None, label="lungn"))
