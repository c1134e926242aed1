"""Annotations travel with a project, and what a user has drawn comes before them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.folders import data_folder
from ssldiff_gui.core.project import SlideEntry
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.project_annotations import carried, carry
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from tests.state.conftest import Pump

SQUARE = Annotation(geometry=shapely.box(0, 0, 10, 10), name="Tumour")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "a.ssldiff")


def shown(session: Session, pump: Pump, folder: Path) -> Document:
    session.open(folder / "a.svs")
    pump.until(lambda: session.documents and session.documents[0].fingerprint)
    return session.documents[0]


def test_drawn_here_and_shown_there(  # noqa: PLR0917
    session: Session,
    project: Project,
    pump: Pump,
    fake_opener: Callable[[str | Path], Slide],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    document = shown(session, pump, tmp_path)
    document.editor.add(SQUARE)
    assert document.fingerprint is not None
    carry(project, session.documents)()  # a slide that is not the project's
    assert not list((project.folder / "annotations").iterdir())
    project.put(SlideEntry(path="/slides/a.svs", fingerprint=document.fingerprint))
    carry(project, session.documents)()
    session.shut_down()

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another machine"))
    assert tmp_path in data_folder().parents
    other = Session(Settings.load(), deliver=pump.deliver, opener=fake_opener)
    other.autosave.elsewhere = lambda *scene: carried(project, *scene)
    again = shown(other, pump, tmp_path)
    assert [annotation.name for annotation in again.editor.annotations] == ["Tumour"]
    again.editor.remove([again.editor.annotations[0].id])
    other.shut_down()

    third = Session(Settings.load(), deliver=pump.deliver, opener=fake_opener)
    third.autosave.elsewhere = lambda *scene: carried(project, *scene)
    assert shown(third, pump, tmp_path).editor.annotations == ()  # the user's own comes first
    third.shut_down()


def test_what_a_project_carries_is_not_trusted(project: Project) -> None:
    assert carried(project, "sha256:../../x", 0) is None
    assert carried(project, "sha256:00", 0) is None
    (project.folder / "annotations/00-0.jsonl").write_bytes(b"\xff\n{}\n")
    assert carried(project, "sha256:00", 0) is None
    (project.folder / "annotations/00-0.jsonl").write_bytes(b"[" * 100_000 + b"\n")
    assert carried(project, "sha256:00", 0) is None


def test_a_project_that_is_only_looked_at_is_not_written(
    session: Session, project: Project, pump: Pump, tmp_path: Path
) -> None:
    document = shown(session, pump, tmp_path)
    document.editor.add(SQUARE)
    assert document.fingerprint is not None
    project.put(SlideEntry(path="/slides/a.svs", fingerprint=document.fingerprint))
    looked_at = Project.open(project.folder)
    carry(looked_at, session.documents)()
    assert not list((project.folder / "annotations").iterdir())
