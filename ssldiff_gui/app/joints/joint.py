"""What every joint does: follow one project at a time, and show what holds now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from psygnal import SignalInstance

if TYPE_CHECKING:
    from ssldiff_gui.app.parts import Parts
    from ssldiff_gui.app.reporter import Reporter
    from ssldiff_gui.state.session import Session
    from ssldiff_gui.state.settings import Settings
    from ssldiff_gui.state.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Frame:
    """What all joints share.

    Parameters
    ----------
    session
        What is open.
    settings
        What is remembered.
    parts
        What is seen.
    reporter
        Says how it went.
    on_change
        Called when something changed that actions and other parts depend on; `refresh` follows.
    choose_tool
        Takes a tool by its name.
    turn_to
        Shows a page of the inspector by its name.
    """

    session: Session
    settings: Settings
    parts: Parts
    reporter: Reporter
    on_change: Callable[[], None]
    choose_tool: Callable[[str], None]
    turn_to: Callable[[str], None]


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
