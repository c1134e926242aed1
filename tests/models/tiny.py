"""Tiny generators for tests: random weights, made to behave as trained ones do.

The last layer of the network is fitted (ridge regression, a fraction of a second) to predict the
noise on latents that follow the condition, so that samples stay finite and change with their
embeddings. The autoencoder's scale and shift are measured, and its pictures fill the grey levels.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec, PixelSize, ScheduleSpec
from ssldiff_gui.models.generators import save_generator
from ssldiff_gui.models.generators.autoencoders import Autoencoder, build_autoencoder
from ssldiff_gui.models.generators.conditioners import Conditioner, build_conditioner
from ssldiff_gui.models.generators.networks import Network, build_network
from ssldiff_gui.models.generators.schedules import Schedule

WIDTH = 16  # of a token
CLASSES = 5
CPU = torch.device("cpu")


def tiny_generator_folder(
    path: Path,
    *,
    kind: str = "unet",
    autoencoder: str = "tiny",
    prediction: str = "v",
    conditioner: str = "embedding",
    dim: int = 8,
    window: int = 8,
    cell: int = 8,
    factor: int = 4,
    channels: int = 4,
    tokens: int = 1,
    encoder: str | None = "tiny@000000000000",
    pixel: PixelSize | None = None,
    schedule: ScheduleSpec | None = None,
    normalise: bool = False,
    guidance: float = 2.0,
    seed: int = 0,
    name: str = "tiny",
) -> Path:
    """Make a model folder of a generator with well under a million weights; return `path`.

    Parameters
    ----------
    kind
        "unet", "unet-plain" (no condition) or "pixart" (embeddings as they are, a learned sigma).
    autoencoder
        "tiny" and "kl" and "vq" are convolutions, whose border effects are real; "patch" is local.
    conditioner
        "embedding", "embeddings" (``tokens²`` parts, each with its own linear layer), "class",
        "maps" or "none".
    window, cell
        In latents.
    tokens
        Cells on a side that condition one window.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        plain = kind == "unet-plain" or conditioner in ("none", "maps")
        parts = PARTS[autoencoder](channels, factor)
        spec = GeneratorSpec(
            name=name,
            title=f"Tiny {kind}",
            channels=channels,
            factor=factor,
            window=window,
            cell=cell,
            encoder=None if plain or conditioner == "class" else encoder,
            dim=None if plain or conditioner == "class" else dim,
            pixel=pixel,
            prediction=prediction,
            schedule=schedule or ScheduleSpec(),
            local_decoder=autoencoder == "patch",
            network=_network_part(kind, channels, window, dim, maps=2 * (conditioner == "maps")),
            autoencoder=parts,
            conditioner=_conditioner_part(kind, conditioner, dim, tokens, normalise),
            tokens=tokens,
            guidance=guidance,
            channels_used=channels if kind == "pixart" else None,
        )
        coder, spec = _calibrated(build_autoencoder(parts), spec)
        teller = build_conditioner(spec)
        for buffer in teller.module.buffers() if teller.module else ():
            buffer.normal_()
        network = _fitted(build_network(spec.network), teller, spec)
        save_generator(
            path,
            spec,
            network.module.state_dict(),
            coder.module.state_dict(),
            teller.module.state_dict() if teller.module else None,
            licence=Licence(name="BSD-3-Clause", commercial=True),
            provenance={"made": "for tests, from random numbers"},
            card="# Tiny\n\nRandom weights, for tests.\n",
        )
    return path


def tiny_given(spec: GeneratorSpec, batch: int, seed: int = 0) -> Given:
    """Return something that a tiny generator can be conditioned on."""
    random = np.random.default_rng(seed)
    if spec.conditioner.type == "class":
        return Given(classes=random.integers(0, CLASSES - 1, batch))
    if spec.conditioner.type == "maps":
        shape = (batch, 2, spec.window, spec.window)
        return Given(maps=random.standard_normal(shape, np.float32))
    if spec.conditioner.type == "none":
        return Given()
    shape = (batch, spec.tokens**2, spec.dim or 1)
    return Given(vectors=random.standard_normal(shape, np.float32))


