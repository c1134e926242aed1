"""GeoJSON in and out: QuPath's dialect, maps, and files that are no good."""

from __future__ import annotations

import gzip
import json
import math
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings

from ssldiff_gui.core.annotations import Annotation, AnnotationClass
from ssldiff_gui.core.errors import BadAnnotations, FileProblem, MissingFile, RemoteFile
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage import geojson
from ssldiff_gui.storage.geojson import read_annotations, read_set, write_annotations
from tests.storage import made

SQUARE = [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]
UTM = Georeference("EPSG:32611", (0.5, 0, 655_000, 0, -0.5, 4_006_500))


def feature(coordinates: Any = SQUARE, kind: str = "Polygon", **more: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": {}, **more}


def written(tmp_path: Path, content: Any, name: str = "a.geojson") -> Path:
    path = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


@given(made.many)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, annotations: list[Annotation]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round.geojson"
    write_annotations(path, annotations)
    assert read_annotations(path) == tuple(annotations)
    json.loads(path.read_text(), parse_constant=pytest.fail)


def test_a_packed_file_goes_round(tmp_path: Path) -> None:
    annotation = Annotation(geometry=shapely.box(0, 0, 5, 5), class_name="Tumour")
    classes = (AnnotationClass(name="Tumour", colour=(200, 0, 0)),)
    path = tmp_path / "a.geojson.gz"
    write_annotations(path, [annotation], classes)
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    found = read_set(path)
    assert found.annotations == (annotation,)
    assert found.classes == classes


def test_what_qupath_writes(tmp_path: Path) -> None:
    cell = feature(
        id="6423a977-ffff-48db-affc-cd11632010f0",
        nucleusGeometry={"type": "Polygon", "coordinates": [[[2, 2], [4, 2], [4, 4], [2, 2]]]},
        properties={
            "objectType": "cell",
            "name": "one",
            "color": [1, 2, 3],
            "classification": {"names": ["Tumor", "Positive"], "color": [200, 0, 0]},
            "isLocked": True,
            "measurements": {"Area": 12.5, "Ratio": "NaN", "Far": "Infinity", "Odd": "high"},
            "metadata": {"key": "value"},
        },
    )
    cell["geometry"].update(plane={"c": -1, "z": 2, "t": 0}, isEllipse=True)
    found = read_set(written(tmp_path, collection(cell)))
    (annotation,) = found.annotations
    assert annotation.id == UUID("6423a977-ffff-48db-affc-cd11632010f0")
    assert (annotation.kind, annotation.name, annotation.colour) == ("cell", "one", (1, 2, 3))
    assert annotation.class_name == "Tumor: Positive"
    assert found.classes == (AnnotationClass(name="Tumor: Positive", colour=(200, 0, 0)),)
    assert annotation.locked
    assert annotation.measurements["Area"] == 12.5
    assert math.isnan(annotation.measurements["Ratio"])
    assert annotation.measurements["Far"] == math.inf
    assert annotation.properties == {
        "metadata": {"key": "value"},
        "measurements": {"Odd": "high"},
    }
    assert annotation.plane == {"c": -1, "z": 2, "t": 0}
    assert annotation.ellipse
    assert annotation.nucleus is not None
    again = tmp_path / "again.geojson"
    write_annotations(again, found.annotations, found.classes)
    assert read_set(again) == found
    (out,) = json.loads(again.read_text())["features"]
    assert out["properties"]["classification"]["names"] == ["Tumor", "Positive"]
    assert out["properties"]["measurements"]["Ratio"] == "NaN"
    assert out["properties"]["measurements"]["Odd"] == "high"


def test_older_dialects(tmp_path: Path) -> None:
    old = feature(
        id="PathDetectionObject",
        properties={
            "classification": {"name": "Stroma", "colorRGB": -3670016},
            "measurements": [{"name": "Area", "value": 3}],
        },
    )
    plain = feature(properties={"classification": "Fat", "object_type": "annotation"})
    found = read_set(written(tmp_path, [old, plain]))
    first, second = found.annotations
    assert (first.kind, first.class_name, dict(first.measurements)) == (
        "detection",
        "Stroma",
        {"Area": 3.0},
    )
    assert found.classes[0].colour == (200, 0, 0)
    assert second.class_name == "Fat"


def test_children_are_laid_flat_and_know_their_parents(tmp_path: Path) -> None:
    grandchild = feature(id="00000000-0000-4000-8000-000000000003")
    child = feature(
        id="00000000-0000-4000-8000-000000000002", properties={"childObjects": [grandchild]}
    )
    sibling = feature()
    parent = feature(
        id="00000000-0000-4000-8000-000000000001",
        properties={"objectType": "tmaCore", "childObjects": [child, sibling]},
    )
    root = {"type": "Feature", "geometry": None, "properties": {"objectType": "root"}}
    root["properties"]["childObjects"] = [parent]  # type: ignore[index]
    found = read_set(written(tmp_path, collection(root)))
    assert found.skipped == 1
    ids = [a.id.int & 0xF for a in found.annotations[:3]]
    assert ids == [1, 2, 3]
    parents = [a.parent for a in found.annotations]
    first, second = found.annotations[:2]
    assert parents == [None, first.id, second.id, first.id]
    again = tmp_path / "again.geojson"
    write_annotations(again, found.annotations)
    assert read_annotations(again) == found.annotations


def test_other_ids_are_stable_and_kept(tmp_path: Path) -> None:
    path = written(tmp_path, [feature(id="667c7bd5"), feature(id=7), feature(), feature()])
    first, second = read_annotations(path), read_annotations(path)
    assert first == second
    assert len({a.id for a in first}) == 4
    assert [a.properties.get("originalId") for a in first] == ["667c7bd5", 7, None, None]


def test_an_id_used_twice_becomes_two(tmp_path: Path) -> None:
    same = "00000000-0000-4000-8000-000000000001"
    first, second = read_annotations(written(tmp_path, [feature(id=same), feature(id=same)]))
    assert str(first.id) == same
    assert second.id != first.id


@pytest.mark.parametrize(
    "content",
    [
        feature(),
        feature()["geometry"],
        [feature()["geometry"]],
        {"features": [feature()]},
        "\ufeff" + json.dumps(feature()),
    ],
)
def test_what_counts_as_a_file_of_annotations(tmp_path: Path, content: Any) -> None:
    (annotation,) = read_annotations(written(tmp_path, content))
    assert annotation.geometry == shapely.Polygon(SQUARE[0])


def test_heights_are_dropped_even_where_only_some_have_one(tmp_path: Path) -> None:
    (annotation,) = read_annotations(
        written(tmp_path, feature([[[0, 0, 5], [10, 0], [10, 10, 5], [0, 0, 5]]]))
    )
    assert not annotation.geometry.has_z
    assert annotation.geometry.area == 50


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("", "empty"),
        ("{", "line 1, column 2"),
        ("[" * 100_000, "not JSON"),
        ('{"type": "Topology"}', "no annotations"),
        ('"text"', "no annotations"),
        (collection(feature(), 5), "feature 1 is not an object"),
        (collection(feature(), feature([[[0, 0], [1, 1]]])), "feature 1: an outline has fewer"),
        (collection(feature([[[0, 0], [1, 1], [0, 0]]])), "feature 0: an outline has fewer"),
        (collection(feature([[[0, "x"], [1, 1], [0, 1]]])), "feature 0"),
        (collection(feature([[[0, None], [1, 1], [0, 1]]])), "feature 0"),
        (collection(feature([0, 0])), "feature 0"),
        (collection(feature([1, 2], "Circle")), "Circle"),
        ('[{"type":"Point","coordinates":[1e999,0]}]', "finite"),
        ('[{"type":"Point","coordinates":[NaN,0]}]', "finite"),
        (collection(feature([[0, 0]], "LineString")), "fewer than two"),
        (collection({"type": "Feature", "geometry": 5}), "feature 0"),
        (collection({"type": "Feature", "properties": 5}), "feature 0"),
        (collection(feature(properties={"childObjects": 5})), "childObjects"),
        (collection(feature(properties={"childObjects": [5]})), "feature 0, child 0"),
        (collection({"type": "Style"}), "Style"),
    ],
)
def test_bad_files_are_named_with_what_is_wrong(tmp_path: Path, content: Any, names: str) -> None:
    path = written(tmp_path, content, "bad one.geojson")
    with pytest.raises(BadAnnotations) as caught:
        read_annotations(path)
    assert "bad one.geojson" in caught.value.message
    assert names in caught.value.message
    assert caught.value.hint


