"""Tables of features: read, standardised, and refused with words where they are of no use."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRequest, BrokenFile, MissingFile
from ssldiff_gui.models.priors.table_reader import FARTHEST, TableReader
from ssldiff_gui.models.priors.tables import measured, missing_words, read_table

PLAIN = "case,TP53,KRAS\nA1,1.5,-2\nB2,NA,4e1\nC3,0, \n"


def table(tmp_path, text=PLAIN, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path)


def test_a_table_is_read(tmp_path):
    found = table(tmp_path)
    assert found.cases == ("A1", "B2", "C3")
    assert found.columns == ("TP53", "KRAS")
    np.testing.assert_array_equal(found.features(), [[1.5, -2], [np.nan, 40], [0, np.nan]])
    np.testing.assert_array_equal(found.features(["KRAS"])[:, 0], [-2, 40, np.nan])
    assert (found.place(None), found.place("C3")) == (0, 2)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (PLAIN.replace(",", "\t"), "t.tsv"),
        (PLAIN.replace(",", "\t"), "t.txt"),
        (PLAIN.replace(",", ";"), "t.csv"),
        (b"\xef\xbb\xbf" + PLAIN.encode(), "t.csv"),
        (PLAIN.replace("\n", "\r\n") + "\r\n\r\n", "t.csv"),
        (PLAIN.replace("A1,", '"A1",'), "t.csv"),
    ],
)
def test_tables_of_other_programs_are_the_same(tmp_path, text, name):
    found = table(tmp_path, text, name)
    assert (found.cases, found.columns) == (("A1", "B2", "C3"), ("TP53", "KRAS"))
    np.testing.assert_array_equal(found.features(), table(tmp_path).features())


@pytest.mark.parametrize("word", ["", "NA", "n/a", "NaN", "null", "None", "-", "?", "#N/A"])
def test_what_stands_for_a_missing_value(tmp_path, word):
    assert np.isnan(table(tmp_path, f"case,x\nA,{word}\nB,1\n").features()[0, 0])


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", BadRequest, "empty"),
        ("case,x\n", BadRequest, "empty"),
        ("case\nA\n", BadRequest, "one column"),
        ("case,x\nA,1\nA,2\n", BadRequest, "case A more than once"),
        ("case,x,x\nA,1,2\n", BadRequest, "column x more than once"),
        ("case,x\n,1\n", BadRequest, "case of .* no name"),
        ("case,x,\nA,1,2\n", BadRequest, "column of .* no name"),
        ("case,x,y\nA,1\n", BrokenFile, "Case 1 .* has 2 values"),
        (b"case,x\nA,\xff\xfe\n", BrokenFile, "no table of text"),
        ('case,x\nA,"1\n', BrokenFile, "no table"),
    ],
)
def test_tables_of_no_use_are_refused(tmp_path, text, kind, words):
    with pytest.raises(kind, match=words) as caught:
        table(tmp_path, text).features()
    assert caught.value.hint


@pytest.mark.parametrize("value", ["high", "1,5", "inf", "1_000", "0x10", "12 mg"])
def test_a_column_that_is_no_number_is_named(tmp_path, value):
    with pytest.raises(BadRequest, match=r"'stage' .* 'B2'") as caught:
        table(tmp_path, f"case;age;stage\nA1;60;1\nB2;61;{value}\n").features()
    assert "model.columns" in caught.value.hint
    found = table(tmp_path, f"case;age;stage\nA1;60;1\nB2;61;{value}\n")
    assert found.features(["age"]).tolist() == [[60], [61]]


def test_what_is_not_there_is_named(tmp_path):
    found = table(tmp_path)
    with pytest.raises(BadRequest, match="no column EGFR") as caught:
        found.features(["TP53", "EGFR"])
    assert "TP53, KRAS" in caught.value.hint
    with pytest.raises(BadRequest, match="no case 'Z'") as caught:
        found.place("Z")
    assert "A1" in caught.value.hint
    with pytest.raises(MissingFile):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(MissingFile):
        read_table(tmp_path)


def test_missing_values_are_counted(tmp_path):
    numbers = table(tmp_path).features()
    words = missing_words(numbers, ("TP53", "KRAS"), "t.csv")
    assert words.startswith("2 of 6 values of t.csv are missing")
    assert "TP53 (1)" in words
    assert missing_words(numbers[:1], ("TP53", "KRAS"), "t.csv") == ""


def test_a_column_without_any_value_is_named():
    with pytest.raises(BadRequest, match=r"b of t\.csv"):
        measured(np.array([[1, np.nan], [2, np.nan]]), ("a", "b"), "t.csv")


numbers = st.floats(-1e9, 1e9, allow_nan=False) | st.just(float("nan"))


@given(rows=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12))
@settings(max_examples=60, deadline=None)
def test_features_are_finite_and_standardised(rows):
    rows = np.array([(1.0, 1.0), *rows])
    means, deviations = measured(rows, ("a", "b"), "t")
    reader = TableReader(4, ("a", "b"), means.tolist(), deviations.tolist())
    found = reader.features(rows).numpy()
    assert found.shape == (len(rows), 4)
    assert np.isfinite(found).all()
    assert np.abs(found[:, :2]).max() <= FARTHEST
    np.testing.assert_array_equal(found[:, 2:] == 1, np.isnan(rows))
    assert (found[:, :2][np.isnan(rows)] == 0).all()
    assert torch.isfinite(reader(torch.from_numpy(found))).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": []}, {"means": [0.0]}, {"deviations": [1.0, 0.0]}, {"width": 0},
        {"means": [0.0, float("nan")]}, {"inner": 1 << 20},
    ],
)  # fmt: skip
def test_readers_of_no_sense_are_refused(changes):
    told = {"width": 4, "columns": ["a", "b"], "means": [0.0, 0.0], "deviations": [1.0, 1.0]}
    with pytest.raises(ValueError, match=r"\w"):
        TableReader(**(told | changes))
