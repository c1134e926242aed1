"""Labels of folders and of slides: what is written, what is told, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image

from ssldiff_gui.core.errors import (
    AlreadyThere,
    BadRequest,
    Cancelled,
    MissingFile,
    NeedsConsent,
    UnsupportedFile,
)
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.requests import EmbedRequest, parse_request
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs import label_windows
from ssldiff_gui.jobs.embed_plan import plan_embedding
from ssldiff_gui.jobs.label import label
from ssldiff_gui.jobs.label_windows import Windows, mask_maker, region_mask
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage.geojson import read_set
from ssldiff_gui.training.self_labels import NOWHERE, read_labels
from ssldiff_gui.training.self_labels.labelled import read_mask
from tests.models.tiny_encoders import tiny_encoder_folder
from tests.slides.made.tiffs import geotiff, ome_tiff

LOOKS = {"red": (190, 60, 50), "green": (40, 140, 60), "blue": (60, 70, 200)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of three classes, one blank, one broken, and a tiny encoder."""
    folder = tmp_path_factory.mktemp("label")
    tiny_encoder_folder(folder / "tiny")
    random = np.random.default_rng(0)
    for name, colour in LOOKS.items():
        (folder / "pictures" / name).mkdir(parents=True)
        for k in range(4):
            picture = np.clip(colour + random.normal(0, 8, (70, 96, 3)), 0, 255).astype(np.uint8)
            picture[16:40, 24:56] = 255 - picture[16:40, 24:56]
            Image.fromarray(picture).save(folder / "pictures" / name / f"{k}.png")
    Image.new("RGB", (64, 64), "white").save(folder / "pictures" / "red" / "blank.png")
    (folder / "pictures" / "red" / "broken.png").write_bytes(b"no picture")
    ome_tiff(folder / "slide.ome.tif")
    return folder


class Watch:
    """Counts what it is told, and asks for an end after some of it."""

    def __init__(self, last: int = 10**9) -> None:
        self.words: list[str] = []
        self.left = last

    def report(self, done: float, total: float, words: str = "") -> None:
        assert 0 <= done <= total
        self.words.append(words)

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("Stopped.")


def asked(place: Path, output: Path, **changes: Any) -> LabelRequest:
    facts = {
        "source": str(place / "pictures"), "output": str(output), "count": 3,
        "encoder": str(place / "tiny"), "device": "cpu",
    }  # fmt: skip
    return LabelRequest(**(facts | changes))


def test_clusters_of_a_folder_find_its_classes(place, tmp_path):
    out, watch = tmp_path / "labels", Watch()
    told = label(asked(place, out, count=4), watch)
    labels = read_labels(out)
    assert len(labels.pictures) == told["pictures"] == 13
    assert told["nmi"] > 0.8
    assert told["nmi"] > told["nmi_by_chance"] + 0.3
    assert told["skipped"] == ["red/broken.png"]
    assert told["blank"] == ["red/blank.png"]
    assert any("red/broken.png" in note for note in told["notes"])
    assert sum(told["classes"].values()) == 13
    same = {labels.of(f"green/{k}.png").cluster for k in range(4)}
    assert len(same) == 1
    with Image.open(told["sheet"]) as sheet:
        assert sheet.width > 1000
    kept = json.loads((out / "request.json").read_text("utf-8"))
    assert parse_request(kept) == asked(place, out, count=4)
    assert any("Embedding" in words for words in watch.words)


def test_the_same_request_gives_the_same_bytes(place, tmp_path):
    out = tmp_path / "labels"
    files = []
    for _ in range(2):  # the second time over the first
        label(asked(place, out, method="masks"))
        files.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert files[0] == files[1]
    assert len(files[0]) == 13 + 3


def test_boxes_are_in_the_pixels_of_the_files(place, tmp_path):
    """Pictures at twice the encoder's scale are looked at half as large."""
    fine = tmp_path / "fine"
    fine.mkdir()
    for k in range(2):
        with Image.open(place / "pictures" / "green" / f"{k}.png") as picture:
            picture.resize((192, 140), Image.Resampling.NEAREST).save(fine / f"{k}.png")
    told = label(
        asked(place, tmp_path / "labels", source=str(fine), method="boxes", boxes=2,
              pixel=PixelSize(size=0.25, unit="µm"))
    )  # fmt: skip
    labels = read_labels(tmp_path / "labels")
    found = [box for one in labels.pictures for box in one.areas]
    assert len(found) == told["classes"]["thing"] >= 2
    assert {(one.width, one.height) for one in labels.pictures} == {(192, 140)}
    assert all(box.x2 <= 192 and box.y2 <= 140 and not box.empty for box in found)
    assert any(box.x2 > 96 or box.y2 > 70 for box in found)


