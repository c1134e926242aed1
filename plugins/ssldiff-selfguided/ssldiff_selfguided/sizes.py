"""Sizes that nobody has trained such a network with: a description that asks for them is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_CHANNELS = 1 << 12
MOST_VALUES = 1 << 17
MOST_LEVELS = 8
MOST_BLOCKS = 16


def check_sizes(shape: Mapping[str, Any], *, out_channels: int, **told: int) -> None:
    """Raise `ValueError` for sizes that would fill any memory, or that make no network.

    Parameters
    ----------
    shape
        As `ssldiff_cvlab.descent.Shape` takes it.
    out_channels
        Of the prediction.
    told
        Numbers of values on the label's way into the network, by name.
    """
    levels: Sequence[int] = shape["multipliers"]
    width = shape["width"] * max(levels, default=0)
    limits = {
        "out_channels": (out_channels, MOST_CHANNELS),
        "in_channels": (shape["in_channels"], MOST_CHANNELS),
        "channels": (width, MOST_CHANNELS),
        "levels": (len(levels), MOST_LEVELS),
        "blocks": (shape["depth"], MOST_BLOCKS),
        **{name: (value, MOST_VALUES) for name, value in told.items()},
    }
    for name, (value, most) in limits.items():
        if not 1 <= value <= most:
            raise ValueError(f"{name} of {value}: it has to be between 1 and {most}")
