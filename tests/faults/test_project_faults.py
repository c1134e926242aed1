"""A project that is killed, copied or cut off at any time is in its old state or its new one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.project import GridEntry
from ssldiff_gui.state.project import Project
from tests.storage.canvases import in_memory

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.name == "nt", reason="forks and kills as POSIX does"),
]

KILLS = 100
OPENS = 100

RANDOM_KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
from ssldiff_gui.core.project import GridEntry
from ssldiff_gui.state.project import Project
from ssldiff_gui.storage import project as storage
from ssldiff_gui.storage.project_reading import load

PATH, KILLS = Path(sys.argv[1]), int(sys.argv[2])
storage.LONG = 8  # so that snapshots are written all the time, too


def edit(pipe):
    project = Project.open(PATH)
    number = len(project.edits("g"))
    while True:
        project.edit("g", number, {"kind": "paint", "number": number, "more": "x" * 200})
        number += 1
        os.write(pipe, number.to_bytes(4, "big"))


project = Project.create(PATH)
project.put(GridEntry(id="g"))
project.close()
chance = random.Random(3)
known = lost = worst = snapshots = 0
slowest = 0.0
for _ in range(KILLS):
    before = load(PATH).header.journal
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        edit(writer)
    os.close(writer)
    time.sleep(chance.random() * 0.12)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        heard = pipe.read()
    done = int.from_bytes(heard[-4:], "big") if heard else known
    snapshots += load(PATH).header.journal - before
    started = time.perf_counter()
    project = Project.open(PATH)
    slowest = max(slowest, time.perf_counter() - started)
    assert project.read_only is None, project.read_only
    assert not project.notices, project.notices
    found = [edit["number"] for edit in project.edits("g")]
    project.close()
    assert found == list(range(len(found))), "another state than any that was"
    lost += max(0, done - len(found))
    worst = max(worst, done - len(found))
    known = len(found)
print(json.dumps(dict(edits=known, lost=lost, worst=worst, slowest=slowest, snapshots=snapshots)))
"""

STEPS = """
import errno, json, os, shutil, sys
from pathlib import Path
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import GridEntry
from ssldiff_gui.state import project as state
from ssldiff_gui.state.project import Project
from ssldiff_gui.storage.project_reading import load

FOLDER, MODE, ACT = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
NAMES = ["write", "fsync", "replace", "rename", "mkdir", "unlink", "open", "chmod", "sendfile"]
count = limit = 0
project = None
OLD, NEW = FOLDER / "old.ssldiff", FOLDER / "new.ssldiff"


def at_once(call, name):  # one thread, so that every step can be counted
    call()


state.in_background = at_once


def stopping(name):
    real = getattr(os, name)

    def call(*args, **others):
        global count
        count += 1
        if count == limit:
            if MODE == "kill":
                os._exit(9)
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **others)

    setattr(os, name, call)


for name in NAMES:
    stopping(name)


def prepare():
    project = Project.create(OLD)
    project.put(GridEntry(id="grid-0001", file="grids/grid-0001.safetensors"))
    (OLD / "grids/grid-0001.safetensors").write_bytes(bytes(3000))
    for number in range(5):
        project.edit("grid-0001", number, {"number": number})
    if ACT == "open":
        project._folder.close()  # as a program that was killed leaves it
    else:
        project.close()


def act(steps):
    global limit, count, project
    project = None if ACT == "open" else Project.open(OLD)
    if project is not None:
        project.edit("grid-0001", 5, {"number": 5})
    limit, count = steps, 0
    if ACT == "compact":
        project._settle()
        project.edit("grid-0001", 6, {"number": 6})
        project.close()
    elif ACT == "open":
        Project.open(OLD).close()
    else:
        project.save_as(NEW)
        project.edit("grid-0001", 6, {"number": 6})
        project.close()


def whole(folder):
    found = Project.open(folder)
    numbers = [edit["number"] for edit in found.edits("grid-0001")]
    least = 5 if ACT == "open" else 6
    good = numbers == list(range(len(numbers))) and least <= len(numbers) <= 7
    good = good and not found.notices
    good = good and (folder / "grids/grid-0001.safetensors").stat().st_size == 3000
    found.close()
    return good


if ACT == "move":
    state.untitled_folder = lambda: FOLDER
stopped = wrong = untyped = 0
steps = 1
while True:
    prepare()
    if MODE == "kill":
        child = os.fork()
        if child == 0:
            try:
                act(steps)
            except UserError:
                os._exit(8)
            os._exit(0)
        ended = os.waitpid(child, 0)[1] == 0
    else:
        try:
            act(steps)
        except UserError:
            pass
        except OSError:
            untyped += 1
        ended = count < steps
        limit = 0
        if project is not None:
            project.close()
    limit = 0
    folders = [folder for folder in (OLD, NEW) if folder.exists()]
    try:
        wrong += not folders or not all(whole(folder) for folder in folders)
    except UserError:
        wrong += 1
    for path in FOLDER.iterdir():
        shutil.rmtree(path)
    if ended:
        break
    stopped += 1
    steps += 1
print(json.dumps(dict(stopped=stopped, wrong=wrong, untyped=untyped)))
"""

