"""What the mouse does on a picture."""

from __future__ import annotations

from enum import StrEnum


class Tool(StrEnum):
    """What the mouse does; the values are the names that actions use."""

    HAND = "hand"
    SELECT = "select"
    RECTANGLE = "rectangle"
    POLYGON = "polygon"
    FREEHAND = "freehand"
    AREA_BRUSH = "area_brush"
    """A stroke with a round brush makes an area, or makes the selected one larger."""
    CELLS = "cells"
    """The mouse works on the cells of a grid; napari and annotations leave it alone."""

    @property
    def draws(self) -> bool:
        """Whether the tool makes new shapes."""
        return self in _DRAWING

    @property
    def napari_mode(self) -> str:
        """Mode of a napari Shapes layer in which the mouse does this."""
        return _MODES[self]

    @classmethod
    def of_mode(cls, mode: str) -> Tool:
        """Return the tool that a napari mode amounts to."""
        return _TOOLS.get(mode, Tool.HAND)


_DRAWING = frozenset({Tool.RECTANGLE, Tool.POLYGON, Tool.FREEHAND, Tool.AREA_BRUSH})

_MODES = {
    Tool.HAND: "pan_zoom",
    Tool.SELECT: "select",
    Tool.RECTANGLE: "add_rectangle",
    Tool.POLYGON: "add_polygon",
    Tool.FREEHAND: "add_polygon_lasso",
    Tool.AREA_BRUSH: "add_path",
    Tool.CELLS: "pan_zoom",
}

_TOOLS = {
    **{mode: tool for tool, mode in _MODES.items() if tool is not Tool.CELLS},
    "direct": Tool.SELECT,
    "vertex_insert": Tool.SELECT,
    "vertex_remove": Tool.SELECT,
    "transform": Tool.SELECT,
    "add_ellipse": Tool.POLYGON,
    "add_polyline": Tool.POLYGON,
    "add_line": Tool.POLYGON,
}
