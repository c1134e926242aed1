"""PixCell's 4K way: the preset "pixcell-4k" of the engine against the original's own latents."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.plan import Plan
from ssldiff_gui.sampling.presets import preset_named
from ssldiff_gui.sampling.render import Renderer
from ssldiff_gui.sampling.store import WindowStore
from tests.models.pixcell import make

STEPS = 5
STRIDE = 8


class Recorded:
    """The noise that the original began with."""

    def __init__(self, latent):
        self.latent = latent[0].numpy()

    def draw(self, stream, y, x, height, width):
        """Cut a rectangle out of it; no other stream is asked for."""
        assert stream == 0
        return self.latent[:, y : y + height, x : x + width]


@pytest.fixture(scope="module")
def recorded(parity):
    if not (parity / "pixcell").is_dir():
        pytest.skip("PixCell's answers are not in the folder of the others")
    return load_file(parity / "pixcell" / "io.safetensors")


@pytest.fixture(scope="module")
def generator(tmp_path_factory, parity):
    return make(tmp_path_factory.mktemp("pixcell") / "model", parity, "1024")


def engine(generator, recorded, **changed):
    spec = generator.spec
    grid = EmbeddingGrid(recorded["big.emb"].numpy(), spec.encoder, spec.cell * spec.factor)
    preset = preset_named("pixcell-4k", steps=STEPS)
    share = STRIDE / spec.window
    preset = preset.model_copy(update={"stride": share, "decode_stride": share} | changed)
    plan = Plan.of(generator, preset, grid.rows, grid.columns)
    assert preset.guidance is not None
    return Renderer(
        [generator], plan, GridField(grid, spec), Recorded(recorded["big.x_T"]), WindowStore(None),
        batch=4, guidance=preset.guidance,
    )  # fmt: skip


def latents(renderer, phases=STEPS):
    """Return what the engine blends to after so many phases, scaled as the original's are."""
    plan = renderer.plan
    for index in range(phases):
        renderer._run_phase(index, plan.needs([Box(0, 0, 320, 320)])[index])
    found = renderer._blended(phases - 1, Box(0, 0, plan.width, plan.height))[0]
    return torch.from_numpy(found) / math.hypot(1, plan.phases[phases - 1].steps[-1].then)


def close(found, expected):
    return (found - expected).abs().max().item() <= 2e-4 * expected.abs().max().item()


def test_the_first_step_is_theirs(generator, recorded):
    found = latents(engine(generator, recorded), 1)
    assert close(found[:4], recorded["big.latent_after_1_ch0_3"][0])


def test_the_whole_way_is_theirs(generator, recorded):
    assert close(latents(engine(generator, recorded)), recorded["big.latent"][0])


@pytest.mark.parametrize("changed", [{"guidance": 2.0}, {"blend": "hann"}, {"told": 1}])
def test_the_traps_would_be_seen(generator, recorded, changed):
    assert not close(latents(engine(generator, recorded, **changed)), recorded["big.latent"][0])


def test_the_picture_is_theirs(generator, recorded):
    renderer = engine(generator, recorded)
    latents(renderer)
    found = renderer.floats(Box(0, 112, 320, 96))
    levels = ((np.clip(found, -1, 1) + 1) * 127.5).astype(np.uint8).transpose(1, 2, 0)
    expected = recorded["big.image_rows"][0].numpy()
    assert np.abs(levels.astype(int) - expected).max() <= 1
