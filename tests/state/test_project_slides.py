"""Slides are found where they were, beside the project, or by asking; never another one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import ChangedFile, MissingFile
from ssldiff_gui.core.project import SlideEntry
from ssldiff_gui.slides.fingerprint import fingerprint
from ssldiff_gui.state.project_slides import find_slide, slide_entry


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with a project and slides beside it."""
    folder = tmp_path / "home" / "me" / "study"
    (folder / "slides").mkdir(parents=True)
    (folder / "a.ssldiff").mkdir()
    (folder / "slides/ä.svs").write_bytes(b"the slide")
    return folder


def entry_of(study: Path) -> SlideEntry:
    slide = study / "slides/ä.svs"
    return slide_entry(slide, study / "a.ssldiff", fingerprint(slide))


def test_where_it_was(study: Path) -> None:
    entry = entry_of(study)
    assert entry.beside == "../slides/ä.svs"
    assert find_slide(entry, study / "a.ssldiff") == study / "slides/ä.svs"


def test_beside_the_project_when_both_were_moved(study: Path) -> None:
    entry = entry_of(study)
    moved = study.with_name("moved")
    study.rename(moved)
    assert find_slide(entry, moved / "a.ssldiff") == moved / "slides/ä.svs"


def test_by_asking_for_its_content(study: Path, tmp_path: Path) -> None:
    entry = entry_of(study)
    (study / "slides/ä.svs").rename(tmp_path / "elsewhere.svs")
    asked = []

    def ask(wanted: SlideEntry) -> Path:
        asked.append(wanted.fingerprint)
        return tmp_path / "elsewhere.svs"

    assert find_slide(entry, study / "a.ssldiff", ask=ask) == tmp_path / "elsewhere.svs"
    assert asked == [entry.fingerprint]


def test_another_content_is_not_the_slide(study: Path) -> None:
    entry = entry_of(study)
    shutil.copytree(study, study.with_name("other"))
    (study / "slides/ä.svs").write_bytes(b"another slide")
    other = study.with_name("other")
    assert find_slide(entry, other / "a.ssldiff") == other / "slides/ä.svs"
    with pytest.raises(ChangedFile, match=r"ä\.svs"):
        find_slide(entry, study / "a.ssldiff")


def test_a_slide_that_is_nowhere_is_named(study: Path) -> None:
    entry = entry_of(study)
    (study / "slides/ä.svs").unlink()
    with pytest.raises(MissingFile, match=r"ä\.svs"):
        find_slide(entry, study / "a.ssldiff", ask=lambda _: None)


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/a.svs",
        "s3://bucket/a.svs",
        "simplecache::http://example.org/a.svs",
        "\\\\server\\share\\a.svs",
        "//server/share/a.svs",
        "/vsicurl/http://example.org/a.tif",
        "a\0b",
        "",
    ],
)
def test_no_other_machine_is_called_for_a_path_in_a_project(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(Path, "exists", lambda self: looked.append(str(self)) or False)
    for entry in (SlideEntry(path=path), SlideEntry(path="/none", beside=path)):
        with pytest.raises(MissingFile):
            find_slide(entry, tmp_path)
    assert looked == ["/none"]


def test_what_lies_far_away_has_no_way_beside(tmp_path: Path) -> None:
    deep = Path("/a/b/c/d/e/f/g.ssldiff")
    assert slide_entry(Path("/other/slide.svs"), deep).beside == ""
    assert slide_entry(Path("/a/b/slide.svs"), Path("/a/b/c.ssldiff")).beside == "../slide.svs"
