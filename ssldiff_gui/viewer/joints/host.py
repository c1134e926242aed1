"""What a window offers to the joints, and what every joint does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from psygnal import SignalInstance

from ssldiff_gui.core.errors import UserError

if TYPE_CHECKING:
    from ssldiff_gui.state.session import Session
    from ssldiff_gui.state.settings import Settings
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.shown_view import ShownView
    from ssldiff_gui.widgets.check_page import CheckPage
    from ssldiff_gui.widgets.generate_page import GeneratePage
    from ssldiff_gui.widgets.grid_page import GridPage
    from ssldiff_gui.widgets.palette_panel import PalettePanel
    from ssldiff_gui.widgets.region_page import RegionPage
    from ssldiff_gui.widgets.results_strip import ResultsStrip

CELLS = frozenset(
    {"eyedropper", "brush", "stamp", "transplant", "gradient", "vary", "eraser"}
    | {"cells", "lasso", "similar"}
)
"""The tools that work on cells, by name."""

Act = tuple[str, Callable[[], None]]
"""Words of a button, and what it does."""


class Reports(Protocol):
    """Says how it went."""

    def problem(self, problem: UserError, act: Act | None = None) -> None:
        """Say what a person can mend."""
        ...

    def done(self, text: str, hint: str = "", act: Act | None = None) -> None:
        """Say that something worked, where it cannot be seen."""
        ...

    def tell(self, text: str, hint: str = "") -> None:
        """Say something worth knowing."""
        ...


class Pane(Protocol):
    """Where a picture is shown."""

    scale_requested: Any
    """Signal: the person wants to say the size of a pixel."""

    @property
    def view(self) -> ShownView | None:
        """The view, once it has been made."""
        ...


class Pages(Protocol):
    """What is seen."""

    @property
    def original(self) -> Pane:
        """Where the slide is shown."""
        ...

    @property
    def region(self) -> RegionPage:
        """The first page."""
        ...

    @property
    def grid(self) -> GridPage:
        """The second page."""
        ...

    @property
    def generate(self) -> GeneratePage:
        """The third page."""
        ...

    @property
    def check(self) -> CheckPage:
        """The fourth page."""
        ...

    @property
    def palette_(self) -> PalettePanel:
        """What can be painted with."""
        ...

    @property
    def strip(self) -> ResultsStrip:
        """Results and queue."""
        ...


class Host(Protocol):
    """A window, or a dock in somebody else's."""

    @property
    def session(self) -> Session:
        """What is open."""
        ...

    @property
    def settings(self) -> Settings:
        """What is remembered."""
        ...

    @property
    def parts(self) -> Pages:
        """What is seen."""
        ...

    @property
    def reporter(self) -> Reports:
        """Says how it went."""
        ...

    @property
    def on_change(self) -> Callable[[], None]:
        """Told when something changed that other parts depend on; `refresh` follows."""
        ...

    @property
    def choose_tool(self) -> Callable[[str], None]:
        """Takes a tool by its name."""
        ...

    @property
    def turn_to(self) -> Callable[[str], None]:
        """Shows a page by its name."""
        ...


class Hand(Protocol):
    """Which tool is in the hand."""

    chosen: str
    on_cells: Callable[[str], None] | None
    """Told of the tool for cells that is taken; empty when it is one for shapes."""


class Joint(Protocol):
    """Joins one part of the window to the project that is open."""

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        ...

    def leave(self) -> None:
        """Follow none any more; a second time does nothing."""
        ...

    def refresh(self) -> None:
        """Show what holds now; called once after any number of changes."""
        ...


class Ties:
    """Signals that are listened to, all let go of at once."""

    def __init__(self) -> None:
        self._tied: list[tuple[SignalInstance, Callable[..., object]]] = []

    def tie(self, signal: SignalInstance, call: Callable[..., object]) -> None:
        """Listen until `loose`."""
        signal.connect(call)
        self._tied.append((signal, call))

    def loose(self) -> None:
        """Listen to none of them any more."""
        for signal, call in self._tied:
            signal.disconnect(call, missing_ok=True)
        self._tied.clear()
