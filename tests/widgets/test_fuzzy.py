from __future__ import annotations

import pytest

from ssldiff_gui.widgets.fuzzy import ranked, score

TEXTS = [
    "Open a slide or scene…", "Open the sample slide", "Zoom in", "Zoom out",
    "Zoom to the annotation", "Close this file", "Copy the log",
]  # fmt: skip


def test_a_missing_letter_is_no_answer():
    assert score("zq", "Zoom in") is None
    assert score("nizoom", "Zoom in") is None, "order counts"


def test_nothing_typed_keeps_the_order():
    assert ranked("", TEXTS) == list(range(len(TEXTS)))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("zoom in", "Zoom in"),
        ("ZO", "Zoom in"),
        ("osam", "Open the sample slide"),
        ("log", "Copy the log"),
        ("cl fi", "Close this file"),
        ("zann", "Zoom to the annotation"),
    ],
)
def test_what_was_meant_comes_first(query, first):
    assert TEXTS[ranked(query, TEXTS)[0]] == first


def test_starts_of_words_beat_letters_within():
    assert score("st", "Set tool") > score("st", "Assist")
