"""What every dock of the studio is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import napari
from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QWidget

from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.workplace import Workplace
from ssldiff_gui.viewer.cell_canvas import native_of
from ssldiff_gui.viewer.gui_thread import Coalesced
from ssldiff_gui.viewer.joints.host import Joint
from ssldiff_gui.viewer.napari_plugin.dock_style import DockStyle
from ssldiff_gui.viewer.napari_plugin.host_view import HostView
from ssldiff_gui.viewer.napari_plugin.notices import Notices
from ssldiff_gui.viewer.napari_plugin.studio import SHARED
from ssldiff_gui.widgets.check_page import CheckPage
from ssldiff_gui.widgets.generate_page import GeneratePage
from ssldiff_gui.widgets.grid_page import GridPage
from ssldiff_gui.widgets.palette_panel import PalettePanel
from ssldiff_gui.widgets.region_page import RegionPage
from ssldiff_gui.widgets.results_strip import ResultsStrip


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
