"""Regions and annotations on the plugin's layers, in a dock of napari."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import napari
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.storage.annotation_files import read_file, write_file
from ssldiff_gui.viewer.annotation_layer import AnnotationLayer
from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.napari_plugin import annotation_files
from ssldiff_gui.viewer.napari_plugin.host_theme import HostTheme
from ssldiff_gui.viewer.napari_plugin.opened import OPENED, OpenedScene, opened_scene
from ssldiff_gui.viewer.sizes import size_text
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.viewport import look_at, zoom_to_show
from ssldiff_gui.widgets.annotation_panel import AnnotationPanel
from ssldiff_gui.widgets.controls import ElidedLabel, tool_button
from ssldiff_gui.widgets.tokens import GRID

TOOLS = {
    Tool.HAND: ("hand-back-right-outline", "Move the picture"),
    Tool.SELECT: ("cursor-default-outline", "Select and change shapes"),
    Tool.RECTANGLE: ("rectangle-outline", "Draw a rectangle"),
    Tool.POLYGON: ("vector-polygon", "Draw a polygon"),
    Tool.FREEHAND: ("lasso", "Draw freehand"),
    Tool.AREA_BRUSH: ("format-paint", "Paint areas; Alt erases"),
}


class RegionDock(QWidget):
    """Draws on the scene whose layer is active; each scene has annotations of its own.

    Parameters
    ----------
    napari_viewer
        Where scenes are shown.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._layers: dict[OpenedScene, AnnotationLayer] = {}
        self._gone: list[AnnotationLayer] = []
        self._current: OpenedScene | None = None
        self._build()
        OPENED.follow(napari_viewer)
        self._theme = HostTheme(self, napari_viewer)
        self._follow_soon = Coalesced(self._follow_active)
        self._clear_soon = Coalesced(self._clear_gone)
        events = napari_viewer.layers.events
        events.inserted.connect(self._follow_soon)
        events.removed.connect(self._on_removed)
        napari_viewer.layers.selection.events.active.connect(self._follow_soon)
        self._follow_active()

    def _build(self) -> None:
        self.setStyleSheet("QToolButton:checked { background: palette(highlight); }")
        self.buttons: dict[Tool, QToolButton] = {}
        row = QHBoxLayout()
        row.setSpacing(0)
        for tool, (glyph, name) in TOOLS.items():
            button = tool_button(glyph, name)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, tool=tool: self.set_tool(tool))
            self.buttons[tool] = button
            row.addWidget(button)
        row.addStretch(1)
        self.undo_button = tool_button("undo", "Undo", "Undo  (Ctrl+Z)")
        self.redo_button = tool_button("redo", "Redo", "Redo  (Ctrl+Shift+Z)")
        self.undo_button.clicked.connect(self.undo)
        self.redo_button.clicked.connect(self.redo)
        row.addWidget(self.undo_button)
        row.addWidget(self.redo_button)
        self.size_label = ElidedLabel("muted")
        self.panel = AnnotationPanel()
        self.panel.zoom_requested.connect(self.zoom_to)
        self.panel.import_requested.connect(self.ask_import)
        self.panel.export_requested.connect(self.ask_export)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.size_label)
        column.addWidget(self.panel, 1)

    # -- what it acts on ---------------------------------------------------------------------------

    @property
    def current(self) -> OpenedScene | None:
        """The scene that is drawn on."""
        return self._current

    @property
    def annotations(self) -> AnnotationLayer | None:
        """The layer that is drawn on, None before anything was chosen."""
        return None if self._current is None else self._layers.get(self._current)

    def set_tool(self, tool: Tool) -> None:
        """Choose what the mouse does on the current scene."""
        layer = self._annotation_layer()
        if layer is not None:
            layer.tool = tool
        self._show_tool()

    def undo(self) -> None:
        """Take back the last act on the current scene."""
        if self._current is not None:
            self._current.editor.history.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._current is not None:
            self._current.editor.history.redo()

    def zoom_to(self, identity: UUID) -> None:
        """Look at an annotation."""
        found = None if self._current is None else self._current.editor.get(identity)
        if found is None or self._current is None:
            return
        left, top, right, bottom = found.bounds
        world = self._current.world
        width, height = max(right - left, 1.0), max(bottom - top, 1.0)
        zoom = zoom_to_show(self._viewer, world, width, height, margin=0.12)
        look_at(self._viewer, world, (left + right) / 2, (top + bottom) / 2, zoom)

    # -- files -------------------------------------------------------------------------------------

    def ask_import(self) -> None:
        """Ask for a file and add its annotations."""
        path, _ = QFileDialog.getOpenFileName(
            self, "Import annotations", "", annotation_files.filters(self._current)
        )
        if path:
            self.import_file(Path(path))

    def ask_export(self) -> None:
        """Ask for a file and write the annotations."""
        path, _ = QFileDialog.getSaveFileName(
            self, "Export annotations", "", annotation_files.filters(self._current)
        )
        if path:
            self.export_file(Path(path))

    def import_file(self, path: Path) -> None:
        """Add a file's annotations, as one act that can be undone."""
        if self._current is not None:
            try:
                content = read_file(path, self._current.scene.georeference)
                self._current.editor.load(content)
            except UserError as error:
                self.panel.failed.emit(error)

    def export_file(self, path: Path) -> None:
        """Write the annotations of the current scene."""
        if self._current is not None:
            try:
                content, place = self._current.editor.content, self._current.scene.georeference
                write_file(path, content, place)
            except UserError as error:
                self.panel.failed.emit(error)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of the viewer; the annotations stay with their scenes."""
        self._follow_soon.close()
        events = self._viewer.layers.events
        events.inserted.disconnect(self._follow_soon)
        events.removed.disconnect(self._on_removed)
        self._viewer.layers.selection.events.active.disconnect(self._follow_soon)
        self._turn_to(None)
        self._clear_soon.close()
        self._gone += self._layers.values()
        self._layers.clear()
        self._clear_gone()
        self._theme.close()
        super().closeEvent(event)

    # -- how ---------------------------------------------------------------------------------------

    def _follow_active(self) -> None:
        """Turn to the scene of the active layer; stay when that is none of ours."""
        active = self._viewer.layers.selection.active
        opened = opened_scene(active) or self._owner_of(active)
        shown = [found for layer in self._viewer.layers if (found := opened_scene(layer))]
        if opened is None:
            opened = self._current if self._current in shown else (shown[-1] if shown else None)
        if opened is not self._current:
            self._turn_to(opened)

    def _owner_of(self, layer: Any) -> OpenedScene | None:
        found = (o for o, a in self._layers.items() if a.shapes.layer is layer)
        return next(found, None)

    def _turn_to(self, opened: OpenedScene | None) -> None:
        if self._current is not None:
            self._current.editor.history.changed.disconnect(self._show_history)
        self._current = opened
        if opened is None:
            self.panel.show_editor(None)
        else:
            opened.editor.history.changed.connect(self._show_history)
            self.panel.show_editor(opened.editor, self._size_of)
            if opened.editor.annotations:
                self._annotation_layer()
        self._show_history()
        self._show_tool()

    def _annotation_layer(self) -> AnnotationLayer | None:
        """Return the current scene's annotation layer, made when it is first needed."""
        opened = self._current
        if opened is None:
            return None
        if opened not in self._layers:
            title = f"{opened.title} · annotations"
            layer = AnnotationLayer(self._viewer, opened.editor, opened.world, title)
            layer.drawing_changed.connect(self._show_size)
            layer.failed.connect(self._tell)
            layer.shapes.layer.events.mode.connect(self._show_tool)
            layer.shapes.layer.bind_key("Control-Z", lambda _: self.undo())
            layer.shapes.layer.bind_key("Control-Shift-Z", lambda _: self.redo())
            self._layers[opened] = layer
        return self._layers[opened]

    def _on_removed(self, event: Any) -> None:
        """Forget a scene with its layer; a deleted annotation layer comes back when needed."""
        gone = opened_scene(event.value) or self._owner_of(event.value)
        if gone is not None and gone in self._layers:
            # Not now: napari is taking a layer down, and a second one would pull the first's
            # picture from under it.
            self._gone.append(self._layers.pop(gone))
            self._clear_soon()
        self._follow_soon()

    def _clear_gone(self) -> None:
        while self._gone:
            self._gone.pop().close()

    def _tell(self, error: UserError) -> None:
        self.panel.failed.emit(error)

    def _show_size(self, size: str) -> None:
        self.size_label.setText(size)

    def _size_of(self, annotation: Annotation) -> str:
        world = None if self._current is None else self._current.world
        return "" if world is None else size_text(annotation.geometry, world)

    def _show_history(self) -> None:
        history = None if self._current is None else self._current.editor.history
        self.undo_button.setEnabled(history is not None and history.can_undo)
        self.redo_button.setEnabled(history is not None and history.can_redo)

    def _show_tool(self, *_: object) -> None:
        tool = Tool.HAND if self.annotations is None else self.annotations.tool
        for known, button in self.buttons.items():
            button.setChecked(known is tool)
            button.setEnabled(self._current is not None)
