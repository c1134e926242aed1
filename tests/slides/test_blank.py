from __future__ import annotations

import numpy as np

from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.slides.blank import blank


def test_it_is_white_at_every_scale_and_of_the_size_that_was_asked():
    with blank("New canvas", 70_001, 3_000, key="a", scale=Scale(0.5, 0.5, "µm")) as slide:
        scene = slide.scenes[0]
        assert (scene.width, scene.height, scene.name) == (70_001, 3_000, "New canvas")
        assert scene.scale == Scale(0.5, 0.5, "µm")
        assert max(scene.levels[-1].width, scene.levels[-1].height) <= 1024
        assert (scene.read(Region(Box(60_000, 2_900, 300, 300))) == 255).all()
        assert (scene.read(Region(scene.box, 97.3)) == 255).all()
        assert scene.display.limits is None


def test_no_file_is_asked_for():
    slide = blank("New canvas", 100, 100, key="a")
    slide.check_unchanged()
    assert not slide.has_file
    assert slide.fingerprint == blank("Another name", 9, 9, key="a").fingerprint
    assert slide.fingerprint != blank("New canvas", 100, 100, key="b").fingerprint
    assert slide.fingerprint.startswith("sha256:")


def test_its_name_is_a_name_and_no_path():
    slide = blank("../glands/24 mm\\x ", 10, 10, key="a")
    assert slide.path.name == "..-glands-24 mm-x"
    assert slide.path.parent.name == ""
    assert blank("  ", 10, 10, key="a").path.name == "Blank"
    assert isinstance(slide.scenes[0].read(Region(Box(0, 0, 2, 2))), np.ndarray)
