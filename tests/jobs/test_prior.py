"""From a request to a grid: which prior, how it was read, and what the file says of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shapely.geometry import box

from ssldiff_gui.core.errors import BadRequest, MissingModel, OversizedRequest, UnsupportedFile
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.prior import draw, make_grid
from ssldiff_gui.jobs.prior_asked import Wish
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.models.priors import load_prior
from ssldiff_gui.storage.grids import load_grid_record
from tests.grids import same_grid
from tests.models.tiny_priors import tiny_prior_folder, tiny_table_folder


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


def laid(tmp_path, *areas, name="layout.json"):
    """A layout of boxes (left, top, right, bottom) with a label and a text each."""
    found = Layout(tuple(Area(box(*corners), label, text) for corners, label, text in areas))
    path = tmp_path / name
    path.write_text(json.dumps(found.facts()), "utf-8")
    return str(path)


LEFT, RIGHT = (0, 0, 96, 160), (128, 0, 224, 160)


def test_areas_are_told_what_they_say(folder, tmp_path):
    path = laid(tmp_path, (LEFT, "lungn", ""), (RIGHT, "", "bowel cancer on a bicycle"))
    request = asked(folder, tmp_path, layout=path, text="normal colon mucosa")
    prior = load_prior(folder, "cpu")
    found = Wish.of(request).understood(prior)
    assert found.told.shape == (5, 7, 16)
    np.testing.assert_array_equal(found.told[2, 2], prior.told("lungn"))
    np.testing.assert_array_equal(found.told[2, 3], prior.told(text="normal colon mucosa"))
    np.testing.assert_array_equal(found.told[2, 4], prior.told(text="bowel cancer"))
    assert [note for note in found.notes if "Area 2" in note and "bicycle" in note]
    result = draw(request)
    plain = make_grid(asked(folder, tmp_path, text="normal colon mucosa"))
    assert np.abs(result.grid.vectors - plain.vectors).max() > 1e-3
    notes = load_grid_record(tmp_path / "G.safetensors").notes
    assert notes["layout"] == json.loads((tmp_path / "layout.json").read_text("utf-8"))
    assert notes["request"]["layout"] == "layout.json"
    assert str(tmp_path) not in str(notes)


def test_areas_alone_leave_the_rest_untold_and_say_so(folder, tmp_path):
    path = laid(tmp_path, (LEFT, "lungn", ""), ((500, 500, 600, 600), "colonn", ""),
                ((0, 0, 32, 32), "", ""))  # fmt: skip
    request = asked(folder, tmp_path, layout=path)
    prior = load_prior(folder, "cpu")
    found = Wish.of(request).understood(prior)
    np.testing.assert_array_equal(found.told[0, 6], prior.told_nothing())
    np.testing.assert_array_equal(found.told[0, 0], prior.told_nothing())
    assert "Nothing was said for 21 of 35 cells." in found.notes
    assert any("1 of 3 areas cover" in note for note in found.notes)


def test_of_a_label_and_a_text_the_one_that_is_known_counts(folder, tmp_path):
    path = laid(tmp_path, (LEFT, "lungn", "Annotation 7"), (RIGHT, "Tumor", "bowel cancer"))
    prior = load_prior(folder, "cpu")
    found = Wish.of(asked(folder, tmp_path, layout=path)).understood(prior)
    np.testing.assert_array_equal(found.told[2, 1], prior.told("lungn"))
    np.testing.assert_array_equal(found.told[2, 5], prior.told(text="bowel cancer"))
    assert sum("counts alone" in note for note in found.notes) == 2


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ([((900, 900, 990, 990), "lungn", "")], "No area of the layout"),
        ([(LEFT, "kidney", "")], "Area 1 of the layout: .*kidney"),
        ([(LEFT, "lungn", ""), (RIGHT, "", "肺がん")], "Area 2 of the layout: .*knows nothing"),
        ([(LEFT, "kidney", "xyzzy")], "Area 1"),
    ],
)
def test_layouts_of_no_use_are_refused(folder, tmp_path, areas, words):
    with pytest.raises(BadRequest, match=words) as caught:
        draw(asked(folder, tmp_path, layout=laid(tmp_path, *areas)))
    assert caught.value.hint
    assert not (tmp_path / "G.safetensors").exists()


TABLE = "case,TP53,KRAS,more\nA,1,2,5\nB,NA,3,5\nfar,900,2,5\n"


@pytest.fixture(scope="module")
def by_table(tmp_path_factory):
    made = tmp_path_factory.mktemp("priors") / "tiny-table"
    tiny_table_folder(made)
    return made


def of_table(folder, tmp_path, text=TABLE, **changes):
    path = tmp_path / "genes.csv"
    path.write_text(text, "utf-8")
    return asked(folder, tmp_path, features=str(path), **changes)


def test_a_grid_is_drawn_from_a_cases_features(by_table, tmp_path):
    grids = {}
    for case in ("A", "B"):
        result = draw(of_table(by_table, tmp_path, case=case))
        grids[case] = result.grid.vectors
    assert np.abs(grids["A"] - grids["B"]).max() > 1e-3
    assert any("1 of 2 values of B are missing" in note for note in result.notes)
    assert any("not trained with more" in note for note in result.notes)
    notes = load_grid_record(tmp_path / "G.safetensors").notes
    assert notes["features"]["case"] == "B"
    assert len(notes["features"]["sha256"]) == 64
    assert str(tmp_path) not in str(notes)
    first = draw(of_table(by_table, tmp_path))
    np.testing.assert_array_equal(first.grid.vectors, grids["A"])
    assert any("the first: A" in note for note in first.notes)
    far = draw(of_table(by_table, tmp_path, case="far"))
    assert any("TP53 of far: more than 6" in note for note in far.notes)


def test_areas_can_be_cases_of_the_table(by_table, tmp_path):
    path = laid(tmp_path, (LEFT, "B", ""))
    found = Wish.of(of_table(by_table, tmp_path, case="A", layout=path)).understood(
        load_prior(by_table, "cpu")
    )
    assert not np.array_equal(found.told[0, 0], found.told[0, 6])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"case": "Z"}, "no case 'Z'"),
        ({"text": TABLE.replace("KRAS", "kras")}, "no column KRAS"),
        ({"text": TABLE.replace("B,NA", "B,high"), "case": "B"}, "TP53"),
        ({"text": "case,TP53,KRAS\n"}, "empty"),
        ({"text": TABLE + "A,1,2,3\n"}, "more than once"),
        ({"label": "lungn"}, "either a table"),
    ],
)
def test_tables_of_no_use_are_refused(by_table, tmp_path, changes, words):
    with pytest.raises(BadRequest, match=words) as caught:
        draw(of_table(by_table, tmp_path, **changes))
    assert caught.value.hint


def test_a_prior_of_another_kind_is_said(folder, by_table, tmp_path):
    with pytest.raises(BadRequest, match="reads no table"):
        draw(of_table(folder, tmp_path))
    with pytest.raises(BadRequest, match="neither a text nor a class"):
        draw(asked(by_table, tmp_path, text="normal lung"))
    with pytest.raises(BadRequest, match="no table"):
        draw(asked(by_table, tmp_path, label="lungn", case="A"))