def test_a_blank_picture_has_no_box_and_is_told_of(place, tmp_path):
    told = label(asked(place, tmp_path / "labels", method="boxes"))
    assert read_labels(tmp_path / "labels").of("red/blank.png").boxes == ()
    assert told["blank"] == ["red/blank.png"]
    assert any("1 of the pictures are blank" in note for note in told["notes"])


def test_masks_of_a_folder_are_of_its_sizes(place, tmp_path):
    out = tmp_path / "labels"
    told = label(asked(place, out, method="masks", pixel=PixelSize(size=0.3, unit="µm")))
    labels = read_labels(out)
    for one in labels.pictures:
        assert read_mask(out, labels, one).shape == (one.height, one.width)
    assert sum(told["classes"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"source": "nowhere"}, MissingFile, "nothing at"),
        ({"count": 40}, BadRequest, "13 pictures"),
        ({"region": (0, 0, 9, 9)}, BadRequest, "region"),
        ({"pixel": PixelSize(size=1, unit="m")}, BadRequest, "in m a pixel"),
    ],
)
def test_what_does_not_go_together_is_refused(place, tmp_path, changes, kind, words):
    with pytest.raises(kind, match=words) as told:
        label(asked(place, tmp_path / "labels", **changes))
    assert told.value.hint
    assert not (tmp_path / "labels").exists()


