"""MIRAX, DICOM, Ventana, Hamamatsu VMS, Zeiss ZVI and Sakura through OpenSlide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openslide

from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.ome_xml import positive
from ssldiff_gui.slides.positioned import Gate
from ssldiff_gui.slides.problems import broken, naming, oversized, unsupported
from ssldiff_gui.slides.scene import RGB, Pixels, Scene, levels_of
from ssldiff_gui.slides.slide import Slide

KINDS = {
    "aperio": "Aperio SVS",
    "dicom": "DICOM",
    "generic-tiff": "TIFF",
    "hamamatsu": "Hamamatsu",
    "leica": "Leica SCN",
    "mirax": "MIRAX",
    "philips-tiff": "Philips TIFF",
    "sakura": "Sakura",
    "trestle": "Trestle",
    "ventana": "Ventana",
    "zeiss": "Zeiss ZVI",
}
MOST_ASSOCIATED = 100_000_000
MOST_IN_A_TILE = 64_000_000
"""Pixels OpenSlide may be asked to decode at once: it ends the process when memory runs out."""


class OpenSlideSource:
    """A PixelSource over OpenSlide, which is safe to read from many threads.

    An error leaves an OpenSlide object unusable for good, so it is opened anew for the next
    read: one damaged tile does not take the rest of the slide with it.

    Parameters
    ----------
    path
        A local file.
    slide
        The opened OpenSlide object; this source closes it.
    """

    def __init__(self, path: Path, slide: openslide.OpenSlide) -> None:
        self._path, self._slide = path, slide
        self._gate = Gate()
        self._reopening = threading.Lock()
        self._sizes = slide.level_dimensions

    def read(self, level: int, box: Box) -> Pixels:
        """Return the pixels of `box`, which lies within the level; glass is not valid."""
        with self._gate.inside():
            slide = self._slide
            across = self._sizes[0][0] / self._sizes[level][0]
            down = self._sizes[0][1] / self._sizes[level][1]
            origin = round(box.x * across), round(box.y * down)
            try:
                image = slide.read_region(origin, level, (box.width, box.height))
            except openslide.OpenSlideError:
                self._replace(slide)
                raise
        return over_white(np.asarray(image))

    def _replace(self, failed: openslide.OpenSlide) -> None:
        with self._reopening:
            if self._slide is failed:
                self._slide = openslide.OpenSlide(self._path)

    def close(self) -> None:
        """Let go of the file when nobody reads it any more."""
        if self._gate.shut():
            self._slide.close()


def over_white(rgba: npt.NDArray[Any]) -> Pixels:
    """Lay RGBA over white; what is wholly transparent is not valid."""
    alpha = rgba[..., 3]
    if alpha.min(initial=255) == 255:
        return Pixels(rgba[..., :3].copy())
    share = alpha[..., np.newaxis].astype(np.uint16)
    laid = (rgba[..., :3] * share + 255 * (255 - share) + 127) // 255
    return Pixels(laid.astype(np.uint8), alpha > 0)


def open_vendor(path: Path, identity: Identity) -> Slide:
    """Open a slide through OpenSlide.

    Parameters
    ----------
    path
        A local file.
    identity
        What the file was when opening began.
    """
    with naming(path):
        try:
            slide = openslide.OpenSlide(path)
        except openslide.OpenSlideUnsupportedFormatError as error:
            raise unsupported(path, "it is not a slide that OpenSlide knows") from error
        except openslide.OpenSlideError as error:
            raise broken(path, "OpenSlide cannot read its structure") from error
        try:
            return _slide(path, identity, slide)
        except BaseException:
            slide.close()
            raise


def _slide(path: Path, identity: Identity, slide: openslide.OpenSlide) -> Slide:
    properties = dict(slide.properties)
    sizes = [(int(width), int(height)) for width, height in slide.level_dimensions]
    if not sizes or min(min(size) for size in sizes) < 1:
        raise broken(path, "its levels have no size")
    tiles = [_tile(properties, number) for number in range(len(sizes))]
    if max(width * height for width, height in tiles) > MOST_IN_A_TILE:
        raise oversized(path, "one of its tiles alone takes too much memory")
    x, y = (positive(properties.get(f"openslide.mpp-{axis}")) for axis in "xy")
    scene = Scene(
        path,
        path.stem,
        OpenSlideSource(path, slide),
        levels_of(sizes),
        dtype=np.uint8,
        bands=("Red", "Green", "Blue"),
        scale=None if x is None or y is None else Scale(x, y, "µm"),
        tile=tiles[0],
        objective=positive(properties.get("openslide.objective-power")),
    )
    names = list(slide.associated_images)
    vendor = properties.get("openslide.vendor", "")
    return Slide(
        path,
        KINDS.get(vendor, vendor or "OpenSlide"),
        [scene],
        identity=identity,
        associated={name: _reader(path, name) for name in names},
        properties=properties,
    )


def _tile(properties: Mapping[str, str], level: int) -> tuple[int, int]:
    width, height = (
        int(properties.get(f"openslide.level[{level}].tile-{side}", 512))
        for side in ("width", "height")
    )
    return width, height


def _reader(path: Path, name: str) -> Callable[[], RGB]:
    """Return a function that reads an associated image through an object of its own."""

    def read() -> RGB:
        with naming(path), openslide.OpenSlide(path) as slide:
            width = int(slide.properties.get(f"openslide.associated.{name}.width", 0))
            height = int(slide.properties.get(f"openslide.associated.{name}.height", 0))
            if width * height > MOST_ASSOCIATED:
                raise oversized(path, f"its {name} claims {width:,} × {height:,} pixels")
            return over_white(np.asarray(slide.associated_images[name])).values

    return read