def _network_part(kind: str, channels: int, window: int, dim: int, maps: int) -> PartSpec:
    if kind == "pixart":
        config: dict[str, Any] = {
            "num_attention_heads": 2, "attention_head_dim": 16, "in_channels": channels + maps,
            "out_channels": 2 * channels, "num_layers": 2, "cross_attention_dim": 32,
            "sample_size": window, "caption_channels": dim, "interpolation_scale": 1.0,
        }  # fmt: skip
        return PartSpec(type="PixArtTransformer2DModel", config=config)
    config = {
        "sample_size": window, "in_channels": channels + maps, "out_channels": channels,
        "block_out_channels": [16, 32], "layers_per_block": 1, "norm_num_groups": 4,
        "attention_head_dim": 8,
    }  # fmt: skip
    if kind == "unet-plain" or maps:
        config |= {"down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
                   "up_block_types": ["AttnUpBlock2D", "UpBlock2D"]}  # fmt: skip
        return PartSpec(type="UNet2DModel", config=config)
    config |= {"down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
               "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
               "cross_attention_dim": WIDTH}  # fmt: skip
    return PartSpec(type="UNet2DConditionModel", config=config)


def _conditioner_part(
    kind: str, conditioner: str, dim: int, tokens: int, normalise: bool
) -> PartSpec:
    if conditioner == "none" or kind == "unet-plain":
        return PartSpec(type="none")
    if conditioner == "maps":
        return PartSpec(type="maps", config={"channels": 2})
    if conditioner == "class":
        return PartSpec(type="class", config={"classes": CLASSES, "width": WIDTH})
    if kind == "pixart":
        config = {"dims": [dim] * tokens**2, "linear": "none", "null": "stored"}
        return PartSpec(type="embeddings", config=config)
    if conditioner == "embeddings":
        config = {"dims": [dim] * tokens**2, "width": WIDTH, "normalise": normalise}
        return PartSpec(type="embeddings", config=config)
    config = {"dim": dim, "width": WIDTH, "normalise": normalise}
    return PartSpec(type="embedding", config=config)


def _levels(factor: int) -> int:
    return int(math.log2(factor)) + 1


def _tiny(channels: int, factor: int) -> PartSpec:
    levels = _levels(factor)
    config = {
        "latent_channels": channels,
        "encoder_block_out_channels": [8] * levels, "decoder_block_out_channels": [8] * levels,
        "num_encoder_blocks": [1] * levels, "num_decoder_blocks": [1] * levels,
    }  # fmt: skip
    return PartSpec(type="AutoencoderTiny", config=config)


def _kl(channels: int, factor: int) -> PartSpec:
    levels = _levels(factor)
    config = {
        "block_out_channels": [8] * levels, "latent_channels": channels, "norm_num_groups": 4,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
    }  # fmt: skip
    return PartSpec(type="AutoencoderKL", config=config)


def _vq(channels: int, factor: int) -> PartSpec:
    config = {**_kl(channels, factor).config, "num_vq_embeddings": 64}
    return PartSpec(type="VQModel", config=config)


def _patch(channels: int, factor: int) -> PartSpec:
    return PartSpec(type="PatchTransform", config={"factor": factor, "channels": channels})


PARTS = {"tiny": _tiny, "kl": _kl, "vq": _vq, "patch": _patch}


@torch.no_grad()
def _calibrated(coder: Autoencoder, spec: GeneratorSpec) -> tuple[Autoencoder, GeneratorSpec]:
    """Measure scale and shift of the latents, and let decoded pictures use the grey levels."""
    module: Any = coder.module
    side = 8 * spec.factor
    if spec.autoencoder.type == "PatchTransform":
        pixels = 3 * spec.factor**2
        flat = torch.linalg.qr(torch.randn(pixels, spec.channels)).Q.T * 0.1 * pixels**0.5
        flat[:3] = torch.eye(3).repeat_interleave(spec.factor**2, dim=1)[: spec.channels] * 0.3
        module.basis.copy_(flat.view_as(module.basis))
    else:
        picture = functional.interpolate(torch.randn(8, 3, 4, 4), side, mode="bilinear") * 0.5
        found = coder.encode(picture)
        scale, shift = round(1 / float(found.std()), 3), round(float(found.mean()), 3)
        spec = spec.model_copy(update={"latent_scale": scale, "latent_shift": shift})
        raw = torch.randn(4, spec.channels, 8, 8) / scale + shift
        if spec.autoencoder.type == "VQModel":
            module.quantize.embedding.weight.copy_(torch.randn(64, spec.channels) / scale + shift)
        tiny = spec.autoencoder.type == "AutoencoderTiny"
        last = module.decoder.layers[-1] if tiny else module.decoder.conv_out
        made = coder.decode(raw) * (0.5 if tiny else 1.0)
        gain = (0.2 if tiny else 0.4) / made.std(dim=(0, 2, 3))
        last.bias.copy_((last.bias - made.mean(dim=(0, 2, 3)) - 0.5 * tiny) * gain + 0.5 * tiny)
        last.weight.mul_(gain[:, None, None, None])
    return coder, spec


