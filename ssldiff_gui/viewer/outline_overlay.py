"""Read-only annotations as a picture above the scene, drawn anew for what is in view.

napari's Shapes grow slow with their number; a picture of the viewport does not.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from uuid import UUID

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image

from ssldiff_gui.core.annotations import Annotation, Colour
from ssldiff_gui.viewer.gui_thread import Coalesced, on_gui_thread
from ssldiff_gui.viewer.outline_picture import RGBA, Frame, Outlines
from ssldiff_gui.viewer.viewport import viewport_of
from ssldiff_gui.viewer.world import World


class OutlineOverlay:
    """Shows any number of annotations that are not edited.

    Parameters
    ----------
    model
        Where the layer is added, when there is something to show.
    world
        Size of a level-0 pixel.
    """

    def __init__(self, model: ViewerModel, world: World) -> None:
        self._model = model
        self._world = world
        self._outlines = Outlines(())
        self._shown: list[tuple[Annotation, Colour]] = []
        self._selected: frozenset[UUID] = frozenset()
        self._turn = 0
        self._drawing = False
        self._again = False
        self._closed = False
        self.layer: Image | None = None
        self._draw_soon = Coalesced(self._start_drawing)
        self._events = (
            model.scene.camera.events.center,
            model.scene.camera.events.zoom,
            model.canvas.events.size,
        )
        for event in self._events:
            event.connect(self._draw_soon)

    def show(
        self, items: Sequence[tuple[Annotation, Colour]], selected: Collection[UUID] = ()
    ) -> None:
        """Show these, and nothing else."""
        items, chosen = list(items), frozenset(selected) & {a.id for a, _ in items}
        if items == self._shown and chosen == self._selected:
            return
        self._shown, self._selected = items, chosen
        self._outlines = Outlines(items, chosen)
        self._turn += 1
        self._draw_soon()

    def at(self, x: float, y: float, tolerance: float) -> UUID | None:
        """Return what is shown at a place in level-0 pixels."""
        return self._outlines.at(x, y, tolerance)

    @property
    def idle(self) -> bool:
        """Whether the picture shows what it should."""
        return not self._drawing and not self._again

    def close(self) -> None:
        """Take the layer out of the viewer; a drawing that is under way is thrown away."""
        self._closed = True
        self._turn += 1
        self._draw_soon.close()
        for event in self._events:
            event.disconnect(self._draw_soon)
        self._remove_layer()

    def _start_drawing(self) -> None:
        if self._closed:
            return
        if not len(self._outlines):
            self._remove_layer()
            return
        if self._drawing:
            self._again = True
            return
        self._drawing, self._again = True, False
        zoom = self._model.scene.camera.zoom
        frame = Frame.around(viewport_of(self._model, self._world), zoom, self._world)
        arguments = (self._outlines, frame, self._turn)
        threading.Thread(target=self._draw, args=arguments, name="outlines", daemon=True).start()

    def _draw(self, outlines: Outlines, frame: Frame, turn: int) -> None:
        """In a thread of its own: nothing of Qt or napari here."""
        picture = outlines.draw(frame, lambda: self._turn != turn)
        on_gui_thread(self._take, picture, frame)

    def _take(self, picture: RGBA | None, frame: Frame) -> None:
        self._drawing = False
        if self._closed:
            return
        if picture is not None and len(self._outlines):
            self._show_picture(picture, frame)
        if self._again or picture is None:
            self._start_drawing()

    def _show_picture(self, picture: RGBA, frame: Frame) -> None:
        scale = np.array(frame.step[::-1]) * self._world.scale
        corner = np.array((frame.top, frame.left)) * self._world.scale
        if self.layer is None:
            self.layer = Image(
                picture,
                rgb=True,
                name="Detections",
                scale=scale,
                translate=corner + scale / 2,
                units=self._world.units,
                interpolation2d="nearest",
                blending="translucent_no_depth",  # at the depth of the scene, which hides it
            )
            active = self._model.layers.selection.active
            self._model.layers.insert(max(0, len(self._model.layers) - 1), self.layer)
            self._model.layers.selection.active = active
            return
        self.layer.data = picture
        self.layer.scale = scale
        self.layer.translate = corner + scale / 2

    def _remove_layer(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._model.layers:
            self._model.layers.remove(layer)
