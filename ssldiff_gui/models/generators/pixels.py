"""No autoencoder at all: the network works on the pixels themselves."""

from __future__ import annotations

import torch
from torch import nn


class Identity(nn.Module):
    """Pictures are their own latents, one for each pixel, a channel for each colour."""

    channels = 3
    factor = 1

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the pictures."""
        return pictures

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the latents."""
        return latents