def test_damaged_packing_wrong_text_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "cut.geojson.gz"
    path.write_bytes(gzip.compress(json.dumps(feature()).encode())[:-12])
    with pytest.raises(BadAnnotations, match="damaged"):
        read_annotations(path)
    path.write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(BadAnnotations, match="UTF-8"):
        read_annotations(path)
    with pytest.raises(MissingFile):
        read_annotations(tmp_path / "nowhere.geojson")
    with pytest.raises(RemoteFile):
        read_annotations(Path("https://example.org/a.geojson"))
    with pytest.raises(BadAnnotations):
        read_annotations(tmp_path)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geojson, "LARGEST_TEXT", 1000)
    path = tmp_path / "bomb.geojson.gz"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(BadAnnotations, match="more than"):
        read_annotations(path)


def problem_with(path: Path) -> BadAnnotations | None:
    try:
        read_annotations(path)
    except BadAnnotations as error:
        return error
    return None


def test_mutants_of_a_real_file_give_annotations_or_one_typed_error(
    tmp_path: Path, shared: Path
) -> None:
    original = (shared / "data/annotations/dlup/qupath05.geojson").read_bytes()
    random = np.random.default_rng(5)
    path = tmp_path / "mutant.geojson"
    outcomes = [0, 0]
    for _ in range(500):
        content = bytearray(original)
        for _ in range(random.integers(1, 6)):
            content[random.integers(len(content))] = content[random.integers(len(content))]
        if random.random() < 0.2:
            del content[random.integers(len(content)) :]
        path.write_bytes(content)
        problem = problem_with(path)
        outcomes[problem is not None] += 1
        assert problem is None or "mutant.geojson" in problem.message
    assert min(outcomes) > 20


