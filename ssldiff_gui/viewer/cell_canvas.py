"""Puts drawings of our own over the layers of a napari canvas."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Layer
from napari.qt import QtViewer
from qtpy.QtWidgets import QWidget
from vispy.visuals.transforms import STTransform

from ssldiff_gui.viewer.grid_place import GridPlace
from ssldiff_gui.viewer.world import World

ABOVE_LAYERS = 100_000
"""Place in the order of drawing; napari counts its layers from nought."""


def canvas_of(model: ViewerModel) -> QtViewer | None:
    """Return the canvas on which a viewer is shown, None when there is none."""
    for canvas in list(QtViewer._instances):  # noqa: SLF001 - the public way needs a window
        if canvas.viewer is model:
            return canvas
    return None


def native_of(model: ViewerModel) -> QWidget | None:
    """Return the widget that hears the mouse and the keys of a viewer."""
    canvas = canvas_of(model)
    return None if canvas is None else canvas.canvas.native


class CellStage:
    """Drawings that lie on the cells of one grid, above all layers of one viewer.

    Without a canvas, as in a test without OpenGL, nothing is drawn and all else works.

    Parameters
    ----------
    model
        The viewer.
    """

    def __init__(self, model: ViewerModel) -> None:
        canvas = canvas_of(model)
        self._canvas = None if canvas is None else ref(canvas)
        self._nodes: list[Any] = []
        self._transform = STTransform()

    def add(self, node: Any) -> None:
        """Show a drawing whose places are told in cells, above those added before."""
        canvas = None if self._canvas is None else self._canvas()
        if canvas is None:
            return
        node.transform = self._transform
        node.order = ABOVE_LAYERS + len(self._nodes)
        node.interactive = False
        node.parent = canvas.canvas.view.scene
        self._nodes.append(node)

    def join(self, layer: Layer | None) -> None:
        """Be drawn where a layer is: napari's grid shows layers in boxes of their own."""
        canvas = None if self._canvas is None else self._canvas()
        visual = None if canvas is None else canvas.canvas.layer_to_visual.get(layer)
        scene = None if visual is None else visual.node.parent
        for node in self._nodes:
            if scene is not None and node.parent is not scene:
                node.parent = scene

    def lie_at(self, place: GridPlace, world: World) -> None:
        """Lay the drawings over the cells of a grid."""
        size = np.array((world.x, world.y))
        self._transform.scale = (*(size * place.footprint), 1.0)
        self._transform.translate = (*(size * (place.x, place.y)), 0.0)

    def redraw(self, layer: Layer, pixels: npt.NDArray[np.uint8]) -> bool:
        """Draw an image layer's pixels anew, at once; return whether its drawing was found.

        napari would look after slices, extents and thumbnails, which costs more than the drawing.
        """
        canvas = None if self._canvas is None else self._canvas()
        visual = None if canvas is None else canvas.canvas.layer_to_visual.get(layer)
        if visual is None:
            return False
        visual.node.set_data(pixels)
        visual.node.update()
        return True

    def close(self) -> None:
        """Take the drawings off the canvas, whose context must be the one they are deleted in."""
        canvas = None if self._canvas is None else self._canvas()
        if canvas is not None and self._nodes:
            with suppress(RuntimeError):  # the widget is gone already, and its context with it
                canvas.canvas.native.makeCurrent()
        for node in self._nodes:
            node.parent = None
        self._nodes.clear()
