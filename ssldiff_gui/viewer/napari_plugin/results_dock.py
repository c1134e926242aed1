"""Results and the queue, in a dock of napari."""

from __future__ import annotations

import napari
from qtpy.QtCore import Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout

from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.strip import StripJoint
from ssldiff_gui.viewer.napari_plugin.dock import Dock
from ssldiff_gui.viewer.napari_plugin.dock_export import DockExport


class ResultsDock(Dock):
    """Every result as a card, and the queue.

    Parameters
    ----------
    napari_viewer
        Where results are shown.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__(napari_viewer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.parts.strip)
        self.strip = StripJoint(self.host)
        self.export = DockExport(self, self.host.reporter)
        strip = self.parts.strip
        strip.export_requested.connect(self.export.ask)
        strip.compare_requested.connect(lambda _, other: self.strip.show(other))
        self._placed = False
        self.begin(self.strip, self.export)

    def showEvent(self, event: QShowEvent) -> None:
        """Go below the canvas at first: napari puts every dock on the right."""
        super().showEvent(event)
        if not self._placed:
            self._placed = True
            on_gui_thread(self._go_below)

    def _go_below(self) -> None:
        dock = self.parent()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parent()
        window = None if dock is None else dock.parent()
        if isinstance(dock, QDockWidget) and isinstance(window, QMainWindow):
            window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
