"""Autoencoders that go on learning: ours and those of diffusers, nearer to held-out pictures."""

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import AutoencoderSpec, Licence, ModelFile, PartSpec, PixelSize
from ssldiff_gui.models.folders import read_model, write_model
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.loading import AUTOENCODER
from ssldiff_gui.training.autoencoder import AutoencoderTask
from ssldiff_gui.training.describing import loaded_autoencoder
from ssldiff_gui.training.loop import run
from ssldiff_gui.training.tensors import as_tensor
from tests.training.made_places import CODER, made_place, pictures, settings

BLOCKS = {"block_out_channels": [16, 16, 16], "norm_num_groups": 8, "latent_channels": 4,
          "layers_per_block": 1, "down_block_types": ["DownEncoderBlock2D"] * 3,
          "up_block_types": ["UpDecoderBlock2D"] * 3}  # fmt: skip
KINDS = {"AutoencoderKL": BLOCKS,
         "VQModel": BLOCKS | {"num_vq_embeddings": 32, "vq_embed_dim": 4}}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = made_place(tmp_path_factory.mktemp("coded"))
    for kind, config in KINDS.items():
        torch.manual_seed(0)
        part = PartSpec(type=kind, config=config, file=AUTOENCODER)
        spec = AutoencoderSpec(
            name=kind.lower(), title=kind, channels=4, factor=4, latent_scale=0.5,
            latent_shift=0.1, pixel=PixelSize(size=1, unit="µm"), autoencoder=part,
        )  # fmt: skip
        model = ModelFile(kind="autoencoder", autoencoder=spec, licence=Licence(name="CC0-1.0"))
        state = build_autoencoder(part).module.state_dict()
        write_model(root / kind, model, "# A card\n", {AUTOENCODER: state})
    return root


def went_on(place, out, steps=3, rate=2e-3, **model):
    """Take some steps from an autoencoder; return the task and the folder it wrote."""
    told = settings("autoencoder", {"side": 32, **model}, steps=steps, rate=rate, batch=4,
                    average=0.9, show_every=steps)  # fmt: skip
    task = AutoencoderTask(told, pictures(place, told), out, find=place.joinpath,
                           progress=Silent())  # fmt: skip
    average = run(task, told, out, Silent())
    task.save(out / "model", average, "# A card\n", {})
    return task, out / "model"


def psnr(place, folder):
    """Return how near held-out pictures come back."""
    told = settings("autoencoder", CODER)
    crops = pictures(place, told).held_out().crops(np.random.default_rng(1), 8, 64)
    seen = as_tensor(crops) * 2 - 1
    coder = loaded_autoencoder(folder)
    with torch.no_grad():
        back = coder.decode(coder.encode(seen)).clamp(-1, 1)
    return float(-10 * (back - seen).square().mean().log10() + 6.02)


@pytest.mark.parametrize(("kind", "gain"), [("AutoencoderKL", 3.0), ("VQModel", 0.5)])
def test_held_out_pictures_come_back_nearer(place, tmp_path, kind, gain):
    _, folder = went_on(place, tmp_path, steps=40, rate=4e-3, start=kind)
    assert psnr(place, folder) > psnr(place, place / kind) + gain
    made = read_model(folder).autoencoder
    assert (made.autoencoder.type, made.latent_scale, made.latent_shift) == (kind, 0.5, 0.1)
    assert made.pixel.size == 0.5
    assert (tmp_path / "pictures-000040.png").is_file()


def test_our_own_goes_on_as_well_and_keeps_its_latents(place, tmp_path):
    _, folder = went_on(place, tmp_path, start="autoencoder")
    before, after = (loaded_autoencoder(f) for f in (place / "autoencoder", folder))
    assert before.key == after.key
    assert any(not torch.equal(before.weights[k], after.weights[k]) for k in before.weights)
    assert {v.dtype for v in after.weights.values()} == {torch.float16}


@pytest.mark.parametrize("kind", [*KINDS])
def test_latents_stay_when_the_decoder_alone_learns(place, tmp_path, kind):
    _, folder = went_on(place, tmp_path, start=kind, decoder_only=True)
    before, after = (loaded_autoencoder(f) for f in (place / kind, folder))
    seen = torch.rand(1, 3, 32, 32) * 2 - 1
    torch.testing.assert_close(before.encode(seen), after.encode(seen))
    assert not torch.allclose(before.decode(before.encode(seen)), after.decode(after.encode(seen)))


@pytest.mark.parametrize("kind", ["AutoencoderKL", "autoencoder"])
def test_the_scale_of_latents_may_be_measured(place, tmp_path, kind):
    task, folder = went_on(place, tmp_path, start=kind, scale="measured")
    made, coder = read_model(folder).autoencoder, loaded_autoencoder(folder)
    crops = task.training.crops(np.random.default_rng(0), 64, 32)
    with torch.no_grad():
        found = coder.encode(as_tensor(crops) * 2 - 1)
    assert made.latent_shift == 0
    assert float(found.std()) * made.latent_scale == pytest.approx(1, abs=0.02)


def test_terms_beside_the_picture_count(place, tmp_path):
    for kind, name in (("AutoencoderKL", "kl"), ("VQModel", "commitment")):
        losses = []
        for weight in (0.0, 1.0):
            told = settings("autoencoder", {"side": 32, "start": kind, name: weight})
            task = AutoencoderTask(told, pictures(place, told), tmp_path, find=place.joinpath,
                                   progress=Silent())  # fmt: skip
            torch.manual_seed(0)
            losses.append(float(task.loss(task.modules, np.random.default_rng(0), 0)[0].detach()))
        assert losses[1] > losses[0]


def test_a_critic_may_judge_what_goes_on(place, tmp_path):
    told = settings("autoencoder", {"side": 32, "start": "AutoencoderKL", "adversary": 0.1})
    task = AutoencoderTask(told, pictures(place, told), tmp_path, find=place.joinpath,
                           progress=Silent())  # fmt: skip
    loss, figures = task.loss(task.modules, np.random.default_rng(0), 0)
    loss.backward()
    assert figures["critic"] > 0


def test_what_cannot_go_on_is_refused(place, tmp_path):
    with pytest.raises(BadRequest, match="no whole number of latents"):
        went_on(place, tmp_path, start="VQModel", side=33)
    part = PartSpec(type="PatchTransform", config={"factor": 8, "channels": 4}, file=AUTOENCODER)
    spec = AutoencoderSpec(name="p", title="P", channels=4, factor=8, autoencoder=part)
    model = ModelFile(kind="autoencoder", autoencoder=spec, licence=Licence(name="CC0-1.0"))
    state = build_autoencoder(part).module.state_dict()
    write_model(tmp_path / "patches", model, "# A card\n", {AUTOENCODER: state})
    with pytest.raises(BadRequest, match="cannot be trained on"):
        went_on(place, tmp_path, start=str(tmp_path / "patches"))
