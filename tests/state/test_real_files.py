"""The session over the readers, on real slides and scenes."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.state.folder import list_folder
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.thumbnails import Thumbnails
from tests.state.conftest import Pump


def test_real_files_open_are_drawn_upon_and_come_back(
    shared: Path, pump: Pump, tmp_path: Path
) -> None:
    found = [path for path in sorted((shared / "data/slides").rglob("*.svs")) if path.is_file()]
    path = min(found, key=lambda candidate: candidate.stat().st_size)
    session = Session(Settings.load(), deliver=pump.deliver)
    session.open(path)
    pump.until(lambda: session.current, 60)
    document = session.current
    assert document is not None
    pump.until(lambda: document.fingerprint, 60)
    document.editor.add(Annotation(geometry=shapely.box(0, 0, 50, 50), class_name="Tumour"))
    content = document.editor.content
    session.shut_down()
    copy = tmp_path / "a copy.svs"
    copy.write_bytes(path.read_bytes())
    session = Session(Settings.load(), deliver=pump.deliver)
    restored: list[object] = []
    session.restored.connect(restored.append)
    session.open(copy)
    pump.until(lambda: restored, 60)
    assert session.current is not None
    assert session.current.editor.content == content
    session.shut_down()


def test_malformed_files_fail_in_words_and_others_stay(shared: Path, pump: Pump) -> None:
    session = Session(Settings.load(), deliver=pump.deliver)
    failures: list[UserError] = []
    session.failed.connect(failures.append)
    files = [path for path in sorted((shared / "data/malformed").rglob("*")) if path.is_file()]
    assert files
    for path in files:
        session.open(path)
    pump.until(lambda: not session.pending, 120)
    assert failures
    for problem in failures:
        assert isinstance(problem, FileProblem)
        assert problem.path.name in problem.message
    assert len(failures) + len(session.documents) >= len({path.resolve() for path in files}) - 2
    session.shut_down()


@pytest.mark.parametrize("folder", ["slides", "geo"])
def test_a_real_folders_thumbnails(shared: Path, pump: Pump, folder: str) -> None:
    places = [p for p in (shared / "data" / folder).rglob("*") if p.is_dir()]
    files = [file for place in places for file in list_folder(place).files]
    files = sorted(files, key=lambda path: path.stat().st_size)[:12]
    assert files
    thumbnails = Thumbnails(deliver=pump.deliver)
    answers: dict[Path, object] = {}
    thumbnails.ready.connect(answers.__setitem__)
    thumbnails.failed.connect(answers.__setitem__)
    for path in files:
        thumbnails.request(path)
    pump.until(lambda: len(answers) == len(files), 120)
    thumbnails.close()
    pictures = [answer for answer in answers.values() if not isinstance(answer, UserError)]
    assert len(pictures) >= len(files) // 2
    for picture in pictures:
        assert max(picture.shape[:2]) <= 256  # type: ignore[attr-defined]
