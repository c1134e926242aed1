"""Files that are on their way: opened in threads of their own, given up on after a while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BrokenFile, MissingFile, UserError
from ssldiff_gui.state.background import Deliver, in_background
from ssldiff_gui.state.settings import Camera

if TYPE_CHECKING:
    from ssldiff_gui.slides.slide import Slide

log = logging.getLogger(__name__)

Opener = Callable[[str | Path], "Slide"]


@dataclass(eq=False)
class Opening:
    """One file that somebody waits for.

    Parameters
    ----------
    path
        The file.
    wish
        Number of the wish; a later one that was fulfilled keeps this one from being shown.
    activate
        Whether to show it then.
    scene
        Which of its scenes.
    camera
        Where its view looked.
    """

    path: str | Path
    wish: int
    activate: bool = True
    scene: int = 0
    camera: Camera | None = None
    timer: threading.Timer | None = None


class Openings:
    """All files that somebody waits for.

    Parameters
    ----------
    deliver
        Runs a call in the thread where state may change.
    opener
        Opens a file.
    seconds
        How long a drive may take to answer.
    arrived, refused
        Called there with how it went, unless nobody waits any more.
    """

    def __init__(
        self,
        deliver: Deliver,
        opener: Opener,
        seconds: float,
        arrived: Callable[[Opening, Slide], None],
        refused: Callable[[UserError], None],
    ) -> None:
        self._deliver = deliver
        self._opener = opener
        self._seconds = seconds
        self._arrived = arrived
        self._refused = refused
        self._waiting: list[Opening] = []

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """What is awaited."""
        return tuple(opening.path for opening in self._waiting)

    def start(self, opening: Opening) -> None:
        """Open a file in the background."""
        self._waiting.append(opening)
        timer = threading.Timer(
            self._seconds, lambda: self._deliver(lambda: self._too_late(opening))
        )
        timer.daemon = True
        opening.timer = timer
        timer.start()
        in_background(lambda: self._open(opening), f"open {Path(opening.path).name}")

    def cancel(self, path: str | Path | None = None) -> None:
        """Stop waiting for a file, or for all; what still arrives is closed again."""
        for opening in [known for known in self._waiting if path is None or known.path == path]:
            self._stop_waiting(opening)

    def _open(self, opening: Opening) -> None:
        problem: UserError
        try:
            slide = self._opener(opening.path)
        except UserError as error:
            problem = error
        except Exception as error:  # a reader's own mistake must not leave anybody waiting
            log.exception("opening failed in an unforeseen way")
            problem = BrokenFile(
                opening.path,
                f"{Path(opening.path).name} cannot be opened ({type(error).__name__}).",
                "The log says more: please report it.",
            )
        else:
            self._deliver(lambda: self._come(opening, slide))
            return
        self._deliver(lambda: self._gone(opening, problem))

    def _come(self, opening: Opening, slide: Slide) -> None:
        if self._stop_waiting(opening):
            self._arrived(opening, slide)
        else:
            in_background(slide.close, "close unwanted")

    def _gone(self, opening: Opening, problem: UserError) -> None:
        if self._stop_waiting(opening):
            self._refused(problem)

    def _too_late(self, opening: Opening) -> None:
        self._gone(opening, silent(Path(opening.path)))

    def _stop_waiting(self, opening: Opening) -> bool:
        """Return whether somebody waited until now."""
        if opening.timer is not None:
            opening.timer.cancel()
        if opening not in self._waiting:
            return False
        self._waiting.remove(opening)
        return True


def silent(path: Path) -> MissingFile:
    """Say that the drive of a file does not answer."""
    return MissingFile(
        path,
        f"{path.name}: its drive does not answer.",
        "Check the network or the cable, then open it again.",
    )


def open_slide(path: str | Path) -> Slide:
    """Open a file with the readers of this package, loaded when first needed."""
    from ssldiff_gui import slides

    return slides.open_slide(path)
