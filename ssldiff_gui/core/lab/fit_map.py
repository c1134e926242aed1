"""A map between two encoders that is to be fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen


class MapRequest(Frozen):
    """Fit a map that turns grids of one encoder into grids of another.

    Parameters
    ----------
    source, target
        Grids of the same regions by both encoders, in the same order.
    output
        Model folder to make.
    ridge
        Weight of the penalty; None chooses it by held-out cells.
    held_out
        Share of the cells that the map is measured on.
    seed
        Of the choice of those cells.
    """

    kind: Literal["map"] = "map"
    source: tuple[str, ...] = Field(min_length=1)
    target: tuple[str, ...] = Field(min_length=1)
    output: str
    ridge: float | None = Field(default=None, ge=0)
    held_out: float = Field(default=0.2, gt=0, lt=1)
    seed: int = Field(default=0, ge=0)