def test_folders_that_cannot_be_labelled_are_refused(place, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    with pytest.raises(BadRequest, match="no picture"):
        label(asked(place, tmp_path / "labels", source=str(few)))
    Image.new("RGB", (64, 64), "white").save(few / "one.png")
    with pytest.raises(BadRequest, match="blank"):
        label(asked(place, tmp_path / "labels", source=str(few), method="masks"))
    Image.effect_noise((64, 64), 60).save(few / "one.png")
    with pytest.raises(BadRequest, match="one picture"):
        label(asked(place, tmp_path / "labels", source=str(few)))
    with pytest.raises(BadRequest, match="among the pictures"):
        label(asked(place, few / "labels", source=str(few)))
    with pytest.raises(AlreadyThere):
        label(asked(place, few, source=str(place / "pictures")))


@pytest.mark.parametrize("method", ["clusters", "boxes", "masks"])
def test_an_end_leaves_older_labels_as_they_were(place, tmp_path, method):
    out = tmp_path / "labels"
    label(asked(place, out))
    before = (out / "labels.json").read_bytes()
    with pytest.raises(Cancelled):
        label(asked(place, out, method=method), Watch(20))
    assert (out / "labels.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels"]


# Slides and scenes


def on_slide(place: Path, output: Path, **changes: Any) -> LabelRequest:
    return asked(place, output, source=str(place / "slide.ome.tif"), **changes)


@pytest.mark.parametrize("method", ["clusters", "boxes", "masks"])
def test_a_slide_gets_annotations_one_can_correct(place, tmp_path, method):
    out = tmp_path / "found.geojson"
    told = label(on_slide(place, out, method=method, region=(64, 32, 480, 352)))
    found = read_set(out)
    assert len(found.annotations) == told["shapes"] > 0
    assert {a.class_name for a in found.annotations} <= set(told["classes"])
    assert len({c.colour for c in found.classes}) == len(found.classes)
    for one in found.annotations:
        assert one.editable
        assert one.geometry.is_valid
        left, top, right, bottom = one.bounds
        assert left >= 64
        assert top >= 32
        assert right <= 64 + 480
        assert bottom <= 32 + 352
    kept = json.loads((tmp_path / "found.geojson.request.json").read_text("utf-8"))
    assert parse_request(kept).method == method
    before = out.read_bytes()
    label(on_slide(place, out, method=method, region=(64, 32, 480, 352)))
    assert out.read_bytes() == before


def test_clusters_of_cells_do_not_overlap_and_lie_on_cells(place, tmp_path):
    out = tmp_path / "found.geojson"
    label(on_slide(place, out, region=(64, 32, 320, 320)))
    shapes = [a.geometry for a in read_set(out).annotations]
    assert shapely.union_all(shapes).area == pytest.approx(sum(s.area for s in shapes))
    for shape in shapes:
        corners = shapely.get_coordinates(shape)
        assert ((corners - (64, 32)) % 32 == 0).all()


@pytest.mark.slow
def test_masks_meet_at_windows_and_leave_glass_out(repository, monkeypatch):
    """Small windows give nearly the mask of one large one: the halo holds what matters."""
    monkeypatch.setattr("ssldiff_gui.slides.tissue.LARGEST_LOOK", 1 << 16)
    encoder = load_encoder("starter-histology-encoder", "cpu")
    asked = LabelRequest(source="", output="", encoder="", method="masks", count=3, seed=2)
    with open_slide(repository / "resources" / "samples" / "sample-slide.tif") as slide:
        where = EmbedRequest(slide="", model="", output="", region=(450, 150, 320, 320))
        plan = plan_embedding(where, slide.scenes[0], encoder.spec)
        whole = Windows.of(slide.scenes[0], plan)
        corners = [(x, y) for y in (0, 160) for x in (0, 160)]
        parts = replace(whole, boxes=tuple(Box(x, y, 160, 160) for x, y in corners))
        maker = mask_maker(asked, encoder, whole, Watch())
        one, four = (region_mask(maker, w, Watch(), edges=False) for w in (whole, parts))
        tissue = whole.where(whole.boxes[0])
    assert len(whole.boxes) == 1
    assert (one == four).mean() > 0.98
    assert 0.2 < tissue.mean() < 0.95
    np.testing.assert_array_equal(one == NOWHERE, ~tissue)


def test_a_scene_is_labelled_in_pixels_and_on_a_map(place, tmp_path):
    data = np.random.default_rng(0).integers(0, 256, (3, 160, 192), np.uint8)
    source = geotiff(tmp_path / "scene.tif", data)
    tiny_encoder_folder(tmp_path / "metres", pixel=PixelSize(size=0.5, unit="m"))
    for method in ("clusters", "masks"):
        facts = {"source": str(source), "encoder": str(tmp_path / "metres"), "method": method}
        told = label(asked(place, tmp_path / "found.geojson", **facts))
        assert told["shapes"] > 0
        with open_slide(source) as slide:
            found = read_set(tmp_path / "found.geojson", slide.scenes[0].georeference)
        left, top, right, bottom = shapely.total_bounds([a.geometry for a in found.annotations])
        assert (left, top, right, bottom) == (0, 0, 192, 160)
    assert label(asked(place, tmp_path / "found.gpkg", **facts))["shapes"] == told["shapes"]


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"output": "found.txt"}, UnsupportedFile, "annotations"),
        ({"output": "found.gpkg"}, UnsupportedFile, "maps"),
        ({"output": "no/found.geojson"}, MissingFile, "no folder"),
        ({"scene": 3}, BadRequest, "no scene"),
        ({"region": (9000, 0, 90, 90)}, BadRequest, "outside"),
        ({"count": 500}, BadRequest, "500 clusters"),
    ],
)
def test_slides_that_cannot_be_labelled_are_refused(place, tmp_path, changes, kind, words):
    changes = {"output": "found.geojson"} | changes
    output = tmp_path / changes.pop("output")
    with pytest.raises(kind, match=words) as told:
        label(on_slide(place, output, **changes))
    assert told.value.hint


def test_a_high_cost_is_asked_about(place, tmp_path, monkeypatch):
    monkeypatch.setattr("ssldiff_gui.jobs.embed_plan.MANY_CELLS", 10)
    with pytest.raises(NeedsConsent):
        label(on_slide(place, tmp_path / "found.geojson"))
    label(on_slide(place, tmp_path / "found.geojson"), yes=True)
    monkeypatch.setattr(label_windows, "LARGEST", 1000)
    with pytest.raises(Exception, match="million"):
        label(on_slide(place, tmp_path / "found.geojson", method="masks"), yes=True)


def test_nothing_is_half_written_when_it_is_stopped(place, tmp_path):
    for method in ("clusters", "boxes", "masks"):
        with pytest.raises(Cancelled):
            label(on_slide(place, tmp_path / "found.geojson", method=method), Watch(1))
    assert list(tmp_path.iterdir()) == []
