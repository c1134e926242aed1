"""Generators of pixels: no autoencoder, no weights of it, nothing lost."""

from __future__ import annotations

import pytest
import torch

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec
from ssldiff_gui.models.generators import load_generator, save_generator
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.networks import build_network

UNET = {"channels": 3, "widths": [8, 8], "blocks": 1, "groups": 4}


def spec(**changes):
    told = {"channels": 3, "factor": 1, "window": 8, "cell": 8} | changes
    return GeneratorSpec(
        name="pixels", title="Pixels", **told, network=PartSpec(type="GridUNet", config=UNET),
        autoencoder=PartSpec(type="Identity"), local_decoder=True,
    )  # fmt: skip


def saved(folder, **changes):
    made = spec(**changes)
    state = build_network(made.network).module.state_dict()
    return save_generator(folder, made, state, {}, licence=Licence(name="MIT"))


def test_pictures_come_back_as_they_are(tmp_path):
    model = saved(tmp_path / "pixels")
    assert model.generator.autoencoder.file is None
    assert set(model.files) == {"README.md", "network.safetensors"}
    generator = load_generator(tmp_path / "pixels", "cpu", "float32")
    pictures = torch.rand(2, 3, 8, 12) * 2 - 1
    assert torch.equal(generator.encode(pictures), pictures)
    assert torch.equal(generator.decode(pictures), pictures)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_pixels_stay_in_full_precision(dtype):
    made = build_autoencoder(PartSpec(type="Identity"))
    made.place(torch.device("cpu"), dtype)
    assert made.dtype == torch.float32


@pytest.mark.parametrize("changes", [{"factor": 4}, {"channels": 4}])
def test_a_description_that_does_not_fit_is_refused(tmp_path, changes):
    with pytest.raises(DamagedModel, match="3 channels for 1 pixels"):
        saved(tmp_path / "pixels", **changes)


def test_it_takes_no_settings():
    with pytest.raises(DamagedModel):
        build_autoencoder(PartSpec(type="Identity", config={"width": 3}))
