"""How far a figure would go with other samples of the same kind.

Pictures of one case resemble each other, so that whole groups of samples are drawn or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Statistic = Callable[[Numbers], npt.ArrayLike]
"""Numbers of samples, some of them several times → one figure or more."""


def bootstrap(
    statistic: Statistic,
    groups: Sequence[object],
    *,
    count: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Return the ends of the percentile interval, each of the shape that `statistic` gives.

    Parameters
    ----------
    statistic
        Of samples, by their numbers.
    groups
        The group of each sample: groups are drawn with replacement.
    count
        How often they are drawn.
    level
        Share of the draws inside the interval.
    seed
        Of the draws.
    """
    members = members_of(groups)
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(count):
        chosen = random.integers(0, len(members), len(members))
        drawn.append(np.asarray(statistic(np.concatenate([members[k] for k in chosen]))))
    rest = (1 - level) / 2
    low, high = np.nanquantile(np.array(drawn, np.float64), (rest, 1 - rest), axis=0)
    return np.asarray(low), np.asarray(high)


def jackknife(
    statistic: Callable[[Numbers], float], groups: Sequence[object], *, blocks: int = 10
) -> float:
    """Return the standard error of a figure by leaving out a block of groups at a time.

    For distances between sets a bootstrap is no good: a sample that is drawn twice makes a set
    look narrower than it is.
    """
    members = members_of(groups)
    blocks = min(blocks, len(members))
    if blocks < 2:
        return float("nan")
    found = []
    for block in range(blocks):
        kept = [member for k, member in enumerate(members) if k % blocks != block]
        found.append(statistic(np.sort(np.concatenate(kept))))
    values = np.array(found)
    return float(np.sqrt((blocks - 1) / blocks * ((values - values.mean()) ** 2).sum()))


def members_of(groups: Sequence[object]) -> list[Numbers]:
    """Return the numbers of the samples of each group, in the order the groups come."""
    found: dict[object, list[int]] = {}
    for number, group in enumerate(groups):
        found.setdefault(group, []).append(number)
    return [np.array(numbers, np.int64) for numbers in found.values()]
