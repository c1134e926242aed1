"""The smallest autoencoder: each latent is a linear picture of its own patch of pixels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class PatchTransform(nn.Module):
    """A patch of ``factor × factor`` pixels is a mean and a weighted sum of basis pictures.

    Nothing crosses the border of a patch, and decoding is done by elementwise operations only:
    the pixels of a crop equal those of the whole to the bit.

    Parameters
    ----------
    factor
        Side of a patch in pixels.
    channels
        Number of basis pictures.

    Attributes
    ----------
    mean
        (3, factor, factor) the mean patch, from -1 to 1.
    basis
        (channels, 3, factor, factor) what one unit of each channel adds.
    """

    mean: torch.Tensor
    basis: torch.Tensor

    def __init__(self, factor: int, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, factor, factor))
        self.register_buffer("basis", torch.zeros(channels, 3, factor, factor))

    @property
    def factor(self) -> int:
        """Side of a patch in pixels."""
        return int(self.mean.shape[-1])

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the weights that come nearest, by least squares; (batch, channels, h, w)."""
        batch, _, height, width = pictures.shape
        patches = functional.pixel_unshuffle(pictures, self.factor)
        rows, columns = height // self.factor, width // self.factor
        flat = patches.reshape(batch, -1, rows * columns) - self.mean.reshape(-1, 1)
        inverse = torch.linalg.pinv(self.basis.flatten(1).cpu().double())
        found: torch.Tensor = inverse.T.to(flat) @ flat
        return found.reshape(batch, -1, rows, columns)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the pictures, (batch, 3, height · factor, width · factor)."""
        batch, _, rows, columns = latents.shape
        basis = self.basis.flatten(1)[:, :, None, None]
        patches = self.mean.reshape(1, -1, 1, 1).expand(batch, -1, rows, columns).clone()
        for channel, pattern in enumerate(basis):  # one by one: the order of sums is the same
            patches.add_(latents[:, channel : channel + 1] * pattern)
        return functional.pixel_shuffle(patches, self.factor)
