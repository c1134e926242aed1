"""OME-TIFF: images are scenes, channels are bands, SubIFDs are levels.

The metadata is read here and not by tifffile, which takes its claims at their word: a few bytes
of XML can ask for lists of a thousand million pages, or for other files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ssldiff_gui.slides.ome_xml import Misdescribed, OmeImage, read_ome
from ssldiff_gui.slides.tiff import Contents, Picture
from ssldiff_gui.slides.tiff_generic import ASSOCIATED, is_level_of, sub_levels

LONGEST_TEXT = 1 << 20


def ome_contents(tif: Any, pages: list[Any]) -> Contents | None:
    """Return the scenes of an OME-TIFF; None when its metadata does not fit its pages.

    Parameters
    ----------
    tif
        The tifffile file.
    pages
        Its main pages.
    """
    text = str(pages[0].description)
    try:
        images = read_ome(text)
    except Misdescribed:
        return None
    pictures: list[Picture] = []
    associated: dict[str, Any] = {}
    for image in images:
        first = _pages_of(image, pages)
        if first is None:
            continue
        name = next((word for word in ASSOCIATED if word in image.name.lower()), None)
        if name is not None and len(images) > 1:
            associated[name] = first[0]
            continue
        levels = _levels(tif, first, pages)
        bands = image.channels if len(first) > 1 else ()
        pictures.append(
            Picture(image.name, levels, image.scale, image.objective, bands, palette=False)
        )
    if not pictures:
        return None
    return Contents("OME-TIFF", pictures, associated, {"ome.xml": text[:LONGEST_TEXT]})


def _pages_of(image: OmeImage, pages: Sequence[Any]) -> list[Any] | None:
    """Return the page of each channel, or None when one is missing or of another size."""
    found = []
    for number in image.planes:
        if number is None or not 0 <= number < len(pages):
            return None
        page = pages[number]
        if (page.imagewidth, page.imagelength) != image.size:
            return None
        found.append(page)
    return found or None


def _levels(tif: Any, first: list[Any], pages: Sequence[Any]) -> list[list[Any]]:
    """Return the pages of each level, as many levels as every channel has."""
    pyramids = [[page, *sub_levels(tif, page)] for page in first]
    if len(first) == 1 and len(pyramids[0]) == 1:
        for page in pages:
            if page.is_reduced and is_level_of(pyramids[0], page):
                pyramids[0].append(page)
    count = min(len(pyramid) for pyramid in pyramids)
    return [[pyramid[level] for pyramid in pyramids] for level in range(count)]
