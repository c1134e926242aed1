"""What can be done with the views: tools, undo, zoom, scale, bands, panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from ssldiff_gui.app.parts import Parts
from ssldiff_gui.app.view_pane import ViewPane
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.session import Session
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.host import CELLS
from ssldiff_gui.widgets.image_page import ImagePage
from ssldiff_gui.widgets.scale_dialog import ScaleDialog

if TYPE_CHECKING:
    from ssldiff_gui.slides.scene import RGB
    from ssldiff_gui.state.document import Document
    from ssldiff_gui.state.history import History

REGION_PAGE, GRID_PAGE, GENERATE_PAGE, CHECK_PAGE, IMAGE_PAGE = range(5)


SHAPES = frozenset({"hand", "select", "rectangle", "polygon", "freehand", "area_brush"})
KNOWN = SHAPES | CELLS


class ToolActs:
    """Chooses what the mouse does; remembers it until the view exists.

    Parameters
    ----------
    pane
        The view whose tools these are.
    chosen
        The tool to start with.
    """

    def __init__(self, pane: ViewPane, chosen: str) -> None:
        self._pane = pane
        self.chosen = chosen
        self.cells = "brush"
        """The tool for cells that was used last."""
        self.on_cells: Callable[[str], None] | None = None
        """Told of the tool for cells that is taken; empty when it is one for shapes."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what takes the tool of that name: actions name tools, and there are many."""
        if name not in KNOWN:
            raise AttributeError(name)
        return lambda: self.choose(name)

    def choose(self, name: str) -> None:
        """Take a tool by its name."""
        self.chosen = name
        self.cells = name if name in CELLS else self.cells
        if self.on_cells is not None:
            self.on_cells(name if name in CELLS else "")
        if self._pane.view is not None:
            from ssldiff_gui.viewer.tools import Tool

            self._pane.view.tool = Tool.CELLS if name in CELLS else Tool(name)

    def follow(self, tool: str) -> None:
        """Take over what a view's own keys chose: Esc leaves to the hand."""
        if tool == "cells":
            return
        self.chosen = tool
        if self.on_cells is not None:
            self.on_cells("")


class EditActs:
    """Undo and redo in the scene that is in view.

    Parameters
    ----------
    session
        What is open.
    elsewhere
        Returns what is undone instead while the views are not seen, or None.
    """

    def __init__(
        self, session: Session, elsewhere: Callable[[], History | None] = lambda: None
    ) -> None:
        self._session = session
        self._elsewhere = elsewhere

    @property
    def history(self) -> History | None:
        """What is undone now."""
        document = self._session.current
        return self._elsewhere() or (None if document is None else document.history)

    def undo(self) -> None:
        """Take the last act back."""
        if (history := self.history) is not None:
            history.undo()

    def redo(self) -> None:
        """Do the next act again."""
        if (history := self.history) is not None:
            history.redo()


class ViewActs:
    """Zoom, scale, bands and associated images of what is in view.

    Parameters
    ----------
    session
        What is open.
    pane
        The view of the original.
    page
        The inspector's page about the picture.
    window
        What dialogs belong to.
    on_problem
        Told of what a person can mend.
    """

    def __init__(
        self,
        session: Session,
        pane: ViewPane,
        page: ImagePage,
        window: QWidget,
        on_problem: Callable[[UserError], None],
    ) -> None:
        self._session = session
        self._pane = pane
        self._page = page
        self._window = window
        self._on_problem = on_problem
        pane.scale_requested.connect(self.set_scale)
        page.scale_requested.connect(self.set_scale)
        page.associated_requested.connect(self.show_associated)
        page.bands.changed.connect(self.show_bands)

    def fit(self) -> None:
        """Show the whole picture."""
        self._pane.fit()

    def zoom_in(self) -> None:
        """Come nearer."""
        self._pane.step(1)

    def zoom_out(self) -> None:
        """Step back."""
        self._pane.step(-1)

    def set_scale(self) -> None:
        """Ask how large a pixel is."""
        document = self._session.current
        if document is None:
            return
        if document.scene.scale is not None and document.scale_override is None:
            self._on_problem(
                UserError(
                    f"{document.name} states its scale already.",
                    "The file's own scale is used; it is on the page about the image.",
                )
            )
            return
        dialog = ScaleDialog(document.scale_override, self._window)

        def decide(scale: Scale | None) -> None:
            document.editor.set_scale(scale)

        dialog.decided.connect(decide)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_bands(self, bands: tuple[int, int, int], stretched: bool) -> None:
        """Show other bands; the stretch is measured in the background."""
        document, view = self._session.current, self._pane.view
        if document is None or view is None:
            return
        scene = document.scene

        def measure() -> None:
            from ssldiff_gui.slides.scene import Display

            try:
                display = scene.stretched(bands) if stretched else Display(bands)
            except UserError as error:
                on_gui_thread(self._on_problem, error)
            else:
                on_gui_thread(show, display)

        def show(display: object) -> None:
            current = self._session.current
            if current is not None and current.scene is scene:
                view.set_display(display)  # type: ignore[arg-type]

        in_background(measure, f"bands {document.name}")

    def show_associated(self, name: str) -> None:
        """Read the label, macro or thumbnail, and show it in the inspector."""
        document = self._session.current
        if document is None:
            return
        read = document.slide.associated[name]

        def fetch() -> None:
            try:
                picture = read()
            except UserError as error:
                on_gui_thread(self._on_problem, error)
            else:
                on_gui_thread(self._show_picture, document, name, picture)

        in_background(fetch, f"{name} of {document.name}")

    def _show_picture(self, document: Document, name: str, picture: RGB) -> None:
        if document is self._session.current:
            self._page.show_associated(name, picture)


