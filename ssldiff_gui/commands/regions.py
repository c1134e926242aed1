"""Regions on the command line: "X,Y,W,H" in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    from ssldiff_gui.core.requests import Corner

METAVAR = "X,Y,W,H"
"""How help shows a region."""


def region_of(text: str | None) -> Corner | None:
    """Return x, y, width and height; None when no region is asked for.

    Parameters
    ----------
    text
        Four whole numbers, such as "1024,0,2048,1024".

    Raises
    ------
    BadRequest
        Shows how a region is written.
    """
    if text is None:
        return None
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise BadRequest(
            f"“{text}” is no region.", "Write x, y, width and height: --region 1024,0,2048,1024."
        ) from error
    return x, y, width, height
