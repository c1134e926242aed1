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


class Path:
    """What the tour looks at to tell how far one has come.

    Parameters
    ----------
    frame
        The window's parts and what is open.
    looks
        Knows which project is open.
    """

    def __init__(self, frame: Frame, looks: Looks) -> None:
        self.parts, self._session, self._looks = frame.parts, frame.session, looks

    @property
    def bench(self) -> Bench | None:
        """Where one works, once a project is open."""
        return None if self._looks.place is None else self._looks.place.bench

    def start(self) -> QWidget | None:
        """Return the button that opens the sample while nothing is open."""
        hint = self.parts.original.hint
        buttons = hint.buttons if isinstance(hint, EmptyHint) else []
        shown = self._session.current is None and len(buttons) > 1
        return buttons[1] if shown else self.parts.original

    def opened(self) -> bool:
        """Whether a slide is in view."""
        return self._session.current is not None

    def drawn(self) -> bool:
        """Whether a region was drawn."""
        document = self._session.current
        return document is not None and bool(document.editor.annotations)

    def embedded(self) -> bool:
        """Whether there is a grid."""
        return self.bench is not None and self.bench.open is not None

    def painted(self) -> bool:
        """Whether the grid was edited."""
        editor = None if self.bench is None else self.bench.editor
        return editor is not None and bool(editor.edits)

    def rendered(self) -> bool:
        """Whether a result is whole."""
        result = None if self.bench is None else self.bench.result
        return result is not None and result.status == "done"

    def lit(self, button: QWidget) -> QWidget:
        """Return a button while it is seen, else the pane it stands in."""
        return button if button.isVisible() else self.parts.inspector


def steps_of(frame: Frame, looks: Looks) -> tuple[TourStep, ...]:
    """Return the steps over the parts of a window."""
    path, parts = Path(frame, looks), frame.parts
    where = {
        "open": (path.start, path.opened),
        "region": (lambda: parts.original, path.drawn),
        "embed": (lambda: path.lit(parts.region.embed), path.embedded),
        "paint": (lambda: parts.original, path.painted),
        "generate": (lambda: path.lit(parts.generate.generate), path.rendered),
    }
    return tuple(TourStep(key, *words, *where[key]) for key, words in WORDS.items())


WORDS = {
    "open": (
        "Open the sample slide",
        "Any slide or scene will do: drop one here, or take the sample that comes along.",
    ),
    "region": (
        "Draw a region",
        "Drag a small rectangle over the tissue. The wheel zooms; Space moves the picture.",
    ),
    "embed": (
        "Embed it",
        "A model describes each cell of the region by an embedding: that is the grid.",
    ),
    "paint": (
        "Paint a few cells",
        "Alt-click a cell to pick what it looks like, then paint it elsewhere.",
    ),
    "generate": (
        "Generate, and compare",
        "The grid becomes a picture beside the original. The check map says how far to trust it.",
    ),
}
"""What each step says."""
