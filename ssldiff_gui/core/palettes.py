"""Starter lists of classes, in colours that colour-blind people can tell apart.

The colours are those of Okabe and Ito (2008), darkened or lightened where a list is longer.
"""

from __future__ import annotations

from collections.abc import Iterable

from ssldiff_gui.core.annotations import AnnotationClass, Colour

COLOURS: tuple[Colour, ...] = (
    (213, 94, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (240, 228, 66),
    (101, 67, 20),
    (105, 62, 163),
    (160, 160, 160),
    (127, 201, 160),
)
"""Vermilion, blue, green, pink, sky, yellow, brown, violet, grey, mint."""

HISTOLOGY = tuple(
    AnnotationClass(name=name, colour=colour)
    for name, colour in (
        ("Tumour", COLOURS[0]),
        ("Stroma", COLOURS[2]),
        ("Immune cells", COLOURS[1]),
        ("Necrosis", COLOURS[6]),
        ("Normal tissue", COLOURS[4]),
        ("Fat", COLOURS[5]),
        ("Vessel", COLOURS[7]),
        ("Artefact", COLOURS[8]),
    )
)
"""What is marked most often on stained tissue; no pink, which haematoxylin and eosin would hide."""

LAND_COVER = tuple(
    AnnotationClass(name=name, colour=colour)
    for name, colour in (
        ("Building", COLOURS[0]),
        ("Road", COLOURS[8]),
        ("Water", COLOURS[1]),
        ("Forest", COLOURS[2]),
        ("Cropland", COLOURS[5]),
        ("Grassland", COLOURS[9]),
        ("Bare soil", COLOURS[6]),
        ("Cloud", COLOURS[4]),
    )
)
"""What is marked most often on pictures from above."""


def next_colour(classes: Iterable[AnnotationClass]) -> Colour:
    """Return the first colour that is not in use, or the least used one."""
    used = [known.colour for known in classes]
    return min(COLOURS, key=used.count)


def many_colours(count: int) -> tuple[Colour, ...]:
    """Return as many colours as are asked for: the list's, then darker and lighter ones of them."""
    made: list[Colour] = []
    for number in range(count):
        turn, place = divmod(number, len(COLOURS))
        goal, share = (0, 255)[turn % 2], min(0.8, 0.3 * ((turn + 1) // 2))
        red, green, blue = (
            round(part + (goal - part) * (share if turn else 0)) for part in COLOURS[place]
        )
        made.append((red, green, blue))
    return tuple(made)
