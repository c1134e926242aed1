"""What edits are called."""

from __future__ import annotations

import pytest

from ssldiff_gui.core.edits import (
    Clear,
    Edit,
    Erase,
    Paint,
    Replace,
    Sample,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
)
from ssldiff_gui.state.edit_titles import edit_title

ONE = Sample(cells=((1, 1),))
DAB = Paint(where=Stroke(points=((1, 1),)), embedding=ONE)


@pytest.mark.parametrize(
    ("edit", "cells", "title"),
    [
        (DAB, 12, "Paint 12 cells"),
        (DAB, 1, "Paint 1 cell"),
        (Vary(where=Whole(), amount=1), 4096, "Vary 4,096 cells"),
        (
            Paint(where=Whole(), embedding=Sample(cells=((0, 0),), grid="a")),
            3,
            "Paint 3 cells as “Gland”",
        ),
        (
            Steer(where=Whole(), away=ONE, towards=Sample(where=Whole(), grid="a"), amount=1),
            9,
            "Steer towards “Gland”",
        ),
        (Replace(where=Whole(), by=Sample(where=Whole(), grid="a")), 9,
         "Replace 9 cells by “Gland”"),
        (Transplant(row=0, column=0, rows=6, columns=8, to=(1, 1)), 40,
         "Transplant 6 × 8 cells"),
        (Erase(where=Whole()), 2, "Bring back 2 cells"),
        (Clear(where=Whole()), 2, "Clear 2 cells"),
    ],
)  # fmt: skip
def test_titles_are_what_people_say(edit: Edit, cells: int, title: str) -> None:
    assert edit_title(edit, cells, {"a": "Gland"}) == title
