"""Numbers and colours as files of annotations write them."""

from __future__ import annotations

import math
from typing import Any

from ssldiff_gui.core.annotations import Colour

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def measurement(value: Any) -> float | None:
    """Return a number from what a file says; None when it is none."""
    if isinstance(value, str):
        return _SPECIAL.get(value)
    if value is None:
        return math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return None
    return None


def special_word(value: float) -> float | str:
    """Return a number, or the word for what JSON has no number for."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def colour_from(value: Any) -> Colour | None:
    """Return a colour from [r, g, b] or QuPath's packed number; None when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value >> 16) & 255, (value >> 8) & 255, value & 255
    whole = isinstance(value, list) and len(value) == 3 and all(type(p) is int for p in value)
    if whole and all(0 <= part <= 255 for part in value):
        return value[0], value[1], value[2]
    return None
