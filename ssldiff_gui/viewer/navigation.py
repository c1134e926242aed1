"""Moving about a scene: wheel, keys, presets; never so far that one is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel

from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.viewport import look_at, viewport_of, zoom_to_show
from ssldiff_gui.viewer.world import World

WHEEL_STEP = 1.25
"""Factor of zoom for one notch of the wheel."""

KEY_STEP = 1.5
"""Factor of zoom for one press of a key."""

LARGEST_PIXEL = 48.0
"""Canvas pixels that one level-0 pixel may fill."""

SMALLEST_PART = 0.4
"""How much of the canvas a scene fills at least, when seen from furthest away."""


class Navigation:
    """Moves the camera of one viewer over one scene.

    Parameters
    ----------
    model
        The viewer.
    """

    def __init__(self, model: ViewerModel) -> None:
        self._model = model
        self._world = World(1.0, 1.0, "px")
        self._size: tuple[float, float] | None = None
        self._fitted = False
        self._moving = False
        self._keep_soon = Coalesced(self._keep_inside)
        model.mouse_wheel_callbacks.append(self._on_wheel)
        model.scene.camera.events.center.connect(self._on_camera)
        model.scene.camera.events.zoom.connect(self._on_camera)
        model.canvas.events.size.connect(self._on_resize)

    def close(self) -> None:
        """Let go of the viewer."""
        self._keep_soon.close()
        if self._on_wheel in self._model.mouse_wheel_callbacks:
            self._model.mouse_wheel_callbacks.remove(self._on_wheel)
        self._model.scene.camera.events.center.disconnect(self._on_camera)
        self._model.scene.camera.events.zoom.disconnect(self._on_camera)
        self._model.canvas.events.size.disconnect(self._on_resize)

    def enter(self, world: World, width: float, height: float) -> None:
        """Move about this scene from now on.

        Parameters
        ----------
        world
            Size of a level-0 pixel.
        width, height
            Of the scene, in level-0 pixels.
        """
        self._world, self._size = world, (width, height)

    def leave(self) -> None:
        """There is no scene any more."""
        self._size = None
        self._fitted = False

    @property
    def ratio(self) -> float:
        """Canvas pixels for one level-0 pixel."""
        return float(self._model.scene.camera.zoom * np.sqrt(self._world.x * self._world.y))

    @property
    def centre(self) -> tuple[float, float]:
        """Level-0 pixel coordinates of the middle of the view."""
        row, column = self._model.scene.camera.center[-2:]
        return float(column) / self._world.x, float(row) / self._world.y

    def fit(self) -> None:
        """Show the whole scene; it stays whole when the window is resized."""
        if self._size is None:
            return
        width, height = self._size
        zoom = zoom_to_show(self._model, self._world, width, height)
        self._go(width / 2, height / 2, zoom)
        self._fitted = True

    def zoom_to(self, left: float, top: float, width: float, height: float) -> None:
        """Show a rectangle of level-0 pixels, with some room around it."""
        zoom = zoom_to_show(self._model, self._world, width, height, margin=0.12)
        self._go(left + width / 2, top + height / 2, zoom)

    def centre_on(self, x: float, y: float) -> None:
        """Bring a level-0 pixel coordinate to the middle."""
        self._go(x, y, self._model.scene.camera.zoom)

    def set_ratio(self, ratio: float, about: tuple[float, float] | None = None) -> None:
        """Set canvas pixels for one level-0 pixel.

        Parameters
        ----------
        ratio
            Kept within limits.
        about
            Level-0 pixel coordinate that stays where it is on the screen; the middle when None.
        """
        if self._size is None:
            return
        low, high = self._limits()
        zoom = float(np.clip(ratio / np.sqrt(self._world.x * self._world.y), low, high))
        x, y = self.centre
        if about is not None:
            kept = self._model.scene.camera.zoom / zoom
            x, y = about[0] + (x - about[0]) * kept, about[1] + (y - about[1]) * kept
        self._go(x, y, zoom)

    def zoom_by(self, factor: float, about: tuple[float, float] | None = None) -> None:
        """Zoom in (factor above one) or out."""
        self.set_ratio(self.ratio * factor, about)

    def pan_by(self, across: float, down: float) -> None:
        """Move the view by parts of its own size."""
        left, top, right, bottom = viewport_of(self._model, self._world)
        x, y = self.centre
        self.centre_on(x + across * (right - left), y + down * (bottom - top))

    def _go(self, x: float, y: float, zoom: float) -> None:
        if self._size is None:
            return
        low, high = self._limits()
        self._fitted = False
        self._moving = True
        try:
            look_at(self._model, self._world, *self._inside(x, y), float(np.clip(zoom, low, high)))
        finally:
            self._moving = False

    def _limits(self) -> tuple[float, float]:
        width, height = self._size or (1.0, 1.0)
        whole = zoom_to_show(self._model, self._world, width, height, margin=0)
        high = LARGEST_PIXEL / min(self._world.scale)
        return min(whole * SMALLEST_PART, high), max(high, whole)

    def _inside(self, x: float, y: float) -> tuple[float, float]:
        width, height = self._size or (0.0, 0.0)
        return float(np.clip(x, 0, width)), float(np.clip(y, 0, height))

    def _on_camera(self, *_: object) -> None:
        """Look, when napari is done, whether a drag or a double click went too far."""
        if not self._moving and self._size is not None:
            self._fitted = False
            self._keep_soon()

    def _keep_inside(self) -> None:
        if self._size is None or self._fitted:
            return
        camera = self._model.scene.camera
        low, high = self._limits()
        zoom = float(np.clip(camera.zoom, low, high))
        x, y = self.centre
        inside = self._inside(x, y)
        if zoom != camera.zoom or max(abs(inside[0] - x), abs(inside[1] - y)) > 1e-6:
            self._go(*inside, zoom)

    def _on_resize(self, *_: object) -> None:
        if self._fitted:
            self.fit()

    def _on_wheel(self, _: ViewerModel, event: Any) -> None:
        if self._size is None or not event.delta[1]:
            return
        row, column = event.position[-2:]
        factor = WHEEL_STEP ** float(np.clip(event.delta[1], -4, 4))
        self.zoom_by(factor, (column / self._world.x, row / self._world.y))
        event.handled = True  # vispy's own zoom knows no limits
