"""Help: the tour, and what this program is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap

from ssldiff_gui import __version__
from ssldiff_gui.app.joints.joint import Frame
from ssldiff_gui.app.joints.tour_steps import BEFORE, steps_of
from ssldiff_gui.app.joints.versions import parts_of, versions
from ssldiff_gui.resources import resource_path
from ssldiff_gui.widgets.about_dialog import AboutDialog
from ssldiff_gui.widgets.tour import Tour

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.state.workplace import Workplace

TEXT = (
    "Look at a slide or a scene, edit it as a grid of embeddings, and render the grid back. "
    "BSD 3-Clause licence."
)


class HelpJoint:
    """Joins the tour to the window's parts.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What the tour lies over.
    """

    def __init__(self, frame: Frame, window: QMainWindow) -> None:
        self._frame, self._window = frame, window
        self._place: Workplace | None = None
        self.about_dialog: AboutDialog | None = None
        self._guide: Tour | None = None

    def enter(self, place: Workplace) -> None:
        """Follow a project: the tour looks there whether a step is done."""
        self._place = place

    def leave(self) -> None:
        """Follow none any more."""
        self._place = None

    def refresh(self) -> None:
        """Leave the tour alone: it looks by itself."""

    @property
    def place(self) -> Workplace | None:
        """The project that the tour looks at."""
        return self._place

    @property
    def guide(self) -> Tour:
        """The tour, made when it is first wanted."""
        if self._guide is None:
            self._guide = Tour(self._window)
            self._guide.step_changed.connect(self._prepare)
        return self._guide

    # -- acts --------------------------------------------------------------------------------------

    def tour(self) -> None:
        """Begin the tour in five steps, or leave it."""
        self._frame.settings.tour_seen = True
        if self.guide.isVisible():
            self.guide.leave()
        else:
            self.guide.start(steps_of(self._frame, self))

    def welcome(self) -> None:
        """Begin the tour at the very first start; never again after that."""
        settings = self._frame.settings
        if not settings.tour_seen and not settings.recent:
            self.tour()

    def about(self) -> None:
        """Say which versions this is, and whose work is in it."""
        if self.about_dialog is not None:
            self.about_dialog.raise_()
            return
        installed = () if self._place is None else self._place.models.inventory.installed
        mark = QPixmap(str(resource_path("icons") / "studio-256.png"))
        dialog = AboutDialog(
            f"SSLDiff Studio {__version__}", TEXT, versions(), parts_of(installed),
            mark=mark, parent=self._window,
        )  # fmt: skip
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._forget)
        self.about_dialog = dialog
        dialog.open()

    def _forget(self) -> None:
        self.about_dialog = None

    def _prepare(self, key: str) -> None:
        """Take the tool and show the page that a step is about."""
        tool, page = BEFORE.get(key, ("", ""))
        if self._frame.session.current is None:
            return
        if page:
            self._frame.turn_to(page)
        if tool:
            self._frame.choose_tool(tool)
