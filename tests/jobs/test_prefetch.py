from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ssldiff_gui.jobs.prefetch import in_background, ordered


def test_results_come_in_order_and_are_computed_ahead() -> None:
    begun: list[int] = []
    gate = threading.Event()

    def work(task: int) -> int:
        begun.append(task)
        if task == 0:
            gate.wait(5)
        else:
            gate.set()  # another task got its turn while the first one was under way
        return task * task

    with ordered(work, range(20), workers=2, ahead=4) as results:
        assert list(results) == [task * task for task in range(20)]
    assert sorted(begun) == list(range(20))


def test_no_more_than_wanted_is_computed_in_advance() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for task in range(100):
            taken.append(task)
            yield task

    with ordered(lambda task: task, tasks(), workers=2, ahead=3) as results:
        assert next(results) == 0
        assert len(taken) <= 4


def test_an_error_comes_where_its_result_would() -> None:
    def work(task: int) -> int:
        if task == 3:
            raise KeyError(task)
        return task

    found = []
    with ordered(work, range(9), workers=3, ahead=5) as results, pytest.raises(KeyError):
        found.extend(results)
    assert found == [0, 1, 2]


def test_the_background_hands_over_items_and_errors() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise ValueError("the end")

    found: list[int] = []
    with in_background(items(), ahead=2) as taken, pytest.raises(ValueError, match="the end"):
        found.extend(taken)
    assert found == [0, 1, 2, 3, 4]
    with in_background(iter(range(3)), ahead=1) as taken:
        assert list(taken) == [0, 1, 2]


def test_leaving_early_closes_the_generator_in_its_thread() -> None:
    closed: list[str] = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(threading.current_thread().name)

    with in_background(items(), ahead=1) as taken:
        next(taken)
    assert closed == ["batches"]
