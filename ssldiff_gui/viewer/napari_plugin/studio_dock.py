"""From a region to a synthetic picture, in docks of napari."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import napari
from napari.layers import Layer
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QCloseEvent, QKeySequence, QShortcut
from qtpy.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.workplace import Workplace
from ssldiff_gui.viewer.cell_canvas import native_of
from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.joints.cells import CellsJoint
from ssldiff_gui.viewer.joints.check import CheckJoint
from ssldiff_gui.viewer.joints.generate import GenerateJoint
from ssldiff_gui.viewer.joints.grid import GridJoint
from ssldiff_gui.viewer.joints.host import Joint
from ssldiff_gui.viewer.joints.palette import PaletteJoint
from ssldiff_gui.viewer.joints.region import RegionJoint
from ssldiff_gui.viewer.joints.strip import StripJoint
from ssldiff_gui.viewer.napari_plugin.dock_style import DockStyle
from ssldiff_gui.viewer.napari_plugin.dock_tools import DockTools
from ssldiff_gui.viewer.napari_plugin.host_view import HostView
from ssldiff_gui.viewer.napari_plugin.made_layer import MadeLayer
from ssldiff_gui.viewer.napari_plugin.notices import Notices
from ssldiff_gui.viewer.napari_plugin.side_by_side import SideBySide
from ssldiff_gui.viewer.napari_plugin.studio import SHARED
from ssldiff_gui.widgets.check_page import CheckPage
from ssldiff_gui.widgets.generate_page import GeneratePage
from ssldiff_gui.widgets.grid_page import GridPage
from ssldiff_gui.widgets.inspector import Inspector
from ssldiff_gui.widgets.palette_panel import PalettePanel
from ssldiff_gui.widgets.region_page import RegionPage
from ssldiff_gui.widgets.results_strip import ResultsStrip
from ssldiff_gui.widgets.scale_dialog import ScaleDialog
from ssldiff_gui.widgets.tokens import GRID

PAGES = ("Region", "Grid", "Generate", "Check")


class DockPane(QObject):
    """The host's canvas, as the place where the slide is shown."""

    scale_requested = Signal()

    def __init__(self, view: HostView) -> None:
        super().__init__()
        self.view = view


class DockPages:
    """What docks show, each made when it is first asked for: no dock shows all of it."""

    def __init__(self, view: HostView) -> None:
        self.original = DockPane(view)

    @cached_property
    def region(self) -> RegionPage:
        """The first page."""
        return RegionPage()

    @cached_property
    def grid(self) -> GridPage:
        """The second page."""
        return GridPage()

    @cached_property
    def generate(self) -> GeneratePage:
        """The third page."""
        return GeneratePage()

    @cached_property
    def check(self) -> CheckPage:
        """The fourth page."""
        return CheckPage()

    @cached_property
    def palette_(self) -> PalettePanel:
        """What can be painted with."""
        return PalettePanel()

    @cached_property
    def strip(self) -> ResultsStrip:
        """Results and queue."""
        return ResultsStrip()


@dataclass(frozen=True, slots=True)
class DockHost:
    """What a dock offers to its joints; see `viewer.joints.host.Host`."""

    session: Session
    settings: Settings
    parts: DockPages
    reporter: Notices
    on_change: Callable[[], None]
    choose_tool: Callable[[str], None]
    turn_to: Callable[[str], None]


class Dock(QWidget):
    """A dock that follows the process's one project; what it shows is left to its kinds.

    Parameters
    ----------
    napari_viewer
        The host's.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._closed = False
        self.studio = SHARED.take(self)
        self.view = HostView(napari_viewer, self.studio.session)
        self.parts = DockPages(self.view)
        self._soon = Coalesced(self.refresh)
        self.host = DockHost(
            self.studio.session, self.studio.settings, self.parts, Notices(), self._soon,
            self.choose_tool, self.turn_to,
        )  # fmt: skip
        self.joints: tuple[Joint, ...] = ()

    def begin(self, *joints: Joint) -> None:
        """Follow what is open, now that all parts are made."""
        self.joints = joints
        self._style = DockStyle(self, self._viewer)
        self.studio.entered.connect(self._enter)
        self.studio.leaving.connect(self._leave)
        self.view.acted.connect(self._soon)
        canvas = native_of(self.view.model)
        if canvas is not None:  # a viewer that closes tells its docks nothing
            canvas.destroyed.connect(self.let_go)
        if self.studio.place is not None:
            self._enter(self.studio.place)
        self._soon()

    def choose_tool(self, name: str) -> None:
        """Take a tool by its name, where there are tools."""

    def turn_to(self, page: str) -> None:
        """Show a page by its name, where there are pages."""

    def refresh(self) -> None:
        """Show what holds now."""
        for joint in self.joints:
            joint.refresh()

    def let_go(self) -> None:
        """Give back all that was taken, once."""
        if self._closed:
            return
        self._closed = True
        self._soon.close()
        self.studio.entered.disconnect(self._enter, missing_ok=True)
        self.studio.leaving.disconnect(self._leave, missing_ok=True)
        self.view.acted.disconnect(self._soon, missing_ok=True)
        self._leave()
        self.end()
        self.view.close()
        self._style.close()
        SHARED.give_back(self)

    def end(self) -> None:
        """Let go of what a kind of dock has of its own."""

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go with the dock."""
        self.let_go()
        super().closeEvent(event)

    def _enter(self, place: Workplace) -> None:
        for joint in self.joints:
            joint.enter(place)
        self._soon()

    def _leave(self) -> None:
        for joint in self.joints:
            joint.leave()


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
        self.palette_ = PaletteJoint(host, self.cells)
        self.generate = GenerateJoint(host)
        self.made = MadeLayer(self.view)
        self.check = CheckJoint(host, self.made)
        self.side = SideBySide(self.view.model, self._synthetic)
        self._build()
        self._connect()
        self.cells.attach(self.view)
        self.check.attach_map(self.made)
        self.begin(
            self.region, self.cells, self.grid, self.palette_, self.generate, self.made, self.check
        )

    def _build(self) -> None:
        parts = self.parts
        pages = (parts.region, parts.grid, parts.generate, parts.check)
        self.inspector = Inspector(tuple(zip(PAGES, pages, strict=True)))
        parts.palette_.setMinimumHeight(16 * GRID)
        for absent in (parts.check.figure, parts.check.export, parts.check.compare):
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
        parts.original.scale_requested.connect(self.ask_scale)
        tools.undo.clicked.connect(self.undo)
        tools.redo.clicked.connect(self.redo)
        tools.beside.clicked.connect(self._set_beside)
        for keys, act in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
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
        self.tools.beside.setEnabled(self.made.layer is not None)
        self.tools.beside.setChecked(self.side.wanted)
        self.side.arrange()

    def end(self) -> None:
        """Take out of the viewer what was put there."""
        self.studio.failed.disconnect(self._tell, missing_ok=True)
        self.view.failed.disconnect(self._tell, missing_ok=True)
        self.side.close()
        self.check.detach()
        self.cells.detach()
        self.made.close()
        self.tools.close_tools()

    def _set_beside(self, wanted: bool) -> None:
        self.side.wanted = wanted

    def _synthetic(self) -> list[Layer]:
        found: tuple[Any, ...] = self.made.layer, self.check.map_layer
        return [layer for layer in found if layer is not None]

    def _tell(self, problem: UserError) -> None:
        self.host.reporter.problem(problem)


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
        self.begin(self.strip)
