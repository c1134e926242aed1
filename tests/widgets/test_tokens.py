from __future__ import annotations

import re
from string import Template

import pytest

from ssldiff_gui.resources import resource_path
from ssldiff_gui.widgets.tokens import (
    BODY,
    SMALL,
    TEXT_PAIRS,
    THEMES,
    TITLE,
    contrast,
    style_sheet,
)


def test_contrast_is_what_wcag_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="-on-".join)
def test_text_reaches_four_and_a_half_to_one(theme, pair):
    tokens = THEMES[theme]
    ink, ground = (getattr(tokens, name) for name in pair)
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_accent_is_found_on_every_ground(theme):
    tokens = THEMES[theme]
    for ground in (tokens.canvas, tokens.chrome, tokens.panel, tokens.raised):
        assert contrast(tokens.accent, ground) >= 3, "focus must be seen"


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_has_no_colour_and_no_size_of_its_own(theme):
    template = resource_path("styles", "studio.qss").read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9a-fA-F]{6}\b", template), "colours are tokens"
    assert not re.findall(r"font-size:\s*\d", template), "type sizes are tokens"
    filled = style_sheet(template, THEMES[theme], "styles")
    assert "$" not in filled.replace("$names", "")
    assert THEMES[theme].accent in filled


def test_every_token_of_the_template_exists():
    template = Template(resource_path("styles", "studio.qss").read_text(encoding="utf-8"))
    for tokens in THEMES.values():
        known = set(tokens.values()) | {
            "font",
            "small",
            "body",
            "title",
            "radius",
            "control",
            "icons",
        }
        assert set(template.get_identifiers()) <= known


def test_there_are_three_sizes_of_type():
    assert SMALL < BODY < TITLE