class PaneActs:
    """Shows and hides the parts of the window.

    Parameters
    ----------
    parts
        Everything in the window.
    on_change
        Called after something was shown or hidden.
    """

    def __init__(self, parts: Parts, on_change: Callable[[], None]) -> None:
        self._parts = parts
        self._browser = parts.browser
        self._inspector = parts.inspector
        self._original = parts.original
        self._synthetic = parts.synthetic
        self._on_change = on_change
        self.minimap_shown = True
        self.synthetic_wanted = True
        self.inspector_wanted = True

    def arrange(self, *, document: bool, lab: bool = False) -> None:
        """Show what is wanted and has something to say: without a document there is little."""
        self._inspector.setVisible(document and self.inspector_wanted)
        self._synthetic.setVisible(document and self.synthetic_wanted)
        self._parts.strip.setVisible(document and not lab)
        self._original.header.setVisible(document)

    @property
    def shown(self) -> dict[str, bool]:
        """What is shown, by name, to be remembered."""
        return {
            "browser": not self._browser.isHidden(),
            "inspector": self.inspector_wanted,
            "minimap": self.minimap_shown,
            "synthetic": self.synthetic_wanted,
            "palette": not self._parts.palette_.isHidden(),
            "strip": not self._parts.strip.collapsed,
            "image page": self._inspector.page == IMAGE_PAGE,
        }

    def restore(self, shown: dict[str, bool]) -> None:
        """Show what was shown at the end of the last run."""
        self._browser.setVisible(shown.get("browser", True))
        self.inspector_wanted = shown.get("inspector", True)
        self._inspector.choose(IMAGE_PAGE if shown.get("image page") else REGION_PAGE)
        self.synthetic_wanted = shown.get("synthetic", True)
        self._parts.palette_.setVisible(shown.get("palette", True))
        self._parts.strip.set_collapsed(not shown.get("strip", True))
        self.minimap_shown = shown.get("minimap", True)
        self._original.set_minimap_shown(self.minimap_shown)

    def browser(self) -> None:
        """Show or hide the slide browser."""
        self._browser.setVisible(self._browser.isHidden())
        self._on_change()

    def inspector(self) -> None:
        """Show or hide the inspector."""
        self.inspector_wanted = not self.inspector_wanted
        self._on_change()

    def minimap(self) -> None:
        """Show or hide the overview."""
        self.minimap_shown = not self.minimap_shown
        self._original.set_minimap_shown(self.minimap_shown)
        self._on_change()

    def synthetic(self) -> None:
        """Show or hide the synthetic view."""
        self.synthetic_wanted = not self.synthetic_wanted
        self._on_change()

    def filter(self) -> None:
        """Put the cursor into the browser's filter."""
        self._browser.show()
        self._browser.filter.setFocus()
        self._browser.filter.selectAll()
        self._on_change()

    def annotations(self) -> None:
        """Show the inspector's page of the region and the annotations."""
        self.turn_to(REGION_PAGE)

    def grid(self) -> None:
        """Show the page of the grid."""
        self.turn_to(GRID_PAGE)

    def generate(self) -> None:
        """Show the page of what generates."""
        self.turn_to(GENERATE_PAGE)

    def check(self) -> None:
        """Show the page of the check."""
        self.turn_to(CHECK_PAGE)

    def image(self) -> None:
        """Show the inspector's page about the picture."""
        self.turn_to(IMAGE_PAGE)

    def palette(self) -> None:
        """Show or hide the palette."""
        self._parts.palette_.setVisible(self._parts.palette_.isHidden())
        self._on_change()

    def strip(self) -> None:
        """Show or hide the results."""
        self._parts.strip.set_collapsed(not self._parts.strip.collapsed)
        self._on_change()

    def turn_to(self, page: int) -> None:
        """Show a page of the inspector."""
        self.inspector_wanted = True
        self._inspector.choose(page)
        self._on_change()
