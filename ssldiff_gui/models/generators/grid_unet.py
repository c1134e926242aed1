"""A small convolutional network that draws what the cells under its window say.

No attention: on a CPU convolutions are what pays, and a window is not larger than what they see.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint


class GridUNet(nn.Module):
    """Noisy latents, their training step and tokens → a prediction.

    Each cell's token is drawn out over the cell's own latents, which are put beside the noisy
    ones; and it scales and shifts the features above the cell, at every level. Tokens that are no
    lattice (a class, a text) do the latter alone, everywhere alike.

    Parameters
    ----------
    channels
        Of the latents.
    dim
        Width of a token; 0 takes none.
    tokens
        Cells on a side of a window; 0 when the tokens are no lattice.
    cell
        Side of a cell in latents.
    widths
        Features at each level; each has half the side of the one before.
    blocks
        At each level, downward; as many upward.
    drawn
        Channels into which a token is drawn out.
    groups
        Of the normalisations.
    maps
        Channels of maps that come after those of the latents.
    """

    def __init__(
        self,
        channels: int,
        *,
        dim: int = 0,
        tokens: int = 0,
        cell: int = 4,
        widths: Sequence[int] = (96, 192, 256),
        blocks: int = 2,
        drawn: int = 32,
        groups: int = 16,
        maps: int = 0,
    ) -> None:
        super().__init__()
        self.dim, self.tokens, self.cell = dim, tokens, cell
        self.channels, self.maps = channels, maps
        self.checkpointing = False
        told = 2 * widths[0]
        self.frequencies = widths[0]
        self.time = nn.Sequential(nn.Linear(widths[0], told), nn.SiLU(), nn.Linear(told, told))
        if dim:
            self.read = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, told), nn.SiLU())
        if dim and tokens:
            self.around = nn.Conv2d(told, told, 3, padding=1)
            self.draw = nn.Linear(told, drawn * cell**2)
        beside = drawn if dim and tokens else 0
        self.into = nn.Conv2d(channels + maps + beside, widths[0], 3, padding=1)
        self._make_levels(widths, blocks, told, groups)
        self.out_norm = nn.GroupNorm(groups, widths[0])
        self.out = nn.Conv2d(widths[0], channels, 3, padding=1)
        self.through = nn.Linear(told, channels)
        _silence(self.out)
        _silence(self.through)

    def _make_levels(self, widths: Sequence[int], blocks: int, told: int, groups: int) -> None:
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            if level:
                self.shrink.append(nn.Conv2d(widths[level - 1], width, 3, stride=2, padding=1))
            self.down.append(
                nn.ModuleList(Block(width, width, told, groups) for _ in range(blocks))
            )
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for level in reversed(range(len(widths) - 1)):
            width = widths[level]
            self.grow.append(nn.Conv2d(widths[level + 1], 4 * width, 1))
            sizes = [2 * width, *[width] * (blocks - 1)]
            self.up.append(nn.ModuleList(Block(size, width, told, groups) for size in sizes))

    def forward(
        self, x: torch.Tensor, step: torch.Tensor, tokens: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the prediction, in the shape of the latents.

        Parameters
        ----------
        x
            (batch, channels + maps, side, side).
        step
            (batch,) training steps, which may lie between two.
        tokens
            (batch, count, dim).
        """
        time = self.time(_waves(step, self.frequencies).to(x.dtype))
        # What noise is in a channel is told by that channel first of all.
        straight = self.through(functional.silu(time))[:, :, None, None] * x[:, : self.channels]
        told = time[:, :, None, None]
        if self.dim and tokens is not None:
            told, x = self._heard(told, x, tokens)
        kept = []
        x = self.into(x)
        for level, stage in enumerate(self.down):
            if level:
                x = self.shrink[level - 1](x)
            x = self._through(stage, x, told)
            kept.append(x)
        kept.pop()
        for grow, stage in zip(self.grow, self.up, strict=True):
            x = torch.cat([functional.pixel_shuffle(grow(x), 2), kept.pop()], dim=1)
            x = self._through(stage, x, told)
        answer: torch.Tensor = straight + self.out(functional.silu(self.out_norm(x)))
        return answer

    def _heard(
        self, told: torch.Tensor, x: torch.Tensor, tokens: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the blocks are told, a place for each cell, and the latents with drawings."""
        read = self.read(tokens)
        if not self.tokens:
            return told + read.mean(dim=1)[:, :, None, None], x
        batch, side = len(x), self.tokens
        drawn = self.draw(read).view(batch, side, side, -1).permute(0, 3, 1, 2)
        cells = read.view(batch, side, side, -1).permute(0, 3, 1, 2)
        beside = functional.pixel_shuffle(drawn, self.cell)
        return told + cells + self.around(cells), torch.cat([x, beside], dim=1)

    def _through(self, stage: nn.Module, x: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        for block in stage:  # type: ignore[attr-defined]
            if self.checkpointing and self.training:
                x = checkpoint(block, x, told, use_reentrant=False)
            else:
                x = block(x, told)
        return x


class Block(nn.Module):
    """Two convolutions beside a shortcut; what it is told scales and shifts between them.

    Parameters
    ----------
    taken, given
        Features that come in, and that go out.
    told
        Width of what it is told.
    groups
        Of the normalisations.
    """

    def __init__(self, taken: int, given: int, told: int, groups: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, taken), nn.Conv2d(taken, given, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(groups, given), nn.Conv2d(given, given, 3, padding=1)
        self.hear = nn.Conv2d(told, 2 * given, 1)
        self.aside = nn.Conv2d(taken, given, 1) if taken != given else nn.Identity()
        _silence(self.conv2)

    def forward(self, x: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """Return (batch, given, height, width)."""
        heard = self.hear(functional.silu(told))
        if heard.shape[-1] > 1 and heard.shape[-2:] != x.shape[-2:]:
            heard = functional.interpolate(heard, x.shape[-2:], mode="bilinear")
        scale, shift = heard.chunk(2, dim=1)
        found = self.conv1(functional.silu(self.norm1(x)))
        found = self.norm2(found) * (1 + scale) + shift
        found = self.conv2(functional.silu(found))
        answer: torch.Tensor = found + self.aside(x)
        return answer


def _silence(layer: nn.Module) -> None:
    """Let a layer say nothing at first."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def _waves(step: torch.Tensor, width: int) -> torch.Tensor:
    """Return sines and cosines of training steps, (batch, width)."""
    half = width // 2
    rates = torch.exp(-math.log(10000.0) * torch.arange(half, device=step.device) / half)
    angles = step.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
