"""TIFFs of scanners' makers: tiffslide knows their metadata, tifffile their levels.

tiffslide takes any fsspec address where it is given text, so it gets an open file instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import tifffile

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.slides.tiff import Contents, Picture
from ssldiff_gui.slides.tiff_generic import credible, generic_contents, resolution

KINDS = {
    "svs": "Aperio SVS",
    "scn": "Leica SCN",
    "ndpi": "Hamamatsu NDPI",
    "philips": "Philips TIFF",
    "qpi": "PerkinElmer QPTIFF",
}
LONGEST_TEXT = 4096


def vendor_contents(tif: Any, pages: list[Any]) -> Contents:
    """Return the scenes and associated images of a vendor's TIFF.

    Parameters
    ----------
    tif
        The tifffile file.
    pages
        Its main pages.
    """
    kind = next(KINDS[name] for name in KINDS if getattr(tif, f"is_{name}"))
    properties = _properties(Path(tif.filehandle.path))
    series = list(tif.series)
    if not series:
        return generic_contents(tif, pages)
    if tif.is_scn:
        return _leica(tif, series, properties)
    scale = _scale(properties)
    if scale is None and (tif.is_ndpi or tif.is_qpi):
        scale = resolution(pages[0])
    objective = _number(properties.get("tiffslide.objective-power"))
    main = series[0]
    picture = Picture(main.name or "Image", _levels(main), scale, objective, _channels(main))
    associated = {
        str(item.name or f"image {item.index}").lower(): item.pages[0]
        for item in series[1:]
        if item.pages[0] is not None
    }
    return Contents(kind, [picture], associated, _texts(properties))


def _properties(path: Path) -> dict[str, Any]:
    """Return what tiffslide reads from the vendor's metadata; at least what Aperio's text says."""
    import tiffslide

    with path.open("rb") as file, tiffslide.TiffSlide(file) as slide:
        try:
            return dict(slide.properties)
        except Exception:  # noqa: BLE001 - stacks and odd axes; the pixels may still be fine
            return _aperio(slide.ts_tifffile.pages.first)


def _aperio(page: Any) -> dict[str, Any]:
    if not page.is_svs:
        return {}
    found = tifffile.tifffile.svs_description_metadata(page.description)
    return {
        "tiffslide.mpp-x": found.get("MPP"),
        "tiffslide.mpp-y": found.get("MPP"),
        "tiffslide.objective-power": found.get("AppMag"),
        **{f"aperio.{key}": value for key, value in found.items()},
    }


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: str(value)[:LONGEST_TEXT]
        for key, value in properties.items()
        if value is not None and not key.startswith("tiffslide.series")
    }


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _scale(properties: Mapping[str, Any]) -> Scale | None:
    """Return µm a pixel: as the vendor's text says, or as the tags say when that is credible."""
    x, y = (_number(properties.get(f"tiffslide.mpp-{axis}")) for axis in "xy")
    if x is None or y is None:
        return None
    from_text = "aperio.MPP" in properties or properties.get("tiffslide.vendor") not in {
        None,
        "aperio",
        "hamamatsu",
    }
    return Scale(x, y, "µm") if from_text else credible(x, y)


def _levels(series: Any) -> list[list[Any]]:
    """Return the pages of each level: one, or one a channel; of a stack the middle plane."""
    found = []
    for level in series.levels:
        pages = [page for page in level.pages if page is not None]
        channels = level.sizes.get("channel", 1)
        depth = max(1, len(pages) // channels)
        found.append([pages[channel * depth + depth // 2] for channel in range(channels)])
    return found


def _channels(series: Any) -> list[str]:
    """Return the names of the channels, as PerkinElmer's pages say them or by their numbers."""
    count = series.sizes.get("channel", 1)
    if count == 1:
        return []
    texts = [str(page.description) if page is not None else "" for page in series.pages[:count]]
    found = [re.search(r"<Name>([^<]{1,80})</Name>", text) for text in texts]
    return [match[1] if match else f"Channel {i + 1}" for i, match in enumerate(found)]


def _leica(tif: Any, series: list[Any], properties: Mapping[str, Any]) -> Contents:
    """Return every scanned area of a Leica slide as a scene; the whole slide is the macro."""
    root = ET.fromstring(tif.scn_metadata)  # noqa: S314 - expat refuses entity bombs
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    pictures: list[Picture] = []
    associated: dict[str, Any] = {}
    described = [
        (image, collection)
        for collection in root.iter("collection")
        for image in collection.iter("image")
        if image.find("pixels") is not None
    ]
    for (image, collection), item in zip(described, series, strict=False):
        if _is_macro(image, collection):
            associated["macro"] = item.levels[-1].pages[0]
            continue
        name = image.get("name") or f"Area {len(pictures) + 1}"
        objective = _number(image.findtext(".//objective"))
        pictures.append(
            Picture(name, _levels(item), _leica_scale(image), objective, _channels(item))
        )
    if not pictures:
        pictures = [Picture("Image", _levels(series[0]), _scale(properties))]
    return Contents(KINDS["scn"], pictures, associated, _texts(properties))


def _is_macro(image: ET.Element, collection: ET.Element) -> bool:
    view = image.find("view")
    if view is None:
        return False
    at_origin = all(int(view.get(name, "0")) == 0 for name in ("offsetX", "offsetY"))
    return at_origin and all(view.get(name) == collection.get(name) for name in ("sizeX", "sizeY"))


def _leica_scale(image: ET.Element) -> Scale | None:
    view, pixels = image.find("view"), image.find("pixels")
    if view is None or pixels is None:
        return None
    sizes = []
    for name in ("sizeX", "sizeY"):
        nanometres, count = _number(view.get(name)), _number(pixels.get(name))
        if nanometres is None or count is None:
            return None
        sizes.append(nanometres / count / 1000)
    return Scale(sizes[0], sizes[1], "µm")
