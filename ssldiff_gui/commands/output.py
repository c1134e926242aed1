"""What all commands share: JSON, errors with exit codes, a progress bar, the way to stop."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from ssldiff_gui.core.errors import Cancelled, MissingPart, NeedsConsent, UserError

if TYPE_CHECKING:
    from rich.progress import TaskID

FAILED = 1
NEEDS_YES = 3
PARTLY = 4
CANCELLED = 130
"""Exit codes; 2 is the shell's own for a command line that cannot be understood."""

_MODEL_PACKAGES = frozenset(
    {"torch", "torchvision", "diffusers", "timm", "transformers", "yaml", "matplotlib"}
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it, whatever it costs.")]


def print_json(facts: dict[str, Any]) -> None:
    """Print facts as JSON on stdout."""
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False))


def code_of(error: UserError) -> int:
    """Return the exit code that an error ends the command with."""
    if isinstance(error, NeedsConsent):
        return NEEDS_YES
    return CANCELLED if isinstance(error, Cancelled) else FAILED


@contextmanager
def reporting(*, as_json: bool) -> Iterator[None]:
    """Say what went wrong on stderr, as data too when that was asked for, and end the command."""
    try:
        yield
    except UserError as error:
        raise typer.Exit(_say(error, as_json=as_json)) from error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _MODEL_PACKAGES:
            raise
        missing = MissingPart(
            f"The package {error.name} is not installed: nothing here computes without it.",
            'Install what models need: pip install "ssldiff-gui[models]".',
        )
        raise typer.Exit(_say(missing, as_json=as_json)) from error


def _say(error: UserError, *, as_json: bool) -> int:
    """Print an error, and return the exit code that it ends the command with."""
    if as_json:
        kind = type(error).__name__
        print_json({"error": {"kind": kind, "message": error.message, "hint": error.hint}})
    typer.echo(f"{error.message}\n{error.hint}".strip(), err=True)
    return code_of(error)


class Bar:
    """A progress bar on stderr with the time left; Ctrl-C asks for an end at the next step.

    Parameters
    ----------
    shown
        Whether anything is drawn; asking for an end works all the same.
    after
        What is said to those who asked for an end.
    """

    def __init__(
        self,
        *,
        shown: bool,
        after: str = "What was finished is kept: --resume goes on from there.",
    ) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not (shown and sys.stderr.isatty()),
            transient=True,
        )
        self._task: TaskID | None = None
        self._after = after
        self._stop = threading.Event()
        self._handler: Any = None
        self.started = time.monotonic()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGINT, self._interrupted)
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()

    def report(self, done: float, total: float, words: str = "") -> None:
        """Show how much is done."""
        if self._task is None:
            self._task = self._bar.add_task(words or "Working", total=total)
        self._bar.update(self._task, completed=done, total=total, description=words or None)

    def check(self) -> None:
        """Raise `Cancelled` once Ctrl-C was pressed."""
        if self._stop.is_set():
            raise Cancelled("Stopped.", self._after)
