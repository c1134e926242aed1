"""What numpy's basic indices mean for an array that is made when it is asked for."""

from __future__ import annotations

import operator
from typing import Any


def three_indices(key: Any) -> tuple[Any, Any, Any]:
    """Return one index for each axis."""
    indices = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in indices:
        at = indices.index(Ellipsis)
        indices[at : at + 1] = [slice(None)] * (4 - len(indices))
    indices += [slice(None)] * (3 - len(indices))
    if len(indices) != 3:
        raise IndexError(f"a level has three axes, not {len(indices)}")
    return indices[0], indices[1], indices[2]


def span(index: Any, size: int) -> tuple[int, int, int | slice]:
    """Return (start, length) of the pixels that an index needs and how to pick from them."""
    if isinstance(index, slice):
        picked = range(*index.indices(size))
        if not picked:
            return 0, 0, slice(None)
        low, high = min(picked[0], picked[-1]), max(picked[0], picked[-1])
        return low, high + 1 - low, slice(None, None, picked.step)
    at = operator.index(index)
    if not -size <= at < size:
        raise IndexError(f"{at} is beyond the {size} pixels of this axis")
    return at % size, 1, 0
