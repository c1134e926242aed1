"""The canvas of the desktop window: napari's viewer without napari's window around it."""

from __future__ import annotations

from importlib import import_module

import napari.settings
from napari.components import ViewerModel
from napari.qt import QtViewer
from qtpy.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from qtpy.QtWidgets import QWidget

from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.state.background import in_background
from ssldiff_gui.viewer.canvas_keys import CanvasKeys
from ssldiff_gui.viewer.gl_context import CanvasContext
from ssldiff_gui.viewer.scene_view import SceneView

FREEHAND_STEP = 3.0
"""Screen pixels between the vertices of a freehand drawing."""


class StudioCanvas(QtViewer):  # type: ignore[misc]
    """A napari canvas that leaves keys, drops, welcome and sliders to the window around it."""

    def __init__(self, model: ViewerModel) -> None:
        super().__init__(model, show_welcome_screen=False)
        self._context = CanvasContext(self)
        self.setAcceptDrops(False)
        self.dims.setVisible(False)
        for child in self.findChildren(QWidget):
            child.setAcceptDrops(False)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let the window have what the canvas did not use."""
        if event is not None:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:
        """Let the window have what the canvas did not use."""
        if event is not None:
            event.ignore()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Let the window decide about files."""
        if event is not None:
            event.ignore()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Let the window open files."""
        if event is not None:
            event.ignore()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Close the layers first, so that nothing draws on a canvas that is gone."""
        self.viewer.layers.clear()
        super().closeEvent(event)


def make_view(loader: TileLoader | None = None) -> tuple[StudioCanvas, SceneView]:
    """Make one canvas and the view that draws on it.

    Parameters
    ----------
    loader
        Decodes tiles; give both views the same one.

    Returns
    -------
    StudioCanvas
        The widget to embed; closing it deletes it. Close the view before.
    SceneView
        What to talk to.
    """
    quiet_settings()
    model = ViewerModel(title="SSLDiff Studio")
    canvas = StudioCanvas(model)
    view = SceneView(model, loader)
    view.pixel_ratio = float(canvas.devicePixelRatioF())
    view.dpi = float(canvas.logicalDpiX())
    CanvasKeys(view, canvas.canvas.native)
    return canvas, view


def warm_up() -> None:
    """Load, in a thread, what napari would load at the first picture; call it once one sees."""

    def load() -> None:
        import_module("scipy.ndimage")

    in_background(load, "warm up")


def quiet_settings() -> None:
    """Use napari's defaults, and leave the settings of a person's own napari alone.

    Has an effect before anything else asked for napari's settings; later calls do nothing.
    """
    if napari.settings._SETTINGS is None:  # noqa: SLF001 - there is no public question
        napari.settings.get_settings(path=None)
        napari.settings.get_settings().experimental.lasso_vertex_distance = FREEHAND_STEP
