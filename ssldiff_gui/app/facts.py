"""What there is to know about a scene, as lines for the inspector."""

from __future__ import annotations

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.state.document import Document
from ssldiff_gui.viewer.sizes import length_text
from ssldiff_gui.widgets.image_page import Fact

MOST_LEVELS = 12


def facts_of(document: Document, size: int | None) -> list[tuple[str, list[Fact]]]:
    """Return titles and facts of the scene in view.

    Parameters
    ----------
    document
        What is open.
    size
        Bytes of its file, when known.
    """
    scene = document.scene
    file = [Fact("Format", document.slide.kind)]
    if size:
        file.append(Fact("Size", size_text(size)))
    picture = [
        Fact("Pixels", f"{scene.width:,} × {scene.height:,}"),
        Fact("Levels", _levels(document)),
        Fact("Values", _values(document)),
    ]
    if len(document.slide.scenes) > 1:
        picture.insert(
            0,
            Fact(
                "Scene",
                f"{scene.name} ({document.scene_index + 1} of {len(document.slide.scenes)})",
            ),
        )
    if scene.nodata is not None:
        picture.append(Fact("No data", f"{scene.nodata:g}"))
    return [("File", file), ("Picture", picture), ("Scale", _scale(document))]


def scale_text(scale: Scale) -> str:
    """Return the size of a pixel as people read it."""
    digits = 6 if scale.unit == "°" else 4
    across, down = (f"{value:.{digits}f}".rstrip("0").rstrip(".") for value in (scale.x, scale.y))
    size = across if across == down else f"{across} × {down}"
    return f"{size} {scale.unit} per pixel"


def _scale(document: Document) -> list[Fact]:
    scene, scale = document.scene, document.scale
    if scale is None:
        return [Fact("Pixel", "Unknown: the file does not say")]
    by_hand = " (set by hand)" if document.scale_override is not None else ""
    facts = [Fact("Pixel", scale_text(scale) + by_hand)]
    if scale.unit in ("µm", "m"):
        metre = 1e-6 if scale.unit == "µm" else 1.0
        across = length_text(scene.width * scale.x * metre)
        facts.append(Fact("Extent", f"{across} × {length_text(scene.height * scale.y * metre)}"))
    if scene.objective:
        facts.append(Fact("Objective", f"{scene.objective:g}x"))
    if scene.georeference is not None:
        facts.append(Fact("CRS", _crs(scene.georeference.crs)))
    return facts


def _crs(text: str) -> str:
    """Return a code, or the name inside a long definition."""
    if len(text) < 40 or '"' not in text:
        return text
    return text.split('"')[1]


def _levels(document: Document) -> str:
    levels = document.scene.levels
    shown = ", ".join(f"{level.downsample:.3g}" for level in levels[:MOST_LEVELS])
    more = ", …" if len(levels) > MOST_LEVELS else ""
    return f"{len(levels)} (1 : {shown}{more})" if len(levels) > 1 else "1"


def _values(document: Document) -> str:
    scene = document.scene
    bands = len(scene.bands)
    return f"{bands} band{'' if bands == 1 else 's'}, {scene.dtype}"


def size_text(size: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
