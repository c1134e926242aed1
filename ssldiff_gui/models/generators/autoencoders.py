"""Between pictures and latents: the autoencoders that are known by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from ssldiff_gui.core.errors import MissingPart
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators.networks import make_module
from ssldiff_gui.models.generators.patches import PatchTransform
from ssldiff_gui.models.generators.pixels import Identity
from ssldiff_gui.models.generators.refined_patches import RefinedPatches

_EXACT = ("Identity", "PatchTransform", "RefinedPatches")
_AT_ONCE = 4096  # vectors; with 8192 codes their distances take 128 MB

Call = Callable[[Any, torch.Tensor], torch.Tensor]


class Autoencoder:
    """Pictures → latents and back, before the model's own scale and shift.

    Parameters
    ----------
    module
        The network.
    encode, decode
        How it is called, each with the network first.
    exact
        Whether it stays in float32 in any case: it is linear and cheap.
    """

    def __init__(self, module: nn.Module, encode: Call, decode: Call, *, exact: bool) -> None:
        self.module = module
        self.exact = exact
        self._encode = encode
        self._decode = decode

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights; float32 without any."""
        weights = [*self.module.parameters(), *self.module.buffers()]
        return weights[0].dtype if weights else torch.float32

    def place(self, device: torch.device, dtype: torch.dtype) -> None:
        """Put the weights on a device, in a type that they bear.

        Decoders overflow in float16; linear ones cost nothing in float32; and rounded codes are
        not the nearest ones any more.
        """
        exact = {k: v for k, v in self.module.state_dict().items() if k.startswith("quantize.")}
        small = dtype == torch.bfloat16 and not self.exact
        # nn.Module.to itself: that of diffusers does no more, and warns
        nn.Module.to(self.module, device, dtype if small else torch.float32)
        for name, codes in exact.items():
            self.module.get_parameter(name).data = codes.to(device, torch.float32)

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """(batch, 3, height, width) from -1 to 1, in the network's type → latents."""
        return self._encode(self.module, pictures)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Latents, float32 → pictures about -1 to 1, in the network's type."""
        return self._decode(self.module, latents)

    def with_module(self, module: nn.Module) -> Autoencoder:
        """Return the same around other weights."""
        return Autoencoder(module, self._encode, self._decode, exact=self.exact)


def build_autoencoder(part: PartSpec) -> Autoencoder:
    """Make an autoencoder from its description; its weights are whatever is there.

    Raises
    ------
    MissingPart
        Nobody knows its type.
    DamagedModel
        The description does not fit its type.
    """
    if part.type not in _KNOWN:
        raise MissingPart(
            f"This version knows no autoencoder {part.type!r}.",
            f"It knows {', '.join(_KNOWN)}: update the studio.",
        )
    make, encode, decode = _KNOWN[part.type]
    return Autoencoder(make_module(make, part), encode, decode, exact=part.type in _EXACT)


def _kl(**config: Any) -> nn.Module:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    module: nn.Module = AutoencoderKL(**config)
    return module


def _vq(**config: Any) -> nn.Module:
    from diffusers.models.autoencoders.vq_model import VQModel

    module: nn.Module = VQModel(**config)
    return module


def _tiny(**config: Any) -> nn.Module:
    from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

    config.pop("block_out_channels", None)  # diffusers writes it, and does not take it back
    module: nn.Module = AutoencoderTiny(**config)
    return module


def _encode_kl(module: Any, pictures: torch.Tensor) -> torch.Tensor:
    latents: torch.Tensor = module.encode(pictures).latent_dist.mode()
    return latents


def _encode(module: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Return diffusers' `latents`: for VQ those before quantisation, which diffusion learns."""
    latents: torch.Tensor = module.encode(pictures).latents
    return latents


def _decode(module: Any, latents: torch.Tensor) -> torch.Tensor:
    pictures: torch.Tensor = module.decode(latents.to(module.dtype)).sample
    return pictures


def _decode_vq(module: Any, latents: torch.Tensor) -> torch.Tensor:
    """Decode the nearest codes; they are found in float32, as half precision takes wrong ones."""
    codes = module.quantize.embedding.weight
    flat = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    nearest = torch.cat([_nearest(part, codes) for part in torch.split(flat, _AT_ONCE)])
    batch, _, height, width = latents.shape
    chosen = codes[nearest].view(batch, height, width, -1).permute(0, 3, 1, 2).contiguous()
    kind = module.post_quant_conv.weight.dtype
    pictures: torch.Tensor = module.decode(chosen.to(kind), force_not_quantize=True).sample
    return pictures


def _nearest(vectors: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Return the index of each vector's nearest code, by exact differences."""
    distances = torch.cdist(vectors, codes, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.argmin(dim=1)


_KNOWN: dict[str, tuple[Callable[..., nn.Module], Call, Call]] = {
    "AutoencoderKL": (_kl, _encode_kl, _decode),
    "VQModel": (_vq, _encode, _decode_vq),
    "AutoencoderTiny": (_tiny, _encode, _decode),
    "Identity": (Identity, Identity.encode, Identity.decode),
    "PatchTransform": (PatchTransform, PatchTransform.encode, PatchTransform.decode),
    "RefinedPatches": (RefinedPatches, RefinedPatches.encode, RefinedPatches.decode),
}
