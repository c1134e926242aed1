"""Numbers of several seeds as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spread(found: Sequence[float]) -> str:
    """Return mean ± standard deviation."""
    if len(found) < 2:
        return f"{found[0]:.3f}"
    return f"{np.mean(found):.3f} ± {np.std(found, ddof=1):.3f}"


def seeds_of(count: int) -> str:
    """Return how many seeds there were."""
    return f"{count} seed{'' if count == 1 else 's'}"
