"""Features of places: their number, their places, their neighbours, what has none."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch

from ssldiff_gui.core.errors import BadNumbers, BadRequest, Cancelled
from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.models import dense
from ssldiff_gui.models.dense import dense_tokens
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder


class Ended:
    def report(self, done: float, total: float, words: str = "") -> None: ...

    def check(self) -> None:
        raise Cancelled("Stopped.")


def encoder_of(network: torch.nn.Module, side: int, cell: int | None = None) -> TimmEncoder:
    spec = EncoderSpec(
        id="e", name="e", architecture="any", dim=24, input=side, cell=cell or side,
        mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5),
    )  # fmt: skip
    return TimmEncoder(spec, network, torch.device("cpu"), torch.float32)


def transformer(**more) -> torch.nn.Module:
    torch.manual_seed(0)
    return timm.create_model(
        "vit_tiny_patch16_224", img_size=64, patch_size=8, embed_dim=24, depth=2, num_heads=2,
        num_classes=0, **more,
    )  # fmt: skip


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def starter() -> TimmEncoder:
    return load_encoder("starter-aerial-encoder", "cpu")


@pytest.mark.parametrize(("asked", "stride", "dim"), [(4, 4, 48), (15, 8, 96), (16, 16, 160)])
def test_a_stage_no_coarser_than_asked_for_is_taken(starter, asked, stride, dim):
    found = dense_tokens(starter, noise(96, 64), stride=asked)
    assert (found.features.shape, found.stride) == ((96 // stride, 64 // stride, dim), stride)
    assert found.features.dtype == np.float32
    assert not found.keys


def test_a_picture_is_filled_up_not_squeezed(starter):
    """What lies far from the filled edges is the same whatever the size."""
    picture = noise(200, 230)
    whole, part = (dense_tokens(starter, p, stride=8) for p in (picture, picture[:, :192]))
    assert whole.features.shape == (25, 29, 96)
    np.testing.assert_allclose(whole.features[:, :10], part.features[:, :10], atol=1e-5)


def test_tiles_leave_no_seams(starter, monkeypatch):
    picture = noise(290, 350)
    whole = dense_tokens(starter, picture, stride=8).features
    monkeypatch.setattr(dense, "TILE", 256)
    tiled = dense_tokens(starter, picture, stride=8).features
    np.testing.assert_allclose(tiled, whole, atol=1e-4)


def test_a_token_stays_where_its_thing_is(starter):
    """A bright square in a dark picture stands out where it lies."""
    picture = np.full((128, 192, 3), 30, np.uint8)
    picture[32:64, 128:160] = 220
    found = dense_tokens(starter, picture, stride=8).features
    away = np.linalg.norm(found - np.median(found, axis=(0, 1)), axis=-1)
    row, column = np.unravel_index(away.argmax(), away.shape)
    assert 3 <= row <= 8
    assert 15 <= column <= 20


def test_a_transformer_takes_any_size_by_interpolating_its_positions():
    network = transformer()
    tokens = dense_tokens(encoder_of(network, 64), noise(100, 130))
    assert tokens.features.shape == (13, 17, 24)
    assert not network.dynamic_img_size  # the encoder itself is as it was
    own = dense_tokens(encoder_of(network, 64), noise(64, 64)).features
    values = (torch.from_numpy(noise(64, 64)).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5
    with torch.inference_mode():
        told = network.forward_features(values)[0, 1:].reshape(8, 8, 24).numpy()
    np.testing.assert_allclose(own, told, atol=1e-5)


def test_keys_are_those_of_the_last_attention():
    network = transformer()
    found = dense_tokens(encoder_of(network, 64), noise(64, 64), kind="keys")
    assert found.keys
    seen = []
    network.blocks[-1].attn.qkv.register_forward_hook(lambda _, __, out: seen.append(out))
    values = (torch.from_numpy(noise(64, 64)).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5
    with torch.inference_mode():
        network(values)
    heads = seen[0].reshape(1, 65, 3, 2, 12)[:, 1:, 1]  # as LOST takes them: heads side by side
    told = heads.reshape(8, 8, 24).numpy()
    np.testing.assert_allclose(found.features, told, atol=1e-5)
    plain = dense_tokens(encoder_of(network, 64), noise(64, 64))
    assert not plain.keys
    assert not np.allclose(plain.features, told)


def test_networks_of_one_size_are_given_tiles_of_it():
    torch.manual_seed(0)
    network = timm.create_model(
        "swin_tiny_patch4_window7_224", img_size=64, embed_dim=12, depths=(1, 1), num_heads=(2, 2),
        window_size=4, num_classes=0,
    )  # fmt: skip
    found = dense_tokens(encoder_of(network, 64), noise(100, 60), stride=8)
    assert found.features.shape[:2] == (13, 8)
    assert np.isfinite(found.features).all()


def test_cells_that_are_resized_make_strides_of_their_own():
    """224 pixels are seen of a cell of 256: a patch of 16 is 18.3 of the picture's."""
    torch.manual_seed(0)
    found = dense_tokens(encoder_of(transformer(), 64, cell=128), noise(128, 256))
    assert found.stride == 16
    assert found.features.shape[:2] == (8, 16)


def test_an_encoder_without_places_says_so():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(24))
    with pytest.raises(BadRequest, match="places") as told:
        dense_tokens(encoder_of(network, 32), noise(32, 32))
    assert "Choose another" in told.value.hint


def test_bad_numbers_and_bad_pictures_are_told():
    network = transformer()
    with torch.no_grad():
        network.blocks[0].attn.qkv.weight.fill_(float("nan"))
    with pytest.raises(BadNumbers):
        dense_tokens(encoder_of(network, 64), noise(64, 64))
    with pytest.raises(BadRequest):
        dense_tokens(encoder_of(network, 64), noise(64, 64)[..., :1])


def test_an_end_is_heeded(starter):
    with pytest.raises(Cancelled):
        dense_tokens(starter, noise(64, 64), progress=Ended())
