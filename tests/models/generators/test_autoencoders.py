"""What encoding and decoding mean for each autoencoder."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.errors import DamagedModel, MissingPart
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.patches import PatchTransform

BLOCKS = {
    "block_out_channels": [8, 8], "latent_channels": 4, "norm_num_groups": 4,
    "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
}  # fmt: skip


def patches(factor=4, channels=6):
    module = PatchTransform(factor, channels)
    module.mean.normal_()
    module.basis.normal_()
    return module


def test_the_posterior_is_taken_at_its_middle():
    made = build_autoencoder(PartSpec(type="AutoencoderKL", config=BLOCKS))
    picture = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        posterior = made.module.encode(picture).latent_dist
        torch.testing.assert_close(made.encode(picture), posterior.mean)
        assert not torch.allclose(made.encode(picture), posterior.sample())


def test_vq_latents_are_those_before_quantisation_and_decoding_quantises():
    made = build_autoencoder(PartSpec(type="VQModel", config={**BLOCKS, "num_vq_embeddings": 16}))
    made.module.quantize.embedding.weight.data.normal_()
    picture = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        latents = made.encode(picture)
        torch.testing.assert_close(latents, made.module.encode(picture).latents)
        decoded = made.decode(latents)
        torch.testing.assert_close(decoded, made.module.decode(latents).sample)
        raw = made.module.decode(latents, force_not_quantize=True).sample
    assert not torch.allclose(decoded, raw)


def test_codes_are_found_in_float32_when_the_network_is_in_half_precision():
    made = build_autoencoder(PartSpec(type="VQModel", config={**BLOCKS, "num_vq_embeddings": 2}))
    codes = torch.tensor([[1.0, 0, 0, 0], [1.2501, 3, 0, 0]])  # bfloat16 has 1.25
    made.module.quantize.embedding.weight.data.copy_(codes)
    made.place(torch.device("cpu"), torch.bfloat16)
    assert made.dtype == torch.bfloat16
    torch.testing.assert_close(made.module.quantize.embedding.weight.data, codes)
    half = codes.mean(dim=0)
    across = codes[1] - codes[0]
    with torch.no_grad():
        lower, upper = (made.decode((half + s * across).view(1, 4, 1, 1)) for s in (-1e-5, 1e-5))
        torch.testing.assert_close(lower, made.decode(codes[:1].view(1, 4, 1, 1)))
        torch.testing.assert_close(upper, made.decode(codes[1:].view(1, 4, 1, 1)))
    assert not torch.equal(lower, upper)


def test_decoders_stay_in_float32_where_half_precision_overflows():
    made = build_autoencoder(PartSpec(type="AutoencoderKL", config=BLOCKS))
    made.place(torch.device("cpu"), torch.float16)
    assert made.dtype == torch.float32


def test_an_unknown_autoencoder_is_named():
    with pytest.raises(MissingPart, match="AutoencoderNew"):
        build_autoencoder(PartSpec(type="AutoencoderNew"))


def test_a_description_that_does_not_fit_is_the_models():
    with pytest.raises(DamagedModel, match="AutoencoderTiny"):
        build_autoencoder(PartSpec(type="AutoencoderTiny", config={"colour": "red"}))


def test_a_patch_is_its_mean_and_a_weighted_sum():
    module = patches(factor=2, channels=3)
    latents = torch.randn(1, 3, 1, 1)
    expected = module.mean + (latents[0, :, :, :, None] * module.basis).sum(dim=0)
    torch.testing.assert_close(module.decode(latents)[0], expected)


def test_what_was_decoded_is_encoded_again_whatever_the_basis():
    module = patches()
    latents = torch.randn(2, 6, 3, 5)
    torch.testing.assert_close(module.encode(module.decode(latents)), latents)


def test_encoding_comes_as_near_as_the_basis_allows():
    module = patches()
    picture = torch.randn(1, 3, 8, 12)
    rest = picture - module.decode(module.encode(picture))
    apart = PatchTransform(4, 6)
    apart.basis.copy_(module.basis)
    assert apart.encode(rest).abs().max() < 1e-5  # what is left has no share of any picture


SIZE = 9
WHOLE = torch.randn(1, 6, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
MODULE = PatchTransform(4, 6)
MODULE.basis.copy_(torch.randn(MODULE.basis.shape, generator=torch.Generator().manual_seed(1)))
DECODED = MODULE.decode(WHOLE)


@settings(deadline=None)
@given(
    st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)),
    st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)),
)
def test_any_crop_decodes_to_the_very_bits_of_the_whole(rows, columns):
    top, left = rows[0], columns[0]
    bottom, right = min(SIZE, top + rows[1]), min(SIZE, left + columns[1])
    found = MODULE.decode(WHOLE[:, :, top:bottom, left:right])
    expected = DECODED[:, :, 4 * top : 4 * bottom, 4 * left : 4 * right]
    assert torch.equal(found, expected)
