"""The OME-XML of an export: what the picture is, how large a pixel is, and that it is synthetic."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.storage.extract import Extract
from ssldiff_gui.storage.marking import (
    PROGRAM,
    description_of,
    for_xml,
    program,
    summary_text,
    title_of,
)
from ssldiff_gui.storage.provenance import Record, source_type

OME = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PAIRS, RECIPE = "ssldiff:synthetic", "ssldiff:recipe"


def ome_xml(extract: Extract, record: Record) -> bytes:
    """Return the description of an OME-TIFF with one RGB picture, in plain ASCII.

    Parameters
    ----------
    extract
        Whose size and scale it says.
    record
        Whose recipe stands in the structured annotations, without the grid.
    """
    root = ET.Element(
        "OME",
        {
            "xmlns": OME,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": f"{OME} {OME}/ome.xsd",
            "Creator": record.created_by or program(),
        },
    )
    image = ET.SubElement(root, "Image", {"ID": "Image:0", "Name": title_of(record)})
    ET.SubElement(image, "Description").text = description_of(record)
    _pixels(image, extract)
    for number in range(2):
        ET.SubElement(image, "AnnotationRef", {"ID": f"Annotation:{number}"})
    _annotations(root, record)
    text: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text


def _pixels(image: ET.Element, extract: Extract) -> None:
    pixels = ET.SubElement(
        image,
        "Pixels",
        {
            "ID": "Pixels:0",
            "DimensionOrder": "XYCZT",
            "Type": "uint8",
            "SizeX": str(extract.width),
            "SizeY": str(extract.height),
            "SizeC": "3",
            "SizeZ": "1",
            "SizeT": "1",
            "Interleaved": "true",
            "BigEndian": "false",
            **_physical(extract.scale),
        },
    )
    ET.SubElement(pixels, "Channel", {"ID": "Channel:0:0", "SamplesPerPixel": "3"})
    ET.SubElement(pixels, "TiffData", {"IFD": "0", "PlaneCount": "1"})


def _physical(scale: Scale | None) -> dict[str, str]:
    if scale is None or scale.unit not in {"µm", "m"}:
        return {}
    return {
        "PhysicalSizeX": repr(scale.x),
        "PhysicalSizeXUnit": scale.unit,
        "PhysicalSizeY": repr(scale.y),
        "PhysicalSizeYUnit": scale.unit,
    }


def _annotations(root: ET.Element, record: Record) -> None:
    held = ET.SubElement(root, "StructuredAnnotations")
    pairs = ET.SubElement(held, "MapAnnotation", {"ID": "Annotation:0", "Namespace": PAIRS})
    value = ET.SubElement(pairs, "Value")
    for key, word in (
        ("Synthetic", "true"),
        ("DigitalSourceType", source_type(record.recipe)),
        ("AISystemUsed", PROGRAM),
        ("Model", for_xml(record.recipe.model)),
        ("Seed", str(record.recipe.seed)),
    ):
        ET.SubElement(value, "M", {"K": key}).text = word
    recipe = ET.SubElement(held, "CommentAnnotation", {"ID": "Annotation:1", "Namespace": RECIPE})
    ET.SubElement(recipe, "Value").text = summary_text(record)
