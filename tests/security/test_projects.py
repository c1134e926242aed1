"""Projects made by hand to write outside of their folder: not one byte goes there."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem, UnsafeFile
from ssldiff_gui.core.project import EditRecord, GridEntry, Record, ResultEntry
from ssldiff_gui.state.project import Project
from ssldiff_gui.storage.ledger import line_of
from ssldiff_gui.storage.project import ProjectFolder
from tests.storage.projects import content, write_format_0

pytestmark = pytest.mark.security

NAMES = [
    "../outside/victim", "..", ".", "a/../../outside/victim", "grids/../../outside/victim",
    "./../outside/victim", "/etc/passwd", "/var/x", "//server/share/x", "///x", "~/../x/..",
    "C:/Windows/x", "c:x", "C:\\Windows\\x", "\\\\server\\share\\x", "\\\\?\\C:\\x", "\\x",
    "..\\outside\\victim", "grids\\..\\..\\outside\\victim", "grids/..\\..\\x", "grids/x:stream",
    "file:///etc/passwd", "http://example.org/x", "s3://bucket/x", "grids/a\0b", "grids/a\nb",
    "grids/a\x1bb", "grids//x", "grids/", "grids/./x", "grids/. ./x ", " grids/x", "grids/x ",
    "grids/x.", "grids/...", "CON", "grids/nul", "grids/NUL.txt", "grids/com1", "grids/LPT9.bin",
    "grids/CONIN$", "grids/a*b", "grids/a?b", 'grids/a"b', "grids/a<b", "grids/a|b",
    "grids/" + "x" * 300, "x/" * 600 + "x",
]  # fmt: skip

FIELDS = {"grid": "file", "result": "canvas", "palette": "file"}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What must not change."""
    folder = tmp_path / "outside"
    (folder / "folder").mkdir(parents=True)
    (folder / "victim").write_bytes(b"precious")
    (folder / "folder/file").write_bytes(b"dear")
    return folder


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a project opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def made(path: Path) -> Path:
    project = Project.create(path)
    project.put(GridEntry(id="grid-0001", file="grids/a"), ResultEntry(id="result-01"))
    project.close()
    return path


def work(path: Path) -> None:
    """Do all that writes into a project, as far as it lets itself be opened."""
    try:
        project = Project.open(path)
    except FileProblem:
        return
    project.put(GridEntry(id="new", file="grids/new"))
    project.edit("grid-0001", 0, {"kind": "clear"})
    done = threading.Event()
    try:
        project.keep_thumbnail("result-01", b"\x89PNG\r\n\x1a\n", done.set)
        done.wait(5)
    except UnsafeFile:
        pass
    project._folder.turn()(project.state)
    project.drop(*project.state.entries)
    project.close()
    try:
        Project.open(path).close()  # sweeps
    except FileProblem:
        return


def everything(folder: Path, but: Path) -> list[str]:
    """Return the names of all that lies in a folder, but for one."""
    return [str(p) for p in sorted(folder.rglob("*")) if not p.is_relative_to(but)]


def test_names_that_lead_out_of_the_folder(tmp_path: Path, outside: Path) -> None:
    before, path = content(outside), made(tmp_path / "a.ssldiff")
    data = json.loads((path / "project.json").read_text())
    lines = []
    for number, name in enumerate(NAMES):
        data["entries"] += [
            {"kind": kind, "id": f"bad-{kind}-{number}", field: name}
            for kind, field in FIELDS.items()
        ]
        put = {"kind": "result", "id": f"bad-journal-{number}", "thumbnail": name}
        lines.append(line_of(json.dumps({"put": put}).encode()))
    (path / "project.json").write_text(json.dumps(data))
    (path / f"journal-{data['journal']}.txt").write_bytes(b"".join(lines))
    names = everything(tmp_path, path)
    project = Project.open(path)
    assert set(project.state.entries) == {"grid-0001", "result-01"}
    aside = (path / "damaged-1.txt").read_bytes().splitlines()
    assert len(aside) == len(NAMES) * (len(FIELDS) + 1)
    for name in NAMES:
        with pytest.raises(UnsafeFile):
            project.path(name)
    project.close()
    work(path)
    assert everything(tmp_path, path) == names
    assert content(outside) == before
    print(f"\nproject_hostile_names={len(NAMES)}")
    print("project_bytes_outside=0")
    assert len(NAMES) >= 45


def link(name: str, target: str) -> Callable[[Path, Path], None]:
    def harm(path: Path, outside: Path) -> None:
        place = path / name
        if place.is_dir() and not place.is_symlink():
            place.rmdir()
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(outside / target)

    return harm


