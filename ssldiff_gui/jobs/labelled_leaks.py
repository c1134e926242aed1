"""Pictures that stand in two parts of a split, and made ones where only real ones may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.jobs.labelled_prints import Print, copies

Part = Mapping[str, Print]
"""Prints by the names of their pictures."""

_NAMED = 5


def check_leaks(parts: Mapping[str, Part], real: Sequence[str] = ("validation", "test")) -> None:
    """Refuse a split when a picture is in two of its parts, or a made one is to be tested on.

    Parameters
    ----------
    parts
        The pictures of each part: "train", "validation", "test", or what else they are called.
    real
        Parts that hold real pictures only, and share none with another part.

    Raises
    ------
    BadRequest
        Names the pictures.
    """
    for name in real:
        if made := [path for path, item in parts.get(name, {}).items() if item.synthetic]:
            raise BadRequest(
                f"Synthetic pictures are in the part for {name}: {_some(made)}.",
                "Measure on real pictures only: take them out of the folder, or of the split.",
            )
    for one, other in combinations(parts, 2):
        if one in real or other in real:
            _check_two(parts, one, other)


def _check_two(parts: Mapping[str, Part], one: str, other: str) -> None:
    mine, theirs = list(parts[one]), list(parts[other])
    pairs = copies([parts[one][k] for k in mine], [parts[other][k] for k in theirs])
    found = sorted({f"{mine[a]} = {theirs[b]}" for a, b in pairs})
    if found:
        raise BadRequest(
            f"The same picture is in {one} and in {other}, {len(found):,} times: {_some(found)}.",
            "Take copies out of one of the two, or let the program split the folder.",
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
