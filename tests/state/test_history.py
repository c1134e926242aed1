"""Undo and redo as people know them."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from ssldiff_gui.state.history import MERGE_SECONDS, History, Step


class Counter:
    """A state to change: one number."""

    def __init__(self, history: History) -> None:
        self.value = 0
        self.history = history

    def set(self, value: int, key: Hashable = None, weight: int = 1) -> None:
        before = self.value
        self.history.push(
            Step(
                f"Set {value}",
                lambda: setattr(self, "value", value),
                lambda: setattr(self, "value", before),
                key,
                weight,
            )
        )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(clock: Clock) -> Counter:
    return Counter(History(limit=5, weight_limit=100, clock=clock))


def test_undo_and_redo_and_their_texts(counter: Counter) -> None:
    history = counter.history
    assert (history.can_undo, history.can_redo, history.undo_text) == (False, False, "")
    counter.set(1)
    counter.set(2)
    history.undo()
    assert counter.value == 1
    assert (history.undo_text, history.redo_text) == ("Set 1", "Set 2")
    history.redo()
    assert counter.value == 2
    history.undo()
    counter.set(3)
    assert not history.can_redo
    history.undo()
    history.undo()
    history.undo()
    assert counter.value == 0


def test_quick_steps_of_one_key_are_one(counter: Counter, clock: Clock) -> None:
    for value in (1, 2, 3):
        clock.now += MERGE_SECONDS / 2
        counter.set(value, "typing")
    assert len(counter.history) == 1
    assert counter.history.undo_text == "Set 3"
    counter.history.undo()
    assert counter.value == 0
    counter.history.redo()
    assert counter.value == 3


def test_pauses_other_keys_and_seals_begin_a_new_step(counter: Counter, clock: Clock) -> None:
    counter.set(1, "a")
    clock.now += MERGE_SECONDS * 2
    counter.set(2, "a")
    counter.set(3, "b")
    counter.history.seal()
    counter.set(4, "b")
    assert len(counter.history) == 4


def test_the_oldest_steps_are_forgotten(counter: Counter) -> None:
    for value in range(1, 9):
        counter.set(value)
    assert len(counter.history) == 5
    while counter.history.can_undo:
        counter.history.undo()
    assert counter.value == 3


def test_heavy_steps_are_forgotten_sooner_but_never_the_last(counter: Counter) -> None:
    counter.set(1, weight=60)
    counter.set(2, weight=60)
    assert len(counter.history) == 1
    counter.set(3, weight=500)
    counter.history.undo()
    assert counter.value == 2


def test_the_clean_mark_follows(counter: Counter) -> None:
    history = counter.history
    assert history.clean
    counter.set(1)
    assert not history.clean
    history.mark_clean()
    counter.set(2)
    history.undo()
    assert history.clean
    history.undo()
    assert not history.clean
    counter.set(9)
    history.redo()
    assert not history.clean


def test_a_saved_step_does_not_grow(counter: Counter) -> None:
    counter.set(1, "typing")
    counter.history.mark_clean()
    counter.set(2, "typing")
    counter.history.undo()
    assert counter.value == 1
    assert counter.history.clean


def test_a_clean_state_that_was_forgotten_never_comes_back(counter: Counter) -> None:
    for value in range(1, 9):
        counter.set(value)
    while counter.history.can_undo:
        counter.history.undo()
        assert not counter.history.clean


def test_every_change_is_told(counter: Counter) -> None:
    told: list[str] = []
    counter.history.changed.connect(lambda: told.append(counter.history.undo_text))
    counter.set(1)
    counter.history.undo()
    counter.history.redo()
    counter.history.undo()
    counter.history.undo()
    counter.history.clear()
    assert told == ["Set 1", "", "Set 1", "", ""]


def test_a_step_whose_follower_fails_can_still_be_undone(counter: Counter) -> None:
    state = {"value": 0}

    def fails_after() -> None:
        state["value"] = 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        counter.history.push(Step("Odd", fails_after, lambda: state.update(value=0)))
    assert counter.history.undo_text == "Odd"
    counter.history.undo()
    assert state["value"] == 0


def test_steps_of_another_session_can_be_undone_and_leave_the_document_as_clean_as_it_was() -> None:
    history, told = History(), []
    history.remember(Step("Paint", lambda: told.append("do"), lambda: told.append("undo")))
    assert told == []
    assert history.clean
    history.push(Step("More", lambda: None, lambda: None))
    history.remember(Step("Vary", lambda: None, lambda: told.append("late")))
    assert not history.clean
    for _ in range(3):
        history.undo()
    assert told == ["late", "undo"]
    history.redo()
    assert told[-1] == "do"
