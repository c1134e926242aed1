"""Keeps what napari shows and what an editor holds the same, in both directions.

A person's act in napari becomes one undoable act of the editor; whatever changes in the editor
(undo, another view, an import) changes only the shapes concerned.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

import shapely
from napari.components import ViewerModel
from napari.layers.base import ActionType
from psygnal import Signal
from shapely.geometry import LineString

from ssldiff_gui.core.annotations import Annotation, colour_of
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.state.editor import AnnotationEditor, Change
from ssldiff_gui.viewer.annotation_shapes import AnnotationShapes, has_shape, near
from ssldiff_gui.viewer.area_brush import RADIUS, erasing, paint, swept
from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.outline_overlay import OutlineOverlay
from ssldiff_gui.viewer.shape_path import drawn
from ssldiff_gui.viewer.sizes import line_text, size_text
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.world import World

log = logging.getLogger(__name__)

SHAPES_LIMIT = 400
"""Beyond this many, napari answers the mouse slowly: only selected annotations stay shapes."""

OUTLINE_PIXELS = 3.0
"""Width of outlines on the screen."""


class AnnotationLayer:
    """The annotations of one scene in one viewer.

    Parameters
    ----------
    model
        The viewer.
    editor
        Where annotations live.
    world
        Size of a level-0 pixel.
    name
        What the layer is called in a list of layers.
    """

    drawing_changed = Signal(str)
    """Size of what is being drawn or changed; empty when that ends."""
    drawn = Signal(object)
    """The Annotation that a person just drew."""
    failed = Signal(UserError)
    """An act that the editor refused."""

    def __init__(
        self,
        model: ViewerModel,
        editor: AnnotationEditor,
        world: World,
        name: str = "Annotations",
    ) -> None:
        self._model = model
        self.editor = editor
        self.world = world
        self.outlines = OutlineOverlay(model, world)
        self.shapes = AnnotationShapes(model, world, name)
        self._aborting = False
        self._pressed = False
        self._stale: set[UUID] = set()
        self._painted: Any = None
        self._paint_soon = Coalesced(self._paint)
        self._tidy_soon = Coalesced(self._tidy)
        self._restyle_soon = Coalesced(self._restyle)
        self._refresh_width_soon = Coalesced(self._refresh_width)
        self._connect()
        self.reload()

    @property
    def tool(self) -> Tool:
        """What the mouse does."""
        return Tool.of_mode(str(self.shapes.layer.mode))

    @tool.setter
    def tool(self, tool: Tool) -> None:
        self.abort_drawing()
        self._model.layers.selection.active = self.shapes.layer
        self.shapes.layer.mode = tool.napari_mode
        if tool.draws:
            self.shapes.set_drawing_colour(colour_of(_BLANK, self.editor.classes))

    @property
    def drawing(self) -> bool:
        """Whether something is being drawn."""
        return self.shapes.drawing is not None

    def abort_drawing(self) -> bool:
        """Throw away what is being drawn; return whether there was anything."""
        if not self.drawing:
            return False
        layer = self.shapes.layer
        mode = layer.mode
        self._aborting = True
        try:
            layer.mode = "pan_zoom"  # makes napari end the drawing
            self.shapes.discard_drawing()
            layer.mode = mode
        finally:
            self._aborting = False
        self.drawing_changed.emit("")
        return True

    def finish_drawing(self) -> bool:
        """Complete what is being drawn; return whether there was anything."""
        if not self.drawing:
            return False
        layer = self.shapes.layer
        mode = layer.mode
        layer._finish_drawing()  # noqa: SLF001 - napari offers it to its own keys only
        layer.mode = mode
        return True

    def edit_vertices(self, wanted: bool) -> None:
        """Let the select tool move single vertices, or whole shapes again."""
        if self.tool is Tool.SELECT:
            self.shapes.layer.mode = "direct" if wanted else "select"

    @property
    def editing_vertices(self) -> bool:
        """Whether the select tool moves single vertices."""
        return str(self.shapes.layer.mode) == "direct"

    def reload(self) -> None:
        """Show everything afresh."""
        self.abort_drawing()
        self.shapes.drop(self.shapes.identities)
        self._arrange()

    def close(self) -> None:
        """Let go of the editor and take the layers out of the viewer."""
        late = self._tidy_soon, self._restyle_soon, self._refresh_width_soon, self._paint_soon
        for soon in late:
            soon.close()
        self.editor.changed.disconnect(self._on_changed)
        self.editor.selection_changed.disconnect(self._on_selection)
        self._model.scene.camera.events.zoom.disconnect(self._refresh_width_soon)
        layer = self.shapes.layer
        layer.events.data.disconnect(self._on_data)
        layer.events.set_data.disconnect(self._on_redraw)
        layer.selected_data.events.items_changed.disconnect(self._on_napari_selection)
        if self._on_drag in self._model.mouse_drag_callbacks:
            self._model.mouse_drag_callbacks.remove(self._on_drag)
        if self._on_double_click in layer.mouse_double_click_callbacks:
            layer.mouse_double_click_callbacks.remove(self._on_double_click)
        self.shapes.close()
        self.outlines.close()

    # -- from the editor to napari ---------------------------------------------------------------

    def _connect(self) -> None:
        self.editor.changed.connect(self._on_changed)
        self.editor.selection_changed.connect(self._on_selection)
        self._model.scene.camera.events.zoom.connect(self._refresh_width_soon)
        layer = self.shapes.layer
        layer.events.data.connect(self._on_data)
        layer.events.set_data.connect(self._on_redraw)
        layer.selected_data.events.items_changed.connect(self._on_napari_selection)
        layer.mouse_double_click_callbacks.append(self._on_double_click)
        self._model.mouse_drag_callbacks.append(self._on_drag)

    def _on_changed(self, change: Change) -> None:
        if self.shapes.changing:  # our own edit: the shapes are as they should be, or will be
            self._restyle_soon()
            return
        self.abort_drawing()
        self.shapes.drop(change.removed)
        replaced = [a for i in change.replaced if (a := self.editor.get(i)) is not None]
        known = self.shapes.identities
        self.shapes.put(
            [a for a in replaced if a.id in known and a.editable and not self.shapes.settle(a)]
        )
        self._arrange()

    def _arrange(self) -> None:
        """Let each annotation be a shape or an outline, whichever it should be."""
        wanted = self._as_shapes()
        known = self.shapes.identities
        self.shapes.drop(known - wanted.keys())
        self.shapes.put([a for i, a in wanted.items() if i not in known])
        classes = self.editor.classes
        self.outlines.show(
            [(a, colour_of(a, classes)) for a in self.editor.annotations if a.id not in wanted],
            self.editor.selection,
        )
        self._restyle()
        self.shapes.select(self.editor.selection)

    def _as_shapes(self) -> dict[UUID, Annotation]:
        editable = {a.id: a for a in self.editor.annotations if a.editable and has_shape(a)}
        if len(editable) <= SHAPES_LIMIT:
            return editable
        chosen = [i for i in editable if i in self.editor.selection][:SHAPES_LIMIT]
        return {i: editable[i] for i in chosen}

    def _on_selection(self, selection: Collection[UUID]) -> None:
        if self.shapes.changing:
            return
        if len(self.shapes.identities) < len(self.editor.annotations):
            self._arrange()
        self.shapes.select(selection)

    def _restyle(self) -> None:
        classes = self.editor.classes
        shown = (self.editor.get(identity) for identity in self.shapes.identities)
        looks = {a.id: (colour_of(a, classes), a.label) for a in shown if a is not None}
        if looks.keys() >= self.shapes.identities:
            self.shapes.style(looks, self._outline_width())

    def _outline_width(self) -> float:
        zoom = float(self._model.scene.camera.zoom)
        return OUTLINE_PIXELS / max(zoom * min(self.world.scale), 1e-12)

    def _refresh_width(self) -> None:
        before, width = self.shapes.edge_width, self._outline_width()
        if not 0.85 < width / max(before, 1e-12) < 1.18 and not self._pressed:
            self.shapes.set_edge_width(width)

    # -- from napari to the editor ---------------------------------------------------------------

    def _on_data(self, event: Any) -> None:
        if self.shapes.changing or self._aborting:
            return
        action = event.action
        if action == ActionType.ADDED and self.drawing:
            self._take_drawing()
        elif action == ActionType.REMOVING:
            self._take_removal(event.data_indices)
        elif action == ActionType.CHANGED:
            self._take_edit(event.data_indices)

    def _take_drawing(self) -> None:
        """Make an annotation of what was drawn. napari is still busy with it: no change there."""
        vertices = self.shapes.drawing
        if vertices is not None and self.tool is Tool.AREA_BRUSH:
            self._painted = swept(vertices, self._outline_width() * RADIUS / OUTLINE_PIXELS)
            self._paint_soon()
            return
        rectangle = self.shapes.layer.shape_type[-1] == "rectangle"
        geometry = None if vertices is None else drawn(vertices, whole_pixels=rectangle)
        if geometry is not None:
            annotation = Annotation(geometry=geometry)
            if not self.shapes.adopt(annotation):
                self._stale.add(annotation.id)
            with self.shapes.own_change():
                self.editor.add(annotation)
            self.drawn.emit(annotation)
        self.drawing_changed.emit("")
        self._tidy_soon()

    def _paint(self) -> None:
        """Let what the brush went over join an annotation, now that napari is done."""
        made: list[Annotation] = []
        self.shapes.discard_drawing()
        self._try(lambda: made.extend(paint(self.editor, self._painted, erase=erasing())))
        for annotation in made:
            self.drawn.emit(annotation)
        self.drawing_changed.emit("")

    def _take_removal(self, places: Collection[int]) -> None:
        found = (self.shapes.identity_at(place) for place in places)
        gone = {identity for identity in found if identity is not None}
        if not gone:
            return
        for identity in gone:
            self.shapes.forget(identity)
        with self.shapes.own_change():
            self._try(lambda: self.editor.remove(gone))
        self._tidy_soon()

    def _take_edit(self, places: Collection[int]) -> None:
        found = [
            self.shapes.identity_at(place % max(1, self.shapes.layer.nshapes)) for place in places
        ]
        identities = list(dict.fromkeys(identity for identity in found if identity is not None))
        shifts = {identity: self.shapes.shift(identity) for identity in identities}
        first = next(iter(shifts.values()), None)
        with self.shapes.own_change():
            if first is not None and all(near(first, shift) for shift in shifts.values()):
                dx, dy = self._snapped(identities, first)
                self._try(lambda: self.editor.move(identities, dx, dy))
            else:
                self._try(lambda: self._reshape(identities))
            self.editor.history.seal()
        for identity in identities:
            annotation = self.editor.get(identity)
            if annotation is not None and not self.shapes.settle(annotation):
                self._stale.add(identity)
        self.drawing_changed.emit("")
        self._tidy_soon()

    def _snapped(self, identities: list[UUID], shift: tuple[float, float]) -> tuple[float, float]:
        """Keep what lies on whole pixels on whole pixels: regions do."""
        found = [a.geometry for i in identities if (a := self.editor.get(i)) is not None]
        corners = shapely.get_coordinates(found)
        return (round(shift[0]), round(shift[1])) if (corners == corners.round()).all() else shift

    def _reshape(self, identities: list[UUID]) -> None:
        pairs = [(i, self.shapes.edited_geometry(i)) for i in identities]
        self._stale.update(i for i, geometry in pairs if geometry is None)
        changed = [(i, geometry) for i, geometry in pairs if geometry is not None]
        if len(changed) == 1:
            self.editor.reshape(*changed[0])
            return
        olds = {i: self.editor.get(i) for i, _ in changed}
        news = [
            old.with_(geometry=geometry, ellipse=False)
            for i, geometry in changed
            if (old := olds[i]) is not None
        ]
        self.editor.replace(*news, text=f"Reshape {len(news)} annotations")

    def _try(self, act: Any) -> None:
        try:
            act()
        except UserError as error:
            self._stale.update(self.shapes.identities)
            self.failed.emit(error)

    def _tidy(self) -> None:
        """Mend, now that napari is done, whatever differs from the editor."""
        if not self._pressed and not self.drawing:
            stale = [a for i in self._stale if (a := self.editor.get(i)) is not None]
            self._stale.clear()
            self.shapes.put(stale)
            self._arrange()

    def _on_napari_selection(self, *_: object) -> None:
        if not self.shapes.changing and not self.drawing:
            with self.shapes.own_change():
                self.editor.select(self.shapes.selected)
            self._tidy_soon()

    # -- while the mouse is down -----------------------------------------------------------------

    def _on_drag(self, _: ViewerModel, event: Any) -> Any:
        self._pressed = True
        place = self._to_pixels(event.position)
        moved = False
        yield
        while event.type == "mouse_move":
            moved = True
            yield
        self._pressed = False
        if not moved and self.tool is Tool.SELECT and not self.shapes.layer.selected_data:
            zoom = self._model.scene.camera.zoom * min(self.world.scale)
            found = self.outlines.at(*place, tolerance=4 / max(zoom, 1e-12))
            if found is not None:
                self.editor.select([found])
        self._tidy_soon()

    def _on_double_click(self, *_: object) -> None:
        """Move vertices of what was clicked twice; twice on nothing moves whole shapes again."""
        if self.tool is Tool.SELECT:
            self.edit_vertices(bool(self.shapes.layer.selected_data) and not self.editing_vertices)

    def _to_pixels(self, position: Any) -> tuple[float, float]:
        row, column = position[-2:]
        return column / self.world.x, row / self.world.y

    def _on_redraw(self, *_: object) -> None:
        """Tell the size of what changes under the mouse; called at every step of it."""
        if self.shapes.changing or self._aborting:
            return
        if (vertices := self.shapes.drawing) is not None:
            self.drawing_changed.emit(self._size_of(vertices))
        elif self._pressed and self.tool is Tool.SELECT and len(self.shapes.selected) == 1:
            (identity,) = self.shapes.selected
            geometry = self.shapes.edited_geometry(identity)
            self.drawing_changed.emit("" if geometry is None else size_text(geometry, self.world))

    def _size_of(self, vertices: Any) -> str:
        rectangle = self.shapes.layer.shape_type[-1] == "rectangle"
        geometry = drawn(vertices, whole_pixels=rectangle)
        if geometry is not None:
            return size_text(geometry, self.world)
        if len(vertices) < 2:
            return ""
        return line_text(LineString(vertices[:, ::-1]).length, self.world)


_BLANK = Annotation(geometry=LineString([(0, 0), (1, 1)]))
"""Stands for what is about to be drawn: it has no class and no colour yet."""
