"""Layouts as files: ours, GeoJSON, and what is neither."""

from __future__ import annotations

import gzip
import json

import pytest
from shapely.geometry import LineString, box

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import BadAnnotations, BrokenFile, MissingFile
from ssldiff_gui.core.layout import Area, Layout
from ssldiff_gui.storage.geojson import write_annotations
from ssldiff_gui.storage.layouts import read_layout, write_layout

LAYOUT = Layout((Area(box(0, 0, 40, 40), "Tumour"), Area(box(9.25, 3, 20, 30), "", "dense TILs")))


def test_a_layout_comes_back_and_equal_ones_are_equal_files(tmp_path):
    for name in "ab":
        write_layout(tmp_path / name, LAYOUT)
    assert read_layout(tmp_path / "a") == LAYOUT
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_layout(tmp_path / "a", Layout())
    assert read_layout(tmp_path / "a") == Layout()


@pytest.mark.parametrize("name", ["a.geojson", "a.geojson.gz"])
def test_annotations_are_a_layout_by_their_class_and_name(tmp_path, name):
    drawn = [
        Annotation(geometry=area.geometry, class_name=area.label or None, name=area.text)
        for area in LAYOUT.areas
    ]
    write_annotations(tmp_path / name, [*drawn, Annotation(geometry=LineString([(0, 0), (1, 1)]))])
    assert read_layout(tmp_path / name).digest() == LAYOUT.digest()


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path):
    path = tmp_path / "layout.json"
    with pytest.raises(MissingFile, match="no layout"):
        read_layout(path)
    path.write_text(json.dumps({"areas": [], "format": 7}))
    with pytest.raises(BrokenFile, match="cannot be read as a layout") as caught:
        read_layout(path)
    assert caught.value.hint
    for content in (b"", b"{", b"\xff\xfe", gzip.compress(b"{}")[:-4], b'{"type": "Topology"}'):
        path.write_bytes(content)
        with pytest.raises(BadAnnotations, match=r"layout\.json"):
            read_layout(path)
    write_annotations(path, [Annotation(geometry=LineString([(0, 0), (1, 1)]))])
    with pytest.raises(BadAnnotations, match="holds no area"):
        read_layout(path)
    with pytest.raises(BrokenFile, match="cannot be read"):
        read_layout(tmp_path)
