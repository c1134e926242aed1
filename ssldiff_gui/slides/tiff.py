"""Opening a TIFF: which of the readers of TIFFs it goes to, and what they share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tifffile

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.positioned import PositionedFile
from ssldiff_gui.slides.problems import broken, naming, oversized, truncated, unsupported
from ssldiff_gui.slides.scene import RGB, Scene, levels_of
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.slides.tiff_layout import Unreadable
from ssldiff_gui.slides.tiff_plane import TiffPlane, TooLarge, Torn
from ssldiff_gui.slides.tiff_source import TiffLevel, TiffSource

MOST_PAGES = 4096
SUBSAMPLED_JPEG_2000 = 33003
"""Aperio's JPEG 2000 with colours at half the resolution; OpenSlide alone puts them together."""

GEO_TAGS = {33550, 33922, 34264, 34735, 42113}
"""ModelPixelScale, ModelTiepoint, ModelTransformation, GeoKeyDirectory, GDAL_NODATA."""

COLOURS = {1: ("Grey",), 3: ("Red", "Green", "Blue")}


@dataclass(frozen=True, slots=True)
class Picture:
    """One scene of a TIFF as its reader found it.

    Parameters
    ----------
    name
        What the file calls it.
    levels
        For each level, largest first, the pages that make it up.
    scale
        Size of a pixel, when the file says.
    objective
        Magnification of the objective, when the file says.
    bands
        Names of the bands; made up when empty.
    palette
        Whether a palette holds the picture's colours.
    """

    name: str
    levels: Sequence[Sequence[Any]]
    scale: Scale | None = None
    objective: float | None = None
    bands: Sequence[str] = ()
    palette: bool = True


@dataclass(frozen=True, slots=True)
class Contents:
    """What a reader of TIFFs found in one.

    Parameters
    ----------
    kind
        The format's name.
    pictures
        The scenes.
    associated
        Pages of the label, macro and thumbnail, by name.
    properties
        The vendor's own metadata.
    """

    kind: str
    pictures: Sequence[Picture]
    associated: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


def open_tiff(path: Path, identity: Identity) -> Slide:
    """Open any TIFF: a vendor's slide, an OME-TIFF, a georeferenced scene or a plain one.

    Parameters
    ----------
    path
        A local file.
    identity
        What the file was when opening began.
    """
    reason: Unreadable | None = None
    with naming(path), _parsed(path) as tif:
        pages = _pages(tif, path)
        reader = _reader_elsewhere(tif, pages[0])
        if reader is _open_vendor:
            _refuse_torn(path, tif, pages)
        if reader is None:
            contents = _contents(tif, pages)
            try:
                return _slide(path, identity, contents)
            except Unreadable as error:
                if contents.kind != "TIFF":
                    raise unsupported(path, str(error)) from error
                reader, reason = _open_raster, error
    try:
        return reader(path, identity)
    except FileProblem as problem:
        if reason is None:
            raise
        raise unsupported(path, str(reason)) from problem


def _parsed(path: Path) -> tifffile.TiffFile:
    try:
        return tifffile.TiffFile(str(path))
    except tifffile.TiffFileError as error:
        raise broken(path, "it has no readable TIFF header") from error


def _pages(tif: tifffile.TiffFile, path: Path) -> list[Any]:
    tif.pages.cache = True
    tif.pages.useframes = False
    pages: list[Any] = []
    seen: set[int] = set()
    try:
        for page in tif.pages:
            if page.offset in seen:  # the chain of pages goes in circles
                break
            seen.add(page.offset)
            pages.append(page)
            if len(pages) > MOST_PAGES:
                raise oversized(path, f"it holds more than {MOST_PAGES:,} pictures")
    except (tifffile.TiffFileError, EOFError, struct.error) as error:
        if not pages:
            raise broken(path, "it has no readable first picture") from error
        raise truncated(path) from error
    if not pages or _goes_on_beyond_the_end(tif, pages[-1]):
        raise truncated(path)
    return pages


def _goes_on_beyond_the_end(tif: tifffile.TiffFile, page: Any) -> bool:
    """Whether a page names a next one that the file is too short to hold; tifffile lets it be."""
    layout, file = tif.tiff, tif.filehandle
    file.seek(page.offset)
    (tags,) = struct.unpack(layout.tagnoformat, file.read(layout.tagnosize))
    file.seek(page.offset + layout.tagnosize + tags * layout.tagsize)
    (following,) = struct.unpack(layout.offsetformat, file.read(layout.offsetsize))
    return bool(following > file.size)


