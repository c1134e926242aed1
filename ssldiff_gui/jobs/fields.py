"""What a generator can be told beside a grid, and a recipe's words in its numbers."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.models.generators.texts import Ids, ids_of, takes_text
from ssldiff_gui.sampling.field import GridField
from ssldiff_gui.sampling.field_asked import Asked, AskedField

__all__ = ["class_names", "field_of", "number_of", "require_layout", "takes_text"]


def class_names(spec: GeneratorSpec) -> tuple[str, ...]:
    """Return the classes that a generator can be asked for; their numbers where it has no names."""
    count = spec.conditioner.config.get("classes")
    if spec.classes or spec.conditioner.type != "class" or not isinstance(count, int):
        return spec.classes
    unconditional = spec.conditioner.config.get("form", "token") != "one_hot"
    return tuple(str(number) for number in range(count - unconditional))


def number_of(spec: GeneratorSpec, label: str) -> int:
    """Return the number of a class; capitals do not matter where they tell nothing apart.

    Raises
    ------
    BadRequest
        The model has no such class; the hint says which it has.
    """
    names = class_names(spec)
    if label in names:
        return names.index(label)
    plain = [name.casefold() for name in names]
    if plain.count(label.casefold()) == 1:
        return plain.index(label.casefold())
    if not names:
        raise BadRequest(f"{spec.title} takes no class.", "Choose a model that takes one.")
    raise BadRequest(f"{spec.title} knows no class “{label[:80]}”.", _knows(names))


def require_layout(spec: GeneratorSpec, layout: Layout) -> list[str]:
    """See that a generator can be told of areas; return what of them it is not told, in words.

    Raises
    ------
    BadRequest
        It takes no layout, or knows not all of its classes; the hint says which it knows.
    """
    classes, texts = class_names(spec), takes_text(spec)
    if not spec.layout and not classes and not texts:
        raise BadRequest(
            f"{spec.title} takes no layout.",
            "Leave it out, or choose a model that was trained with boxes, masks, classes or texts.",
        )
    known = {*spec.layout, *classes}
    unknown = [label for label in layout.labels if label not in known]
    if unknown and known and "" not in known:
        raise BadRequest(
            f"{spec.title} does not know {_listed(unknown)}.", _knows(tuple(sorted(known)))
        )
    notes = []
    if unknown and not known:
        notes.append(f"the classes of the layout are left out: {spec.title} takes none")
    if not texts and any(area.text for area in layout.areas):
        notes.append(f"the texts of the layout are left out: {spec.title} takes none")
    return notes


def field_of(
    recipe: Recipe, grid: EmbeddingGrid, layout: Layout, spec: GeneratorSpec, folder: Path
) -> GridField:
    """Return what each window of a canvas is conditioned on.

    Parameters
    ----------
    recipe
        Of the canvas.
    grid, layout
        That go with it.
    spec, folder
        Of the generator.
    """
    texts, classes = takes_text(spec), class_names(spec)
    if not texts and not classes and not spec.layout:
        return GridField(grid, spec)
    areas = list(enumerate(layout.areas))
    wanted = [(number, area.text) for number, area in areas if area.text.strip()]
    asked = Asked(
        layout,
        text=ids_of(spec, folder, [recipe.text or ""])[0] if texts else None,
        number=(-1 if recipe.label is None else number_of(spec, recipe.label)) if classes else None,
        texts=_read(spec, folder, wanted) if texts else {},
        numbers={n: classes.index(a.label) for n, a in areas if a.label in classes},
    )
    return AskedField(grid, spec, asked)


def _read(spec: GeneratorSpec, folder: Path, wanted: list[tuple[int, str]]) -> dict[int, Ids]:
    """Return the token ids of areas' texts, by the areas' numbers."""
    ids = ids_of(spec, folder, [text for _, text in wanted])
    return {number: line for (number, _), line in zip(wanted, ids, strict=True)}


def _knows(names: tuple[str, ...]) -> str:
    return f"It knows: {_listed(list(names))}."


def _listed(names: list[str], most: int = 40) -> str:
    more = ", …" if len(names) > most else ""
    return ", ".join(name[:80] for name in names[:most]) + more
