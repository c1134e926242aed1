"""Original and synthetic side by side, by the grid of the host's viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer

from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.viewport import box_size


class SideBySide:
    """Puts what is synthetic into the right box of napari's grid, and all else into the left.

    Parameters
    ----------
    model
        The viewer.
    synthetic
        Returns the layers that belong to the right, lowest first.
    """

    def __init__(self, model: ViewerModel, synthetic: Callable[[], Sequence[Layer]]) -> None:
        self._model, self._synthetic = model, synthetic
        self._before: tuple[int, tuple[int, int], bool] | None = None
        self._wanted = True
        self._arranging = False
        self._soon = Coalesced(self.arrange)
        events = model.layers.events
        for event in (events.inserted, events.removed, events.reordered):
            event.connect(self._soon)
        model.canvas.grid.events.enabled.connect(self._on_enabled)

    @property
    def wanted(self) -> bool:
        """Whether a person wants to see both at a time."""
        return self._wanted

    @wanted.setter
    def wanted(self, wanted: bool) -> None:
        self._wanted = wanted
        self.arrange()

    def close(self) -> None:
        """Give the grid back as it was."""
        self._soon.close()
        events = self._model.layers.events
        for event in (events.inserted, events.removed, events.reordered):
            event.disconnect(self._soon)
        self._model.canvas.grid.events.enabled.disconnect(self._on_enabled)
        self._give_back()

    def arrange(self) -> None:
        """Let the grid be as it should be now."""
        layers, grid = self._model.layers, self._model.canvas.grid
        right = [layer for layer in self._synthetic() if layer in layers]
        if not right or not self._wanted or len(right) * 2 > len(layers):
            self._give_back()
            return
        self._arranging = True
        try:
            if list(layers)[-len(right) :] != right:
                for layer in right:
                    layers.move(layers.index(layer), len(layers))
            if self._before is None:
                self._before = grid.stride, grid.shape, grid.enabled
            grid.stride = len(layers) - len(right)
            grid.shape = (1, 2)
            self._enable(wanted=True)
        finally:
            self._arranging = False

    def _give_back(self) -> None:
        if self._before is None:
            return
        self._arranging = True
        grid = self._model.canvas.grid
        stride, shape, enabled = self._before
        self._before = None
        self._enable(wanted=enabled)
        grid.stride, grid.shape = stride, shape
        self._arranging = False

    def _enable(self, *, wanted: bool) -> None:
        """Turn the grid on or off; as much is seen in a box as was seen before."""
        grid, camera = self._model.canvas.grid, self._model.scene.camera
        if grid.enabled != wanted:
            before = min(box_size(self._model))
            grid.enabled = wanted
            camera.zoom *= min(box_size(self._model)) / before

    def _on_enabled(self, _: Any = None) -> None:
        """Take over what napari's own button chose."""
        if not self._arranging:
            self._wanted = self._model.canvas.grid.enabled
            self._soon()
