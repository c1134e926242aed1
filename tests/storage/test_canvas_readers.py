"""Any OME-Zarr reader opens a canvas, finished or not, and is told that it is synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from ssldiff_gui.core.geometry import Box, Georeference, Scale
from ssldiff_gui.core.recipe import SYNTHETIC
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_files import ASIDE
from ssldiff_gui.storage.canvas_layout import Layout
from ssldiff_gui.storage.canvas_metadata import array_metadata
from tests.storage.canvases import a_canvas, a_picture, all_tiles, fill, halved, tile_of, whole


def ome(canvas: Canvas) -> dict[str, Any]:
    found = json.loads((canvas.path / "zarr.json").read_text())["attributes"]["ome"]
    assert isinstance(found, dict)
    return found


def test_zarr_reads_every_level(tmp_path: Path) -> None:
    picture = a_picture()
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, picture)
        canvas.finish()
        group = zarr.open_group(canvas.path, mode="r")
        assert sorted(dict(group.arrays())) == ["0", "1", "2", "3"]
        for level in range(len(canvas.levels)):
            array = group[str(level)]
            assert isinstance(array, zarr.Array)
            assert array.shards == (3, 64, 64)
            assert array.chunks == (1, 16, 16)
            found = np.moveaxis(np.asarray(array[:]), 0, 2)
            assert np.array_equal(found, whole(canvas, level))


def test_zarr_reads_a_canvas_of_the_usual_tiles(tmp_path: Path) -> None:
    picture = a_picture(1100, 1030)
    with a_canvas(tmp_path / "a.ome.zarr", 1100, 1030, tile=1024, chunk=256) as canvas:
        fill(canvas, picture)
        array = zarr.open_array(canvas.path / "0", mode="r")
        assert np.array_equal(np.moveaxis(np.asarray(array[:]), 0, 2), picture)


def test_the_metadata_of_arrays_are_those_that_zarr_writes(tmp_path: Path) -> None:
    """Guards against a word that a newer zarr no longer understands."""
    wanted = array_metadata(Layout(300, 200, 64, 16), 0)
    codec = zarr.codecs.ZstdCodec(level=1, checksum=True)
    zarr.create_array(
        tmp_path / "0",
        shape=(3, 200, 300),
        shards=(3, 64, 64),
        chunks=(1, 16, 16),
        dtype="uint8",
        fill_value=255,
        compressors=codec,
        dimension_names=("c", "y", "x"),
    )
    written = json.loads((tmp_path / "0" / "zarr.json").read_text())
    assert {key: value for key, value in written.items() if value != []} == wanted


def test_our_reader_shows_it_while_it_is_being_made(tmp_path: Path) -> None:
    picture = a_picture()
    with (
        a_canvas(tmp_path / "a.ome.zarr", scale=Scale(0.5, 0.5, "µm"), name="Lung") as canvas,
        open_slide(canvas.path) as slide,
    ):
        scene = slide.scenes[0]
        assert (scene.name, scene.scale) == ("Lung", Scale(0.5, 0.5, "µm"))
        assert tuple(scene.bands) == ("Red", "Green", "Blue")
        assert [(level.width, level.height) for level in scene.levels] == list(canvas.levels)
        assert (scene.read_level(0, scene.levels[0].box) == 255).all()
        shown = np.full_like(picture, 255)
        for at in all_tiles(canvas):
            canvas.write(*at, tile_of(canvas, picture, *at))
            box = canvas.layout.box((0, *at))
            shown[box.y : box.y2, box.x : box.x2] = tile_of(canvas, picture, *at)
            assert np.array_equal(scene.read_level(0, scene.levels[0].box), shown)
        assert np.array_equal(scene.read_level(1, scene.levels[1].box), halved(picture))


@pytest.mark.parametrize(
    ("scale", "unit"),
    [
        (Scale(0.25, 0.5, "µm"), "micrometer"),
        (Scale(10.0, 10.0, "m"), "meter"),
        (Scale(1e-5, 1e-5, "°"), None),
        (None, None),
    ],
)
def test_coarser_pixels_lie_where_they_were_made_from(
    tmp_path: Path, scale: Scale | None, unit: str | None
) -> None:
    """The middle of a coarser pixel is the mean of the middles of those beneath it."""
    with a_canvas(tmp_path / "a.ome.zarr", scale=scale) as canvas:
        multiscale = ome(canvas)["multiscales"][0]
    assert [axis["name"] for axis in multiscale["axes"]] == ["c", "y", "x"]
    assert [axis.get("unit") for axis in multiscale["axes"]] == [None, unit, unit]
    x = scale.x if scale is not None and unit else 1.0
    y = scale.y if scale is not None and unit else 1.0
    for level, dataset in enumerate(multiscale["datasets"]):
        steps = {step["type"]: step[step["type"]] for step in dataset["coordinateTransformations"]}
        shift = steps.get("translation", [0, 0, 0])
        beneath = np.arange(2**level).mean()
        assert dataset["path"] == str(level)
        assert steps["scale"] == [1, y * 2**level, x * 2**level]
        assert shift == [0, y * beneath, x * beneath]


def test_the_metadata_follow_ome_zarr(tmp_path: Path) -> None:
    models = pytest.importorskip("ome_zarr_models")
    with a_canvas(tmp_path / "a.ome.zarr", scale=Scale(0.5, 0.5, "µm")) as canvas:
        canvas.write(0, 0, tile_of(canvas, a_picture(), 0, 0))
        image = models.open_ome_zarr(zarr.open_group(canvas.path, mode="r"))
        assert type(image).__name__ == "Image"
        assert image.ome_zarr_version == "0.5"


def test_it_says_that_it_is_synthetic_and_how_it_was_made(tmp_path: Path) -> None:
    place = Georeference("EPSG:32614", (0.5, 0.0, 600_000.0, 0.0, -0.5, 5_200_000.0))
    with a_canvas(tmp_path / "a.ome.zarr", georeference=place) as canvas:
        found = zarr.open_group(canvas.path, mode="r").attrs["ssldiff"]
        assert isinstance(found, dict)
        assert found["synthetic"] is True
        assert found["digital_source_type"] == SYNTHETIC
        assert found["recipe"] == canvas.recipe.model_dump(mode="json")
        assert found["georeference"] == {"crs": place.crs, "affine": list(place.affine)}


@pytest.mark.parametrize("share", ["nothing", "a tile", "all"])
def test_our_reader_knows_where_on_earth_it_lies(tmp_path: Path, share: str) -> None:
    place = Georeference("EPSG:32614", (0.5, 0.0, 600_000.0, 0.0, -0.5, 5_200_000.0))
    scale = Scale(0.5, 0.5, "m")
    with a_canvas(tmp_path / "a.ome.zarr", scale=scale, georeference=place) as canvas:
        if share == "a tile":
            canvas.write(0, 0, tile_of(canvas, a_picture(), 0, 0))
        elif share == "all":
            fill(canvas, a_picture())
            canvas.finish()
        with open_slide(canvas.path) as slide:
            assert slide.scenes[0].scale == scale
            assert slide.scenes[0].georeference == place


AFFINE = [0.5, 0.0, 600_000.0, 0.0, -0.5, 5_200_000.0]
NESTED = "GEOGCS[" * 9000 + "]" * 9000


@pytest.mark.parametrize(
    "lie",
    [
        {"crs": "EPSG:32614", "affine": [float("nan"), *AFFINE[1:]]},
        {"crs": "EPSG:32614", "affine": [1e308, 1e308, 0, 1e308, -1e308, 0]},
        {"crs": "EPSG:32614", "affine": [10**400, *AFFINE[1:]]},
        {"crs": "EPSG:32614", "affine": [0.0] * 6},
        {"crs": "EPSG:32614", "affine": AFFINE[:5]},
        {"crs": "EPSG:9999999", "affine": AFFINE},
        {"crs": "+init=/etc/passwd:root", "affine": AFFINE},
        {"crs": "/vsicurl/https://example.org/a.prj", "affine": AFFINE},
        {"crs": NESTED, "affine": AFFINE},
        {"crs": ["EPSG:32614"], "affine": AFFINE},
        "EPSG:32614",
        [1],
    ],
    ids=lambda lie: str(lie)[:40],
)
def test_a_place_that_makes_no_sense_is_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], lie: object
) -> None:
    with a_canvas(tmp_path / "a.ome.zarr", scale=Scale(0.5, 0.5, "µm")) as canvas:
        pass
    file = canvas.path / "zarr.json"
    facts = json.loads(file.read_text())
    facts["attributes"]["ssldiff"]["georeference"] = lie
    for scale in ({"x": -1, "y": 1, "unit": "m"}, {"x": 1, "y": 1, "unit": "ft"}, 7, [lie]):
        facts["attributes"]["ssldiff"]["scale"] = scale
        file.write_text(json.dumps(facts))
        with open_slide(canvas.path) as slide:
            assert slide.scenes[0].georeference is None
            assert slide.scenes[0].scale == Scale(0.5, 0.5, "µm")
    assert capfd.readouterr().err == ""


def test_who_has_it_open_sees_a_tile_written_again(tmp_path: Path) -> None:
    old, new = a_picture(seed=0), a_picture(seed=1)
    with a_canvas(tmp_path / "a.ome.zarr") as canvas:
        fill(canvas, old)
        box = Box(0, 0, 64, 64)
        array = zarr.open_array(canvas.path / "0", mode="r")
        canvas.write(0, 0, tile_of(canvas, new, 0, 0))
        assert np.array_equal(canvas.read(box), new[:64, :64])
        assert np.array_equal(np.moveaxis(np.asarray(array[:, :64, :64]), 0, 2), new[:64, :64])
        assert not list((canvas.path / ASIDE).iterdir())
