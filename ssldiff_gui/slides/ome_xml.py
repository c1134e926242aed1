"""The part of OME's metadata that says what the pictures are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from ssldiff_gui.core.geometry import Scale

MICROMETRES = {
    "µm": 1.0, "μm": 1.0, "um": 1.0, "micrometer": 1.0, "micrometre": 1.0, "micron": 1.0,
    "nm": 1e-3, "nanometer": 1e-3, "nanometre": 1e-3, "mm": 1e3, "millimeter": 1e3,
    "millimetre": 1e3, "cm": 1e4, "centimeter": 1e4, "centimetre": 1e4, "m": 1e6, "meter": 1e6,
    "metre": 1e6, "pm": 1e-6, "Å": 1e-4, "angstrom": 1e-4, "inch": 25_400.0, "in": 25_400.0,
}  # fmt: skip
"""Length units by their size in µm; "pixel" and "reference frame" are none."""

MOST_IMAGES = 256
MOST_PLANES = 1 << 20


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One picture as OME's metadata describes it.

    Parameters
    ----------
    name
        What the file calls it.
    size
        Width and height.
    planes
        For each channel, the number of its page in the file; None for one that lies elsewhere.
    channels
        Their names.
    scale
        Size of a pixel, when it is said in a unit of length.
    objective
        Magnification, when it is said.
    """

    name: str
    size: tuple[int, int]
    planes: tuple[int | None, ...]
    channels: tuple[str, ...]
    scale: Scale | None
    objective: float | None


class Misdescribed(Exception):
    """OME metadata that makes no sense."""


def read_ome(text: str) -> list[OmeImage]:
    """Read OME-XML.

    Parameters
    ----------
    text
        As it stands in a TIFF's first description.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat refuses entity bombs
    except ET.ParseError as error:
        raise Misdescribed("not XML") from error
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    objectives = {
        item.get("ID"): positive(item.get("NominalMagnification"))
        for item in root.iter("Objective")
    }
    images, first = [], 0
    for image in list(root.iter("Image"))[:MOST_IMAGES]:
        pixels = image.find("Pixels")
        if pixels is None:
            continue
        try:
            found, count = _image(image, pixels, objectives, root.get("UUID"), first)
        except (ValueError, KeyError, ZeroDivisionError) as error:
            raise Misdescribed("its OME metadata is incomplete") from error
        first += count
        images.append(found)
    return images


def _image(
    image: ET.Element,
    pixels: ET.Element,
    objectives: dict[str | None, float | None],
    uuid: str | None,
    first: int,
) -> tuple[OmeImage, int]:
    sizes = {axis: int(pixels.attrib[f"Size{axis}"]) for axis in "XYZCT"}
    if min(sizes.values()) < 1:
        raise ValueError("an axis has no length")
    channels = list(pixels.iter("Channel"))
    samples = [int(channel.get("SamplesPerPixel", 1)) for channel in channels] or [1]
    count = max(1, sizes["C"] // max(1, samples[0]))
    if count * sizes["Z"] * sizes["T"] > MOST_PLANES:
        raise ValueError("too many planes")
    order = pixels.get("DimensionOrder", "XYZCT")
    planes = _planes(pixels, sizes | {"C": count}, order, uuid, first)
    names = tuple(channel.get("Name") or f"Channel {i + 1}" for i, channel in enumerate(channels))
    settings = image.find("ObjectiveSettings")
    found = OmeImage(
        image.get("Name") or "Image",
        (sizes["X"], sizes["Y"]),
        planes,
        names if len(names) == count else (),
        _scale(pixels),
        None if settings is None else objectives.get(settings.get("ID")),
    )
    return found, count * sizes["Z"] * sizes["T"]


def _planes(
    pixels: ET.Element,
    sizes: dict[str, int],
    order: str,
    uuid: str | None,
    first: int,
) -> tuple[int | None, ...]:
    """Return the page of each channel, at the first time and the middle of the stack."""
    axes = [axis for axis in order if axis in "ZCT"]
    if sorted(axes) != ["C", "T", "Z"]:
        raise ValueError("unknown order of dimensions")
    strides, stride = {}, 1
    for axis in axes:
        strides[axis] = stride
        stride *= sizes[axis]
    pages = _page_numbers(pixels, strides, stride, uuid, first)
    depths = sorted(range(sizes["Z"]), key=lambda z: abs(z - sizes["Z"] // 2))
    for z in depths:  # the part of a split file holds some planes only
        wanted = [c * strides["C"] + z * strides["Z"] for c in range(sizes["C"])]
        found = tuple(pages.get(index) for index in wanted)
        if any(page is not None for page in found):
            return found
    return (None,) * sizes["C"]


def _page_numbers(
    pixels: ET.Element, strides: dict[str, int], total: int, uuid: str | None, first: int
) -> dict[int, int]:
    """Return the page of each plane by the plane's number; planes in other files are left out."""
    blocks = pixels.findall("TiffData")
    if not blocks:
        return {index: first + index for index in range(total)}
    pages: dict[int, int] = {}
    for block in blocks:
        start = sum(int(block.get(f"First{axis}", 0)) * strides[axis] for axis in strides)
        whole = "IFD" not in block.attrib and "PlaneCount" not in block.attrib
        count = total if whole else int(block.get("PlaneCount", block.get("NumPlanes", 1)))
        page = int(block.get("IFD", 0))
        here = block.find("UUID")
        if here is not None and uuid is not None and here.text != uuid:
            continue
        for index in range(max(0, min(count, total - start))):
            pages[start + index] = page + index
    return pages


def positive(text: str | None) -> float | None:
    """Return a finite number above zero, or None."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _scale(pixels: ET.Element) -> Scale | None:
    sizes = []
    for axis in "XY":
        size = positive(pixels.get(f"PhysicalSize{axis}"))
        unit = MICROMETRES.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if size is None or unit is None:
            return None
        sizes.append(size * unit)
    return Scale(sizes[0], sizes[1], "µm")
