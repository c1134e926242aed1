"""The samples as files: small enough to ship, and saying in every place that they are synthetic."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

RGB = npt.NDArray[np.uint8]

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
SOFTWARE = "SSLDiff Studio packaging/make_samples.py"
SLIDE_NOTE = (
    "SYNTHETIC: pieces of tissue in haematoxylin and eosin, rendered by the diffusion model "
    "starter-histology from embeddings of real regions. It shows the tissue of no patient; "
    "not for diagnosis."
)
SCENE_NOTE = (
    "SYNTHETIC: fields, houses, a river and a freeway, rendered by the diffusion model "
    "starter-aerial from embeddings of real regions. It shows no place; the coordinates are made "
    "up."
)
MICRONS, METRES = 0.5, 0.3
CRS, ORIGIN = "EPSG:32633", (412_000.0, 5_318_000.0)
TILE = 512
MOST = 5_900_000
QUALITIES = (90, 86, 82, 78, 74, 70, 65, 60)


def write_small(write: Callable[[Path, int], None], target: Path, most: int = MOST) -> int:
    """Write a file at the best quality at which it is no larger than `most`; return the quality."""
    fresh = target.with_name(f".{target.name}")
    for quality in QUALITIES:
        write(fresh, quality)
        if fresh.stat().st_size <= most or quality == QUALITIES[-1]:
            fresh.replace(target)
            return quality
    raise AssertionError("the last quality is always taken")


def xmp(note: str) -> str:
    """Return an XMP packet that names the picture's origin in IPTC's terms."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmp:CreatorTool={quoteattr(SOFTWARE)} Iptc4xmpExt:AISystemUsed="SSLDiff Studio"'
        f' Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}">'
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
        '<Image ID="Image:0" Name="Synthetic tissue, H&amp;E">'
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


def write_slide(pixels: RGB, target: Path, quality: int) -> None:
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


def write_scene(pixels: RGB, target: Path, quality: int) -> None:
    """Write (height, width, 3) as a GeoTIFF with overviews."""
    from rasterio.enums import Resampling
    from rasterio.io import MemoryFile
    from rasterio.shutil import copy
    from rasterio.transform import Affine

    height, width = pixels.shape[:2]
    plain = {"driver": "GTiff", "count": 3, "height": height, "width": width, "dtype": "uint8"}
    corner = Affine(METRES, 0.0, ORIGIN[0], 0.0, -METRES, ORIGIN[1])
    place = {"crs": CRS, "transform": corner, "photometric": "RGB"}
    with MemoryFile() as memory:
        with memory.open(**plain, **place) as scene:
            scene.write(np.moveaxis(pixels, 2, 0))
            for number, name in enumerate(("Red", "Green", "Blue"), 1):
                scene.set_band_description(number, name)
            scene.update_tags(
                TIFFTAG_IMAGEDESCRIPTION=SCENE_NOTE,
                TIFFTAG_SOFTWARE=SOFTWARE,
                SYNTHETIC="YES",
                DigitalSourceType=SOURCE_TYPE,
            )
            scene.build_overviews([2, 4, 8], Resampling.average)
        # A GeoTIFF made from a source that has its overviews is laid out like a COG.
        with memory.open() as scene:
            copy(
                scene, target, driver="GTiff", COPY_SRC_OVERVIEWS="YES", TILED="YES",
                BLOCKXSIZE=TILE, BLOCKYSIZE=TILE, COMPRESS="JPEG", JPEG_QUALITY=quality,
                INTERLEAVE="PIXEL", PHOTOMETRIC="YCBCR",
            )  # fmt: skip