def test_writing_goes_wrong_without_touching_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="cannot be written"):
        write_annotations(tmp_path / "missing" / "a.geojson", [])


REAL = {
    "dlup/qupath05.geojson": 3,
    "histoqc/holed.geojson": 1,
    "large_image/sample.geojson": 10,
    "qupath_core/polygon.geojson": 1,
}


@pytest.mark.parametrize(("name", "count"), REAL.items())
def test_real_files_go_round(shared: Path, tmp_path: Path, name: str, count: int) -> None:
    found = read_set(shared / "data/annotations" / name)
    assert len(found.annotations) == count
    write_annotations(tmp_path / "a.geojson", found.annotations, found.classes)
    assert read_set(tmp_path / "a.geojson") == found


def test_a_hole_is_a_hole(shared: Path) -> None:
    (annotation,) = read_annotations(shared / "data/annotations/histoqc/holed.geojson")
    assert len(annotation.geometry.interiors) == 1


# -- scenes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["0-aoi", "0-gt-polygons", "tiny-spacenet-labels"])
def test_maps_in_degrees_land_on_the_scenes_pixels(shared: Path, name: str) -> None:
    path = shared / f"data/annotations/raster_vision/{name}.geojson"
    on_scene = read_annotations(path, UTM)
    in_degrees = read_annotations(path)
    west = min(a.bounds[0] for a in in_degrees)
    left = min(a.bounds[0] for a in on_scene)
    metres = (west + 115.27) * 111_320 * math.cos(math.radians(36.196))
    assert abs((655_553.1 - 655_000) + metres - left * 0.5) < 20  # UTM's grid is turned a little


def test_slides_ignore_a_declared_crs(tmp_path: Path) -> None:
    declared = {**collection(feature()), "crs": {"properties": {"name": "EPSG:3857"}}}
    (annotation,) = read_annotations(written(tmp_path, declared))
    assert annotation.bounds == (0, 0, 10, 10)


def test_a_declared_crs_counts_for_scenes(tmp_path: Path) -> None:
    there = feature([655_010, 4_006_490], "Point")
    declared = {
        **collection(there),
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32611"}},
    }
    (annotation,) = read_annotations(written(tmp_path, declared), UTM)
    assert annotation.bounds[:2] == pytest.approx((20, 20))


def test_pixels_of_a_scene_stay_pixels_when_they_cannot_be_degrees_or_qupath_wrote_them(
    tmp_path: Path,
) -> None:
    far = read_annotations(written(tmp_path, feature([1000, 1000], "Point")), UTM)
    near = feature([10, 10], "Point", properties={"objectType": "annotation"})
    close = read_annotations(written(tmp_path, near), UTM)
    assert far[0].bounds[:2] == (1000, 1000)
    assert close[0].bounds[:2] == (10, 10)


def test_a_scenes_annotations_go_to_maps_and_come_back(tmp_path: Path) -> None:
    annotations = [Annotation(geometry=shapely.box(100, 50, 900, 700), name="lake")]
    path = tmp_path / "map.geojson"
    write_annotations(path, annotations, georeference=UTM)
    x, y = json.loads(path.read_text())["features"][0]["geometry"]["coordinates"][0][0]
    assert -116 < x < -115
    assert 36 < y < 37
    (back,) = read_annotations(path, UTM)
    assert back.name == "lake"
    assert shapely.hausdorff_distance(back.geometry, annotations[0].geometry) < 1e-3


@pytest.mark.parametrize("crs", ["EPSG:99999", "nonsense"])
def test_an_unknown_crs_is_named(tmp_path: Path, crs: str) -> None:
    declared = {**collection(feature()), "crs": {"properties": {"name": crs}}}
    with pytest.raises(BadAnnotations, match=crs):
        read_annotations(written(tmp_path, declared), UTM)


def test_coordinates_outside_their_crs_are_refused(tmp_path: Path) -> None:
    declared = {
        **collection(feature([10, 4_000_000], "Point")),
        "crs": {"properties": {"name": "EPSG:4326"}},
    }
    with pytest.raises(BadAnnotations, match="outside"):
        read_annotations(written(tmp_path, declared), UTM)


@pytest.mark.slow
def test_fifty_thousand_detections_load_in_seconds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    centres = random.random((50_000, 2)) * 1e5
    cells = shapely.buffer(shapely.points(centres), 8 + random.random(50_000) * 4, quad_segs=6)
    annotations = [
        Annotation(geometry=cell, kind="detection", class_name="Tumour", measurements={"Area": 9})
        for cell in cells
    ]
    path = tmp_path / "many.geojson"
    write_annotations(path, annotations)
    started = time.process_time()
    found = read_annotations(path)
    seconds = time.process_time() - started
    assert found == tuple(annotations)
    assert seconds < 10, f"{seconds:.1f} s"
