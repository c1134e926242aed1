"""What all joints of the window share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssldiff_gui.viewer.joints.host import Joint, Ties

if TYPE_CHECKING:
    from ssldiff_gui.app.parts import Parts
    from ssldiff_gui.app.reporter import Reporter
    from ssldiff_gui.state.session import Session
    from ssldiff_gui.state.settings import Settings

__all__ = ["Frame", "Joint", "Ties"]


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
