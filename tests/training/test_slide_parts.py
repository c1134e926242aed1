"""Slides and scenes as sources: cut where they are outlined, or where there is something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import BadRequest, FileProblem
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.training import slide_parts
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.outlines import outlines_of
from ssldiff_gui.training.pictures import Pixels
from ssldiff_gui.training.settings import Source
from ssldiff_gui.training.slide_parts import _cut, _quartered
from tests.slides.made.tiffs import geotiff, ome_tiff
from tests.slides.made.vendors import svs
from tests.training.gathered import METRE, MICRON, data_of, gathered, noise, save


def stained(side: int = 700) -> Pixels:
    """Glass, with a square of tissue in its upper left quarter."""
    picture = np.full((side, side, 3), 243, np.uint8)
    tissue = noise(0, 310, 310) // 4 + np.array([150, 60, 130], np.uint8)
    picture[40:350, 40:350] = tissue[: side - 40, : side - 40]
    return picture


def slide(path: Path, picture: Pixels, micron: float | None = 0.5) -> Path:
    """An OME-TIFF of one level, which says how large its pixels are, or not."""
    told: dict[str, Any] = {"axes": "YXS"}
    if micron is not None:
        told |= {"PhysicalSizeX": micron, "PhysicalSizeY": micron}
        told |= {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(
        path,
        picture,
        ome=True,
        photometric="rgb",
        tile=(256, 256),
        metadata=told,
    )
    return path


def outline(*shapes: tuple[Any, str | None]) -> str:
    features = [
        {
            "type": "Feature", "geometry": shapely.geometry.mapping(shape),
            "properties": {
                "objectType": "annotation",
                **({"classification": {"name": name, "color": [1, 2, 3]}} if name else {}),
            },
        }
        for shape, name in shapes
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features})


def places(pictures: Any) -> list[Box]:
    texts = [entry.name.rpartition("@")[2] for entry in pictures.entries]
    return [Box(*map(int, text.split(","))) for text in texts]


def test_a_slide_comes_where_its_tissue_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slide_parts, "CHUNK", 350)
    slide(tmp_path / "case/s.ome.tif", stained())
    pictures = gathered(tmp_path, Source(path="case"), smallest=64)
    assert pictures.labels == ["case"]
    tissue = Box(40, 40, 310, 310)
    covered = sum(box.intersect(tissue).area for box in places(pictures))
    assert covered > 0.9 * tissue.area
    assert sum(box.area for box in places(pictures)) < 1.6 * tissue.area
    for k, box in enumerate(places(pictures)):
        assert np.array_equal(pictures[k], stained()[box.y : box.y2, box.x : box.x2])


def test_pieces_come_at_the_runs_resolution(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained(800), micron=0.25)
    [entry] = gathered(tmp_path, Source(path="s.ome.tif")).entries
    assert (entry.width, entry.height) == (400, 400)
    assert entry.name == "s.ome.tif@0,0,800,800"
    [told] = gathered(tmp_path, Source(path="s.ome.tif", pixel=0.5)).entries
    assert (told.width, told.height) == (800, 800)


@pytest.mark.parametrize("make", [svs, ome_tiff])
def test_slides_of_several_kinds_are_read(tmp_path: Path, make: Any) -> None:
    path = make(tmp_path / ("s.svs" if make is svs else "s.ome.tif"))
    pictures = gathered(tmp_path, Source(path=path.name, pixel=0.5))
    assert len(pictures) == 1
    assert pictures[0].std() > 10


@pytest.mark.parametrize("told", ["regions", "tissue"])
def test_a_slide_without_a_resolution_names_the_key(tmp_path: Path, told: str) -> None:
    slide(tmp_path / "slides/s.ome.tif", stained(), micron=None)
    (tmp_path / "r.geojson").write_text(outline((shapely.box(0, 0, 300, 300), "x")))
    source = Source(path="slides", regions="r.geojson" if told == "regions" else None)
    with pytest.raises(BadRequest, match=r"s\.ome\.tif does not say.*key `pixel`"):
        gathered(tmp_path, source)
    found = gathered(tmp_path, source.model_copy(update={"pixel": 0.5}))
    assert len(found) > 0


def test_a_slide_in_another_unit_names_the_key(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained())
    with pytest.raises(BadRequest, match=r"0\.5 µm, the run is in m.*`pixel`"):
        gathered(tmp_path, Source(path="s.ome.tif"), pixel=METRE)


def test_a_slide_that_is_too_coarse_is_named(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained(300), micron=4.0)
    with pytest.raises(BadRequest, match="8 times coarser"):
        gathered(tmp_path, Source(path="s.ome.tif"))
    with pytest.raises(BadRequest, match="too coarse"):
        gathered(tmp_path, Source(path="s.ome.tif", pixel=4.0))


def test_regions_give_places_and_classes(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained(1000))
    (tmp_path / "r.geojson").write_text(
        outline(
            (shapely.box(100, 100, 500, 400), "Tumour"),
            (shapely.box(700, 700, 900, 900), None),
            (shapely.Point(5, 5), "Point"),
        )
    )
    pictures = gathered(tmp_path, Source(path="s.ome.tif", regions="r.geojson"))
    assert pictures.labels == ["Tumour", tmp_path.name]
    assert sorted(map(str, places(pictures))) == sorted(
        map(str, [Box(100, 100, 400, 300), Box(700, 700, 200, 200)])
    )
    plain = gathered(tmp_path, Source(path="s.ome.tif", regions="r.geojson", labels=False))
    assert plain.labels == []


def test_what_reaches_out_of_an_outline_is_left_out(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained(1000))
    round_one = shapely.Point(500, 500).buffer(300)
    (tmp_path / "r.geojson").write_text(outline((round_one, "Tumour")))
    found = gathered(tmp_path, Source(path="s.ome.tif", regions="r.geojson"), smallest=30)
    boxes = [shapely.box(box.x, box.y, box.x2, box.y2) for box in places(found)]
    inside = sum(box.intersection(round_one).area for box in boxes)
    assert inside > 0.85 * round_one.area
    assert all(box.intersection(round_one).area >= 0.9 * box.area for box in boxes)


def test_a_folder_of_slides_takes_a_folder_of_regions(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        slide(tmp_path / f"slides/{name}.ome.tif", stained(600))
    (tmp_path / "outlines").mkdir()
    for name in ("one.geojson", "two.ome.tif.json"):
        box = shapely.box(0, 0, 300, 200)
        (tmp_path / "outlines" / name).write_text(outline((box, name[:3])))
    pictures = gathered(tmp_path, Source(path="slides", regions="outlines"))
    assert pictures.labels == ["one", "two"]
    assert pictures.facts["skipped"]["unreadable"] == ["three.ome.tif"]
    assert {entry.group for entry in pictures.entries} == {
        "slides:one.ome.tif", "slides:two.ome.tif"
    }  # fmt: skip
    with pytest.raises(BadRequest, match="which of 3 slides"):
        gathered(tmp_path, Source(path="slides", regions="outlines/one.geojson"))


@pytest.mark.parametrize("text", ["", "{", '{"type": "FeatureCollection", "features": []}'])
def test_regions_that_say_nothing_are_named(tmp_path: Path, text: str) -> None:
    slide(tmp_path / "s.ome.tif", stained())
    (tmp_path / "r.geojson").write_text(text)
    with pytest.raises(BadRequest, match=r"r\.geojson"):
        gathered(tmp_path, Source(path="s.ome.tif", regions="r.geojson"))


def test_regions_that_are_missing_are_named(tmp_path: Path) -> None:
    slide(tmp_path / "s.ome.tif", stained())
    with pytest.raises(FileProblem, match="`regions`"):
        gathered(tmp_path, Source(path="s.ome.tif", regions="gone.geojson"))


def test_the_smaller_outline_counts_and_what_is_ignored_is_cut_out() -> None:
    shapes = [
        (shapely.box(0, 0, 100, 100), "Stroma"), (shapely.box(10, 10, 50, 50), "Tumour"),
        (shapely.box(90, 0, 300, 100), "Ignore*"), (shapely.box(0, 0, 20, 5), "Stroma"),
        (shapely.Polygon([(0, 200), (10, 210), (10, 200), (0, 210)]), "Crossed"),
    ]  # fmt: skip
    found = outlines_of([Annotation(geometry=shape, class_name=name) for shape, name in shapes])
    areas = {(item.label, round(item.shape.area)) for item in found}
    assert areas == {("Stroma", 7400), ("Tumour", 1600), ("Stroma", 100), ("Crossed", 50)}


def test_detections_count_only_where_nobody_has_drawn() -> None:
    cell = Annotation(geometry=shapely.box(0, 0, 9, 9), kind="detection", class_name="cell")
    drawn = Annotation(geometry=shapely.box(0, 0, 99, 99), class_name="drawn")
    assert [item.label for item in outlines_of([cell, drawn])] == ["drawn"]
    assert [item.label for item in outlines_of([cell])] == ["cell"]


def test_one_slide_is_held_out_by_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slide_parts, "CHUNK", 100)
    monkeypatch.setattr(slide_parts, "BLOCK", 200)
    geotiff(tmp_path / "scene.tif", np.moveaxis(noise(0, 800, 800), -1, 0))
    pictures = gathered(tmp_path, Source(path="scene.tif", share=0.25), pixel=METRE)
    assert len(pictures) == 64
    assert len({entry.group for entry in pictures.entries}) == 16
    assert len(pictures.held_out()) == 16


def test_scenes_come_where_they_have_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slide_parts, "CHUNK", 100)
    data = np.moveaxis(noise(0, 400, 400), -1, 0) // 2 + 1
    data[:, :, 250:] = 0
    (tmp_path / "river").mkdir()
    geotiff(tmp_path / "river/scene.tif", data, nodata=0)
    pictures = gathered(tmp_path, Source(path="river"), pixel=METRE)
    assert pictures.labels == ["river"]
    assert max(box.x2 for box in places(pictures)) == 250
    assert sum(box.area for box in places(pictures)) == 250 * 400


def test_bands_of_sixteen_bits_are_shown_as_the_viewer_shows_them(tmp_path: Path) -> None:
    data = (np.moveaxis(noise(0, 90, 90), -1, 0).astype(np.uint16) * 12)[[0, 1, 2, 0]]
    geotiff(tmp_path / "scene.tif", data)
    pictures = gathered(tmp_path, Source(path="scene.tif"), pixel=METRE)
    assert 60 < pictures[0].std() < 90


def test_tiles_of_a_tiff_are_pictures_unless_they_say_more(tmp_path: Path) -> None:
    save(tmp_path / "tiles/a/x.tif", noise(0))
    pictures = gathered(tmp_path, Source(path="tiles"))
    assert [(entry.name, entry.label) for entry in pictures.entries] == [("a/x.tif", "a")]
    scaled = gathered(tmp_path, Source(path="tiles", pixel=1.0))
    assert (scaled.entries[0].width, scaled.entries[0].height) == (100, 80)


def test_pictures_beside_slides_are_their_labels_and_named(tmp_path: Path) -> None:
    (tmp_path / "slides").mkdir()
    svs(tmp_path / "slides/s.svs")
    save(tmp_path / "slides/thumbnail.png", noise(0))
    pictures = gathered(tmp_path, Source(path="slides"))
    assert [entry.name for entry in pictures.entries] == ["s.svs@0,0,700,500"]
    assert "beside slides" in pictures.facts["skipped"]["why"]["thumbnail.png"]


def test_a_broken_slide_is_left_out_and_a_bare_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slide_parts, "CHUNK", 350)
    slide(tmp_path / "slides/good.ome.tif", stained(340))
    slide(tmp_path / "slides/bare.ome.tif", np.full((400, 400, 3), 244, np.uint8))
    (tmp_path / "slides/broken.svs").write_bytes(b"II*\0" + bytes(40))
    (tmp_path / "slides/empty.ndpi").touch()
    pictures = gathered(tmp_path, Source(path="slides"))
    assert [entry.name.partition("@")[0] for entry in pictures.entries] == ["good.ome.tif"]
    why = pictures.facts["skipped"]["why"]
    assert set(why) == {"bare.ome.tif", "broken.svs", "empty.ndpi"}
    assert "nothing to see" in why["bare.ome.tif"]


@given(
    x=st.integers(-50, 50), y=st.integers(0, 99),
    width=st.integers(1, 9000), height=st.integers(1, 9000), downsample=st.floats(0.25, 8),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_pieces_cover_a_box_and_are_small_enough(
    x: int, y: int, width: int, height: int, downsample: float
) -> None:
    pieces = [*_cut(Box(x, y, width, height), downsample)]
    assert sum(piece.area for piece in pieces) == width * height
    assert all(Box(x, y, width, height).contains(piece) for piece in pieces)
    longest = slide_parts.CHUNK * downsample + 1
    assert all(max(piece.width, piece.height) <= longest for piece in pieces)


@given(
    width=st.integers(1, 500), height=st.integers(1, 500), edge=st.integers(0, 500),
    least=st.integers(1, 100),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_quarters_are_disjoint_wanted_and_large_enough(
    width: int, height: int, edge: int, least: int
) -> None:
    wanted = Box(0, 0, edge, 500)

    def share(box: Box) -> float:
        return box.intersect(wanted).area / max(1, box.area)

    whole = Box(0, 0, width, height)
    pieces = [*_quartered(whole, share, 0.9, least)]
    mask = np.zeros((height, width), int)
    for piece in pieces:
        mask[piece.y : piece.y2, piece.x : piece.x2] += 1
        assert share(piece) >= 0.9
        assert min(piece.width, piece.height) >= least
    assert mask.max(initial=0) <= 1


@pytest.mark.parametrize(
    ("name", "pixel", "count"),
    [
        pytest.param("slides/CMU-1-Small-Region.svs", MICRON, 4, marks=pytest.mark.slow),
        pytest.param("slides/dicom_wsi_CMU-1-Small-Region", MICRON, 4, marks=pytest.mark.slow),
        ("geo/cogeo.tif", PixelSize(size=0.6, unit="m"), 1),
    ],
)
def test_real_slides_and_scenes(
    tmp_path: Path, shared: Path, name: str, pixel: PixelSize, count: int
) -> None:
    if not (shared / "data" / name).exists():
        pytest.skip("it is not there")
    data = data_of(Source(path=f"data/{name}"), pixel=pixel, smallest=128)
    pictures = gather(data, shared, tmp_path)
    assert len(pictures) >= count
    assert pictures.megapixels > 0.5
    assert max(max(entry.width, entry.height) for entry in pictures.entries) <= 1024
    assert len(set(map(str, places(pictures)))) == len(pictures)
