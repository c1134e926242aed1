"""Design tokens: every colour, size and distance of the studio, in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template

GRID = 8
"""Distances are multiples of this many pixels."""

RADIUS = 6
CONTROL = 32
"""Height of a button, a field, a row."""

SMALL, BODY, TITLE = 12, 13, 18
"""The three type sizes, in pixels."""

FONT = "Inter"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme, as ``#rrggbb``."""

    name: str
    canvas: str
    """Behind pictures."""
    chrome: str
    """The window's own ground: top bar, tabs, gaps."""
    panel: str
    """Side panes."""
    raised: str
    """Fields, cards and floating controls."""
    hover: str
    pressed: str
    line: str
    """Hairlines between parts."""
    outline: str
    """Edges of fields; strong enough to find them."""
    text: str
    muted: str
    accent: str
    """The primary act, the selection, the focus."""
    accent_hover: str
    on_accent: str
    accent_text: str
    """The accent where it is text on a panel."""
    selection: str
    """Ground of what is chosen."""
    danger: str
    synthetic: str
    """Only ever for what is synthetic."""
    good: str

    def values(self) -> dict[str, str]:
        """Return the tokens by name, for a style sheet."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


DARK = Tokens(
    name="dark",
    canvas="#14161b",
    chrome="#1b1e25",
    panel="#22262e",
    raised="#2c313b",
    hover="#363c48",
    pressed="#414857",
    line="#31363f",
    outline="#4a5261",
    text="#f0f1f2",
    muted="#a7aebb",
    accent="#5aa2ff",
    accent_hover="#7ab5ff",
    on_accent="#0a1526",
    accent_text="#7ab5ff",
    selection="#24406a",
    danger="#ff8a80",
    synthetic="#f2b33d",
    good="#6fd08c",
)

LIGHT = Tokens(
    name="light",
    canvas="#e4e7ec",
    chrome="#eef0f4",
    panel="#fafbfc",
    raised="#ffffff",
    hover="#e8ebf1",
    pressed="#dadfe8",
    line="#dde1e8",
    outline="#b8bfcc",
    text="#1a1e26",
    muted="#566070",
    accent="#1b62d1",
    accent_hover="#1452b4",
    on_accent="#ffffff",
    accent_text="#1759c0",
    selection="#d6e5fd",
    danger="#b3261e",
    synthetic="#8a5a00",
    good="#1d7a3d",
)

THEMES = {tokens.name: tokens for tokens in (DARK, LIGHT)}

TEXT_PAIRS = (
    ("text", "canvas"), ("text", "chrome"), ("text", "panel"), ("text", "raised"),
    ("text", "hover"), ("text", "pressed"), ("text", "selection"),
    ("muted", "selection"), ("muted", "hover"), ("danger", "selection"), ("danger", "hover"),
    ("muted", "canvas"), ("muted", "chrome"), ("muted", "panel"), ("muted", "raised"),
    ("on_accent", "accent"), ("on_accent", "accent_hover"),
    ("accent_text", "panel"), ("accent_text", "chrome"), ("accent_text", "raised"),
    ("danger", "panel"), ("danger", "raised"), ("danger", "canvas"),
    ("synthetic", "panel"), ("synthetic", "chrome"), ("good", "raised"),
)  # fmt: skip
"""Text colours and the grounds they are set on; each pair reaches 4.5:1."""


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` as WCAG defines it, 0–1."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG defines it, 1–21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def style_sheet(template: str, tokens: Tokens, icons: str) -> str:
    """Fill a style sheet's ``$names`` with tokens.

    Parameters
    ----------
    template
        Qt style sheet with ``$name`` for each token.
    tokens
        The theme.
    icons
        Folder of the images that style sheets name.
    """
    sizes = {
        "font": FONT,
        "small": f"{SMALL}px",
        "body": f"{BODY}px",
        "title": f"{TITLE}px",
        "radius": f"{RADIUS}px",
        "control": f"{CONTROL}px",
        "icons": icons,
    }
    return Template(template).substitute(tokens.values() | sizes)
