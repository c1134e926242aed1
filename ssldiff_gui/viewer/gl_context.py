"""Lets napari delete a layer's textures where they are.

napari 0.9 has OpenGL delete the textures and buffers of a removed layer in whichever context is
current just then, which need not be the canvas's. It then deletes somebody else's of the same
numbers, and the next resize of the window ends in a segmentation fault (with napari alone: add two
images, remove the first, resize).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from napari.qt import QtViewer


class CanvasContext:
    """Makes a canvas's OpenGL context current whenever a layer is about to be removed.

    Parameters
    ----------
    canvas
        The viewer whose canvas is meant; it is not kept alive.
    """

    def __init__(self, canvas: QtViewer) -> None:
        self._canvas: Callable[[], QtViewer | None] = ref(canvas)
        canvas.viewer.layers.events.removing.connect(self.make_current)

    def make_current(self, _: Any = None) -> None:
        """Make the context current, as long as there is a canvas."""
        canvas = self._canvas()
        if canvas is not None:
            try:
                canvas.canvas.native.makeCurrent()
            except RuntimeError:  # the canvas's widget is gone already, and its context with it
                self._canvas = lambda: None


def guard_viewer(model: Any) -> CanvasContext | None:
    """Guard the canvas of a viewer that somebody else made, None when it has none.

    Parameters
    ----------
    model
        A napari ViewerModel (or Viewer).
    """
    for canvas in list(QtViewer._instances):  # noqa: SLF001 - the public way needs a window
        if canvas.viewer is model:
            return CanvasContext(canvas)
    return None
