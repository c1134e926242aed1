"""A scene as a napari image layer that is sliced again as its tiles arrive."""

from __future__ import annotations

import time
from typing import Any

from qtpy.QtCore import QTimer

from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.scene_image import SceneImage

REFRESH_EVERY = 0.033
"""Seconds between two refreshes: tiles arrive faster than anybody sees."""

IMAGE_OPTIONS: dict[str, Any] = {
    "multiscale": True,
    "rgb": True,
    "contrast_limits": (0, 255),
    "interpolation2d": "linear",
}
"""How napari should take a pyramid's levels."""


class SceneLayer:
    """Holds a napari image layer and keeps it up to date.

    Parameters
    ----------
    model
        The napari ViewerModel that holds the layer.
    layer
        An image layer of the pyramid's levels.
    pyramid
        What is shown; closed with the layer.
    """

    def __init__(self, model: Any, layer: Any, pyramid: DisplayPyramid) -> None:
        self.pyramid = pyramid
        self.layer = layer
        self._model = model
        self._closed = False
        self._due = False
        self._thumbnail_done = False
        self._refreshed = 0.0
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._refresh)
        self.layer.events.set_data.connect(self._on_sliced)
        model.layers.events.removed.connect(self._on_removed)
        pyramid.arrived.connect(self._on_arrived)
        pyramid.display_changed.connect(self._on_display)
        self._on_arrived()  # for what came before anybody listened

    @property
    def refresh_due(self) -> bool:
        """Whether something arrived that is not on show yet."""
        return self._due

    def close(self) -> None:
        """Remove the layer and close the pyramid."""
        if self._closed:
            return
        self._closed = True
        self._timer.stop()
        self.pyramid.arrived.disconnect(self._on_arrived, missing_ok=True)
        self.pyramid.display_changed.disconnect(self._on_display, missing_ok=True)
        self.layer.events.set_data.disconnect(self._on_sliced)
        self._model.layers.events.removed.disconnect(self._on_removed)
        if self.layer in self._model.layers:
            self._model.layers.remove(self.layer)
        self.pyramid.close()

    def _on_arrived(self) -> None:
        """Ask for a refresh, from a worker's thread: at once when no more is to come."""
        last = self.pyramid.settled
        if not self._due or last:
            self._due = True
            on_gui_thread(self._refresh if last else self._schedule)

    def _on_display(self) -> None:
        self._thumbnail_done = False
        self._on_arrived()

    def _schedule(self) -> None:
        if not self._closed and not self._timer.isActive():
            wait = self._refreshed + REFRESH_EVERY - time.monotonic()
            self._timer.start(max(0, round(wait * 1000)))

    def _refresh(self) -> None:
        if self._closed or not self._due:
            return
        self._due = False
        self._timer.stop()
        thumbnail = self.pyramid.base_complete and not self._thumbnail_done
        self._thumbnail_done = self._thumbnail_done or thumbnail
        self.layer.refresh(extent=False, highlight=False, thumbnail=thumbnail)
        self._refreshed = time.monotonic()

    def _on_sliced(self) -> None:
        """Tell the pyramid when napari shows the coarsest level, which it does not ask for."""
        if self.layer.data_level == len(self.pyramid.levels) - 1:
            self.pyramid.rest()

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.close()


def add_scene_layer(
    model: Any, pyramid: DisplayPyramid, name: str, *, above_first: bool = False, **placing: Any
) -> SceneLayer:
    """Show a pyramid in a viewer.

    Parameters
    ----------
    model
        A napari ViewerModel (or Viewer). Call from the thread of its window.
    pyramid
        Closed when the layer is closed or removed.
    name
        Of the layer.
    above_first
        Whether it belongs just above the lowest layer, and the active one stays active.
    **placing
        Scale, translation and units of the layer.

    Returns
    -------
    SceneLayer
        Close it to remove the layer.
    """
    layer = SceneImage(pyramid.levels, name=name, **IMAGE_OPTIONS, **placing)
    if above_first:
        active = model.layers.selection.active
        model.layers.insert(min(1, len(model.layers)), layer)
        model.layers.selection.active = active
    else:
        model.add_layer(layer)
    return SceneLayer(model, layer, pyramid)