@torch.no_grad()
def _fitted(network: Network, teller: Conditioner, spec: GeneratorSpec) -> Network:
    """Fit the last layer to the noise on latents that follow their condition."""
    batch = 128
    _calm(network.module)
    given = tiny_given(spec, batch, seed=1)
    told = teller.condition(given, CPU)
    schedule = Schedule(spec.schedule)
    step = torch.randint(0, spec.schedule.steps, (batch,))
    sigma = torch.tensor(schedule.table[step.numpy()], dtype=torch.float32)[:, None, None, None]
    shape = (batch, spec.channels, spec.window, spec.window)
    clean = _wanted(given, spec)[:, :, None, None] + 0.3 * torch.randn(shape)
    noise = torch.randn(shape)
    scaled = (clean + sigma * noise) / (1 + sigma**2).sqrt()
    target = {
        "epsilon": noise,
        "x0": clean,
        "v": (noise - sigma * clean) / (1 + sigma**2).sqrt(),
    }[spec.prediction]
    weight = sigma.flatten().clamp(0.1, 5)
    _fit_last(network, scaled, step.float(), told, target=target, weight=weight)
    return network


def _calm(module: Any) -> None:
    """Keep the way from the input to the last layer nearly linear, as fits a denoiser."""
    if hasattr(module, "conv_norm_out"):
        centre = torch.zeros(3, 3)
        centre[1, 1] = 1
        module.conv_in.weight.mul_(0.1 + 2.9 * centre)  # neighbours mixed here are never told apart
        module.conv_norm_out.weight.fill_(1.0)
        module.conv_norm_out.bias.fill_(2.0)
        for block in module.up_blocks[-1].resnets:
            block.conv2.weight.mul_(0.3)
            block.conv2.bias.mul_(0.3)


def _wanted(given: Given, spec: GeneratorSpec) -> torch.Tensor:
    """Return (batch, channels) means that follow what is given, unless it is maps."""
    if given.classes is not None:
        return torch.randn(CLASSES, spec.channels)[torch.from_numpy(given.classes)]
    if given.vectors is None:
        return torch.zeros(1, spec.channels)
    mean = torch.from_numpy(given.vectors).mean(dim=1) * spec.tokens
    repeats = -(-spec.channels // mean.shape[1])
    return mean.repeat(1, repeats)[:, : spec.channels]


def _fit_last(
    network: Network,
    x: torch.Tensor,
    step: torch.Tensor,
    told: Condition,
    *,
    target: torch.Tensor,
    weight: torch.Tensor,
) -> None:
    module: Any = network.module
    pixart = hasattr(module, "proj_out")
    last: nn.Module = module.proj_out if pixart else module.conv_out
    kept: list[torch.Tensor] = []
    hook = last.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    network(x, step, told)
    hook.remove()
    channels = target.shape[1]
    if pixart:
        side, out = module.config.patch_size, module.out_channels
        rows = kept[0].flatten(0, 1)
        wanted = functional.pixel_unshuffle(target, side).unflatten(1, (channels, side * side))
        wanted = wanted.permute(0, 3, 4, 2, 1).reshape(len(rows), -1)
        solved, bias = _ridge(rows, wanted, weight)
        used = torch.arange(side * side * out).view(-1, out)[:, :channels].flatten()
        last.weight[used], last.bias[used] = solved.T, bias
    else:
        rows = functional.unfold(kept[0], 3, padding=1).transpose(1, 2).flatten(0, 1)
        wanted = target.flatten(2).transpose(1, 2).flatten(0, 1)
        solved, bias = _ridge(rows, wanted, weight)
        last.weight.copy_(solved.T.view_as(last.weight))
        last.bias.copy_(bias)


def _ridge(
    rows: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weights (inputs, outputs) and bias of a ridge regression, weighted by sample."""
    w = weight.repeat_interleave(len(rows) // len(weight)).double()[:, None]
    w /= w.sum()
    mean, offset = (w * rows).sum(dim=0), (w * wanted).sum(dim=0)
    a, b = rows - mean, wanted - offset
    gram = a.T @ (w * a)
    gram.diagonal().add_(1e-5 * float(gram.trace()) / len(gram))
    solved = torch.linalg.solve(gram, a.T @ (w * b))
    return solved.float(), (offset - mean @ solved).float()
