"""The five steps of the tour: what to do, where, and how to tell that it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.tour import TourStep

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from ssldiff_gui.app.joints.joint import Frame
    from ssldiff_gui.state.bench import Bench
    from ssldiff_gui.state.workplace import Workplace

BEFORE = {
    "region": ("rectangle", "Region"),
    "embed": ("", "Region"),
    "paint": ("brush", "Grid"),
    "generate": ("", "Generate"),
}
"""Tool and page of each step that has them."""


class Looks(Protocol):
    """Whoever knows which project is open."""

    @property
    def place(self) -> Workplace | None:
        """The project and those who work at it."""
        ...


def steps_of(frame: Frame, looks: Looks) -> tuple[TourStep, ...]:
    """Return the steps over the parts of a window."""
    parts, session = frame.parts, frame.session

    def bench() -> Bench | None:
        return None if looks.place is None else looks.place.bench

    def welcome() -> QWidget | None:
        """Return the button that opens the sample while nothing is open."""
        hint = parts.original.hint
        buttons = hint.buttons if isinstance(hint, EmptyHint) else []
        shown = session.current is None and len(buttons) > 1
        return buttons[1] if shown else parts.original

    def drawn() -> bool:
        document = session.current
        return document is not None and bool(document.editor.annotations)

    def embedded() -> bool:
        at = bench()
        return at is not None and at.open is not None

    def painted() -> bool:
        at = bench()
        return at is not None and at.editor is not None and bool(at.editor.edits)

    def rendered() -> bool:
        at = bench()
        return at is not None and at.result is not None and at.result.status == "done"

    return (
        TourStep(
            "open",
            "Open the sample slide",
            "Any slide or scene will do: drop one here, or take the sample that comes along.",
            welcome,
            lambda: session.current is not None,
        ),
        TourStep(
            "region",
            "Draw a region",
            "Drag a small rectangle over the tissue. The wheel zooms; Space moves the picture.",
            lambda: parts.original,
            drawn,
        ),
        TourStep(
            "embed",
            "Embed it",
            "A model describes each cell of the region by an embedding: that is the grid.",
            lambda: parts.region.embed if parts.region.embed.isVisible() else parts.inspector,
            embedded,
        ),
        TourStep(
            "paint",
            "Paint a few cells",
            "Alt-click a cell to pick what it looks like, then paint it elsewhere.",
            lambda: parts.original,
            painted,
        ),
        TourStep(
            "generate",
            "Generate, and compare",
            "The grid becomes a picture beside the original. The check map says how far to trust "
            "it.",
            lambda: (
                parts.generate.generate if parts.generate.generate.isVisible() else parts.inspector
            ),
            rendered,
        ),
    )
