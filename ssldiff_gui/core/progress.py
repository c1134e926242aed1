"""How long work tells what it has done, and is told to stop."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import Cancelled
from ssldiff_gui.core.geometry import Box


class Progress(Protocol):
    """Somebody who watches a piece of work."""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say how much is done; `words` name the step, for people."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` when an end was asked for; wait while a pause was."""
        ...


class Onlooker(Protocol):
    """Somebody who looks at a canvas while it grows; may be told from any thread."""

    def preview(self, box: Box, picture: npt.NDArray[np.uint8]) -> None:
        """Show how a part of the canvas, in its pixels, looks as far as it is.

        Parameters
        ----------
        box
            What the picture covers.
        picture
            (height, width, 3) RGB, at most 256 pixels a side.
        """
        ...

    def tile_written(self, box: Box) -> None:
        """Hear that a part of the canvas is on the disk."""
        ...


class Silent:
    """Nobody watches."""

    def report(self, done: float, total: float, words: str = "") -> None:
        """Say nothing."""

    def check(self) -> None:
        """Go on."""


__all__ = ["Cancelled", "Onlooker", "Progress", "Silent"]