OPENERS = """
import json, os, sys
from pathlib import Path
from ssldiff_gui.core.project import GridEntry
from ssldiff_gui.state.project import Project

PATH, OPENS = Path(sys.argv[1]), int(sys.argv[2])
project = Project.create(PATH)
project.put(GridEntry(id="g"))
project.close()
answers, answer = os.pipe()
gate, opener = os.pipe()
children = []
for _ in range(OPENS):
    child = os.fork()
    if child == 0:
        project = Project.open(PATH)
        said = b"w" if project.read_only is None else b"r"
        if said == b"r" and f"process" not in project.read_only:
            said = b"?"
        if not project.get("g"):
            said = b"!"
        os.write(answer, said)
        os.close(opener)
        os.read(gate, 1)
        os._exit(0)
    children.append(child)
said = b""
while len(said) < OPENS:
    said += os.read(answers, OPENS)
os.close(opener)
for child in children:
    os.waitpid(child, 0)
after = Project.open(PATH)
assert after.read_only is None and after.get("g")
print(json.dumps(dict(writers=said.count(b"w"), readers=said.count(b"r"), nameless=said.count(b"?"),
                      odd=said.count(b"!"))))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """What is killed is the program, not the machine."""
    with in_memory(tmp_path) as folder:
        yield folder


def figures(script: str, *arguments: object) -> dict[str, float]:
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert found.returncode == 0, found.stderr.decode()[-3000:]
    return dict(json.loads(found.stdout))


@pytest.mark.slow
def test_kill_nine_while_editing(folder: Path) -> None:
    found = figures(RANDOM_KILLS, folder / "a.ssldiff", KILLS)
    print(f"\nproject_kills={KILLS}")
    print(f"project_edits={found['edits']}")
    print(f"project_edits_lost={found['lost']}")
    print(f"project_most_lost_at_once={max(0, found['worst'])}")
    print(f"project_snapshots_meanwhile={found['snapshots']}")
    print(f"project_slowest_reopening_s={found['slowest']:.3f}")
    assert found["edits"] > KILLS
    assert found["snapshots"] > 10
    assert found["worst"] <= 1
    assert found["slowest"] < 5


@pytest.mark.slow
@pytest.mark.parametrize("act", ["compact", "open", "copy", "move"])
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_stopped_at_every_write_sync_and_rename(folder: Path, act: str, mode: str) -> None:
    found = figures(STEPS, folder, mode, act)
    print(f"\nproject_{act}_steps_stopped_by_{mode}={found['stopped']}")
    print(f"project_{act}_states_lost_by_{mode}={found['wrong']}")
    print(f"project_{act}_untyped_errors_by_{mode}={found['untyped']}")
    assert found["stopped"] > 10
    assert found["wrong"] == found["untyped"] == 0


def test_of_many_programs_one_writes(folder: Path) -> None:
    found = figures(OPENERS, folder / "a.ssldiff", OPENS)
    print(f"\nproject_concurrent_opens={OPENS}")
    print(f"project_writers={found['writers']}")
    print(f"project_readers={found['readers']}")
    print(f"project_readers_not_told_who={found['nameless']}")
    assert found == {"writers": 1, "readers": OPENS - 1, "nameless": 0, "odd": 0}


@contextmanager
def disk(where: Path, kibibytes: int) -> Iterator[None]:
    """A disk of its own, in memory."""
    size = f"size={kibibytes}k"
    found = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "none", where], capture_output=True, check=False
    )
    if found.returncode:
        pytest.skip("disks cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def mounted_again(where: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", where], check=True)


@pytest.mark.parametrize("trouble", ["full", "read-only", "gone"])
def test_a_disk_that_fails_and_comes_back(tmp_path: Path, trouble: str) -> None:
    with disk(tmp_path, 4096 if trouble == "gone" else 64):
        project = Project.create(tmp_path / "a.ssldiff")
        said: list[UserError | None] = []
        project.problem.connect(said.append)
        project.mended.connect(lambda: said.append(None))
        project.put(GridEntry(id="grid-0001"))
        if trouble == "gone":
            (tmp_path / "a.ssldiff").rename(tmp_path / "away")
        elif trouble == "read-only":
            project.close()
            mounted_again(tmp_path, "ro")
            looked_at = Project.open(tmp_path / "a.ssldiff")
            assert looked_at.read_only == "the folder cannot be written to"
            assert looked_at.get("grid-0001")
            looked_at.close()
            return
        for number in range(100):
            project.edit("grid-0001", number, {"number": number, "more": "x" * 2000})
        checked(project)
        assert len(said) == 1
        assert isinstance(said[0], FileProblem)
        assert said[0].hint
        if trouble == "gone":
            (tmp_path / "away").rename(tmp_path / "a.ssldiff")
        else:
            mounted_again(tmp_path, "size=8m")
        checked(project)
        assert said[1:] == [None]
        project.edit("grid-0001", 100, {"number": 100})
        project.close()
        again = Project.open(tmp_path / "a.ssldiff")
        assert len(again.edits("grid-0001")) == 101
        again.close()


def checked(project: Project) -> None:
    """Look after a project, and wait for what comes of it."""
    project.check()
    end = time.monotonic() + 10
    while project._busy:
        assert time.monotonic() < end
        time.sleep(0.01)
