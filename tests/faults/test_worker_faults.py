"""A worker that is killed, hangs, or has no memory: replaced, and nothing finished is lost."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress

import pytest

from ssldiff_gui.jobs.client import WorkerClient
from ssldiff_gui.jobs.messages import Failed, Finished, Progressed, TileWritten
from ssldiff_gui.storage.canvas import Canvas
from tests.process.heard import LONG, Heard, vanished
from tests.process.made import grid_file, rendering, tiny_model

FULL = os.environ.get("SSLDIFF_FAULTS") == "full"
"""Each new worker loads torch, 2 to 5 s: a usual run does a few of each, a full one all."""

KILLS, STOPS, SHORTAGES = (50, 20, 30) if FULL else (3, 1, 3)

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.name == "nt", reason="kills and stops as POSIX has them"),
]


@pytest.fixture
def model(tmp_path):
    return tiny_model(tmp_path)


@pytest.fixture
def opened():
    """Clients that are closed when a test is over."""
    made = []

    def open_one(**settings):
        client = WorkerClient(lambda call: call(), **settings)
        made.append(client)
        return client, Heard(client)

    yield open_one
    for client in made:
        client.close()


def usual_start(client, heard):
    """Return how long a process takes here to be ready: on a busy machine, that is long."""
    before = time.monotonic()
    client.warm()
    return heard.ready()[0] - before


def wait_for_pid(client, other=None):
    """Return the process that works now, and is not `other`."""
    ends = time.monotonic() + 30
    while client.pid in {None, other}:
        assert time.monotonic() < ends
        time.sleep(0.005)
    return client.pid


def test_kills(opened, model, tmp_path):
    client, heard = opened()
    grid = grid_file(tmp_path / "g.safetensors", 2, 12)
    path = tmp_path / "0.ome.zarr"
    chance = random.Random(4)
    pids, waits = [], []
    usual = usual_start(client, heard)
    lost = unanswered = kills = 0
    done: set = set()
    while kills < KILLS:
        job = f"job{kills}"
        start = len(heard.all)
        client.submit(job, rendering(model, grid, path, resume=True, steps=12))
        pid = wait_for_pid(client, pids[-1] if pids else None)
        if kills % 2:  # while it starts, or loads the model
            time.sleep(chance.uniform(0, 1.5))
        else:  # in the middle of the job
            heard.wait(lambda m: isinstance(m, (Progressed, Finished, Failed)), LONG, start)
            time.sleep(chance.uniform(0, 0.3))
        kills, before = kills + 1, time.monotonic()
        pids.append(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        heard.gone(10, start)
        unanswered += not any(_over(m, job) for _, m in heard.all[start:])
        if kills % 2:
            waits.append(heard.ready(LONG, start + 1 + _place_of_gone(heard, start))[0] - before)
        if path.exists():
            with Canvas.open(path) as canvas:
                lost += len(done - canvas.done)
                done = set(canvas.done)
            if done:  # all of it: the next one
                path, done = tmp_path / f"{kills}.ome.zarr", set()
    client.submit("last", rendering(model, grid, path, resume=True, steps=12))
    finished = heard.end("last")
    now = client.pid
    client.close()
    orphans = sum(not vanished(pid) for pid in {*pids, now})
    print(f"\nworker_kills={kills}")
    print(f"worker_usual_start_s={usual:.2f}")
    print(f"worker_slowest_ready_s={max(waits):.2f}")
    print(f"worker_jobs_without_an_answer={unanswered}")
    print(f"worker_tiles_lost={lost}")
    print(f"worker_orphans={orphans}")
    assert isinstance(finished, Finished), finished
    assert finished.result["missing"] == 0
    assert unanswered == lost == orphans == 0
    assert max(waits) < max(10, 3 * usual)


def _over(message, job):
    return isinstance(message, (Failed, Finished)) and message.job == job


def _place_of_gone(heard, start):
    return next(n for n, (_, m) in enumerate(heard.all[start:]) if type(m).__name__ == "Gone")


def test_twenty_hangs(opened, model, tmp_path):
    silence = 1.5
    client, heard = opened(silence=silence)
    grid = grid_file(tmp_path / "g.safetensors", 4, 4)
    slow = orphans = 0
    waits = []
    usual = usual_start(client, heard)
    for number in range(STOPS):
        start = len(heard.all)
        pid = wait_for_pid(client)
        job = f"job{number}"
        request = rendering(model, grid, tmp_path / f"{number}.ome.zarr", steps=200)
        client.submit(job, request)
        heard.wait(lambda m, j=job: getattr(m, "job", None) == j, LONG, start)
        os.kill(pid, signal.SIGSTOP)
        before = time.monotonic()
        gone, told = heard.gone(20, start)
        slow += gone - before > silence + 2
        assert "signal 9" in told.words
        assert heard.end(job).error == "WorkerLost"
        waits.append(heard.ready(LONG, start + 1)[0] - gone)
        orphans += not vanished(pid)
    print(f"\nworker_stops={STOPS}")
    print(f"worker_stops_found_late={slow}")
    print(f"worker_slowest_ready_after_stop_s={max(waits):.2f}")
    print(f"worker_orphans={orphans}")
    assert slow == orphans == 0
    assert max(waits) < max(10, 3 * usual)


def test_a_stopped_process_is_ended_by_a_cancel(opened, model, tmp_path):
    client, heard = opened()
    grid = grid_file(tmp_path / "g.safetensors", 8, 8)
    client.submit("stuck", rendering(model, grid, tmp_path / "c.ome.zarr", steps=40))
    client.submit("next", rendering(model, grid, tmp_path / "d.ome.zarr"))
    heard.wait(lambda m: isinstance(m, Progressed))
    pid = client.pid
    os.kill(pid, signal.SIGSTOP)
    client.cancel("stuck")
    assert type(heard.end("stuck", 8)).__name__ == "Cancelled"
    assert vanished(pid)
    assert isinstance(heard.end("next"), Finished)


def test_memory_that_runs_out(opened, model, tmp_path, monkeypatch, repository):
    faults = tmp_path / "faults"
    faults.write_text("none")
    monkeypatch.setenv("SSLDIFF_TEST_FAULTS", str(faults))
    monkeypatch.setenv("PYTHONPATH", str(repository))
    client, heard = opened(command=[sys.executable, "-m", "tests.process.short_of_memory"])
    grid = grid_file(tmp_path / "g.safetensors", 2, 3)
    chance = random.Random(1)
    usual_start(client, heard)
    pid = client.pid
    finished = typed = 0
    for number in range(SHORTAGES):
        kind = number % 3
        calls = [chance.randint(1, 6)] if kind == 0 else [-1] if kind == 1 else range(1, 400)
        faults.write_text(f"case{number} " + " ".join(map(str, calls)))
        if kind == 1:
            client.unload()
        job = f"job{number}"
        client.submit(job, rendering(model, grid, tmp_path / f"{number}.ome.zarr"))
        end = heard.end(job)
        if isinstance(end, Finished):
            finished += end.result["missing"] == 0
        else:
            typed += isinstance(end, Failed) and end.error == "OutOfMemory" and bool(end.hint)
    tiles = len(heard.of(TileWritten))
    print(f"\nworker_shortages={SHORTAGES}")
    print(f"worker_shortages_finished={finished}")
    print(f"worker_shortages_told={typed}")
    print(f"worker_exits={int(client.pid != pid)}")
    assert finished + typed == SHORTAGES
    assert finished >= SHORTAGES // 3
    assert tiles >= finished
    assert client.pid == pid
