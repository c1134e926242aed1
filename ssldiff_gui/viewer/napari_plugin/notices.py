"""Says how it went, in the way of the host."""

from __future__ import annotations

from collections.abc import Callable

from napari.utils.notifications import show_info, show_warning

from ssldiff_gui.core.errors import UserError

Act = tuple[str, Callable[[], None]]


class Notices:
    """napari's notifications; they have no buttons, so what an act would do is left to the dock."""

    def problem(self, problem: UserError, act: Act | None = None) -> None:
        """Say what a person can mend."""
        del act
        show_warning(str(problem))

    def done(self, text: str, hint: str = "", act: Act | None = None) -> None:
        """Say that something worked, where it cannot be seen."""
        del act
        show_info(f"{text} {hint}".strip())

    def tell(self, text: str, hint: str = "") -> None:
        """Say something worth knowing."""
        show_info(f"{text} {hint}".strip())
