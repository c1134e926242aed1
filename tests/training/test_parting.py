"""What is held out: whole groups, the same ones in whatever order the files come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.training.parting import Member, part
from ssldiff_gui.training.settings import Source

NAMES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 5)),
    min_size=1, max_size=60, unique=True,
)  # fmt: skip


def members_of(names: Sequence[tuple[str, int, int]]) -> list[Member]:
    return [Member(f"{label}/case{case}-{n}.png", label) for label, case, n in names]


@given(names=NAMES, seed=st.integers(0, 9), share=st.floats(0, 0.9))
@settings(max_examples=60, deadline=None)
def test_groups_stay_together_in_any_order(
    names: list[tuple[str, int, int]], seed: int, share: float
) -> None:
    source = Source(path="s", groups=r"case\d+", share=share)
    first, second = members_of(names), members_of(names)
    second = [second[k] for k in np.random.default_rng(seed).permutation(len(second))]
    told = part(first, source), part(second, source)
    assert told[0] == told[1]
    held = {member.name: member.held_out for member in first}
    assert held == {member.name: member.held_out for member in second}
    for group in {member.group for member in first}:
        assert len({member.held_out for member in first if member.group == group}) == 1


@given(names=NAMES, share=st.floats(0, 0.95))
@settings(max_examples=60, deadline=None)
def test_of_every_class_something_is_left_to_train_on(
    names: list[tuple[str, int, int]], share: float
) -> None:
    members = members_of(names)
    lone = part(members, Source(path="s", share=share))
    for label in {member.label for member in members}:
        mine = [member.held_out for member in members if member.label == label]
        assert not all(mine)
        assert (label in lone) == (share > 0 and not any(mine))


def test_the_share_is_met_in_each_class() -> None:
    members = [Member(f"{c}/{k}.png", c) for c in "ab" for k in range(200)]
    part(members, Source(path="s", share=0.25))
    for label in "ab":
        assert sum(m.held_out for m in members if m.label == label) == 50


def test_a_class_with_one_picture_is_never_held_out_and_said() -> None:
    members = [Member("one/x.png", "one"), *(Member(f"many/{k}.png", "many") for k in range(20))]
    assert part(members, Source(path="s", share=0.9)) == ["one"]
    assert not members[0].held_out
    assert sum(member.held_out for member in members) == 18


def test_a_name_says_what_is_held_out_and_takes_its_group_along() -> None:
    members = [Member(f"case{case}-{n}.png", "") for case in range(3) for n in range(2)]
    part(members, Source(path="s", groups=r"case\d+", held_out="case1-0"))
    assert [m.name for m in members if m.held_out] == ["case1-0.png", "case1-1.png"]


def test_parts_of_a_file_stay_together() -> None:
    members = [Member(f"{k}.svs@{n},0,9,9", "", case=f"{k}.svs") for k in range(9) for n in "12"]
    part(members, Source(path="s", share=0.5))
    assert {m.group for m in members} == {f"s:{k}.svs" for k in range(9)}
    assert 0 < sum(m.held_out for m in members) < 18


@pytest.mark.parametrize("path", ["a", "b"])
def test_groups_of_two_sources_do_not_meet(path: str) -> None:
    member = Member("x.png", "")
    part([member], Source(path=path))
    assert member.group == f"{path}:x.png"
