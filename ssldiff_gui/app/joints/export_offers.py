"""What can be exported now, and as which files: facts for the dialog."""

from __future__ import annotations

from dataclasses import dataclass

from ssldiff_gui.core.geometry import Box, Scale
from ssldiff_gui.core.requests import Corner
from ssldiff_gui.storage.export_formats import (
    GEOTIFF,
    JPEG,
    OME_TIFF,
    OME_ZARR,
    PNG,
    Format,
)
from ssldiff_gui.storage.preflight import TYPICAL
from ssldiff_gui.widgets.export_dialog import ExportFormat, ExportLevel, ExportOffer

PICTURES: dict[str, tuple[Format, ExportFormat]] = {
    "ome-tiff": (OME_TIFF, ExportFormat(
        "ome-tiff", "OME-TIFF", ".ome.tif",
        "For QuPath, Fiji and OMERO: lossless, with smaller resolutions and the scale.",
    )),
    "geotiff": (GEOTIFF, ExportFormat(
        "geotiff", "GeoTIFF", ".tif",
        "For QGIS and other maps: lossless, cloud-optimised, at its place on the ground.",
    )),
    "png": (PNG, ExportFormat(
        "png", "PNG", ".png", "For slides and papers: lossless, opened by every program.",
    )),
    "jpeg": (JPEG, ExportFormat(
        "jpeg", "JPEG", ".jpg", "Small, for mail and the web: pixels are changed a little.",
    )),
    "ome-zarr": (OME_ZARR, ExportFormat(
        "ome-zarr", "OME-Zarr", ".ome.zarr",
        "A folder for Python, napari and the cloud: lossless, with smaller resolutions.",
    )),
}  # fmt: skip
"""Formats of pictures by their key, the most useful first."""

GRIDS = (
    ExportFormat(
        "own", "SSLDiff grid", ".safetensors",
        "Everything: cells, place, scale, encoder and edits. Opens again in the studio.",
        levels=False,
    ),
    ExportFormat(
        "trident", "TRIDENT features", ".h5",
        "Features and coordinates as TRIDENT writes them, for slide-level models.", levels=False,
    ),
    ExportFormat(
        "clam", "CLAM features", ".h5",
        "Features and coordinates as CLAM writes them, for attention models.", levels=False,
    ),
)  # fmt: skip

FIGURE = ExportFormat(
    "figure", "PNG", ".png",
    "Original, grid, synthetic and check map beside each other, with a scale bar.", levels=False,
)  # fmt: skip

SHAPES = (
    ExportFormat(
        "geojson", "GeoJSON", ".geojson",
        "For QuPath: shapes, names and classes in pixels of the slide.", levels=False,
    ),
    ExportFormat(
        "geopackage", "GeoPackage", ".gpkg",
        "For GIS: shapes, names and classes in the scene's own coordinates.", levels=False,
    ),
)  # fmt: skip

MARK = (
    "The word is in its name and in its metadata, with the recipe that renders it again; a JSON "
    "file beside it says the same."
)
LOSSY = 0.25
"""Bytes of a JPEG for each byte of pixels, at most as a rule."""


@dataclass(frozen=True, slots=True)
class CanvasFacts:
    """What is known of a canvas before it is exported.

    Parameters
    ----------
    levels
        Width and height of each resolution.
    scale
        Of a pixel of the finest.
    on_map
        Whether it lies on a map.
    missing
        Tiles that are not rendered.
    """

    levels: tuple[tuple[int, int], ...]
    scale: Scale | None = None
    on_map: bool = False
    missing: int = 0

    @property
    def formats(self) -> tuple[ExportFormat, ...]:
        """Files it can become: on a map, those of maps come first."""
        kinds = {key: shown for key, (_, shown) in PICTURES.items()}
        map_ = kinds.pop("geotiff")
        return (map_, *kinds.values()) if self.on_map else tuple(kinds.values())

    @property
    def gaps(self) -> str:
        """Say that parts are white, when they are."""
        if not self.missing:
            return ""
        tiles = "One tile is" if self.missing == 1 else f"{self.missing:,} tiles are"
        return f"{tiles} not rendered, and white"


def canvas_offer(facts: CanvasFacts, name: str) -> ExportOffer:
    """Return the offer of a whole canvas."""
    width, height = facts.levels[0]
    return ExportOffer(
        "canvas",
        "The whole canvas",
        _note(width, height, facts.gaps),
        facts.formats,
        tuple([_level(facts, level, *size) for level, size in enumerate(facts.levels)]),
        name,
        synthetic=MARK,
    )


def region_offer(facts: CanvasFacts, box: Box, name: str) -> ExportOffer:
    """Return the offer of the part that is in view."""
    sizes = [(k, part_size(facts, box, k)) for k in range(len(facts.levels))]
    return ExportOffer(
        "region",
        "What the view shows",
        _note(box.width, box.height, ""),
        facts.formats,
        tuple([_level(facts, level, *size) for level, size in sizes if min(size) >= 1]),
        f"{name}-part",
        synthetic=MARK,
    )


def part_size(facts: CanvasFacts, box: Box, level: int) -> tuple[int, int]:
    """Return about how large a part of a canvas is at a level."""
    whole, now = facts.levels[0], facts.levels[level]
    return round(box.width * now[0] / whole[0]), round(box.height * now[1] / whole[1])


def corner_of(box: Box) -> Corner:
    """Return a box as requests have it."""
    return box.x, box.y, box.width, box.height


def bytes_of(width: int, height: int, key: str) -> int:
    """Return about how many bytes a picture takes in a format."""
    kind, _ = PICTURES[key]
    if not kind.lossless:
        return round(width * height * 3 * LOSSY)
    smaller = 1.0 if kind is PNG else 4 / 3  # what has levels holds the smaller ones too
    return round(width * height * 3 * TYPICAL * smaller)


def hard_words(width: int, height: int, key: str) -> str:
    """Say that a picture is too large for its format, or nearly."""
    kind, shown = PICTURES[key]
    pixels = width * height
    if kind.most_pixels is not None and pixels > kind.most_pixels:
        return f"Too large for a {shown.title}: choose OME-TIFF."
    if kind.hard_pixels is not None and pixels > kind.hard_pixels:
        return "many programs refuse so large a picture"
    return ""


def _level(facts: CanvasFacts, level: int, width: int, height: int) -> ExportLevel:
    if facts.scale is None:
        return ExportLevel(level, width, height)
    size = facts.scale.x * facts.levels[0][0] / facts.levels[level][0]
    return ExportLevel(level, width, height, f"{size:.3g} {facts.scale.unit} per pixel")


def _note(width: int, height: int, more: str) -> str:
    size = f"{width:,} × {height:,} px"
    return f"{size} · {more}" if more else size
