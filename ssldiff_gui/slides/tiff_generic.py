"""TIFFs of no vendor: which pages are levels of which picture."""

from __future__ import annotations

import re
from typing import Any

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.slides.tiff import Contents, Picture

CREDIBLE = (0.05, 20.0)
"""µm a pixel that a microscope makes; 72, 96, 300 or 1200 dots an inch are a printer's."""

MICROMETRES = {2: 25_400.0, 3: 10_000.0, 4: 1_000.0, 5: 1.0}
"""By the tag ResolutionUnit: inch, centimetre, and the two that some scanners write."""

MASK, REDUCED = 4, 1
ASSOCIATED = ("label", "macro", "thumbnail")


def generic_contents(tif: Any, pages: list[Any]) -> Contents:
    """Sort the pages of a TIFF into pictures, their levels and associated images.

    Parameters
    ----------
    tif
        The tifffile file.
    pages
        Its main pages.
    """
    associated: dict[str, Any] = {}
    groups: list[list[Any]] = []
    for page in pages:
        name = _associated_name(page)
        if name is not None:
            associated[name] = page
        elif not page.subfiletype & MASK and min(page.imagewidth, page.imagelength) > 0:
            _place(groups, page)
    if not groups:
        groups = [[pages[0]]]
    pictures = [
        Picture(
            f"Page {number + 1}" if len(groups) > 1 else "Image",
            [[page] for page in [*group, *sub_levels(tif, group[0])]],
            scale=resolution(group[0], str(pages[0].description)),
        )
        for number, group in enumerate(groups)
    ]
    return Contents("TIFF", pictures, associated, {"tiff.ImageDescription": _text(pages[0])})


def _text(page: Any) -> str:
    return str(page.description)[:4096]


def _associated_name(page: Any) -> str | None:
    words = str(page.description)[:200].lower()
    return next((name for name in ASSOCIATED if words.startswith(name)), None)


def _place(groups: list[list[Any]], page: Any) -> None:
    """Put a page among the levels of the picture it is a smaller copy of, or start a picture."""
    for group in groups:
        if is_level_of(group, page):
            group.append(page)
            return
    groups.append([page])


def is_level_of(group: list[Any], page: Any) -> bool:
    """Whether `page` is a smaller copy of the picture whose levels so far are `group`."""
    first, last = group[0], group[-1]
    same = (page.dtype, page.samplesperpixel, int(page.photometric)) == (
        first.dtype,
        first.samplesperpixel,
        int(first.photometric),
    )
    smaller = page.imagewidth < last.imagewidth and page.imagelength < last.imagelength
    copies = bool(page.subfiletype & REDUCED) or (first.is_tiled and page.is_tiled)
    if not (same and smaller and copies):
        return False
    across, down = first.imagewidth / page.imagewidth, first.imagelength / page.imagelength
    rounding = across / page.imagewidth + down / page.imagelength
    return bool(abs(across - down) <= 0.01 * across + rounding)


def sub_levels(tif: Any, page: Any) -> list[Any]:
    """Return the pages of a page's SubIFDs that are its levels, largest first."""
    import tifffile

    found = []
    for index, offset in enumerate((page.subifds or ())[:64]):
        if offset < 8:
            continue
        tif.filehandle.seek(offset)
        found.append(tifffile.TiffPage(tif, (page.index, index)))
    found.sort(key=lambda sub: -int(sub.imagewidth))
    group = [page]
    for sub in found:
        smaller = 0 < sub.imagewidth < group[-1].imagewidth
        if smaller and sub.dtype == page.dtype and sub.samplesperpixel == page.samplesperpixel:
            group.append(sub)
    return group[1:]


def resolution(page: Any, description: str = "") -> Scale | None:
    """Return the size of a pixel that the tags name, when it is credible for a microscope."""
    x, y = (_ratio(page.tags.valueof(code)) for code in (282, 283))
    if x is None or y is None:
        return None
    micrometres = MICROMETRES.get(int(page.tags.valueof(296, 2) or 0))
    if micrometres is None or _says_micrometres(description):
        micrometres = 1.0 if _says_micrometres(description) else None
    if micrometres is None:
        return None
    return credible(micrometres / x, micrometres / y)


def credible(x: float, y: float) -> Scale | None:
    """Return a scale in µm when a microscope could have made it."""
    low, high = CREDIBLE
    return Scale(x, y, "µm") if low <= x <= high and low <= y <= high else None


def _says_micrometres(description: str) -> bool:
    """Whether ImageJ says that resolutions count pixels a micrometre."""
    return description.startswith("ImageJ=") and bool(
        re.search(r"^unit=(micron|um|\\u00B5m|µm)", description, re.MULTILINE)
    )


def _ratio(value: Any) -> float | None:
    if not isinstance(value, tuple) or len(value) != 2 or not value[1] or value[0] <= 0:
        return None
    return float(value[0] / value[1])
