"""Two views that look at the same place."""

from __future__ import annotations

from napari.components import ViewerModel
from psygnal import Signal

from ssldiff_gui.viewer.scene_view import SceneView


class CameraLink:
    """Keeps centre and zoom of two viewers the same, whichever is moved.

    Both worlds are taken as one: the views show the same specimen at the same scale.

    Parameters
    ----------
    first, second
        The second takes the first one's place when the link is made.
    """

    enabled_changed = Signal(bool)

    def __init__(self, first: SceneView, second: SceneView) -> None:
        self._models = (first.model, second.model)
        self._enabled = False
        self._busy = False
        for model in self._models:
            model.scene.camera.events.center.connect(self._on_camera)
            model.scene.camera.events.zoom.connect(self._on_camera)
        self.enabled = True

    @property
    def enabled(self) -> bool:
        """Whether moving one moves the other."""
        return self._enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        if enabled == self._enabled:
            return
        self._enabled = enabled
        if enabled:
            self._copy(*self._models)
        self.enabled_changed.emit(enabled)

    def close(self) -> None:
        """Let both go their own ways for good."""
        self._enabled = False
        for model in self._models:
            model.scene.camera.events.center.disconnect(self._on_camera)
            model.scene.camera.events.zoom.disconnect(self._on_camera)

    def _on_camera(self, event: object) -> None:
        if not self._enabled or self._busy:
            return
        first, second = self._models
        source = getattr(event, "source", None)
        if source is first.scene.camera:
            self._copy(first, second)
        elif source is second.scene.camera:
            self._copy(second, first)

    def _copy(self, source: ViewerModel, target: ViewerModel) -> None:
        self._busy = True
        try:
            target.scene.camera.zoom = source.scene.camera.zoom
            target.scene.camera.center = source.scene.camera.center
        finally:
            self._busy = False


def link_cameras(first: SceneView, second: SceneView) -> CameraLink:
    """Link two views; the second goes where the first one is.

    Parameters
    ----------
    first, second
        Views of the same specimen.

    Returns
    -------
    CameraLink
        Switch it with `enabled`; close it at the end.
    """
    return CameraLink(first, second)
