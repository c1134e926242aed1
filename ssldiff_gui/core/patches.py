"""A set of annotations as a value, and the differences between two such values.

Every annotation has a rank that it keeps for life, so that undoing a deletion puts it back where
it was drawn, not on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from uuid import UUID

import shapely

from ssldiff_gui.core.annotations import Annotation, AnnotationClass
from ssldiff_gui.core.geometry import Scale


class Keep(Enum):
    """Says that a patch leaves something as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True, slots=True)
class Patch:
    """A difference: what to put, what to drop.

    Parameters
    ----------
    put
        Annotations by id, with their ranks; new ones are added, known ones replaced.
    drop
        Ids to remove.
    classes
        The new list of classes.
    scale
        The new scale given by hand.
    """

    put: Mapping[UUID, tuple[int, Annotation]] = field(default_factory=dict)
    drop: frozenset[UUID] = frozenset()
    classes: tuple[AnnotationClass, ...] | Keep = KEEP
    scale: Scale | Keep | None = KEEP

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not self.put and not self.drop and self.classes is KEEP and self.scale is KEEP

    @property
    def weight(self) -> int:
        """About how many bytes the patch keeps alive."""
        shapes = [annotation.geometry for _, annotation in self.put.values()]
        points = int(shapely.get_num_coordinates(shapes).sum()) if shapes else 0
        return 200 + 16 * points + 1500 * len(shapes) + 16 * len(self.drop)


class PatchedState:
    """Annotations by id and rank, classes and scale; changed by patches only.

    Parameters
    ----------
    classes
        The classes to start with.
    """

    def __init__(self, classes: tuple[AnnotationClass, ...] = ()) -> None:
        self.classes = classes
        self.scale: Scale | None = None
        self._ranked: dict[UUID, tuple[int, Annotation]] = {}
        self._next_rank = 0
        self._ordered: tuple[Annotation, ...] | None = ()
        self._in_order = True
        """Whether the dict goes by rank; drawing keeps it so, undoing a deletion does not."""

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations by rank."""
        if not self._in_order:
            self._ranked = dict(sorted(self._ranked.items(), key=lambda item: item[1][0]))
            self._in_order = True
        if self._ordered is None:
            self._ordered = tuple([annotation for _, annotation in self._ranked.values()])
        return self._ordered

    def get(self, identity: UUID) -> Annotation | None:
        """Return one annotation."""
        pair = self._ranked.get(identity)
        return None if pair is None else pair[1]

    def numbered(self, annotations: Iterable[Annotation]) -> dict[UUID, tuple[int, Annotation]]:
        """Return annotations with their ranks: their own when known, the next free when new."""
        free = self._next_rank
        put: dict[UUID, tuple[int, Annotation]] = {}
        for annotation in annotations:
            known = self._ranked.get(annotation.id) or put.get(annotation.id)
            if known is None:
                put[annotation.id] = (free, annotation)
                free += 1
            else:
                put[annotation.id] = (known[0], annotation)
        return put

    def reduced(self, patch: Patch) -> Patch:
        """Return the patch without what would change nothing."""
        return Patch(
            put={i: pair for i, pair in patch.put.items() if self._ranked.get(i) != pair},
            drop=frozenset(i for i in patch.drop if i in self._ranked),
            classes=KEEP if patch.classes == self.classes else patch.classes,
            scale=KEEP if patch.scale == self.scale else patch.scale,
        )

    def inverse(self, patch: Patch) -> Patch:
        """Return the patch that takes `patch` back, seen from the present state."""
        touched = [*patch.put, *patch.drop]
        return Patch(
            put={i: self._ranked[i] for i in touched if i in self._ranked},
            drop=frozenset(i for i in patch.put if i not in self._ranked),
            classes=KEEP if patch.classes is KEEP else self.classes,
            scale=KEEP if patch.scale is KEEP else self.scale,
        )

    def apply(self, patch: Patch) -> None:
        """Become the state that the patch leads to."""
        for identity in patch.drop:
            self._ranked.pop(identity, None)
        for identity, pair in patch.put.items():
            known = self._ranked.get(identity)
            if known is None:
                self._in_order = self._in_order and pair[0] >= self._next_rank
            elif known[0] != pair[0]:
                self._in_order = False
            self._ranked[identity] = pair
            self._next_rank = max(self._next_rank, pair[0] + 1)
        if not isinstance(patch.classes, Keep):
            self.classes = patch.classes
        if not isinstance(patch.scale, Keep):
            self.scale = patch.scale
        self._ordered = None

    def snapshot(self) -> Patch:
        """Return the patch that makes this state out of nothing."""
        return Patch(put=dict(self._ranked), classes=self.classes, scale=self.scale)

    def beneath(self, patch: Patch, *, touched: bool) -> Patch:
        """Return the patch that adds a saved state under what is here already.

        Parameters
        ----------
        patch
            Makes the saved state out of nothing.
        touched
            Whether anything was done here: it then wins over what was saved. Ranks of what is
            here stay, because the steps of the history hold them.
        """
        if not touched:
            return patch
        saved = [rank for rank, _ in patch.put.values()]
        here = [rank for rank, _ in self._ranked.values()]
        shift = min([0, *here]) - max([0, *saved]) - 1
        put = {i: (r + shift, a) for i, (r, a) in patch.put.items() if i not in self._ranked}
        classes = patch.classes
        if not isinstance(classes, Keep):
            names = {c.name for c in classes}
            classes = classes + tuple(c for c in self.classes if c.name not in names)
        return Patch(put=put, classes=classes, scale=patch.scale if self.scale is None else KEEP)
