"""Lets a layer be seen on one side of an upright line on the screen only."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from vispy.visuals.filters import Filter

from ssldiff_gui.viewer.cell_canvas import canvas_of

_CODE = """
void curtain() {
    if (gl_FragCoord.x < $line) {
        discard;
    }
}
"""


class CurtainFilter(Filter):  # type: ignore[misc]
    """Drops what lies left of a line."""

    def __init__(self) -> None:
        super().__init__(fcode=_CODE, fpos=10)
        self.set_line(0.0)

    def set_line(self, line: float) -> None:
        """Set the line, in pixels of the framebuffer from its left edge."""
        self.fshader["line"] = float(line)


class CurtainedLayer:
    """One image layer that a line divides.

    Parameters
    ----------
    model
        The viewer that has the layer.
    layer
        A napari image layer of two dimensions, no larger on the screen than a texture.
    """

    def __init__(self, model: ViewerModel, layer: Any) -> None:
        self._model, self._layer = model, layer
        self._filter = CurtainFilter()
        self._node: Any = None

    def divide(self, share: float) -> None:
        """Show the layer right of a line only; the share is of the canvas's width."""
        canvas = canvas_of(self._model)
        if canvas is None:
            return
        if self._node is None:
            self._node = canvas.canvas.layer_to_visual[self._layer].node
            self._node.attach(self._filter)
        scene = canvas.canvas._scene_canvas  # noqa: SLF001 - napari names no other way
        self._filter.set_line(share * scene.physical_size[0])
        self._node.update()

    def release(self) -> None:
        """Show the whole layer again."""
        node, self._node = self._node, None
        if node is not None:
            node.detach(self._filter)
            node.update()
