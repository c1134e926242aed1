"""Changes that leave what a picture shows: its stain or its colours, its sharpness."""

from __future__ import annotations

import math

import numpy as np
import torch

_HED = torch.tensor([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""Colours of haematoxylin, eosin and DAB, in optical density (Ruifrok and Johnston 2001)."""


def stained(
    pictures: torch.Tensor, share: float, unit: str, random: np.random.Generator
) -> torch.Tensor:
    """Vary the stains of slides, or the light of scenes, one way for each picture.

    Parameters
    ----------
    pictures
        (n, 3, height, width) from 0 to 1.
    share
        How far.
    unit
        "µm" for slides, "m" for scenes.
    random
        All chance comes from it.
    """
    if share == 0:
        return pictures
    count = len(pictures)
    if unit != "µm":
        gain = _spread(random, (count, 1, 1, 1), share) * _spread(
            random, (count, 3, 1, 1), share / 3
        )
        power = _spread(random, (count, 1, 1, 1), share)
        return (pictures.clamp(min=1e-3) ** power * gain).clamp(0, 1)
    density = -torch.log10(pictures.clamp(min=1 / 255))
    unmixing = torch.linalg.inv(_HED)
    amounts = torch.einsum("nchw,ck->nkhw", density, unmixing)
    amounts = amounts * _spread(random, (count, 3, 1, 1), share)
    density = torch.einsum("nkhw,kc->nchw", amounts, _HED)
    return (10 ** -density.clamp(min=0)).clamp(0, 1)


def blurred(pictures: torch.Tensor, most: float, random: np.random.Generator) -> torch.Tensor:
    """Blur a half of the pictures, by up to `most` pixels; all of them alike."""
    if most == 0:
        return pictures
    sigma = float(random.uniform(0.2, most))
    radius = max(1, math.ceil(2 * sigma))
    line = torch.exp(-(torch.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    line = (line / line.sum()).to(pictures)
    chosen = torch.from_numpy(random.random(len(pictures)) < 0.5)
    part = torch.nn.functional.pad(pictures[chosen], (radius,) * 4, mode="reflect")
    kernel = line.expand(3, 1, -1)
    part = torch.nn.functional.conv2d(part, kernel[:, :, None, :], groups=3)
    part = torch.nn.functional.conv2d(part, kernel[:, :, :, None], groups=3)
    made = pictures.clone()
    made[chosen] = part
    return made


def _spread(random: np.random.Generator, shape: tuple[int, ...], share: float) -> torch.Tensor:
    return torch.from_numpy(np.exp(random.normal(0, share, shape)).astype(np.float32))
