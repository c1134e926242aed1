"""The words that say a picture is synthetic: in its metadata, and in its file's name."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ssldiff_gui.core.recipe import COMPOSITE
from ssldiff_gui.storage.provenance import Record, source_type

WORD = "synthetic"
PROGRAM = "SSLDiff Studio"
XMP_NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
DOUBLE_SUFFIXES = (".ome.tif", ".ome.tiff", ".ome.zarr")
LONGEST_TITLE = 500
"""Characters of a title inside a packet that a JPEG must hold in one segment."""

NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that no XML may hold, not even escaped."""


def program() -> str:
    """Return the name and the version of this program."""
    try:
        return f"{PROGRAM} {version('ssldiff-gui')}"
    except PackageNotFoundError:
        return PROGRAM


def title_of(record: Record) -> str:
    """Return what the picture is called; never nothing."""
    return for_xml(record.title)[:LONGEST_TITLE].strip() or "Synthetic image"


def description_of(record: Record) -> str:
    """Say in two sentences what the picture is."""
    recipe = record.recipe
    whole = "" if record.sha256 else " It is not finished."
    made = (
        "from a real picture, parts of which were replaced"
        if source_type(recipe) == COMPOSITE
        else "from a grid of embeddings"
    )
    return (
        f"Synthetic image made by {record.created_by or program()} {made}, with the model "
        f"{for_xml(recipe.model)[:200]} and the seed {recipe.seed}. It shows nothing that was "
        f"ever before a lens.{whole}"
    )


def summary_of(record: Record) -> dict[str, Any]:
    """Return what the picture is and how it was made, without the grid and the script of edits.

    It is for people and for other programs; only the whole record makes the picture again.
    """
    recipe = record.recipe.model_dump(mode="json", exclude={"edits"})
    return {
        "synthetic": True,
        "digital_source_type": source_type(record.recipe),
        "title": title_of(record),
        "description": description_of(record),
        "created_by": record.created_by,
        "sha256": record.sha256,
        "box": record.box,
        "level": record.level,
        "recipe": {**recipe, "edits": len(record.recipe.edits)},
    }


def summary_text(record: Record) -> str:
    """Return the summary as JSON of plain ASCII."""
    return json.dumps(summary_of(record))


def xmp_packet(record: Record, description: str | None = None) -> str:
    """Return an XMP packet with IPTC's word for what the picture is.

    Parameters
    ----------
    record
        How it was made.
    description
        Other words than `description_of` has, for what is more than the picture alone.
    """
    names = " ".join(f'xmlns:{key}="{uri}"' for key, uri in XMP_NAMES.items() if key != "rdf")
    model = escape(for_xml(record.recipe.model)[:200])
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="{XMP_NAMES["rdf"]}">
<rdf:Description rdf:about="" {names}>
<dc:title>{_in_words(title_of(record))}</dc:title>
<dc:description>{_in_words(for_xml(description or description_of(record)))}</dc:description>
<xmp:CreatorTool>{escape(record.created_by or program())}</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>{source_type(record.recipe)}</Iptc4xmpExt:DigitalSourceType>
<Iptc4xmpExt:AISystemUsed>{PROGRAM}</Iptc4xmpExt:AISystemUsed>
<Iptc4xmpExt:AISystemVersionUsed>{model}</Iptc4xmpExt:AISystemVersionUsed>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def _in_words(text: str) -> str:
    """Return a text as XMP keeps what may stand in several languages."""
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'


def for_xml(text: str) -> str:
    """Return a text without the characters that no XML may hold."""
    return NO_XML.sub("\ufffd", text)


def marked(path: Path) -> Path:
    """Return `path` with the word in its name: it is put before the suffix when it is missing."""
    if WORD in path.name.lower():
        return path
    suffix = suffix_of(path)
    stem = path.name[: len(path.name) - len(suffix)]
    return path.with_name(f"{stem}.{WORD}{suffix}")


def suffix_of(path: Path) -> str:
    """Return the ending of a file's name as it is written; ".ome.tif" is one ending."""
    name = path.name.lower()
    double = next((ending for ending in DOUBLE_SUFFIXES if name.endswith(ending)), None)
    return path.suffix if double is None else path.name[-len(double) :]


def sidecar_of(path: Path) -> Path:
    """Return the file beside an export that says in JSON what it is."""
    return path.with_name(f"{path.name}.json")
