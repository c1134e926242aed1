"""Which models there are: asked of another process, in the background."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable

from psygnal import Signal
from pydantic import ValidationError

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.inventory import Answer, Inventory, Verified
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background

log = logging.getLogger(__name__)

SECONDS = 120.0
"""Hashing gigabytes on a slow disk takes a while; longer than this is a hang."""

Ask = Callable[[tuple[str, ...]], Answer]
"""Asks the other process; tests answer themselves."""


class Models:
    """The models of this machine.

    Parameters
    ----------
    deliver
        Runs a call in the thread where state may change.
    ask
        Whom to ask; a process of its own when None.
    """

    changed = Signal(Inventory)
    verified = Signal(Verified)
    failed = Signal(UserError)

    def __init__(self, deliver: Deliver | None = None, ask: Ask | None = None) -> None:
        self._deliver = deliver or deliver_at_once
        self._ask = ask or ask_process
        self.inventory = Inventory()
        self.known = False
        """Whether the inventory has been taken at all."""

    def refresh(self) -> None:
        """Take stock again; `changed` tells what there is."""
        self._begin("list")

    def verify(self, name: str) -> None:
        """Hash a model's files; `verified` tells how it went."""
        self._begin("verify", name)

    def remove(self, name: str) -> None:
        """Delete a model that the person installed."""
        self._begin("remove", name)

    def _begin(self, *words: str) -> None:
        def work() -> None:
            try:
                found = self._ask(words)
            except UserError as error:
                found = Answer(problem=error.message, hint=error.hint)
            self._deliver(lambda: self._arrived(found))

        in_background(work, f"models {words[0]}")

    def _arrived(self, found: Answer) -> None:
        if found.problem:
            self.failed.emit(UserError(found.problem, found.hint))
        if found.inventory is not None:
            self.inventory, self.known = found.inventory, True
            self.changed.emit(found.inventory)
        for one in found.verified:
            self.verified.emit(one)


def ask_process(words: tuple[str, ...]) -> Answer:
    """Ask a process of its own.

    Raises
    ------
    UserError
        It gave no answer.
    """
    command = [sys.executable, "-m", "ssldiff_gui.jobs.inventory", *words]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and names of models
            command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        return Answer.model_validate_json(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValidationError) as error:
        log.exception("the models could not be listed")
        raise UserError(
            "The models could not be listed.", "Look at the log; opening the list tries again."
        ) from error
