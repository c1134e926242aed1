from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ssldiff_gui.core.errors import ChangedFile
from ssldiff_gui.slides.cache import TileCache, TileKey
from ssldiff_gui.slides.loader import TileLoader

TILE = np.zeros((4, 4, 3), np.uint8)


def keys(owner: str, *columns: int) -> list[TileKey]:
    return [TileKey(owner, 0, column, 0) for column in columns]


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.002)


class Decoder:
    """Decodes when it is allowed to, and notes what."""

    def __init__(self) -> None:
        self.decoded: list[int] = []
        self.gate = threading.Event()
        self.error: Exception | None = None

    def __call__(self, key: TileKey) -> np.ndarray:
        self.decoded.append(key.column)
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return TILE


@pytest.fixture
def loader() -> Iterator[TileLoader]:
    made = TileLoader(1, TileCache(10_000))
    yield made
    made.close()


def test_a_tile_asked_for_twice_is_decoded_once(loader):
    decode = Decoder()
    loader.register("a", decode)
    loader.request("a", keys("a", 1, 1, 2))
    wait(lambda: decode.decoded == [1])
    loader.request("a", keys("a", 1, 2))
    decode.gate.set()
    wait(lambda: not loader.busy("a"))
    loader.request("a", keys("a", 1, 2))
    assert not loader.busy("a")
    assert decode.decoded == [1, 2]


def test_what_left_the_viewport_is_not_decoded(loader):
    decode = Decoder()
    loader.register("a", decode)
    loader.request("a", keys("a", *range(10)))
    wait(lambda: bool(decode.decoded))
    loader.request("a", keys("a", 20, 3))
    decode.gate.set()
    wait(lambda: not loader.busy("a"))
    assert decode.decoded == [0, 20, 3]


def test_the_newest_view_comes_first(loader):
    first, second = Decoder(), Decoder()
    first.decoded = second.decoded = order = []
    second.gate.set()
    loader.register("a", first)
    loader.register("b", second)
    loader.request("a", keys("a", 0, 1))
    wait(lambda: order == [0])
    loader.request("b", keys("b", 10, 11))
    first.gate.set()
    wait(lambda: not loader.busy("a") and not loader.busy("b"))
    assert order == [0, 10, 11, 1]


def test_an_unreadable_tile_is_reported_once_and_not_tried_again(loader, tmp_path):
    decode, reports, arrivals = Decoder(), [], []
    decode.gate.set()
    decode.error = ChangedFile(tmp_path / "x.svs", "x.svs was changed.")
    loader.failed.connect(lambda owner, error: reports.append((owner, error)))
    loader.arrived.connect(lambda _owner, key: arrivals.append(key.column))
    loader.register("a", decode)
    for _ in range(3):
        loader.request("a", keys("a", 0, 1, 2))
        wait(lambda: not loader.busy("a"))
    wait(lambda: len(arrivals) == 3)
    assert decode.decoded == [0, 1, 2]
    assert reports == [("a", decode.error)]
    assert all(loader.has_failed(key) for key in keys("a", 0, 1, 2))


def test_a_decoder_that_breaks_in_an_unknown_way_does_not_end_the_worker(loader):
    decode, reports = Decoder(), []
    decode.gate.set()
    decode.error = ZeroDivisionError()
    loader.failed.connect(lambda _owner, error: reports.append(error.message))
    loader.register("a", decode)
    loader.request("a", keys("a", 0))
    wait(lambda: bool(reports))
    decode.error = None
    loader.request("a", keys("a", 1))
    wait(lambda: keys("a", 1)[0] in loader.cache)
    assert "ZeroDivisionError" in reports[0]


def test_forgetting_drops_requests_tiles_and_what_is_under_way(loader):
    decode = Decoder()
    loader.register("a", decode)
    loader.request("a", keys("a", 0, 1))
    wait(lambda: decode.decoded == [0])
    loader.forget("a")
    decode.gate.set()
    wait(lambda: not loader.busy("a"))
    assert decode.decoded == [0]
    assert len(loader.cache) == 0


def test_chores_wait_for_tiles_and_end_when_they_say_so(loader):
    decode, order = Decoder(), []
    decode.decoded = order
    loader.register("a", decode)
    loader.request("a", keys("a", 0, 1))
    wait(lambda: order == [0])
    left = iter([True, True, False])

    def step() -> bool:
        order.append("step")
        return next(left)

    loader.add_chore("a", step)
    decode.gate.set()
    wait(lambda: len(order) == 5)
    time.sleep(0.02)
    assert order == [0, 1, "step", "step", "step"]


def test_closing_leaves_no_thread():
    before = set(threading.enumerate())
    loader = TileLoader(3)
    assert len(set(threading.enumerate()) - before) == 3
    loader.close()
    assert not set(threading.enumerate()) - before
