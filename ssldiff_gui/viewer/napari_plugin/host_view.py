"""A scene in somebody else's viewer, offered as a view of ours."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from psygnal import Signal

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.session import Session
from ssldiff_gui.viewer.annotation_layer import AnnotationLayer
from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.napari_plugin.opened import OPENED, OpenedScene, opened_scene
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.viewport import Viewport, look_at, viewport_of, zoom_to_show
from ssldiff_gui.viewer.world import World

NOWHERE = World(1.0, 1.0, "px")


def model_of(viewer: Any) -> ViewerModel:
    """Return the viewer behind what napari hands to a dock."""
    model: ViewerModel = getattr(viewer, "__wrapped__", viewer)
    return model


class HostView:
    """The scene whose layer is active, or was last; it becomes the session's current one.

    The camera, the wheel and the layers are the host's: nothing here keeps them within limits.

    Parameters
    ----------
    viewer
        The host's.
    session
        Told what is open and what is looked at.
    """

    shown = Signal(object)
    """(Document or None): another scene, or the same one elsewhere on the canvas."""
    leaving = Signal()
    tool_changed = Signal(object)
    acted = Signal()
    """Something was drawn, selected or changed on the scene."""
    failed = Signal(object)
    """(UserError): an act that was refused."""

    def __init__(self, viewer: Any, session: Session) -> None:
        self.model = model_of(viewer)
        self._session = session
        self._current: OpenedScene | None = None
        self._annotations: AnnotationLayer | None = None
        self._gone: list[AnnotationLayer] = []
        self._tool = Tool.HAND
        self._closed = False
        OPENED.follow(self.model)
        self._follow_soon = Coalesced(self._follow)
        self._clear_soon = Coalesced(self._clear_gone)
        self._again_soon = Coalesced(self._show_again)
        layers, grid = self.model.layers, self.model.canvas.grid
        layers.events.inserted.connect(self._follow_soon)
        layers.events.removed.connect(self._on_removed)
        layers.selection.events.active.connect(self._follow_soon)
        for event in (grid.events.enabled, grid.events.stride, grid.events.shape):
            event.connect(self._again_soon)
        layers.events.reordered.connect(self._again_soon)
        self._follow()

    # -- what is shown -----------------------------------------------------------------------------

    @property
    def scene(self) -> OpenedScene | None:
        """What is worked on."""
        return self._current

    @property
    def document(self) -> Document | None:
        """Its document, when that shows the scene which is worked on."""
        return None if self._current is None else self._current.document

    @property
    def world(self) -> World:
        """Size of a level-0 pixel."""
        return NOWHERE if self._current is None else self._current.world

    @property
    def annotations(self) -> AnnotationLayer | None:
        """The layer that is drawn on, once somebody has."""
        return self._annotations

    def close(self) -> None:
        """Let go of the viewer; its layers stay, but for the one that was drawn on."""
        if self._closed:
            return
        for soon in (self._follow_soon, self._clear_soon, self._again_soon):
            soon.close()
        layers, grid = self.model.layers, self.model.canvas.grid
        layers.events.inserted.disconnect(self._follow_soon)
        layers.events.removed.disconnect(self._on_removed)
        layers.selection.events.active.disconnect(self._follow_soon)
        for event in (grid.events.enabled, grid.events.stride, grid.events.shape):
            event.disconnect(self._again_soon)
        layers.events.reordered.disconnect(self._again_soon)
        self._turn_to(None)
        self._clear_gone()
        self._closed = True

    # -- tools -------------------------------------------------------------------------------------

    @property
    def tool(self) -> Tool:
        """What the mouse does."""
        return self._tool

    @tool.setter
    def tool(self, tool: Tool) -> None:
        changed, self._tool = tool is not self._tool, tool
        if tool.draws or tool is Tool.SELECT:
            self._draw_on()
        if self._annotations is not None and self._annotations.tool is not tool:
            self._annotations.tool = tool
        if changed:
            self.tool_changed.emit(tool)

    def _draw_on(self) -> None:
        if self._annotations is None and self._current is not None:
            scene = self._current
            name = f"{scene.title} · regions"
            self._annotations = layer = AnnotationLayer(self.model, scene.editor, scene.world, name)
            layer.failed.connect(self._refuse)
            layer.shapes.layer.events.mode.connect(self._follow_mode)

    def _follow_mode(self, _: object = None) -> None:
        """Take over the mode that napari's own controls chose."""
        layer = self._annotations
        if layer is not None and layer.tool.napari_mode != self._tool.napari_mode:
            self._tool = layer.tool
            self.tool_changed.emit(self._tool)

    # -- where it looks ----------------------------------------------------------------------------

    @property
    def navigation(self) -> HostView:
        """How large it is shown: see `ratio`."""
        return self

    @property
    def ratio(self) -> float:
        """Canvas pixels for one level-0 pixel."""
        world = self.world
        return float(self.model.scene.camera.zoom * (world.x * world.y) ** 0.5)

    @property
    def viewport(self) -> Viewport:
        """Left, top, right and bottom of what is visible, in level-0 pixels."""
        return viewport_of(self.model, self.world)

    def fit(self) -> None:
        """Show the whole scene."""
        if self._current is not None:
            self.zoom_to(self._current.scene.box)

    def zoom_to(self, box: Box | Viewport) -> None:
        """Show a rectangle of level-0 pixels."""
        left, top, right, bottom = (box.x, box.y, box.x2, box.y2) if isinstance(box, Box) else box
        zoom = zoom_to_show(self.model, self.world, right - left, bottom - top, margin=0.12)
        look_at(self.model, self.world, (left + right) / 2, (top + bottom) / 2, zoom)

    def centre_on(self, x: float, y: float) -> None:
        """Bring a level-0 pixel coordinate to the middle."""
        look_at(self.model, self.world, x, y, self.model.scene.camera.zoom)

    def pan_by(self, across: float, down: float) -> None:
        """Move by parts of the view's own size."""
        left, top, right, bottom = self.viewport
        x, y = (left + right) / 2, (top + bottom) / 2
        self.centre_on(x + across * (right - left), y + down * (bottom - top))

    # -- how ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Turn to the scene of the active layer; stay when that is none of ours."""
        opened = opened_scene(self.model.layers.selection.active)
        shown = [found for layer in self.model.layers if (found := opened_scene(layer))]
        if opened is None:
            opened = self._current if self._current in shown else (shown[-1] if shown else None)
        if opened is not self._current:
            self._turn_to(opened)
        elif opened is not None:
            self._show_again()

    def _turn_to(self, opened: OpenedScene | None) -> None:
        before, self._current = self._current, opened
        self.leaving.emit()
        if before is not None:
            before.editor.changed.disconnect(self._act, missing_ok=True)
            before.editor.selection_changed.disconnect(self._act, missing_ok=True)
        if self._annotations is not None:
            self._gone.append(self._annotations)
            self._annotations = None
            self._clear_soon()
        if opened is not None:
            opened.document.scene_index = opened.index
            opened.editor.changed.connect(self._act)
            opened.editor.selection_changed.connect(self._act)
            self._session.adopt(opened.document)
            if before is not None and before.document is opened.document:
                self._session.current_changed.emit(opened.document)  # another scene of the same
        self.shown.emit(self.document)
        if self._tool is not Tool.HAND:
            self.tool = Tool.HAND
        self.acted.emit()

    def _act(self, _: object = None) -> None:
        self.acted.emit()

    def _refuse(self, problem: object) -> None:
        self.failed.emit(problem)

    def _show_again(self) -> None:
        self.shown.emit(self.document)

    def _on_removed(self, event: Any) -> None:
        own = self._annotations
        if own is not None and event.value is own.shapes.layer:
            self._gone.append(own)  # not now: napari is taking a layer down
            self._annotations = None
            self._clear_soon()
        gone = opened_scene(event.value)
        left = {o.document for layer in self.model.layers if (o := opened_scene(layer))}
        if gone is not None and gone is self._current:
            self._turn_to(None)
        if gone is not None and gone.document not in left:
            self._session.let_go(gone.document)
        self._follow_soon()

    def _clear_gone(self) -> None:
        while self._gone:
            self._gone.pop().close()
