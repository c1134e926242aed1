"""A report: the same numbers as a page, as PDF and as JSON."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.evaluation.plots import compared, curves, intervals, matrices, scattered
from ssldiff_gui.storage.report_page import Headline, Page, Plot, Sheet, Table, Text, shown


def page() -> Page:
    random = np.random.default_rng(0)
    return Page(
        "A <b>title</b> of $5", "fid", "First.\n\nSecond.", {"kind": "fid", "real": "a"},
        [
            Table("Numbers", ("way", "value", "count"), [["one", 0.12345, 12345], ["two", None, 1]],
                  "Read them."),
            Plot("bars", "Bars", compared({"a": [1, 2, 3], "b": [2]}, "size", reference=1.5)),
            Plot("lines", "Lines", curves({"a": [[(1, 2), (2, 3)]], "b": []}, "x", "y")),
            Plot("matrix", "Matrix", matrices({"a": np.eye(3, dtype=np.int64)}, "xyz")),
            Plot("spans", "Spans", intervals({"a": (1, 0, 2), "b": (1, None, None)}, "gain")),
            Plot("points", "Points", scattered({"a": random.normal(size=(9, 3)),
                                                "b": random.normal(size=(4, 3))})),
            Sheet("made", "Pictures", np.zeros((8, 16, 3), np.uint8), synthetic=True),
            Text("Words.\n\nMore words.", "How"),
        ],
        [Headline("distance", 1.5, 1.0, float("nan"))], ["A note & more."],
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with a report, and the files in it."""
    room = tmp_path_factory.mktemp("report") / "out"
    return room, page().write(room)


def test_a_report_is_written_whole(written):
    room, files = written
    assert sorted(path.name for path in files) == [
        "bars.png", "lines.png", "made.synthetic.png", "matrix.png", "points.png", "report.html",
        "report.json", "report.pdf", "request.json", "spans.png",
    ]  # fmt: skip
    facts = json.loads((room / "report.json").read_text("utf-8"))
    assert facts["headline"] == [
        {"name": "distance", "value": 1.5, "low": 1.0, "high": None, "unit": ""}
    ]
    assert facts["plots"] == ["bars.png", "lines.png", "matrix.png", "spans.png", "points.png"]
    assert facts["sheets"] == ["made.synthetic.png"]
    assert facts["tables"][0]["rows"] == [["one", 0.12345, 12345], ["two", None, 1]]
    assert facts["notes"] == ["A note & more."]
    assert facts["request"] == {"kind": "fid", "real": "a"}
    assert facts["versions"]["numpy"] == np.__version__
    assert json.loads((room / "request.json").read_text()) == facts["request"]
    assert (room / "report.pdf").read_bytes()[:5] == b"%PDF-"
    with Image.open(room / "made.synthetic.png") as sheet:
        assert "SYNTHETIC" in sheet.text["Description"]
    with Image.open(room / "bars.png") as plot:
        assert np.asarray(plot.convert("L")).std() > 5  # something is drawn


def test_the_page_needs_nothing_beside_it_and_no_colours(written):
    html = (written[0] / "report.html").read_text("utf-8")
    assert "A &lt;b&gt;title&lt;/b&gt; of $5" in html
    assert len(re.findall(r'<img [^>]*src="data:image/png;base64,', html)) == 6
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert "<script" not in html
    assert not re.search(r"[^-]color:|background", html)
    assert "1.500 (1.000 … –)" in html
    assert '<td align="right">12,345</td>' in html


def test_numbers_are_written_as_people_read_them():
    assert [shown(cell) for cell in (0.12345, 123.44, 12345.6, 7, None, float("nan"), "x")] == [
        "0.123", "123.4", "12,346", "7", "–", "–", "x",
    ]  # fmt: skip