def _refuse_torn(path: Path, tif: tifffile.TiffFile, pages: list[Any]) -> None:
    """Refuse parts beyond the end of the file: OpenSlide asks memory for them and may abort."""
    size = tif.filehandle.size
    for page in pages:
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
            if not 0 <= offset <= size - count:
                raise truncated(path)


def _open_raster(path: Path, identity: Identity) -> Slide:
    from ssldiff_gui.slides.raster import open_raster

    return open_raster(path, identity)


def _open_vendor(path: Path, identity: Identity) -> Slide:
    from ssldiff_gui.slides.vendor import open_vendor

    return open_vendor(path, identity)


def _reader_elsewhere(tif: Any, page: Any) -> Callable[[Path, Identity], Slide] | None:
    """Return the reader that is better at this TIFF than the ones here, if there is one."""
    if tif.is_bif or (tif.is_svs and int(page.compression) == SUBSAMPLED_JPEG_2000):
        return _open_vendor
    vendor = tif.is_ome or _of_a_scanner(tif)
    plain_bands = page.samplesperpixel > 4
    if not vendor and (plain_bands or GEO_TAGS.intersection(tag.code for tag in page.tags)):
        return _open_raster
    return None


def _of_a_scanner(tif: Any) -> bool:
    return bool(tif.is_svs or tif.is_scn or tif.is_ndpi or tif.is_philips or tif.is_qpi)


def _contents(tif: Any, pages: list[Any]) -> Contents:
    if _of_a_scanner(tif):
        from ssldiff_gui.slides.tiff_vendor import vendor_contents

        return vendor_contents(tif, pages)
    if tif.is_ome:
        from ssldiff_gui.slides.ome_tiff import ome_contents

        found = ome_contents(tif, pages)
        if found is not None:
            return found
    from ssldiff_gui.slides.tiff_generic import generic_contents

    return generic_contents(tif, pages)


def _slide(path: Path, identity: Identity, contents: Contents) -> Slide:
    file = PositionedFile(path)
    try:
        scenes = [_scene(path, file, picture) for picture in contents.pictures]
    except BaseException:
        file.close()
        raise
    associated = {name: _reader(path, file, page) for name, page in contents.associated.items()}
    return Slide(
        path,
        contents.kind,
        scenes,
        identity=identity,
        associated=associated,
        properties=contents.properties,
    )


def _scene(path: Path, file: PositionedFile, picture: Picture) -> Scene:
    levels = _planes(path, file, picture)
    first = levels[0]
    shapes = {
        tuple((plane.layout.dtype, plane.layout.bands) for plane in level) for level in levels
    }
    dtypes = {plane.layout.dtype for plane in first}
    bands = sum(plane.layout.bands for plane in first)
    if len(shapes) != 1 or any(len({plane.size for plane in level}) != 1 for level in levels):
        raise broken(path, "its levels do not fit each other")
    if len(dtypes) != 1 or not bands:
        raise broken(path, "its channels do not fit each other")
    names = tuple(picture.bands) if len(picture.bands) == bands else None
    return Scene(
        path,
        picture.name,
        TiffSource(file, levels),
        levels_of([level[0].size for level in levels]),
        dtype=dtypes.pop(),
        bands=names or COLOURS.get(bands) or [f"Band {i + 1}" for i in range(bands)],
        scale=picture.scale,
        tile=first[0].tile,
        objective=picture.objective,
    )


def _planes(path: Path, file: PositionedFile, picture: Picture) -> list[TiffLevel]:
    try:
        return [
            tuple(TiffPlane(page, file.size, palette=picture.palette) for page in pages)
            for pages in picture.levels
        ]
    except Torn as error:
        raise broken(path, str(error)) from error
    except TooLarge as error:
        raise oversized(path, str(error)) from error
    except EOFError as error:
        raise truncated(path) from error


def _reader(path: Path, file: PositionedFile, page: Any) -> Callable[[], RGB]:
    """Return a function that reads a label or a macro; a broken one breaks nothing else."""
    scene: Scene | None = None
    try:
        with naming(path):
            scene = _scene(path, file, Picture("", [[page]]))
    except FileProblem as error:
        problem: FileProblem = error
    except Unreadable as error:
        problem = unsupported(path, str(error))

    def read() -> RGB:
        if scene is None:
            raise problem
        return scene.read_level(0, scene.box)

    return read
