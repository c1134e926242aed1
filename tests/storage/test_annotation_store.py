"""The journal of annotations: kept at once, found again, damaged, locked, full."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.annotations import Annotation, AnnotationClass
from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.patches import KEEP, Patch, PatchedState
from ssldiff_gui.storage import annotation_store, line_file
from ssldiff_gui.storage.annotation_store import AnnotationJournal, journal_path
from tests.storage import made


def a_box(x: float = 0, **fields: object) -> Annotation:
    return Annotation(geometry=shapely.box(x, 0, x + 10, 10), **fields)


def put(*annotations: Annotation, first: int = 0) -> Patch:
    return Patch(put={a.id: (first + n, a) for n, a in enumerate(annotations)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scene-0.jsonl"


def saved_in(path: Path) -> PatchedState:
    journal = AnnotationJournal(path, "a.svs")
    saved = journal.open()
    journal.close()
    assert saved.problem is None
    state = PatchedState()
    if saved.patch is not None:
        state.apply(saved.patch)
    return state


def test_nothing_is_written_before_the_first_edit(path: Path) -> None:
    journal = AnnotationJournal(path, "a.svs")
    assert journal.open().patch is None
    journal.close()
    assert not path.exists()


patches = st.lists(
    st.builds(
        lambda annotations, first, drop, classes, scale: (
            annotations,
            first,
            drop,
            classes,
            scale,
        ),
        made.many,
        st.integers(-50, 50),
        st.booleans(),
        st.just(KEEP) | st.just((AnnotationClass(name="A", colour=(1, 2, 3)),)) | st.just(()),
        st.just(KEEP) | st.none() | st.just(Scale(0.25, 0.5, "µm")),
    ),
    max_size=6,
)


@given(patches)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_replaying_gives_the_state_that_the_patches_made(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[object, ...]]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "scene-0.jsonl"
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    state = PatchedState()
    for drawn, first, drop, classes, scale in steps:
        gone = frozenset(a.id for a in state.annotations[:2]) if drop else frozenset()
        base = put(*drawn, first=first)  # type: ignore[misc]
        ranked = {i: pair for i, pair in base.put.items() if i not in gone}
        patch = Patch(ranked, gone, classes, scale)  # type: ignore[arg-type]
        state.apply(patch)
        journal.append(patch)
    journal.close()
    again = saved_in(path)
    assert sorted(a.id for a in again.annotations) == sorted(a.id for a in state.annotations)
    assert again.snapshot().put == state.snapshot().put
    assert again.classes == state.classes
    assert again.scale == state.scale


def test_an_edit_is_in_the_file_when_append_returns(path: Path) -> None:
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    journal.append(put(a_box()))
    assert path.read_bytes().count(b"\n") == 2
    journal.close()


def test_large_imports_are_written_in_the_background_and_in_order(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    real = annotation_store.patch_to_line

    def slow(patch: Patch) -> bytes:
        assert threading.current_thread() is not threading.main_thread()
        assert gate.wait(10)
        return real(patch)

    monkeypatch.setattr(annotation_store, "patch_to_line", slow)
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    many = [a_box(x) for x in range(annotation_store.MANY + 1)]
    journal.append(put(*many))
    journal.append(Patch(drop=frozenset({many[0].id})))
    assert not path.exists()
    gate.set()
    journal.close()
    assert len(saved_in(path).annotations) == annotation_store.MANY


def test_a_torn_last_line_is_passed_over_and_cut_off(path: Path) -> None:
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    for x in range(5):
        journal.append(put(a_box(x), first=x))
    journal.close()
    content = path.read_bytes()
    start = content.rindex(b"\n", 0, -1) + 1
    for cut in range(start, len(content), 40):
        path.write_bytes(content[:cut])
        assert len(saved_in(path).annotations) == 4 or cut == start
        journal = AnnotationJournal(path, "a.svs")
        journal.open()
        journal.append(put(a_box(9), first=9))
        journal.close()
        assert len(saved_in(path).annotations) == 5


def test_damage_in_the_middle_keeps_what_came_before_and_the_file(path: Path) -> None:
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    for x in range(5):
        journal.append(put(a_box(x), first=x))
    journal.close()
    lines = path.read_bytes().split(b"\n")
    lines[3] = lines[3][:50] + b"\x00" + lines[3][51:]
    damaged = b"\n".join(lines)
    path.write_bytes(damaged)
    journal = AnnotationJournal(path, "a.svs")
    saved = journal.open()
    journal.close()
    assert saved.patch is not None
    assert len(saved.patch.put) == 2
    assert isinstance(saved.problem, FileProblem)
    assert "a.svs" in saved.problem.message
    assert path.with_name(path.name + ".broken").read_bytes() == damaged
    assert len(saved_in(path).annotations) == 2


@pytest.mark.parametrize(
    "line",
    [
        b'{"put":[[0,{"id":"x"}]],"rest":{}}',
        b'{"put":[[0,{"id":"x","geometry":5}]],"rest":{}}',
        b'{"put":[],"rest":{"classes":[["",[1,2,3]]]}}',
        b'{"put":[],"rest":{"scale":[0,0,"m"]}}',
        b"[]",
        b"5",
        b'{"put":{},"rest":[]}',
    ],
)
def test_lines_that_are_json_but_nonsense_are_damage(path: Path, line: bytes) -> None:
    header = json.dumps({"format": annotation_store.FORMAT, "version": 1}).encode()
    path.write_bytes(header + b"\n" + line + b"\n")
    journal = AnnotationJournal(path, "a.svs")
    saved = journal.open()
    journal.close()
    assert saved.patch is None or not saved.patch.put
    assert saved.problem is not None


def test_a_newer_journal_is_left_alone(path: Path) -> None:
    header = json.dumps({"format": annotation_store.FORMAT, "version": 99}).encode()
    path.write_bytes(header + b"\n{}\n")
    before = path.read_bytes()
    journal = AnnotationJournal(path, "a.svs")
    saved = journal.open()
    journal.append(put(a_box()))
    journal.close()
    assert saved.problem is not None
    assert "newer" in saved.problem.message
    assert path.read_bytes() == before


def test_one_writer_at_a_time(path: Path) -> None:
    first, second = AnnotationJournal(path, "a.svs"), AnnotationJournal(path, "a.svs")
    first.open()
    first.append(put(a_box()))
    saved = second.open()
    assert saved.patch is not None
    assert saved.problem is not None
    assert not second.writable
    second.append(put(a_box(5)))
    second.close()
    first.append(put(a_box(7), first=1))
    first.close()
    assert len(saved_in(path).annotations) == 2


def test_a_long_journal_is_written_anew(path: Path) -> None:
    journal = AnnotationJournal(path, "a.svs")
    journal.open()
    drawn = a_box()
    for x in range(annotation_store.COMPACT_LINES + 5):
        journal.append(put(drawn.moved(x, 0)))
    journal.close()
    before = saved_in(path).annotations
    assert path.read_bytes().count(b"\n") == 2
    assert saved_in(path).annotations == before


def test_a_full_disk_is_said_once_and_the_old_lines_stay(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[FileProblem] = []
    journal = AnnotationJournal(path, "a.svs", problems.append)
    journal.open()
    journal.append(put(a_box()))
    real = os.write

    def full(handle: int, content: memoryview) -> int:
        if len(content) < 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, content[:10])

    monkeypatch.setattr(line_file.os, "write", full)
    for x in range(3):
        journal.append(put(a_box(x), first=x + 1))
    monkeypatch.undo()
    journal.close()
    assert len(problems) == 1
    assert "a.svs" in problems[0].message
    assert not journal.writable
    assert len(saved_in(path).annotations) == 1


def test_journals_are_named_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLDIFF_HOME", str(tmp_path))
    path = journal_path("sha256:" + "ab" * 32, 2)
    assert path == tmp_path / "data/annotations/ab" / ("ab" * 32) / "scene-2.jsonl"
