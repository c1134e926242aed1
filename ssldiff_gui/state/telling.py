"""What a generator is told beside the grid: a text, a class, and the areas that are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssldiff_gui.core.annotations import READ_ONLY_KINDS, Annotation, AnnotationSet
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.specs import GeneratorSpec

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import OpenGrid


@dataclass(frozen=True, slots=True)
class Takes:
    """What a generator can be told.

    Parameters
    ----------
    layout
        Classes of the areas that it draws; "" stands for any.
    classes
        Those that a whole canvas, or an area, may be of.
    text
        Whether it reads words.
    """

    layout: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    text: bool = False

    @classmethod
    def of(cls, spec: GeneratorSpec | None) -> Takes:
        """Return what a generator can be told; nothing when there is none."""
        if spec is None:
            return cls()
        return cls(spec.layout, spec.classes, spec.conditioner.type == "text")

    @property
    def areas(self) -> bool:
        """Whether areas that are drawn mean anything to it."""
        return bool(self.layout or self.classes or self.text)


def areas_of(opened: OpenGrid) -> Layout:
    """Return the areas that people have drawn on a grid's picture, in pixels of its canvas.

    What a program has detected there, often by the ten thousand, is left out.
    """
    drawn = (a for a in opened.document.editor.annotations if a.kind not in READ_ONLY_KINDS)
    region = opened.editor.original.region
    if region is None:
        return Layout.of_annotations(AnnotationSet(tuple(drawn)))
    box = region.box

    def inside(one: Annotation) -> bool:
        left, top, right, bottom = one.bounds
        touches = left < box.x2 and top < box.y2 and right > box.x and bottom > box.y
        whole = left <= box.x and top <= box.y and right >= box.x2 and bottom >= box.y2
        return touches and not (whole and not one.label)  # that is the region that was embedded

    found = AnnotationSet(tuple([one for one in drawn if inside(one)]))
    return Layout.of_annotations(found, left=box.x, top=box.y, downsample=region.downsample)


def told_of(layout: Layout, takes: Takes) -> tuple[Layout, str]:
    """Return the areas that a generator understands, and what becomes of all of them, in words."""
    any_class = "" in takes.layout
    known = {*takes.layout, *takes.classes}
    kept, strange = [], Counter[str]()
    for area in layout.areas:
        if any_class or area.label in known or (takes.text and area.text):
            kept.append(area)
        else:
            strange[area.label or "no class"] += 1
    counted = Counter(area.label or area.text or "area" for area in kept)
    words = ", ".join(f"{n} × {name}" for name, n in counted.items()) or "No area is drawn yet."
    if strange:
        words += f" Unknown to this model: {', '.join(strange)}."
    return Layout(tuple(kept)), words
