"""A project is what its records make of it, in whatever pieces they are read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ssldiff_gui.core.project import (
    AnyEntry,
    EditRecord,
    ExperimentEntry,
    GridEntry,
    JobEntry,
    PaletteEntry,
    ProjectState,
    Record,
    ResultEntry,
    SlideEntry,
    WorkspaceEntry,
    fold,
)

IDS = st.sampled_from(["a", "b", "c", "grid-1"])
TEXT = st.text(max_size=8)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def entries() -> st.SearchStrategy[AnyEntry]:
    return st.one_of(
        st.builds(SlideEntry, id=IDS, path=TEXT),
        st.builds(GridEntry, id=IDS, name=TEXT),
        st.builds(ResultEntry, id=IDS, starred=st.booleans(), edits=st.tuples(DATA)),
        st.builds(PaletteEntry, id=IDS, file=st.just("palette/x")),
        st.builds(JobEntry, id=IDS, request=st.dictionaries(TEXT, DATA, max_size=2)),
        st.builds(ExperimentEntry, id=IDS, request=st.dictionaries(TEXT, DATA, max_size=2)),
        st.builds(WorkspaceEntry, overlay=st.dictionaries(TEXT, DATA, max_size=2)),
    )


def records() -> st.SearchStrategy[Record]:
    kinds = st.sampled_from(
        ["slide", "grid", "result", "palette", "job", "experiment", "workspace"]
    )
    edits = st.builds(EditRecord, grid=IDS, keep=st.integers(0, 4), edit=st.none() | DATA)
    return st.one_of(
        st.builds(Record, put=entries()),
        st.builds(Record, drop=st.tuples(kinds, IDS)),
        st.builds(Record, edit=edits),
    )


SEQUENCES = st.lists(records(), max_size=12)


def same(one: ProjectState, other: ProjectState) -> bool:
    """Whether two states are one, the order of their entries included."""
    return one == other and list(one.entries) == list(other.entries)


@settings(max_examples=150, deadline=None)
@given(SEQUENCES, st.integers(0, 12))
def test_a_snapshot_and_the_rest_make_the_same(found: list[Record], cut: int) -> None:
    whole = fold(found)
    first = fold(found[:cut])
    assert same(fold(found[cut:], first), whole)


@settings(max_examples=150, deadline=None)
@given(SEQUENCES)
def test_records_survive_their_line(found: list[Record]) -> None:
    lines = [record.dump() for record in found]
    assert not any(b"\n" in line for line in lines)
    assert [Record.parse(line) for line in lines] == found


@settings(max_examples=100, deadline=None)
@given(SEQUENCES, records())
def test_states_never_change(found: list[Record], more: Record) -> None:
    state = fold(found)
    entries, edits = dict(state.entries), dict(state.edits)
    state.apply(more)
    assert (state.entries, state.edits) == (entries, edits)


def test_edits_are_kept_cut_and_put_back() -> None:
    def edit(keep: int, what: int | None) -> Record:
        return Record(edit=EditRecord(grid="g", keep=keep, edit=what))

    state = fold([edit(0, 1), edit(1, 2), edit(2, 3)])
    assert state.edits["g"] == (1, 2, 3)
    assert state.apply(edit(2, None)).edits["g"] == (1, 2)
    assert fold([edit(1, None), edit(1, 7)], state).edits["g"] == (1, 7)


def test_a_grid_that_is_put_back_has_its_edits_again() -> None:
    grid = GridEntry(id="g")
    state = fold([Record(put=grid), Record(edit=EditRecord(grid="g", keep=0, edit=1))])
    gone = state.apply(Record(drop=("grid", "g")))
    assert gone.apply(Record(put=grid)).edits["g"] == (1,)
    assert gone.swept().edits == {}
    assert state.swept() == state


def test_only_an_entry_of_that_kind_is_dropped() -> None:
    state = fold([Record(put=GridEntry(id="a"))])
    assert state.apply(Record(drop=("result", "a"))) == state
    assert state.apply(Record(drop=("grid", "a"))).entries == {}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'{"put":null}',
        b'{"put":{"kind":"slide","path":"/x"},"drop":["grid","a"]}',
        b'{"put":{"kind":"unknown","id":"a"}}',
        b'{"put":{"kind":"slide","id":"../a","path":"/x"}}',
        b'{"put":{"kind":"slide","id":"a","path":"/x","more":1}}',
        b'{"put":{"kind":"experiment","id":"a","request":{},"folder":"../lab"}}',
        b'{"drop":["grid"]}',
        b'{"edit":{"grid":"a","keep":-1}}',
        b'{"edit":{"grid":"a","keep":0,"edit":NaN}}' + b"]" * 3,
        b"[" * 100_000,
    ],
)
def test_what_says_nothing_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Record.parse(text)


def test_the_workspace_is_one() -> None:
    with pytest.raises(ValidationError):
        WorkspaceEntry(id="another")
