"""Annotations as values: immutable, comparable, checked."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
import shapely
from pydantic import ValidationError

from ssldiff_gui.core.annotations import (
    UNCLASSIFIED,
    Annotation,
    AnnotationClass,
    colour_of,
)
from ssldiff_gui.core.palettes import COLOURS, HISTOLOGY, LAND_COVER, next_colour

SQUARE = shapely.box(0, 0, 10, 10)


def test_nothing_in_an_annotation_can_be_changed_in_place() -> None:
    annotation = Annotation(geometry=SQUARE, measurements={"a": 1}, properties={"b": 2})
    with pytest.raises(ValidationError):
        annotation.name = "x"  # type: ignore[misc]
    for mapping in (annotation.measurements, annotation.properties):
        with pytest.raises(TypeError):
            mapping["c"] = 3  # type: ignore[index]


def test_equal_content_is_equal_even_with_numbers_that_are_none() -> None:
    one = Annotation(geometry=SQUARE, measurements={"a": float("nan"), "b": math.inf})
    other = Annotation(
        geometry=shapely.box(0, 0, 10, 10), id=one.id, measurements={"a": -math.nan, "b": math.inf}
    )
    assert one == other
    assert len({one, other}) == 1
    assert one != one.with_(name="x")


def test_copies_are_checked() -> None:
    annotation = Annotation(geometry=SQUARE)
    with pytest.raises(ValidationError):
        annotation.with_(colour=(0, 0, 256))
    with pytest.raises(ValidationError):
        annotation.with_(nonsense=1)
    with pytest.raises(ValidationError):
        annotation.with_(geometry=shapely.Polygon())


def test_heights_are_dropped() -> None:
    assert not Annotation(geometry=shapely.Point(1, 2, 3)).geometry.has_z


def test_titles_and_what_may_be_edited() -> None:
    annotation = Annotation(geometry=SQUARE)
    assert annotation.title == "Annotation"
    assert annotation.with_(class_name="Tumour").title == "Tumour"
    assert annotation.with_(class_name="Tumour", name="A1").title == "A1"
    assert annotation.editable
    assert not annotation.with_(locked=True).editable
    assert not annotation.with_(kind="cell").editable


def test_moving_moves_the_bounds() -> None:
    assert Annotation(geometry=SQUARE).moved(5, -5).bounds == (5, -5, 15, 5)


def test_the_colour_shown() -> None:
    classes = [AnnotationClass(name="Tumour", colour=(1, 2, 3))]
    annotation = Annotation(geometry=SQUARE)
    assert colour_of(annotation, classes) == UNCLASSIFIED
    assert colour_of(annotation.with_(class_name="Tumour"), classes) == (1, 2, 3)
    assert colour_of(annotation.with_(class_name="Tumour", colour=(9, 9, 9)), classes) == (9, 9, 9)


def test_classes_need_a_name_and_a_colour() -> None:
    with pytest.raises(ValidationError):
        AnnotationClass(name="", colour=(0, 0, 0))
    with pytest.raises(ValidationError):
        AnnotationClass(name="x", colour=(-1, 0, 0))


def test_new_classes_get_the_colour_that_is_used_least() -> None:
    classes: list[AnnotationClass] = []
    for number in range(len(COLOURS)):
        classes.append(AnnotationClass(name=str(number), colour=next_colour(classes)))
    assert {c.colour for c in classes} == set(COLOURS)
    assert next_colour([*classes, classes[0]]) == COLOURS[1]


def without_red(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    """Return a colour as somebody without red cones sees it (Viénot 1999), in linear light."""
    red, green, blue = ((part / 255) ** 2.2 for part in colour)
    seen = 0.11238 * red + 0.88762 * green
    return seen, seen, 0.00401 * red - 0.00401 * green + blue


def without_green(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = ((part / 255) ** 2.2 for part in colour)
    seen = 0.29275 * red + 0.70725 * green
    return seen, seen, -0.02234 * red + 0.02234 * green + blue


@pytest.mark.parametrize("classes", [HISTOLOGY, LAND_COVER])
@pytest.mark.parametrize("seen_by", [without_red, without_green])
def test_starter_colours_are_apart_for_colour_blind_people(
    classes: tuple[AnnotationClass, ...], seen_by: object
) -> None:
    assert len({c.name for c in classes}) == len(classes)
    for one, other in combinations(classes, 2):
        distance = math.dist(seen_by(one.colour), seen_by(other.colour))  # type: ignore[operator]
        assert distance > 0.04, (one.name, other.name, distance)
