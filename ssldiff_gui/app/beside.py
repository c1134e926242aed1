"""A canvas in the right view, at its place beside the slide that it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from ssldiff_gui.app.parts import Parts
from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.geometry import Region
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.session import Session
from ssldiff_gui.viewer.gui_thread import on_gui_thread

if TYPE_CHECKING:
    from ssldiff_gui.slides.slide import Slide
    from ssldiff_gui.viewer.scene_view import SceneView

SETTLED_MS = 1500
"""After this long the views have the sizes they keep."""


@dataclass(frozen=True, slots=True)
class Made:
    """A canvas that is open, and what its grid was taken from."""

    canvas: Slide
    region: Region
    source: str


class Beside:
    """Shows one canvas while the slide it belongs to is in view.

    Parameters
    ----------
    session
        What is open.
    parts
        Has both views.
    on_problem
        Told of what a person can mend.
    """

    def __init__(
        self, session: Session, parts: Parts, on_problem: Callable[[UserError], None]
    ) -> None:
        self._session, self._parts, self._on_problem = session, parts, on_problem
        self._made: Made | None = None
        self._document: Document | None = None
        self._of: Document | None = None
        session.current_changed.connect(self.follow)

    def show(self, path: Path) -> None:
        """Open a canvas in the background and show it as soon as its slide is there."""

        def fetch() -> None:
            try:
                made = _made(path)
            except UserError as error:
                on_gui_thread(self._on_problem, error)
            else:
                on_gui_thread(self._take, made)

        in_background(fetch, f"open {path.name} beside")

    def follow(self, _: object = None) -> None:
        """Show the canvas beside its own slide, and beside no other."""
        original, synthetic = self._parts.original.view, self._parts.synthetic.view
        current, made = self._session.current, self._made
        if original is None or synthetic is None or made is None:
            return
        if current is not None and not self._parts.synthetic.isVisible():
            return  # the views are about to change their sizes
        if current is None or current.path.name != made.source:
            if synthetic.document is not None:
                synthetic.show(None)
            return
        if original.document is not current or synthetic.document is not None:
            return
        first = self._document is None or self._of is not current
        if first:
            from ssldiff_gui.slides.placed import placed

            self._document = Document(placed(made.canvas, made.region, current.scene))
            self._of = current
        assert self._document is not None  # noqa: S101 - made just now, or before
        self._document.view = original.camera  # both look at the same place
        synthetic.show(self._document)
        if first:
            self._settle(original)

    def close(self) -> None:
        """Let go of the canvas."""
        self._session.current_changed.disconnect(self.follow)
        if self._made is not None:
            in_background(self._made.canvas.close, "close the canvas")

    def _settle(self, view: SceneView) -> None:
        """Go there now, and again while the views still come to their sizes."""
        size = view.model.canvas.events.size
        size.connect(self._go_there)
        QTimer.singleShot(SETTLED_MS, lambda: size.disconnect(self._go_there))
        self._go_there()

    def _go_there(self, _: object = None) -> None:
        """Bring the canvas' place into both views, which are linked."""
        view = self._parts.original.view
        if view is not None and view.document is self._of and self._made is not None:
            view.zoom_to(self._made.region.box)

    def _take(self, made: Made) -> None:
        self._made = made
        self.follow()


def _made(path: Path) -> Made:
    """Open a canvas and read what it says of its origin; not in the window's thread."""
    from ssldiff_gui.slides import open_slide
    from ssldiff_gui.storage.canvas import Canvas

    with Canvas.open(path) as canvas:
        grid = canvas.grid
    if grid.region is None or grid.source is None:
        raise BadRequest(
            f"{path.name} was not made from a place on a slide.", "Open it as a file of its own."
        )
    return Made(open_slide(path), grid.region, grid.source.name)