LINKS = {
    "the snapshot": link("project.json", "victim"),
    "the snapshot before": link("project.before.json", "victim"),
    "a journal": link("journal-1.txt", "victim"),
    "the next journal": link("journal-2.txt", "new"),
    "a far journal": link("journal-99.txt", "new"),
    "the lock": link(".lock", "new"),
    "the holder": link(".holder.json", "victim"),
    "what is put aside": link("damaged-1.txt", "new"),
    "the grids": link("grids", "folder"),
    "the canvases": link("canvases", "folder"),
    "the thumbnails": link("thumbnails", "folder"),
    "the palette": link("palette", "folder"),
    "the checks": link("checks", "folder"),
    "the annotations": link("annotations", "folder"),
    "a grid": link("grids/a", "victim"),
    "a canvas": link("canvases/a.ome.zarr", "folder"),
    "a part of a canvas": link("canvases/a.ome.zarr/0", "folder"),
    "a shard": link("canvases/a.ome.zarr/0/c/0", "victim"),
    "a thumbnail": link("thumbnails/result-01.png", "victim"),
    "a link to nowhere": link("grids/x", "nothing"),
    "a link upwards": lambda path, _: (path / "grids/x").symlink_to("../../outside/folder"),
    "a link to the root": lambda path, _: (path / "grids/x").symlink_to("/"),
}


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_that_lead_out_of_the_folder(tmp_path: Path, outside: Path) -> None:
    before = content(outside)
    for number, (name, harm) in enumerate(LINKS.items()):
        path = made(tmp_path / f"{number}.ssldiff")
        harm(path, outside)
        names = everything(tmp_path, path)
        with pytest.raises(UnsafeFile, match="leads out"):
            ProjectFolder.open(path)
        work(path)
        assert content(outside) == before, name
        assert everything(tmp_path, path) == names, name
    print(f"\nproject_hostile_links={len(LINKS)}")
    assert len(LINKS) >= 20


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_that_come_while_a_project_is_open(tmp_path: Path, outside: Path) -> None:
    before = content(outside)
    project = Project.open(made(tmp_path / "a.ssldiff"))
    (project.folder / "thumbnails").rmdir()
    (project.folder / "thumbnails").symlink_to(outside / "folder")
    with pytest.raises(UnsafeFile):
        project.keep_thumbnail("x", b"\x89PNG\r\n\x1a\n")
    (project.folder / "grids/x").symlink_to(outside / "victim")
    with pytest.raises(UnsafeFile):
        project.path("grids/x")
    project.close()
    assert content(outside) == before


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_that_stay_inside_are_no_harm(tmp_path: Path) -> None:
    path = made(tmp_path / "a.ssldiff")
    (path / "canvases/here").symlink_to("../grids")
    (tmp_path / "link.ssldiff").symlink_to(path)
    project = Project.open(tmp_path / "link.ssldiff")
    assert project.path("grids/a")
    project.close()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_an_old_project_with_links_is_not_copied(tmp_path: Path, outside: Path) -> None:
    old = write_format_0(tmp_path / "old.ssldiff")
    (old / "grids/x").symlink_to(outside / "victim")
    with pytest.raises(UnsafeFile):
        ProjectFolder.open(old)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.ssldiff", "outside"]


BOMBS = {
    "nested": b"[" * 200_000,
    "nested entries": b'{"format":"ssldiff project","version":1,"entries":[{"kind":"job","request":'
    + b'{"a":' * 50_000,
    "a huge number": b'{"format":"ssldiff project","version":' + b"9" * 100_000 + b"}",
    "a long name": b'{"format":"ssldiff project","version":1,"name":"' + b"x" * 5_000_000 + b'"}',
    "many entries": b'{"format":"ssldiff project","version":1,"entries":['
    + b"{}," * 100_000
    + b"{}]}",
    "no text": bytes(range(256)) * 100,
    "NaN": b'{"format":"ssldiff project","version":NaN}',
    "true": b'{"format":"ssldiff project","version":true}',
    "a list": b'{"format":["ssldiff project"],"version":1}',
    "odd entries": b'{"format":"ssldiff project","version":1,"entries":{"a":1},"edits":[1]}',
    "odd version 0": b'{"format":"ssldiff project","version":0,"grids":[5],"slides":{"a":1}}',
    "negative": b'{"format":"ssldiff project","version":-1}',
}


def test_bombs_and_nonsense_end_quickly_in_words(tmp_path: Path) -> None:
    slowest = 0.0
    for number, bomb in enumerate(BOMBS.values()):
        for name in ("project.json", "journal-2.txt"):
            path = made(tmp_path / f"{number}-{name}.ssldiff")
            (path / name).write_bytes(bomb if name == "project.json" else line_of(bomb))
            started = time.perf_counter()
            work(path)
            slowest = max(slowest, time.perf_counter() - started)
    print(f"\nproject_bombs={2 * len(BOMBS)}")
    print(f"project_slowest_bomb_s={slowest:.2f}")
    assert slowest < 10


@pytest.mark.skipif(os.name == "nt", reason="pipes are others there")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["project.json", "journal-2.txt", "grids/x", "damaged-1.txt"])
def test_a_pipe_holds_nobody_up(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / "a.ssldiff")
    (path / name).unlink(missing_ok=True)
    os.mkfifo(path / name)
    work(path)


def test_edits_that_name_files_are_only_names(tmp_path: Path, outside: Path) -> None:
    path = made(tmp_path / "a.ssldiff")
    folder = ProjectFolder.open(path)
    folder.append(Record(edit=EditRecord(grid="x", keep=0, edit={"grid": "../../outside/victim"})))
    folder.close()
    before = content(outside)
    work(path)
    assert content(outside) == before
