"""From a region to a synthetic picture, in a dock of napari."""

from __future__ import annotations

from typing import Any

import napari
from app_model.types import KeyBinding
from napari.layers import Layer
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QSplitter, QVBoxLayout

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.viewer.cell_canvas import native_of
from ssldiff_gui.viewer.joints.areas import AreasJoint
from ssldiff_gui.viewer.joints.cells import CellsJoint
from ssldiff_gui.viewer.joints.check import CheckJoint
from ssldiff_gui.viewer.joints.generate import GenerateJoint
from ssldiff_gui.viewer.joints.grid import GridJoint
from ssldiff_gui.viewer.joints.palette import PaletteJoint
from ssldiff_gui.viewer.joints.region import RegionJoint
from ssldiff_gui.viewer.napari_plugin.badge import CanvasBadge
from ssldiff_gui.viewer.napari_plugin.dock import Dock
from ssldiff_gui.viewer.napari_plugin.dock_export import DockExport
from ssldiff_gui.viewer.napari_plugin.dock_tools import DockTools
from ssldiff_gui.viewer.napari_plugin.made_layer import MadeLayer
from ssldiff_gui.viewer.napari_plugin.side_by_side import SideBySide
from ssldiff_gui.widgets.inspector import Inspector
from ssldiff_gui.widgets.scale_dialog import ScaleDialog
from ssldiff_gui.widgets.tokens import GRID

KEYS = tuple(KeyBinding.from_str(keys) for keys in ("Ctrl+Z", "Ctrl+Shift+Z", "[", "]"))
"""On the host's canvas: undo, redo, a smaller brush, a larger one."""

PAGES = ("Region", "Grid", "Generate", "Check")


class EmbeddingsDock(Dock):
    """A region of the active scene becomes a grid, the grid is edited and rendered, here.

    Parameters
    ----------
    napari_viewer
        Where the scene is; the result becomes a layer there.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__(napari_viewer)
        self.tools = DockTools(self.view)
        host = self.host
        self.region = RegionJoint(host)
        self.cells = CellsJoint(host, self.tools)
        self.grid = GridJoint(host, self.cells)
        self.areas = AreasJoint(host)
        self.palette_ = PaletteJoint(host, self.cells)
        self.generate = GenerateJoint(host)
        self.made = MadeLayer(self.view)
        self.check = CheckJoint(host, self.made)
        self.side = SideBySide(self.view.model, self._synthetic)
        self.badge = CanvasBadge(native_of(self.view.model))
        self.export = DockExport(self, host.reporter)
        self._build()
        self._connect()
        self.cells.attach(self.view)
        self.check.attach_map(self.made)
        self.begin(
            self.region, self.cells, self.grid, self.areas, self.palette_, self.generate,
            self.made, self.check, self.export,
        )  # fmt: skip

    def _build(self) -> None:
        parts = self.parts
        pages = (parts.region, parts.grid, parts.generate, parts.check)
        self.inspector = Inspector(tuple(zip(PAGES, pages, strict=True)))
        parts.palette_.setMinimumHeight(20 * GRID)
        for absent in (parts.check.figure, parts.check.compare):
            absent.hide()  # the studio's own window has them
        for page in (parts.grid, parts.generate):
            page.empty.buttons[-1].hide()  # so a canvas from nothing
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.addWidget(self.inspector)
        halves.addWidget(parts.palette_)
        halves.setStretchFactor(0, 1)
        halves.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, 0)
        column.setSpacing(GRID)
        column.addWidget(self.tools)
        column.addWidget(halves, 1)
        self.setMinimumWidth(40 * GRID)

    def _connect(self) -> None:
        parts, tools = self.parts, self.tools
        parts.grid.draw_requested.connect(lambda: self.choose_tool("rectangle"))
        parts.grid.generate_requested.connect(lambda: self.turn_to("Generate"))
        parts.check.generate_requested.connect(lambda: self.turn_to("Generate"))
        parts.check.export_requested.connect(self.export.ask)
        parts.original.scale_requested.connect(self.ask_scale)
        tools.undo.clicked.connect(self.undo)
        tools.redo.clicked.connect(self.redo)
        tools.beside.clicked.connect(self._set_beside)
        for keys, act in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        for bound, act in zip(
            KEYS, (self.undo, self.redo, self._smaller, self._bigger), strict=True
        ):
            self.view.model.bind_key(bound, lambda _, act=act: act(), overwrite=True)
        self.view.failed.connect(self._tell)
        self.studio.failed.connect(self._tell)

    # -- acts --------------------------------------------------------------------------------------

    def choose_tool(self, name: str) -> None:
        """Take a tool by its name."""
        self.tools.choose(name)

    def turn_to(self, page: str) -> None:
        """Show a page by its name."""
        self.inspector.choose(PAGES.index(page))

    def undo(self) -> None:
        """Take back the last act on the scene."""
        if (document := self.view.document) is not None:
            document.history.undo()
            self._soon()

    def redo(self) -> None:
        """Do again what was taken back."""
        if (document := self.view.document) is not None:
            document.history.redo()
            self._soon()

    def ask_scale(self) -> None:
        """Let the person say how large a pixel is."""
        document = self.view.document
        if document is None:
            return
        dialog = ScaleDialog(document.scale_override, self)

        def decide(scale: Scale | None) -> None:
            document.editor.set_scale(scale)

        dialog.decided.connect(decide)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def refresh(self) -> None:
        """Show what holds now."""
        super().refresh()
        document, place = self.view.document, self.studio.place
        grid = place is not None and place.bench.open is not None
        self.tools.show_state(scene=document is not None, grid=grid)
        history = None if document is None else document.history
        self.tools.undo.setEnabled(history is not None and history.can_undo)
        self.tools.redo.setEnabled(history is not None and history.can_redo)
        made = self.made.layer is not None
        self.tools.beside.setEnabled(made)
        self.tools.beside.setChecked(made and self.side.wanted)
        self.badge.show(wanted=made)
        self.side.arrange()

    def end(self) -> None:
        """Take out of the viewer what was put there."""
        self.studio.failed.disconnect(self._tell, missing_ok=True)
        self.view.failed.disconnect(self._tell, missing_ok=True)
        for keys in KEYS:
            self.view.model.keymap.pop(keys, None)
        self.badge.close()
        self.side.close()
        self.check.detach()
        self.cells.detach()
        self.made.close()
        self.tools.close_tools()

    def _smaller(self) -> None:
        self.cells.smaller()

    def _bigger(self) -> None:
        self.cells.bigger()

    def _set_beside(self, wanted: bool) -> None:
        self.side.wanted = wanted

    def _synthetic(self) -> list[Layer]:
        found: tuple[Any, ...] = self.made.layer, self.check.map_layer
        return [layer for layer in found if layer is not None]

    def _tell(self, problem: UserError) -> None:
        self.host.reporter.problem(problem)
