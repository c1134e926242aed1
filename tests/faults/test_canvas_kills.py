"""A render that is killed at any time keeps every tile it has acknowledged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.canvases import in_memory

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.name == "nt", reason="forks and kills as POSIX does"),
]

KILLS = 120
OPENS = 100

CLOSELY, STRIDE = 60, 17
"""Each of the first steps, which make the canvas, then one of so many."""

RANDOM_KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
from ssldiff_gui.storage.canvas import Canvas
from tests.faults.canvas_work import carry_on, finished_hash, missing
import ssldiff_gui.storage.grids, safetensors.numpy

FOLDER, KILLS = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(3)
wanted = finished_hash()
kills = tiles = lost = finished = wrong = made = 0
slowest = 0.0
while kills < KILLS:
    path = FOLDER / f"{made}.ome.zarr"
    while True:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            carry_on(path, lambda *step: os.write(writer, bytes(step)), chance)
            os._exit(0)
        os.close(writer)
        told, enough = b"", 3 * chance.randrange(14)
        while len(told) < enough and (more := os.read(reader, 3)):
            told += more
        time.sleep(chance.random() * (0.004 if enough else 0.05))
        os.kill(child, signal.SIGKILL)
        killed = os.waitpid(child, 0)[1] != 0
        with os.fdopen(reader, "rb") as pipe:
            told += pipe.read()
        heard = [tuple(told[n : n + 3]) for n in range(0, len(told) - 2, 3)]
        started = time.perf_counter()
        if path.exists():
            Canvas.open(path, write=True).close()
        slowest = max(slowest, time.perf_counter() - started)
        lost += missing(path, heard)
        tiles += len(heard)
        kills += killed
        chance.seed(kills)
        if not killed:
            break
    with Canvas.open(path) as canvas:
        finished += 1
        wrong += canvas.digest() != wanted
        assert canvas.finished
    made += 1
assert len(list(FOLDER.iterdir())) == made, "something was left lying"
print(json.dumps(dict(kills=kills, tiles=tiles, lost=lost, finished=finished, wrong=wrong,
                      slowest=slowest)))
"""

STEPS = """
import errno, json, os, random, sys
from pathlib import Path
from ssldiff_gui.core.errors import NoSpace
from ssldiff_gui.storage.canvas import Canvas
from tests.faults.canvas_work import carry_on, finished_hash, missing
import ssldiff_gui.storage.grids, safetensors.numpy

FOLDER, MODE, CLOSELY, STRIDE = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
NAMES = ["write", "fsync", "replace", "rename", "mkdir", "ftruncate"]
NAMES += ["unlink"] if MODE == "kill" else []
count = limit = 0


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
    return real


real = {name: stopping(name) for name in NAMES}
wanted = finished_hash()
stopped = lost = wrong = untyped = 0
limit = 1
while True:
    path = FOLDER / f"{limit}.ome.zarr"
    told, count = [], 0
    if MODE == "kill":
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            tell = lambda *step: real["write"](writer, bytes(step))
            carry_on(path, tell, random.Random(1))
            os._exit(0)
        os.close(writer)
        ended = os.waitpid(child, 0)[1] == 0
        with os.fdopen(reader, "rb") as pipe:
            content = pipe.read()
        told = [tuple(content[n : n + 3]) for n in range(0, len(content), 3)]
    else:
        try:
            carry_on(path, lambda *step: told.append(step), random.Random(1))
            ended = True
        except NoSpace as error:
            assert "--resume" in error.hint or not told
            ended = False
        except OSError:
            untyped += 1
            ended = False
    if ended:
        break
    stopped += 1
    kept, limit = limit, 0
    lost += missing(path, told)
    carry_on(path, lambda *step: None, random.Random(2))
    with Canvas.open(path) as canvas:
        wrong += canvas.digest() != wanted or not canvas.finished
    limit = kept + (1 if kept < CLOSELY else STRIDE)
assert len(list(FOLDER.iterdir())) == stopped + 1, "something was left lying"
print(json.dumps(dict(stopped=stopped, steps=limit, lost=lost, wrong=wrong, untyped=untyped)))
"""

WRITERS = """
import json, os, sys, time
from pathlib import Path
from ssldiff_gui.core.errors import InUse
from ssldiff_gui.storage.canvas import Canvas
from tests.faults.canvas_work import start

FOLDER, OPENS = Path(sys.argv[1]), int(sys.argv[2])
path = FOLDER / "a.ome.zarr"
start(path).close()
answers, answer = os.pipe()
gate, opener = os.pipe()
children = []
for _ in range(OPENS):
    child = os.fork()
    if child == 0:
        try:
            canvas = Canvas.open(path, write=True)
            said = b"w"
        except InUse as error:
            said = b"r" if Canvas.open(path).recipe.model == "tiny" else b"?"
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
Canvas.open(path, write=True).close()
print(json.dumps(dict(writers=said.count(b"w"), readers=said.count(b"r"))))
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
        timeout=280,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert found.returncode == 0, found.stderr.decode()[-3000:]
    return dict(json.loads(found.stdout))


@pytest.mark.slow
def test_kill_nine_at_random_times(folder: Path) -> None:
    found = figures(RANDOM_KILLS, folder, KILLS)
    print(f"\ncanvas_kills={found['kills']}")
    print(f"canvas_steps_acknowledged={found['tiles']}")
    print(f"canvas_steps_lost={found['lost']}")
    print(f"canvas_renders_resumed={found['finished']}")
    print(f"canvas_renders_with_another_hash={found['wrong']}")
    print(f"canvas_slowest_reopening_s={found['slowest']:.3f}")
    assert found["kills"] >= KILLS
    assert found["tiles"] > KILLS
    assert found["finished"] > 5
    assert found["lost"] == found["wrong"] == 0
    assert found["slowest"] < 5


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_stopped_at_every_write_sync_and_rename(folder: Path, mode: str) -> None:
    """A canvas is in its old or its new state, never in a third; a full disk is said as such."""
    found = figures(STEPS, folder, mode, CLOSELY, STRIDE)
    print(f"\ncanvas_steps_to_stop_at={found['steps']}")
    print(f"canvas_steps_stopped_by_{mode}={found['stopped']}")
    print(f"canvas_steps_lost_by_{mode}={found['lost']}")
    print(f"canvas_renders_with_another_hash_after_{mode}={found['wrong']}")
    print(f"canvas_untyped_errors_by_{mode}={found['untyped']}")
    assert found["stopped"] > CLOSELY + 10
    assert found["lost"] == found["wrong"] == found["untyped"] == 0


def test_of_many_programs_one_writes(folder: Path) -> None:
    found = figures(WRITERS, folder, OPENS)
    print(f"\ncanvas_concurrent_opens={OPENS}")
    print(f"canvas_writers={found['writers']}")
    print(f"canvas_readers={found['readers']}")
    assert found == {"writers": 1, "readers": OPENS - 1}
