"""Labelled pictures parted into training, validation and test: by cases, and for good."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, BrokenFile, MissingFile
from ssldiff_gui.jobs.labelled_leaks import Part, check_leaks
from ssldiff_gui.jobs.labelled_prints import copies
from ssldiff_gui.storage.atomic import write_bytes
from ssldiff_gui.training.alike import alike
from ssldiff_gui.training.parting import ALIKE, FILE

if TYPE_CHECKING:
    from ssldiff_gui.jobs.labelled import Labelled

Numbers = npt.NDArray[np.int64]

FORMAT = "ssldiff split"
PARTS = ("train", "validation", "test", "seen")


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Which pictures are for what, by their numbers.

    Parameters
    ----------
    train, validation, test
        No picture, and none of one case, is in two of them.
    seen
        Those of `train` whose labels may be looked at.
    settings
        How it was made.
    notes
        What a reader must know.
    """

    train: Numbers
    validation: Numbers
    test: Numbers
    seen: Numbers
    settings: dict[str, Any]
    notes: tuple[str, ...] = ()

    def parts(self, labelled: Labelled) -> dict[str, Part]:
        """Return the pictures of each part, for `check_leaks`."""
        return {
            name: {labelled.paths[k]: labelled.prints[k] for k in getattr(self, name)}
            for name in PARTS[:3]
        }

    def facts(self, labelled: Labelled) -> dict[str, Any]:
        """Return all of it as JSON has it, with the hashes of the files."""
        names = {part: [labelled.paths[k] for k in getattr(self, part).tolist()] for part in PARTS}
        used = np.concatenate([self.train, self.validation, self.test]).tolist()
        return {
            "format": FORMAT,
            "version": 1,
            "classes": list(labelled.classes),
            "settings": self.settings,
            "notes": list(self.notes),
            **names,
            "sha256": {labelled.paths[k]: labelled.prints[k].sha256 for k in sorted(used)},
        }

    def write(self, path: Path, labelled: Labelled) -> None:
        """Write it as JSON."""
        text = json.dumps(self.facts(labelled), indent=1, ensure_ascii=False)
        write_bytes(path, (text + "\n").encode("utf-8"))

    @classmethod
    def read(cls, path: Path | str, labelled: Labelled) -> Self:
        """Read a split of the same pictures.

        Raises
        ------
        MissingFile, BrokenFile
            There is none.
        BadRequest
            Pictures are missing or changed, or it leaks.
        """
        path = Path(path).expanduser()
        facts = _read_facts(path)
        there = {name: number for number, name in enumerate(labelled.paths)}
        hashes = facts["sha256"]
        off = [
            name for name in hashes
            if name not in there or labelled.prints[there[name]].sha256 != hashes[name]
        ]  # fmt: skip
        if off:
            raise BadRequest(
                f"{path.name} was made of other pictures: {', '.join(off[:5])} "
                f"{'is' if len(off) == 1 else 'are'} missing or changed.",
                "Name the split that belongs to the folder, or none.",
            )
        found = {part: np.array([there[name] for name in facts[part]], np.int64) for part in PARTS}
        made = cls(**found, settings=facts["settings"], notes=tuple(facts.get("notes", ())))
        if stray := set(made.seen.tolist()) - set(made.train.tolist()):
            name = labelled.paths[min(stray)]
            raise BadRequest(
                f"{path.name}: {name} is seen, and not in the training part.", "Make it anew."
            )
        check_leaks(made.parts(labelled))
        return made


def _read_facts(path: Path) -> dict[str, Any]:
    hint = "Name the split.json that this program wrote, or none."
    try:
        facts = json.loads(path.read_text("utf-8"))
        if facts["format"] != FORMAT or not all(
            isinstance(facts[part], list) and facts["sha256"].keys() >= set(facts[part])
            for part in PARTS
        ):
            raise ValueError(path)  # noqa: TRY301
        facts["settings"].keys()
    except OSError as error:
        raise MissingFile(path, f"There is no split {path} that can be read.", hint) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenFile(path, f"{path.name} is no split.", hint) from error
    return dict(facts)


def split_of(
    labelled: Labelled,
    held_out: float = 0.2,
    groups: str = ALIKE,
    seed: int = 0,
    labels_fraction: float = 1.0,
) -> Split:
    """Part pictures, each class in its share; cases and copies of a picture stay together.

    Parameters
    ----------
    labelled
        Real pictures.
    held_out
        Share for test; as much again is for validation.
    groups
        "alike" keeps together what has the same colours, "file" takes each case or file by
        itself, anything else is a regular expression whose first match in the name tells the case.
    seed
        Of the choice.
    labels_fraction
        Share of the training pictures that may be seen: at least one of each class.

    Raises
    ------
    BadRequest
        The groups cannot be parted, or a picture to be tested on is synthetic.
    """
    group = groups_of(labelled, groups)
    taken: dict[int, str] = {}
    lone: dict[str, list[str]] = {}
    for part in ("test", "validation"):
        lone[part] = _choose(labelled, group, part, taken, share=held_out, seed=seed)
    by = {part: [k for k in range(len(labelled)) if taken.get(int(group[k]), "train") == part]
          for part in PARTS[:3]}  # fmt: skip
    numbers = {part: np.array(found, np.int64) for part, found in by.items()}
    if held_out and not len(numbers["test"]):
        raise BadRequest(
            "The pictures cannot be parted: each class is one case, or all of it looks alike.",
            "Take --groups file when no two files show the same, or a pattern that tells cases.",
        )
    notes = [
        f"Nothing of {', '.join(names)} is in the part for {part}: it is too few cases."
        for part, names in lone.items()
        if names and held_out
    ]
    settings = {"held_out": held_out, "groups": groups, "seed": seed,
                "labels_fraction": labels_fraction, "cases": len(np.unique(group))}  # fmt: skip
    seen = _some(labelled, numbers["train"], labels_fraction, seed)
    made = Split(**numbers, seen=seen, settings=settings, notes=tuple(notes))
    check_leaks(made.parts(labelled))
    return made


def groups_of(labelled: Labelled, groups: str) -> Numbers:
    """Return the group of each picture, what must not be parted, by its first one's number."""
    try:
        pattern = None if groups in (ALIKE, FILE) else re.compile(groups)
    except re.error as error:
        raise BadRequest(
            f"{groups!r} is no regular expression ({error}).", "Correct --groups."
        ) from None
    first: dict[str, int] = {}
    joined = np.arange(len(labelled))
    for number, name in enumerate(labelled.paths):
        match = None if pattern is None else pattern.search(name)
        case = match.group(0) if match else labelled.cases[number] or name
        joined[number] = first.setdefault(case, number)
    pairs = [*enumerate(joined.tolist()), *copies(labelled.prints, labelled.prints)]
    if groups == ALIKE:
        pairs += enumerate(alike([item.colours for item in labelled.prints]).tolist())
    return _joined(len(labelled), pairs)


def _joined(count: int, pairs: Sequence[tuple[int, int]]) -> Numbers:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.array(pairs, np.int64).T
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
    component = connected_components(graph, directed=False)[1]
    _, first = np.unique(component, return_index=True)
    return np.asarray(first[component], np.int64)


def _choose(
    labelled: Labelled, group: Numbers, part: str, taken: dict[int, str], *, share: float, seed: int
) -> list[str]:
    """Note the groups of one part; return the classes that have too few for it."""
    sizes: dict[int, Counter[int]] = {}
    for label, number in zip(labelled.labels.tolist(), group.tolist(), strict=True):
        sizes.setdefault(label, Counter())[number] += 1
    for _, counts in sorted(sizes.items()):
        wanted = share * counts.total()
        have = sum(size for number, size in counts.items() if taken.get(number) == part)
        free = sorted(
            counts.keys() - taken.keys(), key=lambda k: _hash(f"{seed} {part} {labelled.paths[k]}")
        )
        for number in free[:-1]:  # one is left to train on
            if have + counts[number] / 2 <= wanted:
                taken[number] = part
                have += counts[number]
    return [
        labelled.classes[label]
        for label, counts in sorted(sizes.items())
        if not any(taken.get(number) == part for number in counts)
    ]


def _some(labelled: Labelled, train: Numbers, fraction: float, seed: int) -> Numbers:
    """Return a share of each class; a larger share holds the smaller one."""
    found: list[int] = []
    for label in range(len(labelled.classes)):
        of_it = [int(k) for k in train if labelled.labels[k] == label]
        of_it.sort(key=lambda k: _hash(f"{seed} seen {labelled.paths[k]}"))
        found += of_it[: max(1, round(fraction * len(of_it)))]
    return np.array(sorted(found), np.int64)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
