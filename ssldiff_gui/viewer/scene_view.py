"""One document's scene and annotations in one napari viewer."""

from __future__ import annotations

import logging
from typing import Any

from napari.components import ViewerModel
from psygnal import Signal

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.scene import Display
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.editor import Change
from ssldiff_gui.state.settings import Camera
from ssldiff_gui.viewer.annotation_layer import AnnotationLayer
from ssldiff_gui.viewer.gui_thread import Coalesced, on_gui_thread
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.magnification import Magnifier
from ssldiff_gui.viewer.navigation import KEY_STEP, Navigation
from ssldiff_gui.viewer.scene_layer import SceneLayer, add_scene_layer
from ssldiff_gui.viewer.sizes import Position
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.viewport import Viewport, viewport_of
from ssldiff_gui.viewer.world import World, image_placing

log = logging.getLogger(__name__)


class SceneView:
    """Shows one document at a time.

    All of it is used from Qt's main thread, and all signals are emitted there.

    Parameters
    ----------
    model
        The viewer; it belongs to this view.
    loader
        Decodes tiles; shared between views. One of its own when None.
    """

    position_changed = Signal(object)
    """(Position, or None when the cursor is elsewhere)."""
    viewport_changed = Signal(object)
    """(left, top, right, bottom) in level-0 pixels, once for any number of steps."""
    magnification_changed = Signal(str)
    """As people write it: "20x", "1 : 25,000", "50 %"; empty without a scene."""
    tool_changed = Signal(object)
    """(Tool)."""
    drawing_changed = Signal(str)
    """Size of what is being drawn or reshaped; empty when that ends."""
    leaving = Signal()
    """What is shown is about to go: whoever put layers of their own beside it takes them away."""
    shown = Signal(object)
    """(Document or None): it is on the canvas, its tiles may still be arriving."""
    failed = Signal(object)
    """(UserError): tiles that cannot be read, or an act that was refused."""

    def __init__(self, model: ViewerModel, loader: TileLoader | None = None) -> None:
        self.model = model
        self.pixel_ratio = 1.0
        self.dpi = 96.0
        self._own_loader = loader is None
        self._loader = loader if loader is not None else TileLoader()
        self._document: Document | None = None
        self._world = World(1.0, 1.0, "px")
        self._scene_layer: SceneLayer | None = None
        self._annotations: AnnotationLayer | None = None
        self._tool = Tool.HAND
        self._held: Tool | None = None
        self._magnification_text = ""
        self._closed = False
        self.navigation = Navigation(model)
        self._viewport_soon = Coalesced(self._tell_viewport)
        self._position_soon = Coalesced(self._tell_position)
        self._follow_tool_soon = Coalesced(self._follow_tool)
        self._connect()
        model.canvas.overlays.scale_bar.visible = False

    # -- what is shown -----------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        """What is shown."""
        return self._document

    @property
    def world(self) -> World:
        """Size of a level-0 pixel in napari's world."""
        return self._world

    @property
    def pyramid(self) -> DisplayPyramid | None:
        """The picture's levels; its `sharp` says whether all that is visible has arrived."""
        return self._scene_layer.pyramid if self._scene_layer is not None else None

    @property
    def loader(self) -> TileLoader:
        """Decodes the tiles of all that is shown here."""
        return self._loader

    @property
    def annotations(self) -> AnnotationLayer | None:
        """The annotations on show."""
        return self._annotations

    def show(self, document: Document | None) -> None:
        """Show a document's present scene, where it was looked at last, or nothing."""
        if self._closed:
            return
        self._clear()
        self._document = document
        if document is not None:
            self._show_scene(document)
        self.model.canvas.overlays.scale_bar.visible = document is not None
        self.shown.emit(document)
        self._viewport_soon()

    def set_display(self, display: Display | None) -> None:
        """Show other bands or another stretch; None stands for the scene's own."""
        if self.pyramid is not None:
            self.pyramid.set_display(display)

    def close(self) -> None:
        """Let go of everything; the viewer itself is closed by whoever made it."""
        if self._closed:
            return
        self._clear()
        self._closed = True
        for soon in (self._viewport_soon, self._position_soon, self._follow_tool_soon):
            soon.close()
        self._disconnect()
        self.navigation.close()
        if self._own_loader:
            self._loader.close()

    # -- tools -------------------------------------------------------------------------------------

    @property
    def tool(self) -> Tool:
        """What the mouse does."""
        return self._tool

    @tool.setter
    def tool(self, tool: Tool) -> None:
        self._held = None
        self._set_tool(tool)

    @property
    def drawing(self) -> bool:
        """Whether something is being drawn."""
        return self._annotations is not None and self._annotations.drawing

    def escape(self) -> bool:
        """Abort the drawing, or stop moving vertices, or select nothing, or leave the tool.

        Returns
        -------
        bool
            Whether there was anything to leave.
        """
        layer = self._annotations
        if layer is not None and layer.abort_drawing():
            return True
        if layer is not None and layer.editing_vertices:
            layer.edit_vertices(wanted=False)
            return True
        if self._tool is not Tool.HAND:
            self.tool = Tool.HAND
            return True
        if self._document is not None and self._document.editor.selection:
            self._document.editor.select(())
            return True
        return False

    def hold_hand(self, held: bool) -> None:
        """Move the picture for as long as this is held, whatever the tool is."""
        if held and self._held is None and self._tool is not Tool.HAND and not self.drawing:
            self._held = self._tool
            self._set_tool(Tool.HAND)
        elif not held and self._held is not None:
            tool, self._held = self._held, None
            self._set_tool(tool)

    def delete_selected(self) -> None:
        """Delete the selected annotations, as an act that can be undone."""
        if self._document is None or self.drawing:
            return
        editor = self._document.editor
        try:
            if editor.selection:
                editor.remove(editor.selection)
        except UserError as error:
            self.failed.emit(error)

    def finish_drawing(self) -> bool:
        """Complete the polygon that is being drawn; return whether there was one."""
        return self._annotations is not None and self._annotations.finish_drawing()

    # -- where it looks ----------------------------------------------------------------------------

    @property
    def viewport(self) -> Viewport:
        """Left, top, right and bottom of what is visible, in level-0 pixels."""
        return viewport_of(self.model, self._world)

    def fit(self) -> None:
        """Show the whole scene."""
        self.navigation.fit()

    def zoom_to(self, box: Box | Viewport) -> None:
        """Show a rectangle: a Box, or left, top, right and bottom in level-0 pixels."""
        if isinstance(box, Box):
            self.navigation.zoom_to(box.x, box.y, box.width, box.height)
        else:
            left, top, right, bottom = box
            self.navigation.zoom_to(left, top, right - left, bottom - top)

    def centre_on(self, x: float, y: float) -> None:
        """Bring a level-0 pixel coordinate to the middle."""
        self.navigation.centre_on(x, y)

    def zoom_in(self) -> None:
        """Come nearer by a step."""
        self.navigation.zoom_by(KEY_STEP)

    def zoom_out(self) -> None:
        """Step back."""
        self.navigation.zoom_by(1 / KEY_STEP)

    def pan_by(self, across: float, down: float) -> None:
        """Move by parts of the view's own size."""
        self.navigation.pan_by(across, down)

    @property
    def magnifier(self) -> Magnifier:
        """What zoom means for this scene: objective, map scale or percent, with presets."""
        return Magnifier(self._world, self.dpi * self.pixel_ratio)

    @property
    def magnification(self) -> float:
        """Objective-like magnification, denominator of the map scale, or percent."""
        return self.magnifier.magnification(self.navigation.ratio * self.pixel_ratio)

    def set_magnification(
        self, magnification: float, about: tuple[float, float] | None = None
    ) -> None:
        """Zoom to a magnification.

        Parameters
        ----------
        magnification
            In the terms of `magnifier.kind`.
        about
            Level-0 pixel coordinate that stays where it is; the middle of the view when None.
        """
        self.navigation.set_ratio(self.magnifier.ratio(magnification) / self.pixel_ratio, about)

    @property
    def magnification_text(self) -> str:
        """The magnification as people write it."""
        return "" if self._document is None else self.magnifier.text(self.magnification)

    @property
    def camera(self) -> Camera:
        """Where the view looks, to be remembered."""
        x, y = self.navigation.centre
        return Camera(x=x, y=y, zoom=self.navigation.ratio)

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self.navigation.set_ratio(camera.zoom)
        self.navigation.centre_on(camera.x, camera.y)

    # -- how ---------------------------------------------------------------------------------------

    def _show_scene(self, document: Document) -> None:
        scene = document.scene
        self._world = World.of(scene, document.scale_override)
        pyramid = DisplayPyramid(scene, self._loader)
        pyramid.failed.connect(self._on_trouble)
        placing = image_placing(self._world)
        self._scene_layer = add_scene_layer(self.model, pyramid, document.name, **placing)
        self._annotations = AnnotationLayer(self.model, document.editor, self._world)
        self._annotations.drawing_changed.connect(self._tell_drawing)
        self._annotations.failed.connect(self._tell_failure)
        self._annotations.shapes.layer.events.mode.connect(self._follow_tool_soon)
        self._annotations.tool = self._tool
        document.editor.changed.connect(self._on_editor)
        self.navigation.enter(self._world, scene.width, scene.height)
        if document.view is None:
            self.fit()
        else:
            self.camera = document.view

    def _clear(self) -> None:
        if self._document is not None:
            self._document.view = self.camera
            self._document.editor.changed.disconnect(self._on_editor, missing_ok=True)
        self._document = None
        self.navigation.leave()
        annotations, self._annotations = self._annotations, None
        scene_layer, self._scene_layer = self._scene_layer, None
        with self.model.layers.batched_update():  # napari collects garbage once a batch
            self.leaving.emit()
            if annotations is not None:
                annotations.close()
            if scene_layer is not None:
                scene_layer.pyramid.failed.disconnect(self._on_trouble, missing_ok=True)
                scene_layer.close()
        self.position_changed.emit(None)

    def _set_tool(self, tool: Tool) -> None:
        changed, self._tool = tool is not self._tool, tool
        if self._annotations is not None and self._annotations.tool is not tool:
            self._annotations.tool = tool
        if changed:
            self.tool_changed.emit(tool)

    def _follow_tool(self) -> None:
        """Take over the mode that napari's own controls chose."""
        if self._annotations is None:
            return
        tool = self._annotations.tool
        if tool.napari_mode != self._tool.napari_mode:  # which the hand shares with cells
            self._set_tool(tool)

    def _connect(self) -> None:
        model = self.model
        for event in (
            model.scene.camera.events.center,
            model.scene.camera.events.zoom,
            model.canvas.events.size,
        ):
            event.connect(self._viewport_soon)
        model.cursor.events.position.connect(self._position_soon)
        model.events.mouse_over_canvas.connect(self._position_soon)

    def _disconnect(self) -> None:
        model = self.model
        for event in (
            model.scene.camera.events.center,
            model.scene.camera.events.zoom,
            model.canvas.events.size,
        ):
            event.disconnect(self._viewport_soon)
        model.cursor.events.position.disconnect(self._position_soon)
        model.events.mouse_over_canvas.disconnect(self._position_soon)

    def _tell_viewport(self) -> None:
        if self._document is not None:
            self._document.view = self.camera
            viewport = self.viewport
            if self.pyramid is not None:
                self.pyramid.wanted(Box.covering(*viewport))
            self.viewport_changed.emit(viewport)
        if self.magnification_text != self._magnification_text:
            self._magnification_text = self.magnification_text
            self.magnification_changed.emit(self._magnification_text)

    def _tell_position(self) -> None:
        document, layer = self._document, self._scene_layer
        if document is None or layer is None or not self.model.mouse_over_canvas:
            self.position_changed.emit(None)
            return
        place = self.model.cursor.position
        x, y = place[-1] / self._world.x, place[-2] / self._world.y
        rgb = _colour_at(layer.layer, place)
        scene, by_hand = document.scene, document.scale_override
        self.position_changed.emit(Position.on(scene, x, y, rgb, by_hand))

    def _on_editor(self, change: Change) -> None:
        if change.scale and self._document is not None:
            self.show(self._document)

    def _on_trouble(self, error: UserError) -> None:
        on_gui_thread(self._tell_failure, error)

    def _tell_failure(self, error: UserError) -> None:
        self.failed.emit(error)

    def _tell_drawing(self, size: str) -> None:
        self.drawing_changed.emit(size)


def _colour_at(layer: Any, place: Any) -> tuple[int, int, int] | None:
    """Return the colour that is shown at a place, from what napari holds: no tile is asked for."""
    value = layer.get_value(place, world=True)
    if isinstance(value, tuple):
        value = value[-1]
    if value is None:
        return None
    red, green, blue = (int(part) for part in value[:3])
    return red, green, blue
