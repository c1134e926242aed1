from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.evaluate_features import (
    cells_of,
    pooled,
    sheet,
    some_cells,
    squares_of,
    to_levels,
    windows_of,
)
from ssldiff_gui.jobs.evaluate_sources import draw_crops, side_of, sources
from ssldiff_gui.training.pictures import Pictures, write_pictures
from tests.jobs.evaluated import PIXEL, class_folders, picture_folder


@pytest.fixture
def pictures(tmp_path):
    return Pictures(picture_folder(tmp_path / "pictures"))


def request(**changes):
    return EvaluateRequest(what="encoder", model="m", **changes)


def numbered(tmp_path, sizes):
    """Pictures whose every pixel says where it is."""
    found = []
    for k, side in enumerate(sizes):
        y, x = np.mgrid[:side, :side]
        pixels = np.stack([np.full_like(x, k), y, x], axis=-1).astype(np.uint8)
        told = {"name": str(k), "source": 0, "label": "ab"[k % 2], "group": str(k),
                "held_out": False}  # fmt: skip
        found.append((told, pixels))
    return write_pictures(tmp_path / "numbered", found, {})


def test_crops_do_not_overlap_and_come_from_all_classes(tmp_path):
    crops = draw_crops(numbered(tmp_path, [70, 200, 70, 64]), 12, 64, 0)
    assert len(crops) == 3 + 9
    corners = [tuple(crop[0, 0].tolist()) for crop in crops.pixels]
    for k, (picture, top, left) in enumerate(corners):
        assert (crops.pixels[k][-1, -1] == (picture, top + 63, left + 63)).all()
        for other, y, x in corners[:k]:
            assert other != picture or abs(y - top) >= 64 or abs(x - left) >= 64
    assert crops.labels[:4] == ("a", "b", "a", "b")


def test_the_same_seed_draws_the_same_crops(pictures):
    first, second = (draw_crops(pictures, 6, 64, 3) for _ in range(2))
    assert (first.pixels == second.pixels).all()
    assert not (draw_crops(pictures, 6, 64, 4).pixels == first.pixels).all()


def test_halves_share_classes_and_no_crop(pictures):
    crops = draw_crops(pictures, 18, 128, 0)
    first, second = crops.halves()
    assert len(first) == len(second) == 9
    assert not set(first) & set(second)
    assert not {crops.groups[k] for k in first} & {crops.groups[k] for k in second}
    assert {crops.labels[k] for k in first} == {crops.labels[k] for k in second}


def test_the_side_fits_nine_in_ten(tmp_path):
    assert side_of(numbered(tmp_path, [70, 100, 130]), 256, 32) == 64
    with pytest.raises(BadRequest, match="smaller than a cell"):
        side_of(numbered(tmp_path, [20]), 256, 32)
    with pytest.raises(BadRequest, match="No picture has room"):
        draw_crops(numbered(tmp_path, [20]), 2, 32, 0)


def test_held_out_pictures_and_an_unseen_source(tmp_path, pictures):
    unseen = class_folders(tmp_path / "other")
    asked = request(pictures=str(pictures.folder), unseen=str(unseen), unseen_pixel=0.25)
    with sources(asked, PIXEL, Silent()) as found:
        assert [source.name for source in found] == ["held out", "unseen: other"]
        assert all(entry.held_out for entry in found[0].held_out.entries)
        assert found[1].held_out[0].shape == (64, 64, 3)
        assert found[1].held_out.labels == found[1].training.labels == ["dots", "rows", "waves"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({}, BadRequest, "no pictures to measure on"),
        ({"pictures": "nowhere"}, MissingFile, "holds no gathered pictures"),
        ({"data": ".", "config": "no/such"}, MissingFile, "no configuration"),
    ],
)
def test_what_is_missing_is_said(tmp_path, monkeypatch, changes, error, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words), sources(request(**changes), PIXEL, Silent()):
        pass


def test_pictures_of_another_resolution_are_refused(pictures):
    other = PixelSize(size=0.25, unit="µm")
    asked = request(pictures=str(pictures.folder))
    with pytest.raises(BadRequest, match=r"0\.5 µm a pixel"), sources(asked, other, Silent()):
        pass


def test_an_unseen_source_needs_its_resolution(tmp_path, pictures):
    asked = request(pictures=str(pictures.folder), unseen=str(tmp_path))
    with pytest.raises(BadRequest, match="how wide a pixel"), sources(asked, PIXEL, Silent()):
        pass


def test_pictures_are_gathered_by_a_configuration(tmp_path):
    class_folders(tmp_path / "data" / "tiles")
    config = tmp_path / "run.toml"
    config.write_text(
        '[data]\nsmallest = 64\npixel = { size = 0.5, unit = "µm" }\n'
        '[[data.sources]]\npath = "tiles"\npixel = 0.5\nheld_out = "[23].png"\n',
        "utf-8",
    )
    asked = request(data=str(tmp_path / "data"), config=str(config))
    with sources(asked, PIXEL, Silent()) as found:
        assert (len(found[0].training), len(found[0].held_out)) == (6, 6)
    config.write_text("[data]\nsmallest = 0\n", "utf-8")
    with pytest.raises(BadRequest, match=r"data\.pixel"), sources(asked, PIXEL, Silent()):
        pass


def test_cells_windows_and_squares():
    pictures = np.arange(2 * 8 * 12 * 3, dtype=np.uint8).reshape(2, 8, 12, 3)
    cells = cells_of(pictures, 4)
    assert cells.shape == (2, 2, 3, 4, 4, 3)
    assert (cells[1, 1, 2] == pictures[1, 4:, 8:]).all()
    assert some_cells(pictures[0], 4, 10).shape == (6, 4, 4, 3)
    assert some_cells(pictures[0], 2, 4).shape == (4, 2, 2, 3)
    assert squares_of(pictures, 4).shape == (12, 4, 4, 3)
    grids = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4, 1)
    assert windows_of(grids, 4).ravel().tolist() == [7.5, 23.5]
    assert windows_of(grids, 2, 2).shape == (8, 1)
    assert windows_of(grids, 2)[:3].ravel().tolist() == [2.5, 3.5, 4.5]
    assert pooled(np.array([[0.0, 1], [2, 1]], np.float32)).tolist() == [1, 1, 1, 0]


def test_sheets_and_levels():
    made = sheet([[np.zeros((4, 4, 3), np.uint8)] * 3, [np.ones((4, 4, 3), np.uint8)]])
    assert made.shape == (12, 20, 3)
    assert made[0, 0, 0] == 0
    assert made[11, 19, 0] == 255
    levels = to_levels(np.array([-2.0, -1, 0, 1]).reshape(1, 1, 2, 2).repeat(3, axis=1))
    assert levels[0, ..., 0].ravel().tolist() == [0, 0, 128, 255]
