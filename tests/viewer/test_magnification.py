from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.viewer.magnification import Magnifier
from ssldiff_gui.viewer.world import World

SLIDE = Magnifier(World(0.5, 0.5, "µm"))
MAP = Magnifier(World(10.0, 10.0, "m"))
PLAIN = Magnifier(World(1.0, 1.0, "px"))


def test_half_a_micron_one_to_one_is_twenty_fold():
    assert SLIDE.magnification(1.0) == pytest.approx(20)
    assert SLIDE.ratio(40) == pytest.approx(2)


def test_a_map_pixel_of_ten_metres_on_a_screen_of_96_dpi():
    assert MAP.magnification(1.0) == pytest.approx(10 / 0.0254 * 96)
    assert MAP.text(MAP.magnification(1.0)) == "1 : 37,800"


def test_without_a_scale_there_are_percents():
    assert PLAIN.magnification(0.25) == 25
    assert PLAIN.text(25.0) == "25 %"


@pytest.mark.parametrize(
    ("number", "text"),
    [(20.0, "20x"), (2.5, "2.5x"), (2.08, "2.08x"), (0.31, "0.31x"), (40, "40x")],
)
def test_objectives_are_short(number, text):
    assert SLIDE.text(number) == text


@given(st.floats(1e-4, 1e3), st.sampled_from([SLIDE, MAP, PLAIN]))
def test_there_and_back(ratio, magnifier):
    assert magnifier.ratio(magnifier.magnification(ratio)) == pytest.approx(ratio)


def test_nothing_and_less_is_refused():
    with pytest.raises(ValueError, match="above zero"):
        SLIDE.ratio(0)


@pytest.mark.parametrize("magnifier", [SLIDE, MAP, PLAIN])
def test_presets_are_what_buttons_say(magnifier):
    for value in magnifier.presets:
        assert magnifier.magnification(magnifier.ratio(value)) == pytest.approx(value)
