"""The samples open, are what they claim, and say in every place that they are synthetic."""

from __future__ import annotations

import pytest
import rasterio
import tifffile

from ssldiff_gui import open_slide
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.resources import resource_path

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
SLIDE = "sample-slide.tif"
SCENE = "sample-scene.tif"


def test_the_slide_is_a_slide():
    with open_slide(resource_path("samples", SLIDE)) as slide:
        scene = slide.scenes[0]
        assert (scene.levels[0].width, scene.levels[0].height) == (8192, 6144)
        assert [round(level.downsample) for level in scene.levels] == [1, 2, 4, 8, 16]
        assert (scene.scale.x, scene.scale.unit) == (0.5, "µm")
        assert scene.objective == 20
        glass = scene.read_level(0, Box(0, 0, 64, 64), scene.display)
        tissue = scene.read_level(0, Box(6000, 4800, 400, 400), scene.display)
    assert glass.min() > 230
    red, green, blue = tissue.reshape(-1, 3).mean(0)
    assert 120 < green < min(red, blue) < 225, "haematoxylin and eosin let least green through"


def test_the_scene_is_on_the_map_and_has_four_bands():
    with open_slide(resource_path("samples", SCENE)) as slide:
        scene = slide.scenes[0]
        assert len(scene.levels) >= 4
        assert (scene.scale.x, scene.scale.unit) == (0.3, "m")
        assert scene.georeference.crs == "EPSG:32633"
        assert scene.bands == ("Red", "Green", "Blue", "Near infrared")
        assert scene.display.bands == (0, 1, 2)


@pytest.mark.parametrize("name", [SLIDE, SCENE])
def test_the_first_thing_a_reader_sees_says_synthetic(name):
    with tifffile.TiffFile(resource_path("samples", name)) as tiff:
        page = tiff.pages[0]
        assert "SYNTHETIC" in page.description
        assert page.software == "SSLDiff Studio packaging/make_samples.py"


def test_the_slide_carries_the_iptc_source_type():
    with tifffile.TiffFile(resource_path("samples", SLIDE)) as tiff:
        packet = bytes(tiff.pages[0].tags[700].value).decode()
        assert SOURCE in packet
        assert f'K="DigitalSourceType">{SOURCE}' in tiff.ome_metadata


def test_the_scene_carries_the_iptc_source_type():
    with rasterio.open(resource_path("samples", SCENE)) as scene:
        tags = scene.tags()
    assert tags["DigitalSourceType"] == SOURCE
    assert tags["SYNTHETIC"] == "YES"


def test_the_resources_stay_small(repository):
    folder = repository / "resources"
    sizes = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 60e6
    assert max(sizes.values()) < 8e6
