"""Listing folders: order, what is left out, changes, late answers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem, MissingFile, UserError
from ssldiff_gui.state import folder as folder_module
from ssldiff_gui.state.folder import FolderWatch, Listing, list_folder, natural
from tests.state.conftest import Pump


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"x")


def test_files_that_can_be_opened_in_natural_order(tmp_path: Path) -> None:
    fill(tmp_path, "slide 10.svs", "Slide 2.svs", "notes.txt", ".hidden.svs", "b.TIFF")
    (tmp_path / "case 11").mkdir()
    (tmp_path / "case 3").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "image.ome.zarr").mkdir()
    listing = list_folder(tmp_path)
    assert [p.name for p in listing.files] == [
        "b.TIFF",
        "image.ome.zarr",
        "Slide 2.svs",
        "slide 10.svs",
    ]
    assert [p.name for p in listing.folders] == ["case 3", "case 11"]
    assert not listing.truncated


def test_numbers_of_other_scripts_do_not_break_sorting() -> None:
    names = ["a²", "a2", "٣", "", "10", "9"]
    assert sorted((Path(name) for name in names), key=natural)[1:3] == [Path("٣"), Path("9")]


def test_endless_folders_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MOST_ENTRIES", 3)
    fill(tmp_path, *(f"{n}.svs" for n in range(5)))
    listing = list_folder(tmp_path)
    assert listing.truncated
    assert len(listing.files) == 3


def test_a_missing_folder_and_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nowhere"):
        list_folder(tmp_path / "nowhere")
    fill(tmp_path, "file")
    with pytest.raises(FileProblem, match="file"):
        list_folder(tmp_path / "file")


def test_changes_are_noticed_when_asked(pump: Pump, tmp_path: Path) -> None:
    fill(tmp_path, "a.svs")
    watch = FolderWatch(pump.deliver)
    listings: list[Listing] = []
    watch.listed.connect(listings.append)
    watch.show(tmp_path)
    pump.until(lambda: len(listings) == 1)
    watch.poll()
    pump.until(lambda: not watch._polling)
    assert len(listings) == 1
    fill(tmp_path, "b.svs")
    os.utime(tmp_path, ns=(1, 1))
    watch.poll()
    pump.until(lambda: len(listings) == 2)
    assert [p.name for p in listings[1].files] == ["a.svs", "b.svs"]


def test_a_folder_that_vanishes_is_reported(pump: Pump, tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    watch = FolderWatch(pump.deliver)
    problems: list[UserError] = []
    watch.failed.connect(problems.append)
    watch.show(tmp_path / "case")
    pump.until(lambda: watch.listing)
    (tmp_path / "case").rmdir()
    watch.poll()
    pump.until(lambda: problems)
    assert "case" in problems[0].message


def test_a_late_listing_is_dropped(
    pump: Pump, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    real = list_folder

    def slow(folder: Path) -> Listing:
        if folder.name == "slow":
            gate.wait(10)
        return real(folder)

    monkeypatch.setattr(folder_module, "list_folder", slow)
    for name in ("slow", "quick"):
        (tmp_path / name).mkdir()
    watch = FolderWatch(pump.deliver)
    seen: list[str] = []
    watch.listed.connect(lambda listing: seen.append(listing.folder.name))
    watch.show(tmp_path / "slow")
    watch.show(tmp_path / "quick")
    pump.until(lambda: seen)
    gate.set()
    pump.drain()
    assert seen == ["quick"]
