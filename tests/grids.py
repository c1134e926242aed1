"""Whether two grids are one, for tests that send a grid somewhere and back."""

from __future__ import annotations

import numpy as np

from ssldiff_gui.core.grid import EmbeddingGrid


def same_grid(one: EmbeddingGrid, other: EmbeddingGrid) -> bool:
    """Whether all values, the masks and the facts are the same."""
    facts = [(g.encoder, g.cell, g.scale, g.region, g.source) for g in (one, other)]
    return (
        facts[0] == facts[1]
        and np.array_equal(one.vectors, other.vectors)
        and np.array_equal(one.mask, other.mask)
    )
