"""GeoPackage in and out, with layers, attributes and coordinate systems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings

from ssldiff_gui.core.annotations import Annotation, AnnotationClass
from ssldiff_gui.core.errors import BadAnnotations, FileProblem, MissingFile
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage.geopackage import (
    read_annotations,
    read_layers,
    read_set,
    write_annotations,
    write_layers,
)
from tests.storage import made

UTM = Georeference("EPSG:32611", (0.5, 0, 655_000, 0, -0.5, 4_006_500))
PLAIN = Georeference("EPSG:32611", (1, 0, 0, 0, 1, 0))


@given(made.many)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, annotations: list[Annotation]
) -> None:
    annotations = [
        a.with_(
            nucleus=None,
            name=a.name.replace("\0", ""),
            class_name=(a.class_name or "").replace("\0", "") or None,
        )
        for a in annotations
    ]
    path = tmp_path_factory.getbasetemp() / "round.gpkg"
    write_annotations(path, annotations, georeference=PLAIN)
    assert read_annotations(path, PLAIN) == tuple(annotations)


def test_a_nul_costs_only_itself(tmp_path: Path) -> None:
    odd = Annotation(geometry=shapely.Point(1, 2), name="before\0after", class_name="\0")
    write_annotations(tmp_path / "a.gpkg", [odd], georeference=PLAIN)
    (back,) = read_annotations(tmp_path / "a.gpkg", PLAIN)
    assert (back.name, back.class_name) == ("beforeafter", None)


def test_classes_and_several_layers(tmp_path: Path) -> None:
    water = Annotation(geometry=shapely.box(0, 0, 9, 9), class_name="Water")
    road = Annotation(geometry=shapely.LineString([(0, 0), (5, 5)]), class_name="Road")
    classes = (
        AnnotationClass(name="Water", colour=(0, 0, 200)),
        AnnotationClass(name="Road", colour=(90, 90, 90)),
    )
    path = tmp_path / "a.gpkg"
    write_layers(path, {"areas": [water], "lines": [road], "more": []}, classes, georeference=UTM)
    layers = read_layers(path, UTM)
    assert {name: len(found.annotations) for name, found in layers.items()} == {
        "areas": 1,
        "lines": 1,
        "more": 0,
    }
    found = read_set(path, UTM)
    assert found.classes == classes
    assert [a.class_name for a in found.annotations] == ["Water", "Road"]


def test_other_programs_files_are_reprojected_and_their_attributes_kept(tmp_path: Path) -> None:
    path = tmp_path / "gis.gpkg"
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([shapely.Point(-115.27, 36.19), None], dtype=object)),
        field_data=[np.array(["a lake", None], dtype=object), np.array([4, 5])],
        fields=np.array(["name", "id"], dtype=object),
        geometry_type="Point",
        crs="EPSG:4326",
        driver="GPKG",
        layer="lakes",
    )
    found = read_set(path, UTM)
    assert found.skipped == 1
    (lake,) = found.annotations
    assert lake.name == "a lake"
    assert lake.properties["originalId"] == 4
    assert lake.bounds[0] == pytest.approx((655_553.137 - 655_000) * 2, abs=0.01)
    assert read_set(path, UTM) == found


def test_the_file_says_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    write_annotations(path, [Annotation(geometry=shapely.Point(20, 20))], georeference=UTM)
    meta, _, wkb, _ = pyogrio.raw.read(path)
    assert meta["crs"] == "EPSG:32611"
    assert shapely.from_wkb(wkb[0]) == shapely.Point(655_010, 4_006_490)


def test_only_geopackages_reach_gdal(tmp_path: Path) -> None:
    path = tmp_path / "trap.gpkg"
    path.write_text("<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>")
    with pytest.raises(BadAnnotations, match=r"trap\.gpkg"):
        read_set(path, UTM)
    with pytest.raises(MissingFile):
        read_set(tmp_path / "nowhere.gpkg", UTM)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    write_annotations(path, [Annotation(geometry=shapely.Point(20, 20))], georeference=UTM)
    content = path.read_bytes()
    for length in range(100, len(content) // 2, len(content) // 20):
        path.write_bytes(content[:length])
        with pytest.raises(BadAnnotations, match=r"a\.gpkg"):
            read_set(path, UTM)


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be written"):
        write_annotations(tmp_path / "gone" / "a.gpkg", [], georeference=UTM)
