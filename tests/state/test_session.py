"""Opening, showing and closing files, with slow, failing and vanishing ones among them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import BrokenFile, ChangedFile, MissingFile, RemoteFile, UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Camera, Settings
from tests.state.conftest import Pump
from tests.state.scenes import make_slide


def opened(session: Session, pump: Pump, path: Path) -> Document:
    before = len(session.documents)
    session.open(path)
    pump.until(lambda: len(session.documents) > before)
    document = session.documents[-1]
    pump.until(lambda: document.fingerprint)
    return document


def a_box(x: float = 0, **fields: object) -> Annotation:
    return Annotation(geometry=shapely.box(x, 0, x + 10, 10), **fields)


def test_opening_shows_and_remembers(session: Session, pump: Pump, tmp_path: Path) -> None:
    events: list[str] = []
    session.opened.connect(lambda document: events.append(f"opened {document.name}"))
    session.current_changed.connect(lambda shown: events.append(f"current {shown and shown.name}"))
    document = opened(session, pump, tmp_path / "a.svs")
    assert events == ["opened a.svs", "current a.svs"]
    assert session.current is document
    assert session.recent == (tmp_path / "a.svs",)
    assert not session.pending


def test_a_file_that_is_open_is_shown_again(session: Session, pump: Pump, tmp_path: Path) -> None:
    first = opened(session, pump, tmp_path / "a.svs")
    opened(session, pump, tmp_path / "b.svs")
    session.open(tmp_path / "a.svs")
    assert session.current is first
    assert len(session.documents) == 2


def test_a_link_to_an_open_file_is_that_file(
    pump: Pump, tmp_path: Path, fake_opener: Callable[[str | Path], Slide]
) -> None:
    session = Session(
        Settings.load(),
        deliver=pump.deliver,
        opener=lambda path: fake_opener(Path(path).resolve()),
    )
    first = opened(session, pump, tmp_path / "a.svs")
    (tmp_path / "link.svs").symlink_to(tmp_path / "a.svs")
    opened(session, pump, tmp_path / "b.svs")
    session.open(tmp_path / "link.svs")
    pump.until(lambda: session.current is first)
    assert len(session.documents) == 2
    session.shut_down()


@pytest.mark.parametrize("path", ["/nowhere/a.svs", "http://example.org/a.svs"])
def test_a_failed_open_leaves_everything_as_it_was(
    pump: Pump, tmp_path: Path, path: str, fake_opener: Callable[[str | Path], Slide]
) -> None:
    from ssldiff_gui.slides import open_slide

    calls = {True: fake_opener, False: open_slide}
    session = Session(
        Settings.load(),
        deliver=pump.deliver,
        opener=lambda p: calls[Path(p).parent == tmp_path](p),
    )
    document = opened(session, pump, tmp_path / "a.svs")
    failures: list[UserError] = []
    session.failed.connect(failures.append)
    session.open(path)
    pump.until(lambda: failures)
    assert isinstance(failures[0], MissingFile | RemoteFile)
    assert session.documents == (document,)
    assert session.current is document
    assert session.recent == (tmp_path / "a.svs",)
    session.shut_down()


def test_a_readers_own_mistake_becomes_one_typed_error(pump: Pump, tmp_path: Path) -> None:
    def fails(path: str | Path) -> Slide:
        raise ZeroDivisionError

    session = Session(Settings.load(), deliver=pump.deliver, opener=fails)
    failures: list[UserError] = []
    session.failed.connect(failures.append)
    session.open(tmp_path / "a.svs")
    pump.until(lambda: failures)
    assert isinstance(failures[0], BrokenFile)
    assert "a.svs" in failures[0].message


class SlowDrive:
    """Opens each file when told to."""

    def __init__(self) -> None:
        self.gates: dict[str, threading.Event] = {}
        self.slides: dict[str, Slide] = {}

    def gate(self, name: str) -> threading.Event:
        return self.gates.setdefault(name, threading.Event())

    def __call__(self, path: str | Path) -> Slide:
        path = Path(path)
        self.gate(path.name).wait(20)
        self.slides[path.name] = make_slide(path)
        return self.slides[path.name]


def test_a_late_answer_does_not_take_the_view_away(pump: Pump, tmp_path: Path) -> None:
    drive = SlowDrive()
    session = Session(Settings.load(), deliver=pump.deliver, opener=drive)
    session.open(tmp_path / "slow.svs")
    session.open(tmp_path / "quick.svs")
    drive.gate("quick.svs").set()
    pump.until(lambda: session.current)
    drive.gate("slow.svs").set()
    pump.until(lambda: len(session.documents) == 2)
    assert session.current is not None
    assert session.current.name == "quick.svs"
    session.shut_down()


def test_a_cancelled_file_is_closed_when_it_arrives(pump: Pump, tmp_path: Path) -> None:
    drive = SlowDrive()
    session = Session(Settings.load(), deliver=pump.deliver, opener=drive)
    session.open(tmp_path / "slow.svs")
    session.cancel_opening(tmp_path / "slow.svs")
    drive.gate("slow.svs").set()
    pump.until(lambda: "slow.svs" in drive.slides)
    source = drive.slides["slow.svs"].scenes[0]._source
    pump.until(lambda: source.closed)  # type: ignore[attr-defined]
    assert session.documents == ()
    assert session.pending == ()


def test_a_drive_that_hangs_is_given_up(pump: Pump, tmp_path: Path) -> None:
    drive = SlowDrive()
    session = Session(Settings.load(), deliver=pump.deliver, opener=drive, open_seconds=0.05)
    failures: list[UserError] = []
    session.failed.connect(failures.append)
    session.open(tmp_path / "hangs.svs")
    pump.until(lambda: failures)
    assert "does not answer" in failures[0].message
    assert session.pending == ()
    drive.gate("hangs.svs").set()
    pump.until(lambda: "hangs.svs" in drive.slides)
    pump.drain()
    assert session.documents == ()


def test_changed_and_vanished_files_are_noticed_once(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    document = opened(session, pump, tmp_path / "a.svs")
    troubles: list[tuple[Document, UserError | None]] = []
    session.trouble.connect(lambda d, problem: troubles.append((d, problem)))
    session.check()
    pump.drain()
    assert troubles == []
    document.path.write_bytes(b"something else")
    for _ in range(2):
        session.check()
        pump.drain()
    assert [type(problem) for _, problem in troubles] == [ChangedFile]
    document.path.unlink()
    session.check()
    pump.until(lambda: len(troubles) == 2)
    assert isinstance(document.trouble, MissingFile)


def test_a_drive_that_stops_answering_is_said_and_forgiven(
    pump: Pump,
    tmp_path: Path,
    fake_opener: Callable[[str | Path], Slide],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Session(Settings.load(), deliver=pump.deliver, opener=fake_opener, open_seconds=0.5)
    document = opened(session, pump, tmp_path / "a.svs")
    gate = threading.Event()
    monkeypatch.setattr(document.slide, "check_unchanged", lambda: gate.wait(20))
    session.check()
    session.check()
    assert document.trouble is None
    time.sleep(0.6)
    session.check()
    assert document.trouble is not None
    assert "does not answer" in document.trouble.message
    gate.set()
    pump.until(lambda: document.trouble is None)
    session.shut_down()


def test_closing_shows_a_neighbour_and_lets_go(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    documents = [opened(session, pump, tmp_path / f"{name}.svs") for name in "abc"]
    session.activate(documents[1])
    session.close(documents[1])
    assert session.current is documents[0]
    source = documents[1].slide.scenes[0]._source
    pump.until(lambda: source.closed)  # type: ignore[attr-defined]
    session.close(documents[0])
    session.close(documents[2])
    assert session.current is None


def test_annotations_come_back_for_the_same_content_under_another_name(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    document = opened(session, pump, tmp_path / "a.svs")
    document.editor.add(a_box(class_name="Tumour", name="here"), a_box(20))
    document.editor.set_scale(Scale(0.25, 0.25, "µm"))
    content = document.editor.content
    session.close(document)
    session._autosave.wait(5)
    (tmp_path / "a.svs").rename(tmp_path / "moved.svs")
    restored: list[Document] = []
    session.restored.connect(restored.append)
    again = opened(session, pump, tmp_path / "moved.svs")
    pump.until(lambda: restored)
    assert again.editor.content == content
    assert again.scale == Scale(0.25, 0.25, "µm")
    assert not again.history.can_undo


def test_what_is_drawn_before_the_hash_is_there_is_kept_too(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    first = opened(session, pump, tmp_path / "a.svs")
    first.editor.add(a_box(name="old"))
    session.close(first)
    session._autosave.wait(5)
    session.open(tmp_path / "a.svs")
    pump.until(lambda: session.current)
    again = session.current
    assert again is not None
    assert again.fingerprint is None
    again.editor.add(a_box(50, name="new"))
    pump.until(lambda: again.fingerprint)
    assert [a.name for a in again.editor.annotations] == ["old", "new"]
    again.history.undo()
    assert [a.name for a in again.editor.annotations] == ["old"]
    again.history.redo()
    session.close(again)
    session._autosave.wait(5)
    third = opened(session, pump, tmp_path / "a.svs")
    assert [a.name for a in third.editor.annotations] == ["old", "new"]


def test_a_second_window_reads_only_and_says_so(
    session: Session, pump: Pump, tmp_path: Path, fake_opener: Callable[[str | Path], Slide]
) -> None:
    document = opened(session, pump, tmp_path / "a.svs")
    document.editor.add(a_box())
    other_pump = Pump()
    other = Session(Settings.load(), deliver=other_pump.deliver, opener=fake_opener)
    notices: list[UserError] = []
    other.failed.connect(notices.append)
    twin = opened(other, other_pump, tmp_path / "a.svs")
    assert len(twin.editor.annotations) == 1
    assert "another window" in notices[0].message
    twin.editor.add(a_box(90))
    document.editor.add(a_box(40))
    session.close(document)
    session._autosave.wait(5)
    assert len(opened(session, pump, tmp_path / "a.svs").editor.annotations) == 2
    other.shut_down()


def test_each_scene_has_its_own_annotations_and_history(pump: Pump, tmp_path: Path) -> None:
    session = Session(
        Settings.load(),
        deliver=pump.deliver,
        opener=lambda path: make_slide(Path(path), scenes=2),
    )
    shown: list[Document | None] = []
    document = opened(session, pump, tmp_path / "two.svs")
    session.current_changed.connect(shown.append)
    document.editor.add(a_box())
    session.activate(document, 1)
    assert shown == [document]
    assert document.editor.annotations == ()
    assert not document.history.can_undo
    session.activate(document, 0)
    assert document.history.undo_text == "Draw region"
    session.shut_down()


def test_the_next_start_opens_what_was_open(pump: Pump, tmp_path: Path) -> None:
    def opener(path: str | Path) -> Slide:
        return make_slide(Path(path), scenes=2)

    session = Session(Settings.load(), deliver=pump.deliver, opener=opener)
    opened(session, pump, tmp_path / "a.svs")
    second = opened(session, pump, tmp_path / "b.svs")
    opened(session, pump, tmp_path / "c.svs")
    session.activate(second, 1)
    second.view = Camera(x=10, y=20, zoom=0.5)
    session.shut_down()
    session.settings.save()
    again = Session(Settings.load(), deliver=pump.deliver, opener=opener)
    again.reopen()
    pump.until(lambda: len(again.documents) == 3)
    assert again.current is not None
    assert again.current.name == "b.svs"
    assert again.current.scene_index == 1
    assert again.current.view == Camera(x=10, y=20, zoom=0.5)
    again.shut_down()


def test_recent_files_that_are_gone_are_forgotten(
    session: Session, pump: Pump, tmp_path: Path
) -> None:
    opened(session, pump, tmp_path / "a.svs")
    opened(session, pump, tmp_path / "b.svs")
    (tmp_path / "a.svs").unlink()
    session.forget_missing()
    pump.until(lambda: session.recent == (tmp_path / "b.svs",))


def test_the_scale_is_asked_for_only_when_the_file_has_none(pump: Pump, tmp_path: Path) -> None:
    known = Scale(0.5, 0.5, "µm")
    scales = {"with.svs": known, "without.svs": None}
    session = Session(
        Settings.load(),
        deliver=pump.deliver,
        opener=lambda path: make_slide(Path(path), scale=scales[Path(path).name]),
    )
    assert opened(session, pump, tmp_path / "with.svs").scale == known
    document = opened(session, pump, tmp_path / "without.svs")
    assert document.scale_unknown
    document.editor.set_scale(known)
    assert document.scale == document.scale_override == known
    document.history.undo()
    assert document.scale_unknown
    session.shut_down()


def test_the_folder_is_remembered(session: Session, tmp_path: Path) -> None:
    seen: list[Path] = []
    session.folder_changed.connect(seen.append)
    session.folder = tmp_path
    session.folder = tmp_path
    assert seen == [tmp_path]
    assert session.settings.last_folder == tmp_path
