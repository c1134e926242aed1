"""Copies are found by their colours, whatever was done to them, in any number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ssldiff_gui.training.alike import alike, colours_of
from ssldiff_gui.training.pictures import Pixels, turned


def texture(seed: int, side: int = 96) -> Pixels:
    """Blobs around a colour of its own, as many in every part of it."""
    random = np.random.default_rng(seed)
    coarse = random.integers(60, 196, 3) + random.integers(-40, 41, (side // 6, side // 6, 3))
    fine = Image.fromarray(coarse.astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(fine)


def plainly(colours: list) -> list[int]:
    """Every pair compared, as it stands in the books."""
    whole = np.zeros((len(colours), 4096))
    for row, item in zip(whole, colours, strict=True):
        row[item.codes] = item.roots
    near = whole @ whole.T > 0.975
    groups = list(range(len(colours)))
    for _ in groups:
        for i in range(len(groups)):
            groups[i] = min(groups[j] for j in np.flatnonzero(near[i]))
    return groups


@pytest.mark.parametrize("way", range(1, 8))
def test_flips_and_turns_come_together(way: int) -> None:
    pictures = [texture(0), texture(1), turned(texture(0), way), turned(texture(1), way)]
    assert alike([colours_of(picture) for picture in pictures]).tolist() == [0, 1, 0, 1]


def test_shifted_copies_come_together() -> None:
    wide = [texture(seed, 120) for seed in range(2)]
    pictures = [part for whole in wide for part in (whole[:110, :110], whole[6:116, 4:114])]
    assert alike([colours_of(picture) for picture in pictures]).tolist() == [0, 0, 2, 2]


def test_copies_of_copies_belong_together() -> None:
    wide = np.concatenate([texture(0, 240), texture(1, 240)], axis=1)
    steps = [colours_of(wide[:, k : k + 240]) for k in range(0, 241, 8)]
    assert alike(steps).tolist() == [0] * len(steps)
    assert alike([steps[0], steps[-1]]).tolist() == [0, 1]


@given(
    seeds=st.lists(st.integers(0, 6), max_size=14),
    block=st.integers(1, 9),
    shift=st.integers(0, 20),
)
@settings(max_examples=25, deadline=None)
def test_blocks_find_what_all_pairs_find(seeds: list[int], block: int, shift: int) -> None:
    colours = [colours_of(texture(seed, 60)[k * shift // 14 :, :]) for k, seed in enumerate(seeds)]
    assert alike(colours, block=block).tolist() == plainly(colours)


def test_thousands_take_no_memory_of_all_pairs() -> None:
    import tracemalloc

    few = [colours_of(texture(seed, 24)) for seed in range(300)]
    tracemalloc.start()
    found = alike(few * 4, block=64)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(set(found.tolist())) > 250
    assert all(found[k] == found[k % 300] for k in range(1200))
    assert most < 10e6  # all pairs would take 12 MB, all histograms 39 MB


def test_there_may_be_none() -> None:
    assert alike([]).tolist() == []
