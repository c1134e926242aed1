"""Networks of realistic shape with random weights, for measuring what the engine costs."""

from __future__ import annotations

import torch

from ssldiff_gui.core.specs import GeneratorSpec, PartSpec, ScheduleSpec
from ssldiff_gui.models import devices
from ssldiff_gui.models.generators.acceleration import accelerate
from ssldiff_gui.models.generators.autoencoders import build_autoencoder
from ssldiff_gui.models.generators.conditioners import build_conditioner
from ssldiff_gui.models.generators.latent import LatentDiffusion
from ssldiff_gui.models.generators.networks import build_network

ENCODER = "bench@000000000000"


def _unet(width: int, mult: list[int], context: int, channels: int, side: int, **more) -> PartSpec:
    cross = len(mult)
    config = {
        "sample_size": side, "in_channels": channels, "out_channels": channels,
        "block_out_channels": [width * m for m in mult], "cross_attention_dim": context,
        "down_block_types": ["DownBlock2D"] + ["CrossAttnDownBlock2D"] * (cross - 1),
        "up_block_types": ["CrossAttnUpBlock2D"] * (cross - 1) + ["UpBlock2D"], **more,
    }  # fmt: skip
    return PartSpec(type="UNet2DConditionModel", config=config)


def small() -> GeneratorSpec:
    """Latents 4 × 16², a window of 128 pixels: what a starter model looks like."""
    tiny = {
        "latent_channels": 4,
        "encoder_block_out_channels": [32] * 4, "decoder_block_out_channels": [32] * 4,
        "num_encoder_blocks": [1] * 4, "num_decoder_blocks": [1] * 4,
    }  # fmt: skip
    return GeneratorSpec(
        name="small", title="small", channels=4, factor=8, window=16, cell=16, encoder=ENCODER,
        dim=192, network=_unet(32, [1, 2], 64, 4, 16, layers_per_block=1, attention_head_dim=4),
        autoencoder=PartSpec(type="AutoencoderTiny", config=tiny),
        conditioner=PartSpec(type="embedding", config={"dim": 192, "width": 64}),
        schedule=ScheduleSpec(),
    )  # fmt: skip


def ldm192() -> GeneratorSpec:
    """The U-Net and VQ-f4 of LID, PathLDM and ZoomLDM."""
    vq = {
        "block_out_channels": [128, 256, 512], "layers_per_block": 2, "latent_channels": 3,
        "num_vq_embeddings": 8192, "vq_embed_dim": 3,
        "down_block_types": ["DownEncoderBlock2D"] * 3, "up_block_types": ["UpDecoderBlock2D"] * 3,
    }  # fmt: skip
    network = _unet(192, [1, 2, 3, 5], 512, 3, 64, layers_per_block=2, attention_head_dim=1)
    return GeneratorSpec(
        name="ldm192", title="LDM-192", channels=3, factor=4, window=64, cell=64, encoder=ENCODER,
        dim=768, network=network, autoencoder=PartSpec(type="VQModel", config=vq),
        conditioner=PartSpec(type="embedding", config={"dim": 768, "width": 512}),
        schedule=ScheduleSpec(),
    )  # fmt: skip


def pixart_xl() -> GeneratorSpec:
    """PixCell-256's transformer; 16 latent channels at factor 8."""
    network = {
        "sample_size": 32, "in_channels": 16, "out_channels": 32, "num_layers": 28,
        "num_attention_heads": 16, "attention_head_dim": 72, "cross_attention_dim": 1152,
        "patch_size": 2, "caption_channels": 1536, "interpolation_scale": 0.5,
        "use_additional_conditions": False, "norm_type": "ada_norm_single",
    }  # fmt: skip
    kl = {
        "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "latent_channels": 16,
        "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4,
        "use_quant_conv": False, "use_post_quant_conv": False,
    }  # fmt: skip
    return GeneratorSpec(
        name="pixart-xl", title="PixArt-XL/2", channels=16, factor=8, window=32, cell=32,
        encoder=ENCODER, dim=1536, latent_scale=1.5305, latent_shift=0.0609, channels_used=16,
        network=PartSpec(type="PixArtTransformer2DModel", config=network),
        autoencoder=PartSpec(type="AutoencoderKL", config=kl),
        conditioner=PartSpec(
            type="embeddings", config={"dims": [1536], "linear": "none", "null": "stored"}
        ),
        schedule=ScheduleSpec(kind="linear", start=1e-4, end=0.02),
    )  # fmt: skip


SPECS = {"small": small, "ldm192": ldm192, "pixart-xl": pixart_xl}

TFLOP = {"ldm192": 0.208, "pixart-xl": 0.275}
"""Of one evaluation of one window, 2 a multiply and add."""


def random_generator(name: str, device: str) -> LatentDiffusion:
    """Build a generator in memory."""
    spec, place = SPECS[name](), devices.choose(device)
    dtype = devices.precision(place)
    torch.manual_seed(0)
    network = build_network(spec.network)
    coder = build_autoencoder(spec.autoencoder)
    teller = build_conditioner(spec)
    for module in (network.module, coder.module, teller.module):
        for weight in module.parameters():
            weight.data.mul_(0.5)  # random layers would blow numbers up
        module.eval().requires_grad_(False).to(place)
    torch.nn.Module.to(network.module, dtype)  # that of diffusers warns
    network = accelerate(network, coder, place)
    return LatentDiffusion(spec, network, coder, teller, device=place, dtype=dtype)
