from __future__ import annotations

import pytest

from ssldiff_gui.widgets.scale_bar import LONGEST, ScaleBar, length_words, round_length


@pytest.mark.parametrize(
    ("longest", "length"),
    [(128, 100), (100, 100), (99, 50), (0.3, 0.2), (1e-4, 1e-4), (7e-5, 5e-5)],
)
def test_lengths_are_round(longest, length):
    assert round_length(longest) == pytest.approx(length)


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (2e-4, "200 µm"),
        (1e-3, "1 mm"),
        (5e-7, "500 nm"),
        (50, "50 m"),
        (2000, "2 km"),
        (1e-6, "1 µm"),
    ],
)
def test_lengths_are_said_in_the_unit_that_suits(metres, words):
    assert length_words(metres) == words


@pytest.mark.parametrize("per_pixel", [2.5e-7, 5e-6, 0.3, 12.7, 1900.0])
def test_the_bar_is_as_long_as_it_says(qtbot, per_pixel):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.set_scale(per_pixel, physical=True)
    number, unit = bar.text.split()
    metres = float(number) * {"nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "m": 1, "km": 1e3}[unit]
    assert bar._length * per_pixel == pytest.approx(metres)
    assert LONGEST * 0.4 <= bar._length <= LONGEST


def test_without_a_scale_it_counts_pixels(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.set_scale(4.0, physical=False)
    assert bar.text == "500 px"


def test_nonsense_is_passed_over(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    for nonsense in (0.0, -1.0, float("nan"), float("inf")):
        bar.set_scale(nonsense, physical=True)
    assert bar.text == ""
