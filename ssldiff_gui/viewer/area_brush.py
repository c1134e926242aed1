"""Painting areas: a stroke of the brush begins one, makes the selected one larger, or smaller."""

from __future__ import annotations

from typing import Any

import shapely
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from shapely.geometry import LineString, Point

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.viewer.shape_path import Vertices

RADIUS = 14.0
"""Of the brush, in pixels of the screen: one who zooms in paints finer."""

_SMOOTH = 0.05
"""Share of the radius by which an outline may differ from the stroke, to have fewer corners."""


def swept(vertices: Vertices, radius: float) -> Any:
    """Return the polygon that a round brush has gone over.

    Parameters
    ----------
    vertices
        (n, 2) row and column of its way.
    radius
        In the same pixels.
    """
    way = vertices[:, ::-1]
    core = LineString(way) if len(way) > 1 else Point(way[0])
    return shapely.make_valid(core.buffer(radius).simplify(_SMOOTH * radius))


def paint(editor: AnnotationEditor, area: Any, *, erase: bool) -> list[Annotation]:
    """Change the annotations by an area that was painted.

    It joins the selected annotation where it touches it. Elsewhere it begins another one of the
    same class.

    Parameters
    ----------
    editor
        Has the annotations.
    area
        A polygon in level-0 pixels.
    erase
        Whether it is taken from the selected annotation instead.

    Returns
    -------
    list of Annotation
        The one that was begun; none when another was changed, or nothing.
    """
    chosen = [one for one in editor.selected if one.editable and one.geometry.area > 0]
    one = chosen[0] if len(chosen) == 1 else None
    touched = one is not None and one.geometry.intersects(area)
    if erase:
        if one is not None and touched:
            left = shapely.make_valid(one.geometry.difference(area))
            if left.area > 0:
                editor.reshape(one.id, left)
            else:
                editor.remove([one.id])
        return []
    if one is not None and touched:
        editor.reshape(one.id, shapely.make_valid(one.geometry.union(area)))
        return []
    made = Annotation(geometry=area, class_name=None if one is None else one.class_name)
    editor.add(made, text="Paint area")
    return [made]


def erasing() -> bool:
    """Whether the key is held that turns the brush into an eraser."""
    return bool(QGuiApplication.queryKeyboardModifiers() & Qt.KeyboardModifier.AltModifier)
