"""Annotations of one scene and every act upon them; each act can be undone.

The editor's state is a value; an act is a pair of patches between two such values. Undo, merging
and autosave all work on patches, so none of them has to know the acts.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

import shapely
from psygnal import Signal
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import (
    Annotation,
    AnnotationClass,
    AnnotationSet,
    Colour,
    checked_colour,
    colour_of,
)
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.palettes import next_colour
from ssldiff_gui.core.patches import KEEP, Patch, PatchedState
from ssldiff_gui.state.history import History, Step


@dataclass(frozen=True, slots=True)
class Change:
    """What became different, for views that follow.

    Parameters
    ----------
    added, removed, replaced
        Ids of annotations.
    classes
        Whether the list of classes changed (names, colours or order).
    scale
        Whether the scale given by hand changed.
    """

    added: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()
    replaced: tuple[UUID, ...] = ()
    classes: bool = False
    scale: bool = False


class AnnotationEditor:
    """The annotations of one scene.

    Parameters
    ----------
    history
        Where acts are remembered.
    classes
        The classes to start with.
    """

    changed = Signal(Change)
    selection_changed = Signal(frozenset)
    patched = Signal(Patch)
    """For autosave: every patch as it is applied, undo and redo included."""

    def __init__(
        self, history: History | None = None, classes: Iterable[AnnotationClass] = ()
    ) -> None:
        self.history = history if history is not None else History()
        self._state = PatchedState(classes=tuple(classes))
        self._selection: frozenset[UUID] = frozenset()

    # -- what there is -------------------------------------------------------------------------

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations, in drawing order."""
        return self._state.annotations

    @property
    def classes(self) -> tuple[AnnotationClass, ...]:
        """The classes, in the order of the list."""
        return self._state.classes

    @property
    def scale(self) -> Scale | None:
        """The scale that a person gave because the file has none, or None."""
        return self._state.scale

    @property
    def selection(self) -> frozenset[UUID]:
        """Ids of what is selected."""
        return self._selection

    @property
    def selected(self) -> tuple[Annotation, ...]:
        """What is selected, in drawing order."""
        return tuple(a for a in self.annotations if a.id in self._selection)

    @property
    def content(self) -> AnnotationSet:
        """Annotations and classes as a value, for export."""
        return AnnotationSet(self.annotations, self.classes)

    def get(self, identity: UUID) -> Annotation | None:
        """Return an annotation, or None when it is not (or no longer) here."""
        return self._state.get(identity)

    def colour_of(self, annotation: Annotation) -> Colour:
        """Return the colour an annotation is shown in."""
        return colour_of(annotation, self.classes)

    def select(self, identities: Iterable[UUID]) -> None:
        """Select these and nothing else; not an act to undo."""
        selection = frozenset(i for i in identities if self.get(i) is not None)
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    # -- acts on annotations -------------------------------------------------------------------

    def add(self, *annotations: Annotation, text: str = "Draw region") -> None:
        """Add what was drawn, and select it."""
        fresh = [a for a in annotations if self.get(a.id) is None]
        self._push(text, Patch(put=self._state.numbered(fresh), classes=self._with_classes(fresh)))
        self.select(a.id for a in fresh)

    def remove(self, identities: Collection[UUID]) -> None:
        """Delete annotations; refuses when one is locked."""
        found = self._found(identities)
        _refuse_locked(found)
        text = f"Delete {_those(found)}"
        self._push(text, Patch(drop=frozenset(a.id for a in found)))

    def replace(self, *annotations: Annotation, text: str = "Change", key: Hashable = None) -> None:
        """Put annotations in the place of those with the same ids; refuses reshaping locked ones.

        Parameters
        ----------
        *annotations
            What they become; those unknown here are passed over.
        text
            What the act is called.
        key
            Quick successions of acts with one key become one step.
        """
        pairs = [(self.get(a.id), a) for a in annotations]
        news = [new for old, new in pairs if old is not None and old != new]
        _refuse_locked(
            [old for old, new in pairs if old is not None and old.geometry != new.geometry]
        )
        patch = Patch(put=self._state.numbered(news), classes=self._with_classes(news))
        merge = None if key is None else (key, frozenset(a.id for a in news))
        self._push(text, patch, merge)

    def reshape(self, identity: UUID, geometry: BaseGeometry) -> None:
        """Give one annotation another shape; a drag of a vertex merges into one step."""
        for old in self._found([identity]):
            same_kind = old.ellipse and geometry.geom_type == "Polygon"
            new = old.with_(geometry=geometry, ellipse=same_kind and _is_ellipse(geometry))
            self.replace(new, text=f"Reshape {_those([old])}", key="reshape")

    def move(self, identities: Collection[UUID], dx: float, dy: float) -> None:
        """Shift annotations by whole or part pixels; a drag merges into one step."""
        found = self._found(identities)
        moved = [a.moved(dx, dy) for a in found]
        self.replace(*moved, text=f"Move {_those(found)}", key="move")

    def rename(self, identity: UUID, name: str) -> None:
        """Name one annotation; typing merges into one step."""
        for old in self._found([identity]):
            text = f"Rename to “{name}”" if name else "Remove name"
            self.replace(old.with_(name=name), text=text, key="rename")

    def classify(self, identities: Collection[UUID], class_name: str | None) -> None:
        """Give annotations a class, made when it is new, or take theirs away."""
        found = self._found(identities)
        text = f"Classify as {class_name}" if class_name else "Remove class"
        self.replace(*(a.with_(class_name=class_name or None) for a in found), text=text)

    def recolour(self, identities: Collection[UUID], colour: Colour | None) -> None:
        """Give annotations a colour of their own, or None for their class's."""
        found = self._found(identities)
        text = "Change colour" if colour else "Use class colour"
        self.replace(*(a.with_(colour=colour) for a in found), text=text, key="recolour")

    def lock(self, identities: Collection[UUID], locked: bool = True) -> None:
        """Guard annotations from being moved, reshaped or deleted, or let them go."""
        found = self._found(identities)
        text = f"{'Lock' if locked else 'Unlock'} {_those(found)}"
        self.replace(*(a.with_(locked=locked) for a in found), text=text)

    def load(self, content: AnnotationSet, text: str = "Import annotations") -> int:
        """Add what a file holds, in one step.

        What is here already, unchanged, is not added twice; what has an id in use for something
        else gets a new id.

        Returns
        -------
        int
            How many annotations were added.
        """
        fresh = []
        for annotation in content.annotations:
            present = self.get(annotation.id)
            if present is None:
                fresh.append(annotation)
            elif present != annotation:
                fresh.append(annotation.with_(id=uuid4()))
        known = {c.name for c in self.classes}
        brought = tuple(c for c in content.classes if c.name not in known)
        classes = self._with_classes(fresh, self.classes + brought)
        self._push(text, Patch(put=self._state.numbered(fresh), classes=classes))
        return len(fresh)

    # -- acts on classes and scale -------------------------------------------------------------

    def add_class(self, name: str, colour: Colour | None = None) -> None:
        """Add a class; refuses a name in use."""
        self._refuse_class_name(name)
        chosen = checked_colour(colour) if colour else next_colour(self.classes)
        added = AnnotationClass(name=name, colour=chosen)
        self._push(f"Add class {name}", Patch(classes=(*self.classes, added)))

    def rename_class(self, old: str, new: str) -> None:
        """Rename a class and all that belongs to it; typing merges into one step."""
        if old == new or all(c.name != old for c in self.classes):
            return
        self._refuse_class_name(new)
        classes = tuple(
            AnnotationClass(name=new, colour=c.colour) if c.name == old else c for c in self.classes
        )
        members = [a.with_(class_name=new) for a in self.annotations if a.class_name == old]
        put = self._state.numbered(members)
        self._push(f"Rename class to {new}", Patch(put=put, classes=classes))

    def recolour_class(self, name: str, colour: Colour) -> None:
        """Give a class another colour; picking merges into one step."""
        classes = tuple(
            AnnotationClass(name=name, colour=colour) if c.name == name else c for c in self.classes
        )
        self._push(f"Recolour {name}", Patch(classes=classes), ("recolour class", name))

    def remove_class(self, name: str) -> None:
        """Remove a class; what belonged to it stays, unclassified."""
        members = [a.with_(class_name=None) for a in self.annotations if a.class_name == name]
        classes = tuple(c for c in self.classes if c.name != name)
        put = self._state.numbered(members)
        self._push(f"Delete class {name}", Patch(put=put, classes=classes))

    def set_classes(self, classes: Iterable[AnnotationClass], text: str = "Change classes") -> None:
        """Put another list of classes in place; classes still in use are kept at its end."""
        wanted = {c.name: c for c in classes}
        used = {a.class_name for a in self.annotations}
        kept = tuple(c for c in self.classes if c.name in used and c.name not in wanted)
        self._push(text, Patch(classes=(*wanted.values(), *kept)))

    def set_scale(self, scale: Scale | None) -> None:
        """Say the size of a pixel where the file does not, or take that back."""
        self._push("Set scale" if scale else "Remove scale", Patch(scale=scale))

    # -- not acts: what was saved comes back -----------------------------------------------------

    def restore(self, patch: Patch) -> None:
        """Bring back saved work, beneath what was drawn meanwhile; not an act to undo."""
        patch = self._state.beneath(patch, touched=len(self.history) > 0)
        self._apply(patch, journal=False)

    def snapshot(self) -> Patch:
        """Return the patch that makes this state out of nothing."""
        return self._state.snapshot()

    # -- how ---------------------------------------------------------------------------------------

    def _push(self, text: str, patch: Patch, key: Hashable = None) -> None:
        forward = self._state.reduced(patch)
        if forward.empty:
            return
        back = self._state.inverse(forward)
        weight = forward.weight + back.weight
        if forward.put and forward.classes is not KEEP:
            key = None  # merged steps redo the later patch only, which would lack the classes
        self.history.push(
            Step(text, lambda: self._apply(forward), lambda: self._apply(back), key, weight)
        )

    def _apply(self, patch: Patch, *, journal: bool = True) -> None:
        known = [identity for identity in patch.put if self.get(identity) is not None]
        change = Change(
            added=tuple(i for i in patch.put if self.get(i) is None),
            removed=tuple(i for i in patch.drop if self.get(i) is not None),
            replaced=tuple(known),
            classes=patch.classes is not KEEP,
            scale=patch.scale is not KEEP,
        )
        self._state.apply(patch)
        if journal:
            self.patched.emit(patch)
        self.changed.emit(change)
        if change.removed:
            self.select(self._selection)

    def _found(self, identities: Iterable[UUID]) -> list[Annotation]:
        found = (self.get(identity) for identity in dict.fromkeys(identities))
        return [annotation for annotation in found if annotation is not None]

    def _with_classes(
        self, annotations: Iterable[Annotation], classes: tuple[AnnotationClass, ...] | None = None
    ) -> tuple[AnnotationClass, ...]:
        """Return the classes, with those added that annotations bring by name only."""
        result = list(self.classes if classes is None else classes)
        names = {c.name for c in result}
        for annotation in annotations:
            name = annotation.class_name
            if name and name not in names:
                names.add(name)
                result.append(AnnotationClass(name=name, colour=next_colour(result)))
        return tuple(result)

    def _refuse_class_name(self, name: str) -> None:
        if not name.strip():
            raise UserError("A class needs a name.", "Type one.")
        if any(c.name == name for c in self.classes):
            raise UserError(f"There is a class called “{name}” already.", "Choose another name.")


def _refuse_locked(annotations: Iterable[Annotation]) -> None:
    for annotation in annotations:
        if annotation.locked:
            raise UserError(f"{annotation.title} is locked.", "Unlock it to change its shape.")


def _those(annotations: Collection[Annotation]) -> str:
    """Name one annotation, or count several."""
    if len(annotations) == 1:
        return next(iter(annotations)).title
    return f"{len(annotations)} annotations"


def _is_ellipse(polygon: BaseGeometry) -> bool:
    """Whether a polygon still fills its bounds as an ellipse does, to π/4."""
    box = shapely.box(*polygon.bounds)
    return bool(box.area) and abs(polygon.area / box.area - 0.785398) < 0.01
