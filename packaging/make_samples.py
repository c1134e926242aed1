"""Make the sample slide and the sample scene that every installation carries.

Both are drawn by rules from a seed: no patient and no place is in them, nothing is downloaded,
and the same versions of the same libraries draw the same pictures again. Each file says so, in
every place that its format offers.

    python packaging/make_samples.py [slide] [scene]
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "samples"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
SOFTWARE = "SSLDiff Studio packaging/make_samples.py"
SLIDE_NOTE = (
    "SYNTHETIC: a bowel section in haematoxylin and eosin, drawn by an algorithm. "
    "No tissue of any patient is in it."
)
SCENE_NOTE = (
    "SYNTHETIC: farmland with a village, drawn by an algorithm. "
    "No photograph of any place is in it; the coordinates are made up."
)
MICRONS = 0.5
TILE = 512


def xmp(note: str) -> str:
    """Return an XMP packet that names the picture's origin in IPTC's terms."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmp:CreatorTool="{SOFTWARE}" Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}">'
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(note)}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )


def ome_xml(width: int, height: int) -> str:
    """Return the slide's OME-XML: scale, objective, and that it is synthetic."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, "ssldiff-gui/samples/sample-slide.tif")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06'
        ' http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd"'
        f' UUID="urn:uuid:{identity}" Creator="{SOFTWARE}">'
        '<Instrument ID="Instrument:0">'
        '<Objective ID="Objective:0" NominalMagnification="20.0"/></Instrument>'
        '<Image ID="Image:0" Name="Synthetic bowel section, H&amp;E">'
        f"<Description>{escape(SLIDE_NOTE)}</Description>"
        '<InstrumentRef ID="Instrument:0"/><ObjectiveSettings ID="Objective:0"/>'
        '<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" Interleaved="true"'
        f' SizeX="{width}" SizeY="{height}" SizeC="3" SizeZ="1" SizeT="1"'
        f' PhysicalSizeX="{MICRONS}" PhysicalSizeXUnit="µm"'
        f' PhysicalSizeY="{MICRONS}" PhysicalSizeYUnit="µm">'
        '<Channel ID="Channel:0:0" SamplesPerPixel="3"><LightPath/></Channel>'
        '<TiffData IFD="0" PlaneCount="1"/></Pixels>'
        '<AnnotationRef ID="Annotation:0"/></Image>'
        '<StructuredAnnotations><MapAnnotation ID="Annotation:0"'
        ' Namespace="http://cv.iptc.org/newscodes/digitalsourcetype/"><Value>'
        f'<M K="DigitalSourceType">{SOURCE_TYPE}</M><M K="Software">{SOFTWARE}</M>'
        f'<M K="Note">{escape(SLIDE_NOTE)}</M></Value></MapAnnotation></StructuredAnnotations>'
        "</OME>"
    )


def write_slide(pixels: npt.NDArray[np.uint8], target: Path, quality: int) -> None:
    """Write (height, width, 3) as a pyramidal OME-TIFF of JPEG tiles."""
    levels = [pixels]
    while max(levels[-1].shape) > TILE * 1.5:
        levels.append(np.asarray(Image.fromarray(levels[-1]).reduce(2)))
    packet = xmp(SLIDE_NOTE).encode()
    height, width = pixels.shape[:2]
    common = {
        "tile": (TILE, TILE),
        "compression": "jpeg",
        "compressionargs": {"level": quality},
        "photometric": "rgb",
        "subsampling": (2, 2),
        "metadata": None,
        "software": SOFTWARE,
        "resolutionunit": "CENTIMETER",
    }
    with tifffile.TiffWriter(target) as tiff:
        for number, level in enumerate(levels):
            per_centimetre = 10_000 / (MICRONS * width / level.shape[1])
            first = number == 0
            tiff.write(
                level,
                subifds=len(levels) - 1 if first else None,
                subfiletype=0 if first else 1,
                description=ome_xml(width, height).encode() if first else SLIDE_NOTE,
                resolution=(per_centimetre, per_centimetre),
                extratags=[(700, 1, len(packet), packet, True)],
                **common,
            )


def main(wanted: list[str]) -> None:
    """Draw and write the samples that were asked for, or both."""
    if not wanted or "slide" in wanted:
        from sample_cells import draw_slide

        write_slide(draw_slide(), FOLDER / "sample-slide.tif", quality=62)
    if not wanted or "scene" in wanted:
        from sample_scene import draw_scene, write_scene

        write_scene(draw_scene(), FOLDER / "sample-scene.tif", SCENE_NOTE, SOFTWARE, SOURCE_TYPE)
    for path in sorted(FOLDER.glob("*.tif")):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
