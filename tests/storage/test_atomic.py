"""Old or new, never half: writing files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.storage import atomic
from ssldiff_gui.storage.atomic import replacing, write_bytes


def test_writes_and_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_bytes(path, b"one")
    path.chmod(0o640)
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_new_files_have_the_rights_that_new_files_have(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_bytes(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.json"
    write_bytes(path, b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(atomic.os, step, full)
    with pytest.raises(FileProblem) as caught:
        write_bytes(path, b"new")
    assert "a.json" in caught.value.message
    assert "Free some space" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_bytes(path, b"old")

    def fails(fresh: Path) -> None:
        fresh.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), replacing(path) as fresh:
        fails(fresh)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"a\.json"):
        write_bytes(tmp_path / "none" / "a.json", b"")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs rights to lack")
def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FileProblem, match=r"a\.json"):
        write_bytes(tmp_path / "a.json", b"")
