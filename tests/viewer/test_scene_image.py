from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from napari.layers import Image

from ssldiff_gui.viewer.scene_image import SceneImage


@pytest.mark.parametrize("shape", [(300, 500), (40, 900), (20, 10), (1, 1)])
def test_the_thumbnail_is_napari_s_own_but_for_the_way_it_is_shrunk(shape):
    picture = np.zeros((*shape, 3), dtype=np.uint8)
    picture[: max(1, shape[0] // 2)] = (200, 20, 40)
    ours, theirs = SceneImage(picture, rgb=True), Image(picture, rgb=True)
    assert ours.thumbnail.shape == theirs.thumbnail.shape
    assert ours.thumbnail.dtype == np.uint8
    found = {tuple(colour) for colour in ours.thumbnail.reshape(-1, 4)}
    assert (200, 20, 40, 255) in found
    assert ours._type_string == theirs._type_string == "image"


def test_a_layer_is_made_without_scipy_s_image_functions():
    code = (
        "import sys, numpy as np; from ssldiff_gui.viewer.scene_image import SceneImage; "
        "SceneImage(np.zeros((9, 9, 3), np.uint8), rgb=True, contrast_limits=(0, 255)); "
        "sys.exit('scipy.ndimage' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
