from __future__ import annotations

import pytest
from shapely.geometry import box

from ssldiff_gui.app import annotation_files
from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations
from ssldiff_gui.core.geometry import Georeference

PLACE = Georeference("EPSG:32633", (0.3, 0, 412_000, 0, -0.3, 5_319_000))
CONTENT = AnnotationSet(
    (Annotation(geometry=box(10, 20, 110, 220), name="Barn", class_name="Building"),),
    (AnnotationClass(name="Building", colour=(213, 94, 0)),),
)


@pytest.mark.parametrize(
    ("name", "place"), [("a.geojson", None), ("a.geojson", PLACE), ("a.gpkg", PLACE)]
)
def test_what_is_written_is_read_again(tmp_path, name, place):
    path = tmp_path / name
    annotation_files.write(path, CONTENT, place)
    found = annotation_files.read(path, place)
    assert [a.name for a in found.annotations] == ["Barn"]
    assert found.annotations[0].bounds == pytest.approx((10, 20, 110, 220), abs=1e-2)
    assert found.annotations[0].class_name == "Building"


@pytest.mark.parametrize("act", ["read", "write"])
def test_a_slide_has_no_place_for_a_geopackage(tmp_path, act):
    path = tmp_path / "a.gpkg"
    words = {"read": (path, None), "write": (path, CONTENT, None)}[act]
    with pytest.raises(BadAnnotations, match=r"a\.gpkg is for maps"):
        getattr(annotation_files, act)(*words)
    assert not path.exists()
