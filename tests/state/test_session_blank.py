"""Slides without a file among those that have one."""

from __future__ import annotations

from pathlib import Path

import shapely

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.slides.blank import blank
from ssldiff_gui.state.session import Session
from tests.state.conftest import Pump


def test_a_blank_slide_is_a_document_like_any_other(session: Session, pump: Pump) -> None:
    events: list[str] = []
    session.opened.connect(lambda document: events.append(f"opened {document.name}"))
    session.current_changed.connect(lambda shown: events.append(f"current {shown and shown.name}"))
    document = session.add(blank("New canvas", 4000, 3000, key="a"))
    assert events == ["opened New canvas", "current New canvas"]
    assert session.current is document
    assert session.documents == (document,)
    pump.until(lambda: document.fingerprint)
    session.check()
    pump.until(lambda: not session._checks)
    assert document.trouble is None
    session.close(document)
    assert session.current is None


def test_it_is_neither_recent_nor_opened_at_the_next_start(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    session.open(tmp_path / "a.svs")
    pump.until(lambda: session.documents)
    session.add(blank("New canvas", 40, 30, key="a"))
    session.open(tmp_path / "b.svs")
    pump.until(lambda: len(session.documents) == 3)
    assert session.recent == (tmp_path / "b.svs", tmp_path / "a.svs")
    session.remember()
    kept = session.settings
    assert [entry.path.name for entry in kept.documents] == ["a.svs", "b.svs"]
    assert kept.documents[kept.current_document].path.name == "b.svs"
    session.activate(session.documents[1])
    session.remember()
    assert kept.current_document < len(kept.documents)


def test_two_of_one_name_are_two(session: Session, pump: Pump) -> None:
    first = session.add(blank("New canvas", 40, 30, key="a"))
    second = session.add(blank("New canvas", 40, 30, key="b"), activate=False)
    assert session.documents == (first, second)
    assert session.current is first
    pump.until(lambda: first.fingerprint and second.fingerprint)
    assert first.fingerprint != second.fingerprint


def test_what_is_drawn_on_it_comes_back(session: Session, pump: Pump) -> None:
    document = session.add(blank("New canvas", 400, 300, key="a"))
    pump.until(lambda: document.fingerprint)
    document.editor.add(Annotation(geometry=shapely.box(1, 2, 30, 40)))
    session.close(document)
    session._autosave.wait(10)
    again = session.add(blank("New canvas", 400, 300, key="a"))
    pump.until(lambda: len(again.editor.annotations) == 1)
