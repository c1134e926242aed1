from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.slides.cache import TileCache, TileKey


def key(number: int, owner: str = "a") -> TileKey:
    return TileKey(owner, 0, number, 0)


def tile(size: int) -> np.ndarray:
    return np.zeros((1, size, 3), np.uint8)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "drop"]),
        st.integers(0, 12),
        st.integers(1, 50),
        st.sampled_from("ab"),
    )
)


@given(ACTS, st.integers(0, 400))
def test_bytes_never_exceed_the_limit_and_are_counted_right(acts, limit):
    cache = TileCache(limit)
    for act, number, size, owner in acts:
        if act == "put":
            cache.put(key(number, owner), tile(size))
        elif act == "get":
            cache.get(key(number, owner))
        else:
            cache.drop(owner)
        held = [cache.get(key(n, o)) for n in range(13) for o in "ab"]
        assert cache.bytes == sum(found.nbytes for found in held if found is not None)
        assert cache.bytes <= limit


def test_the_least_recently_used_tile_goes_first():
    cache = TileCache(3 * tile(10).nbytes)
    for number in range(3):
        cache.put(key(number), tile(10))
    cache.get(key(0))
    cache.put(key(3), tile(10))
    assert [number for number in range(4) if key(number) in cache] == [0, 2, 3]


def test_dropping_an_owner_leaves_the_others():
    cache = TileCache(1000)
    cache.put(key(0, "a"), tile(3))
    cache.put(key(0, "b"), tile(4))
    cache.drop("a")
    assert cache.get(key(0, "a")) is None
    assert cache.bytes == tile(4).nbytes


@pytest.mark.parametrize("threads", [4])
def test_many_threads_keep_the_count_right(threads):
    cache = TileCache(2000)

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(500):
            cache.put(key(int(rng.integers(20))), tile(int(rng.integers(1, 60))))

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    held = [cache.get(key(n)) for n in range(20)]
    assert cache.bytes == sum(found.nbytes for found in held if found is not None) <= 2000


def test_what_is_out_of_date_can_still_be_had():
    cache = TileCache(1000)
    first, second = TileKey("a", 0, 0, 0), TileKey("a", 0, 1, 0)
    tile = np.zeros((5, 5, 3), np.uint8)
    cache.put(first, tile)
    cache.outdate([first, second])
    assert cache.get(first) is tile
    assert not cache.fresh(first)
    assert cache.held("a") == [first]
    cache.put(second, tile)
    assert cache.fresh(second)  # it was not there when it was called so
    cache.put(first, tile)
    assert cache.fresh(first)
    cache.outdate([first])
    cache.drop("a")
    cache.put(first, tile)
    assert cache.fresh(first)
