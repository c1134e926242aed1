"""Which pictures are held out: whole groups, chosen by their names and by nothing else."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ssldiff_gui.training.alike import Colours, alike
from ssldiff_gui.training.settings import Source

ALIKE, FILE = "alike", "file"
"""Ways to group that are no regular expressions; see `Source`."""


@dataclass(slots=True)
class Member:
    """A picture that is to be parted from others, or not.

    Parameters
    ----------
    name
        Its path within its source.
    label
        Its class, or "".
    case
        The file, or the part of one, that it is a part of.
    colours
        For those that are grouped by looking alike.
    group, held_out
        What comes of it.
    """

    name: str
    label: str
    case: str = ""
    colours: Colours | None = None
    group: str = ""
    held_out: bool = False


def part(members: Sequence[Member], source: Source) -> list[str]:
    """Fill in the groups and what is held out; return the classes of which nothing could be.

    Parameters
    ----------
    members
        The pictures of one source, in any order.
    source
        Says how.
    """
    ordered = sorted(members, key=lambda member: PurePosixPath(member.name).parts)
    _group(ordered, source)
    if source.held_out is not None:
        held = {item.group for item in ordered if re.search(source.held_out, item.name)}
        lone: list[str] = []
    else:
        held, lone = _shared_out(ordered, source.share)
    for member in members:
        member.held_out = member.group in held
    return lone


def _group(ordered: Sequence[Member], source: Source) -> None:
    if source.groups == ALIKE:
        first = alike([item.colours for item in ordered if item.colours is not None])
        for item, number in zip(ordered, first, strict=True):
            item.group = f"alike:{ordered[number].name}"
        return
    for item in ordered:
        match = None if source.groups == FILE else re.search(source.groups, item.name)
        item.group = f"{source.path}:{match.group(0) if match else item.case or item.name}"


def _shared_out(ordered: Sequence[Member], share: float) -> tuple[set[str], list[str]]:
    """Return the groups that are held out, and the classes that have too few for that."""
    held: set[str] = set()
    sizes: dict[str, Counter[str]] = {}
    for item in ordered:
        sizes.setdefault(item.label, Counter())[item.group] += 1
    for _, groups in sorted(sizes.items()):
        held |= _some(groups, share, held)
    lone = [label for label, groups in sorted(sizes.items()) if share and not held & groups.keys()]
    return held, lone


def _some(sizes: Counter[str], share: float, held: set[str]) -> set[str]:
    """Return groups, in the order of their names' hashes, that make up a share of a class.

    One group of the class, at least, is left to train on.
    """
    wanted = share * sizes.total()
    chosen: set[str] = set()
    count = sum(size for group, size in sizes.items() if group in held)
    free = sorted(sizes.keys() - held, key=lambda group: (_number(group), group))
    for group in free:
        if len(chosen) + 1 < len(free) and count + sizes[group] / 2 <= wanted:
            chosen.add(group)
            count += sizes[group]
    return chosen


def _number(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8
