"""Linear latents, and a small network that draws what they leave out."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.models.generators.patches import PatchTransform


class RefinedPatches(nn.Module):
    """A `PatchTransform` whose pictures are mended by convolutions.

    The latents are the linear ones. Patches know nothing of each other; the convolutions see
    some of the latents around, take the edges between patches away and add what is fine. Nothing
    is normalised over a window: a pixel depends on the latents near it, and on no others.

    Parameters
    ----------
    factor, channels
        As for `PatchTransform`; the factor is a multiple of 2.
    width
        Features where a patch is one place; a third of it at half a patch.
    depth
        Blocks at each of the two.
    """

    def __init__(self, factor: int, channels: int, width: int = 192, depth: int = 1) -> None:
        super().__init__()
        self.patches = PatchTransform(factor, channels)
        fine = max(16, width // 3)
        self.into = _conv(channels, width)
        self.coarse = nn.Sequential(*(Mend(width) for _ in range(depth)))
        self.between = _conv(width, 4 * fine)
        self.fine = nn.Sequential(*(Mend(fine) for _ in range(depth)))
        self.out = _conv(fine, 3 * (factor // 2) ** 2)
        for parameter in self.out.parameters():
            nn.init.zeros_(parameter)

    @property
    def factor(self) -> int:
        """Side of a patch in pixels."""
        return self.patches.factor

    @property
    def basis(self) -> torch.Tensor:
        """The patches' own basis."""
        return self.patches.basis

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return (batch, channels, height / factor, width / factor)."""
        return self.patches.encode(pictures)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Return (batch, 3, height · factor, width · factor)."""
        found = self.coarse(self.into(latents))
        found = functional.pixel_shuffle(self.between(found), 2)
        found = self.out(self.fine(found))
        return self.patches.decode(latents) + functional.pixel_shuffle(found, self.factor // 2)


class Mend(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _conv(width, width), _conv(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the same shape."""
        answer: torch.Tensor = x + self.second(functional.silu(self.first(functional.silu(x))))
        return answer


def _conv(taken: int, given: int) -> nn.Conv2d:
    return nn.Conv2d(taken, given, 3, padding=1, padding_mode="replicate")
