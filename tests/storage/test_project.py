"""A project's folder keeps what was done, whatever happens to its files."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import JsonValue

from ssldiff_gui.core.errors import (
    AlreadyThere,
    BrokenFile,
    FileProblem,
    InUse,
    MissingFile,
    NewerFile,
    NoSpace,
    UnsupportedFile,
)
from ssldiff_gui.core.project import EditRecord, GridEntry, Record, ResultEntry, SlideEntry, fold
from ssldiff_gui.storage.project import ProjectFolder
from ssldiff_gui.storage.project_files import BEFORE, SNAPSHOT
from ssldiff_gui.storage.project_journal import journal_path, journals, read_journal
from ssldiff_gui.storage.project_moving import elsewhere
from ssldiff_gui.storage.project_reading import load
from tests.storage.projects import RECORDS, content, write_format_0

WHOLE = fold(RECORDS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.ssldiff"


@pytest.fixture
def folder(path: Path) -> Iterator[ProjectFolder]:
    made = ProjectFolder.create(path, "a")
    for record in RECORDS:
        made.append(record)
    yield made
    made.close()


def left(folder: ProjectFolder) -> Path:
    """Have a project be left without a goodbye, as a program that is killed leaves it."""
    folder.close()
    return folder.path


def test_what_was_done_comes_back(folder: ProjectFolder) -> None:
    again = ProjectFolder.open(left(folder))
    assert again.state == WHOLE
    assert again.notices == []
    assert again.header.id == folder.header.id
    again.close()


def test_a_goodbye_leaves_one_file_and_an_empty_journal(folder: ProjectFolder) -> None:
    folder.close(WHOLE)
    assert load(folder.path).records == 0
    assert load(folder.path).state == WHOLE


def test_a_journal_cut_at_any_byte_loses_at_most_the_last_record(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    path = left(folder)
    journal = journal_path(path, 1)
    whole = journal.read_bytes()
    ends = [position + 1 for position, byte in enumerate(whole) if byte == ord("\n")]
    for length in range(len(whole) + 1):
        journal.write_bytes(whole[:length])
        found = load(path)
        kept = max(0, sum(end <= length for end in ends) - 1)
        assert found.state == fold(RECORDS[:kept])
        assert not found.damaged
    journal.write_bytes(whole[:-5])
    torn = ProjectFolder.open(path)
    assert torn.state == fold(RECORDS[:-1])
    assert torn.notices == []
    torn.append(RECORDS[-1])
    torn.close()
    assert load(path).state == WHOLE


def test_every_flipped_bit_of_a_journal_is_noticed_and_the_rest_is_kept(
    folder: ProjectFolder,
) -> None:
    path = left(folder)
    journal = journal_path(path, 1)
    whole = journal.read_bytes()
    first = whole.index(b"\n") + 1
    for position in range(first, len(whole) - 1, 3):
        harmed = bytearray(whole)
        harmed[position] ^= 1 << position % 8
        journal.write_bytes(harmed)
        found = load(path)
        assert found.damaged
        assert found.records >= len(RECORDS) - 2


def test_damaged_lines_are_put_aside(folder: ProjectFolder) -> None:
    path = left(folder)
    journal = journal_path(path, 1)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:2], b"rubbish\n", b"\xff\xfe\n", *lines[2:]]))
    again = ProjectFolder.open(path)
    assert again.state == WHOLE
    assert len(again.notices) == 1
    assert "damaged-1.txt" in again.notices[0].hint
    assert (path / "damaged-1.txt").read_bytes() == b"rubbish\n\xff\xfe\n"
    again.close()
    final = ProjectFolder.open(path)
    assert final.notices == []
    final.close()


def test_a_snapshot_that_is_lost_is_made_again_from_the_one_before(folder: ProjectFolder) -> None:
    folder.turn()(WHOLE)
    folder.append(Record(put=SlideEntry(id="later", path="/x")))
    path = left(folder)
    for harm in (b"", b"{", b"[]", b'{"format": "ssldiff project", "version": "x"}', None):
        if harm is None:
            (path / SNAPSHOT).unlink()
        else:
            (path / SNAPSHOT).write_bytes(harm)
        again = ProjectFolder.open(path)
        assert again.state.entries.keys() == {*WHOLE.entries, "later"}
        assert len(again.notices) == 1
        again.close()


def test_a_project_without_any_good_snapshot_is_named(folder: ProjectFolder) -> None:
    path = left(folder)
    (path / SNAPSHOT).write_bytes(b"{")
    (path / BEFORE).unlink(missing_ok=True)
    before = content(path)
    with pytest.raises(BrokenFile, match=r"a\.ssldiff is damaged"):
        ProjectFolder.open(path)
    assert content(path) == before


def test_a_bad_entry_costs_only_itself(folder: ProjectFolder) -> None:
    folder.close(WHOLE)
    data = json.loads((folder.path / SNAPSHOT).read_text())
    data["entries"][0]["kind"] = "unknown"
    data["entries"].append(5)
    data["edits"]["../x"] = []
    data["edits"]["y"] = 5
    (folder.path / SNAPSHOT).write_text(json.dumps(data))
    again = ProjectFolder.open(folder.path)
    assert set(again.state.entries) == {"grid-0001", "result-01"}
    assert again.state.edits["grid-0001"] == WHOLE.edits["grid-0001"]
    assert len((folder.path / "damaged-1.txt").read_bytes().splitlines()) == 4
    again.close()


def test_a_newer_project_is_refused_and_left_alone(folder: ProjectFolder) -> None:
    folder.close(WHOLE)
    data = json.loads((folder.path / SNAPSHOT).read_text())
    data["version"] = 2
    (folder.path / SNAPSHOT).write_text(json.dumps(data))
    before = content(folder.path)
    with pytest.raises(NewerFile, match="newer version"):
        ProjectFolder.open(folder.path)
    assert content(folder.path) == before


def test_an_older_project_is_copied_and_the_copy_brought_up_to_date(tmp_path: Path) -> None:
    old = write_format_0(tmp_path / "old.ssldiff")
    before = content(old)
    first = ProjectFolder.open(old)
    assert content(old) == before
    assert first.path == tmp_path / "old (updated to 1).ssldiff"
    assert "original is unchanged" in first.notices[0].hint
    assert first.header.id == "0f" * 16
    assert [entry.id for entry in first.state.entries.values()] == [
        "slide-1", "grid-0001", "result-01", "palette-1",
    ]  # fmt: skip
    assert first.state.edits["grid-0001"] == ({"kind": "clear"}, {"kind": "erase"})
    for name in ("grids/grid-0001.safetensors", "canvases/result-01.ome.zarr/0/shard"):
        assert (first.path / name).read_bytes() == (old / name).read_bytes()
    first.append(Record(drop=("slide", "slide-1")))
    first.close()
    again = ProjectFolder.open(old)
    assert again.path == first.path
    assert "slide-1" not in again.state.entries
    assert content(old) == before
    again.close()


def test_the_second_program_reads_and_says_who_writes(folder: ProjectFolder) -> None:
    before = content(folder.path)
    second = ProjectFolder.open(folder.path)
    assert second.read_only is not None
    assert f"process {os.getpid()}" in second.read_only
    assert second.state == WHOLE
    assert isinstance(second.notices[0], InUse)
    second.append(Record(put=SlideEntry(id="not-kept", path="/x")))
    second.close(WHOLE)
    assert content(folder.path) == before
    folder.close()
    third = ProjectFolder.open(folder.path)
    assert third.read_only is None
    assert third.state == WHOLE
    third.close()


def test_a_folder_without_a_project_is_said_to_be_one(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(MissingFile):
            ProjectFolder.open(path)
    (tmp_path / SNAPSHOT).write_text('{"format": "other"}')
    with pytest.raises(UnsupportedFile):
        ProjectFolder.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [SNAPSHOT]


def test_nothing_is_written_over(folder: ProjectFolder) -> None:
    before = content(folder.path)
    with pytest.raises(AlreadyThere):
        ProjectFolder.create(folder.path)
    assert content(folder.path) == before


def test_files_that_nothing_refers_to_are_swept_at_opening(folder: ProjectFolder) -> None:
    path = folder.path
    kept = [
        "grids/grid-0001.safetensors",
        "grids/grid-0001.safetensors.part",
        "thumbnails/result-01.png",
        "palette/fedcba9876543210.safetensors",
        "annotations/anything.jsonl",
        "my own notes.txt",
    ]
    edit: dict[str, JsonValue] = {"": "", 'a "b\\': "\\", "grid": "fedcba9876543210"}
    folder.append(Record(edit=EditRecord(grid="grid-0001", keep=1, edit=edit)))
    gone = [
        "grids/other.safetensors",
        "palette/0123456789abcdef.safetensors",
        "thumbnails/other.png",
        "checks/other.npz",
    ]
    for name in (*kept, *gone):
        (path / name).write_bytes(b"x")
    for name in ("canvases/result-01.ome.zarr/0", "canvases/other.ome.zarr/0"):
        (path / name).mkdir(parents=True)
    ProjectFolder.open(path).close()  # held by the first: nothing is touched
    assert all((path / name).exists() for name in gone)
    folder.close()
    ProjectFolder.open(path).close()
    assert all((path / name).exists() for name in kept)
    assert not any((path / name).exists() for name in gone)
    assert (path / "canvases/result-01.ome.zarr/0").is_dir()
    assert not (path / "canvases/other.ome.zarr").exists()


def test_nothing_is_swept_when_something_was_damaged(folder: ProjectFolder) -> None:
    path = left(folder)
    (path / "grids/other.safetensors").write_bytes(b"x")
    with journal_path(path, 1).open("ab") as file:
        file.write(b"rubbish\n")
    ProjectFolder.open(path).close()
    assert (path / "grids/other.safetensors").exists()


def test_a_long_journal_gives_way_to_a_snapshot(folder: ProjectFolder) -> None:
    settle = folder.turn()
    folder.append(Record(put=SlideEntry(id="later", path="/x")))
    assert load(folder.path).state.entries.keys() == {*WHOLE.entries, "later"}
    settle(WHOLE)
    assert load(folder.path).state.entries.keys() == {*WHOLE.entries, "later"}
    assert read_journal(journal_path(folder.path, 2)).records
    folder.turn()(load(folder.path).state)
    assert list(journals(folder.path)) == [2]
    assert load(folder.path).records == 0


def test_a_snapshot_that_comes_late_does_not_undo_a_later_one(folder: ProjectFolder) -> None:
    first = folder.turn()
    later = Record(put=SlideEntry(id="later", path="/x"))
    folder.append(later)
    folder.turn()(WHOLE.apply(later))
    first(WHOLE)
    folder.append(Record(drop=("slide", "slide-1")))
    folder.close()
    assert set(load(folder.path).state.entries) == {"grid-0001", "result-01", "later"}


def test_nothing_is_written_after_the_goodbye(folder: ProjectFolder) -> None:
    folder.close(WHOLE)
    before = content(folder.path)
    folder.append(Record(put=SlideEntry(id="late", path="/x")))
    folder.close(WHOLE)
    assert content(folder.path) == before


def test_a_folder_that_is_gone_is_noticed_once_and_taken_up_again(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    folder.look()
    folder.path.rename(tmp_path / "away")
    with pytest.raises(MissingFile):
        folder.look()
    folder.look()
    assert folder.failed
    later = Record(put=SlideEntry(id="later", path="/x"))
    folder.append(later)
    with pytest.raises(MissingFile):
        folder.rescue(WHOLE.apply(later))
    (tmp_path / "away").rename(folder.path)
    folder.go_on(folder.rescue(WHOLE.apply(later)))
    assert not folder.failed
    folder.append(Record(drop=("slide", "slide-1")))
    folder.close()
    assert set(load(folder.path).state.entries) == {"grid-0001", "result-01", "later"}


def test_a_folder_that_somebody_took_meanwhile_stays_theirs(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    shutil.copytree(folder.path, tmp_path / "copy")
    shutil.rmtree(folder.path)
    with pytest.raises(MissingFile):
        folder.look()
    (tmp_path / "copy").rename(folder.path)
    other = ProjectFolder.open(folder.path)
    before = content(folder.path)
    with pytest.raises(InUse):
        folder.rescue(WHOLE)
    assert folder.read_only is not None
    folder.append(Record(drop=("slide", "slide-1")))
    assert content(folder.path) == before
    other.close()


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_is_said_once_and_all_is_written_later(
    folder: ProjectFolder, reason: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[FileProblem] = []
    folder.on_problem = problems.append
    write, cut = os.write, 20

    def failing(handle: int, data: bytes) -> int:
        nonlocal cut
        if cut == 0:
            raise OSError(reason, os.strerror(reason))
        written = write(handle, bytes(data)[:cut])
        cut -= written
        return written

    monkeypatch.setattr(os, "write", failing)
    state = WHOLE
    for number in range(5):
        record = Record(put=GridEntry(id=f"new-{number}"))
        state = state.apply(record)
        folder.append(record)
    assert len(problems) == 1
    assert problems[0].hint
    assert folder.failed
    monkeypatch.undo()
    assert load(folder.path).state == WHOLE
    folder.go_on(folder.rescue(state))
    folder.append(Record(drop=("grid", "new-0")))
    folder.close()
    assert load(folder.path).state == state.apply(Record(drop=("grid", "new-0")))


def test_a_copy_has_everything_and_the_original_stays(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    (folder.path / "canvases/result-01.ome.zarr").mkdir()
    (folder.path / "canvases/result-01.ome.zarr/shard").write_bytes(bytes(500))
    before = content(folder.path)
    place = elsewhere(folder, WHOLE, tmp_path / "sub" / "b", leave=False)
    assert place.folder.path == tmp_path / "sub" / "b.ssldiff"
    assert content(folder.path) == before
    (folder.path / "grids/late").write_bytes(b"late")
    place.leave()
    assert (place.folder.path / "canvases/result-01.ome.zarr/shard").stat().st_size == 500
    assert (place.folder.path / "grids/late").read_bytes() == b"late"
    assert place.folder.state == WHOLE
    assert place.folder.read_only is None
    assert place.folder.header.id != folder.header.id
    place.folder.close()


@pytest.mark.parametrize("disk", ["same", "other"])
def test_an_untitled_project_is_moved(
    folder: ProjectFolder, tmp_path: Path, disk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "grids/grid-0001.safetensors").write_bytes(b"grid")
    if disk == "other":
        monkeypatch.setattr("ssldiff_gui.storage.project_moving.move", lambda *_: False)
    place = elsewhere(folder, WHOLE, tmp_path / "b.ssldiff", leave=True)
    place.leave()
    assert not folder.path.exists()
    assert place.folder.state == WHOLE
    assert (place.folder.path / "grids/grid-0001.safetensors").read_bytes() == b"grid"
    place.folder.close()


def test_a_place_that_is_taken_is_refused_and_the_project_goes_on(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    (tmp_path / "b.ssldiff").mkdir()
    (tmp_path / "b.ssldiff/mine").touch()
    for leave in (False, True):
        with pytest.raises(AlreadyThere):
            elsewhere(folder, WHOLE, tmp_path / "b.ssldiff", leave=leave)
    assert folder.failed
    folder.go_on(folder.rescue(WHOLE))
    folder.append(Record(put=SlideEntry(id="later", path="/x")))
    folder.close()
    assert "later" in load(folder.path).state.entries
    assert [path.name for path in (tmp_path / "b.ssldiff").iterdir()] == ["mine"]


def test_a_copy_that_does_not_fit_is_refused_before_it_begins(
    folder: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.path / "grids/grid-0001.safetensors").write_bytes(bytes(1000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    with pytest.raises(NoSpace):
        elsewhere(folder, WHOLE, tmp_path / "b.ssldiff", leave=False)
    assert not (tmp_path / "b.ssldiff").exists()


def test_results_with_many_edits_are_kept_quickly(folder: ProjectFolder) -> None:
    edits = tuple([{"kind": "paint", "cells": [[1, 2], [3, 4]]} for _ in range(200)])
    entry = ResultEntry(id="many", edits=edits)
    folder.append(Record(put=entry))
    folder.close()
    assert load(folder.path).state.entries["many"] == entry
