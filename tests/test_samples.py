"""The samples open, are what they claim, and say in every place that they are synthetic."""

from __future__ import annotations

import re

import pytest
import rasterio
import tifffile

from ssldiff_gui import open_slide
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.resources import resource_path

SYNTHETIC = re.compile(
    r"http://cv\.iptc\.org/newscodes/digitalsourcetype/(trainedA|a)lgorithmicMedia"
)
SLIDE = "sample-slide.tif"
SCENE = "sample-scene.tif"


def test_the_slide_is_a_slide():
    with open_slide(resource_path("samples", SLIDE)) as slide:
        scene = slide.scenes[0]
        assert min(scene.width, scene.height) >= 3072
        steps = [round(level.downsample) for level in scene.levels]
        assert steps == [2**step for step in range(len(steps))]
        assert max(scene.levels[-1].width, scene.levels[-1].height) <= 1024
        assert (scene.scale.x, scene.scale.unit) == (0.5, "µm")
        assert scene.objective == 20
        glass = scene.read_level(0, Box(0, 0, 64, 64), scene.display)
        whole = scene.read_level(len(scene.levels) - 1, scene.levels[-1].box, scene.display)
    assert glass.min() > 230
    tissue = whole[whole.min(2) < 220]
    red, green, blue = tissue.mean(0)
    assert 90 < green < min(red, blue) < 225, "haematoxylin and eosin let least green through"


def test_the_scene_is_on_the_map():
    with open_slide(resource_path("samples", SCENE)) as slide:
        scene = slide.scenes[0]
        assert min(scene.width, scene.height) >= 2048
        assert len(scene.levels) >= 4
        assert (scene.scale.x, scene.scale.unit) == (0.3, "m")
        assert scene.georeference.crs == "EPSG:32633"
        assert scene.bands[:3] == ("Red", "Green", "Blue")
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
        found = SYNTHETIC.search(packet)
        assert found
        assert f'K="DigitalSourceType">{found.group()}' in tiff.ome_metadata


def test_the_scene_carries_the_iptc_source_type():
    with rasterio.open(resource_path("samples", SCENE)) as scene:
        tags = scene.tags()
    assert SYNTHETIC.fullmatch(tags["DigitalSourceType"])
    assert tags["SYNTHETIC"] == "YES"


def test_the_resources_stay_small(repository):
    folder = repository / "resources"
    files = (path for path in folder.rglob("*") if path.is_file())
    sizes = {path: path.stat().st_size for path in files if folder / "models" not in path.parents}
    assert sum(sizes.values()) < 60e6
    assert max(sizes.values()) < 8e6
