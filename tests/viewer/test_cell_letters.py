from __future__ import annotations

import numpy as np
import pytest

from ssldiff_gui.viewer.cell_letters import ABREAST, words_picture


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_words_are_white_with_a_dark_edge_and_stay_in_their_squares(qapp, ratio):
    words = [chr(ord("A") + i) for i in range(ABREAST + 3)]
    picture, side = words_picture(words, ratio)
    assert picture.shape == (2 * side, ABREAST * side, 4)
    for index, _word in enumerate(words):
        row, column = divmod(index, ABREAST)
        tile = picture[row * side : (row + 1) * side, column * side : (column + 1) * side]
        solid = tile[..., 3] > 150
        assert (tile[solid][:, :3].min(axis=1) > 240).any(), "no white"
        assert (tile[solid][:, :3].max(axis=1) < 30).any(), "no dark edge"
        assert not tile[[0, -1]][..., 3].any()
        assert not tile[:, [0, -1]][..., 3].any()


def test_a_free_word_stands_on_a_plate_in_the_corner(qapp):
    picture, side = words_picture(["12 × 8 cells"], 1.0, at_corner=True)
    rows, columns = np.nonzero(picture[..., 3])
    assert rows.max() < 26 < side
    assert columns.max() >= side - 2
    assert (picture[: rows.max(), 8:-8, 3] > 150).all()
    assert (picture[..., :3].min(axis=2) > 240).any()
