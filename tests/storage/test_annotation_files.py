"""The format follows the name."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from ssldiff_gui.core.annotations import Annotation, AnnotationClass, AnnotationSet
from ssldiff_gui.core.errors import BadAnnotations
from ssldiff_gui.core.geometry import Georeference
from ssldiff_gui.storage.annotation_files import read_file, write_file

UTM = Georeference("EPSG:32611", (0.5, 0, 655_000, 0, -0.5, 4_006_500))
CONTENT = AnnotationSet(
    (Annotation(geometry=shapely.box(10, 10, 50, 60), class_name="Water", name="lake"),),
    (AnnotationClass(name="Water", colour=(0, 0, 200)),),
)


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.geojson.gz", "a.gpkg", "A.GPKG"])
def test_scenes_go_round_in_every_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_file(path, CONTENT, UTM)
    found = read_file(path, UTM)
    assert found.classes == CONTENT.classes
    assert found.annotations[0].name == "lake"
    distance = shapely.hausdorff_distance(
        found.annotations[0].geometry, CONTENT.annotations[0].geometry
    )
    assert distance < 1e-3
    assert list(tmp_path.iterdir()) == [path]


def test_slides_go_round_exactly(tmp_path: Path) -> None:
    write_file(tmp_path / "a.geojson", CONTENT)
    assert read_file(tmp_path / "a.geojson") == CONTENT


def test_slides_have_no_place_on_a_map(tmp_path: Path) -> None:
    with pytest.raises(BadAnnotations, match=r"a\.gpkg"):
        write_file(tmp_path / "a.gpkg", CONTENT)
    with pytest.raises(BadAnnotations, match=r"a\.gpkg"):
        read_file(tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []
