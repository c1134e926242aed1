"""The tokens a palette stands for, for what is painted by hand.

A style sheet that sets a text colour also sets PlaceholderText, to half of it: too faint to read.
"""

from __future__ import annotations

from qtpy.QtGui import QColor, QPalette

from ssldiff_gui.widgets.tokens import DARK, LIGHT, Tokens


def tokens_of(palette: QPalette) -> Tokens:
    """Return the theme that a palette is of: light words stand on a dark ground.

    Parameters
    ----------
    palette
        A widget's; under a host with colours of its own it is still dark or light. Its words
        are asked, because a style sheet leaves no ground in the palette of a list.
    """
    return DARK if palette.color(QPalette.ColorRole.WindowText).lightness() > 128 else LIGHT


def muted(palette: QPalette) -> QColor:
    """Return the colour of lesser words; Qt's own for that fades once a style sheet is set."""
    return tone(palette, "muted")


def tone(palette: QPalette, name: str) -> QColor:
    """Return a token that no palette role holds, such as "synthetic" or "good"."""
    return QColor(tokens_of(palette).values()[name])
