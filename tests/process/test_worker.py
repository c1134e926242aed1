"""The worker process: the same bytes as in this process, an end at once, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.requests import (
    AnyRequest,
    CheckRequest,
    EmbedRequest,
    ExportRequest,
    FigureRequest,
    GenerateRequest,
    PriorRequest,
)
from ssldiff_gui.jobs.client import WorkerClient
from ssldiff_gui.jobs.inline import do
from ssldiff_gui.jobs.messages import (
    Cancelled,
    Failed,
    Finished,
    Heartbeat,
    Preview,
    Progressed,
    Started,
    TileWritten,
    Unloaded,
)
from ssldiff_gui.storage.canvas import Canvas
from tests.jobs.starters import install_starters
from tests.models.tiny_priors import tiny_prior_folder
from tests.process.heard import Heard, alive, vanished
from tests.process.made import grid_file, rendering, tiny_model
from tests.slides.made.tiffs import ome_tiff


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory):
    """One home for all of them: the process keeps the one it was started with."""
    return tmp_path_factory.mktemp("worker-home")


@pytest.fixture(scope="module")
def started(shared_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSLDIFF_HOME", str(shared_home))
        client = WorkerClient(lambda call: call())
        heard = Heard(client)
        client.warm()
        heard.ready()
        pid = client.pid
        yield client, heard
        client.close()
    assert vanished(pid)


@pytest.fixture
def client(started, shared_home, monkeypatch):
    monkeypatch.setenv("SSLDIFF_HOME", str(shared_home))
    return started[0]


@pytest.fixture
def heard(started):
    return started[1]


@pytest.fixture
def model(client, shared_home):
    folder = shared_home / "made"
    return folder / "tiny" if folder.exists() else tiny_model(folder)


_names = iter(range(10_000))


@pytest.fixture
def ask(client, heard):
    def run(request: AnyRequest):
        job = f"job{next(_names)}"
        client.submit(job, request)
        return heard.end(job)

    return run


def content(path: Path) -> dict[str, bytes]:
    """Return what a folder or a file holds, but for what no two runs have in common."""
    files = [path] if path.is_file() else [p for p in sorted(path.rglob("*")) if p.is_file()]
    return {
        str(p.relative_to(path)): p.read_bytes()
        for p in files
        if p.name not in {"writer.lock", "writer.json"}
    }


@pytest.mark.slow
def test_inline_and_worker_write_identical_bytes(ask, shared_home, tmp_path):
    install_starters("histology")
    tiny_prior_folder(shared_home / "data" / "models" / "tiny-prior")
    ome_tiff(tmp_path / "slide.ome.tif")

    def requests(folder: Path) -> list[AnyRequest]:
        folder.mkdir()
        made = str(folder / "c.ome.zarr")
        return [
            EmbedRequest(
                slide=str(tmp_path / "slide.ome.tif"), region=(0, 0, 96, 64), device="cpu",
                output=str(folder / "g.safetensors"), model="starter-histology-encoder",
                skip_background=False,
            ),
            PriorRequest(
                output=str(folder / "p.safetensors"), model="tiny-prior", label="lungn", rows=3,
                columns=4, steps=4, device="cpu",
            ),
            GenerateRequest(
                grid=str(folder / "g.safetensors"), canvas=made, steps=4, device="cpu",
                model="starter-histology",
            ),
            ExportRequest(canvas=made, output=str(folder / "out.synthetic.ome.tif")),
            CheckRequest(canvas=made, output=str(folder / "k.safetensors"), device="cpu"),
            FigureRequest(
                canvas=made, output=str(folder / "f.png"), slide=str(tmp_path / "slide.ome.tif"),
                check=str(folder / "k.safetensors"),
            ),
        ]  # fmt: skip

    ours, theirs = tmp_path / "a" / "same", tmp_path / "b" / "same"
    ours.parent.mkdir()
    theirs.parent.mkdir()
    for request in requests(ours):
        do(request, yes=True)
    for request in requests(theirs):
        done = ask(request)
        assert isinstance(done, Finished), done
    assert content(ours).keys() == content(theirs).keys()
    different = [name for name, found in content(ours).items() if content(theirs)[name] != found]
    assert different == []


def test_what_is_heard_of_a_render(client, heard, model, tmp_path):
    request = rendering(model, grid_file(tmp_path / "g.safetensors"), tmp_path / "c.ome.zarr")
    client.submit("watched", request)
    done = heard.end("watched")
    assert isinstance(done, Finished), done
    assert done.result["missing"] == 0
    assert heard.of(Started, "watched")
    steps = heard.of(Progressed, "watched")
    assert steps[-1].done == steps[-1].total
    assert [t.box.width for t in heard.of(TileWritten, "watched")] == [128]
    for preview in heard.of(Preview, "watched"):
        assert max(preview.picture.shape[:2]) <= 256
    assert heard.of(Heartbeat)[-1].memory > 10 << 20


def test_models_are_kept_and_let_go(client, heard, model, tmp_path):
    grid = grid_file(tmp_path / "g.safetensors")
    client.submit("kept", rendering(model, grid, tmp_path / "1.ome.zarr"))
    heard.end("kept")
    start = len(heard.all)
    beat = heard.wait(lambda m: isinstance(m, Heartbeat), 5, start)[1]
    assert "tiny" in beat.models
    client.unload()
    assert heard.wait(lambda m: isinstance(m, Unloaded), 10, start)[1].memory > 0
    assert heard.wait(lambda m: isinstance(m, Heartbeat) and not m.models, 5, start)


def test_errors_keep_their_kind_and_their_hint(ask, model, tmp_path):
    missing = ask(rendering(model, tmp_path / "none.safetensors", tmp_path / "c.ome.zarr"))
    assert isinstance(missing, Failed)
    assert isinstance(missing.problem(), MissingFile)
    assert missing.hint
    assert "Traceback" in missing.trace
    grid = grid_file(tmp_path / "g.safetensors")
    wrong = ask(rendering(model, grid, tmp_path / "c.ome.zarr", preset="nonsense"))
    assert isinstance(wrong.problem(), BadRequest)


def test_an_end_comes_at_once_and_what_is_finished_stays(client, heard, model, tmp_path):
    grid = grid_file(tmp_path / "g.safetensors", 12, 12)
    request = rendering(model, grid, tmp_path / "c.ome.zarr", steps=200)
    client.submit("long", request)
    client.submit("behind", rendering(model, grid, tmp_path / "d.ome.zarr"))
    heard.wait(lambda m: isinstance(m, Progressed) and m.job == "long")
    client.cancel("behind")
    assert isinstance(heard.end("behind", 1), Cancelled)
    asked = time.monotonic()
    client.cancel("long")
    moment, told = heard.wait(lambda m: isinstance(m, Cancelled) and m.job == "long", 5)
    print(f"cancel_s={moment - asked:.3f}")
    assert moment - asked < 0.5
    assert told
    with Canvas.open(tmp_path / "c.ome.zarr") as canvas:
        assert len(canvas.done) < canvas.tiles[0] * canvas.tiles[1]


def test_a_pause_holds_and_ends(client, heard, model, tmp_path):
    grid = grid_file(tmp_path / "g.safetensors", 5, 5)
    client.submit("slow", rendering(model, grid, tmp_path / "c.ome.zarr", steps=20))
    heard.wait(lambda m: isinstance(m, Progressed) and m.job == "slow")
    client.pause("slow")
    time.sleep(0.4)
    before = len(heard.of(Progressed, "slow"))
    time.sleep(0.8)
    assert len(heard.of(Progressed, "slow")) == before
    client.resume("slow")
    assert isinstance(heard.end("slow"), Finished)


def test_bytes_that_are_no_message_end_nothing(client, heard, model, tmp_path):
    start = len(heard.all)
    for rubbish in (
        b"",
        b"\0\0\0\5hello",
        b"\xff" * 40,
        b"\0\0\0\2{}",
        b'\0\0\0\x0e{"is": "Gone"}',
    ):
        client._child._line.send_bytes(rubbish)
    told = heard.wait(lambda m: isinstance(m, Failed) and m.error == "BadMessage", 10, start)
    assert told[1].job == ""
    client.submit("after", rendering(model, grid_file(tmp_path / "g.safetensors"), tmp_path / "c"))
    assert isinstance(heard.end("after"), Finished)


def test_a_parent_that_is_killed_leaves_no_process(repository):
    code = (
        "import time\nfrom ssldiff_gui.jobs.client import WorkerClient\n"
        "c = WorkerClient(lambda f: f())\nc.events.connect(lambda m: None)\nc.warm()\n"
        "while c.pid is None: time.sleep(0.01)\nprint(c.pid, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=repository, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        assert alive(child)
        os.kill(parent.pid, signal.SIGKILL)
    assert vanished(child, 10)


def test_a_process_that_dies_early_is_not_started_for_ever():
    client = WorkerClient(
        lambda call: call(),
        command=[sys.executable, "-c", "import sys; sys.exit('no such thing')"],
    )
    heard = Heard(client)
    client.submit("never", rendering(Path("m"), Path("g"), Path("c")))
    failed = heard.end("never", 20)
    assert failed.error == "WorkerLost"
    assert "no such thing" in failed.trace
    time.sleep(1)
    assert client.pid is None
    client.close()


@pytest.mark.slow
def test_closing_in_the_middle_leaves_nothing(model, tmp_path):
    client = WorkerClient(lambda call: call())
    heard = Heard(client)
    grid = grid_file(tmp_path / "g.safetensors", 12, 12)
    client.submit("long", rendering(model, grid, tmp_path / "c.ome.zarr", steps=200))
    heard.wait(lambda m: isinstance(m, Progressed))
    pid, began = client.pid, time.monotonic()
    client.close()
    assert time.monotonic() - began < 4
    assert vanished(pid, 1)
    count = len(heard.all)
    client.submit("after the end", rendering(model, grid, tmp_path / "d.ome.zarr"))
    client.warm()
    time.sleep(0.2)
    assert client.pid is None
    assert len(heard.all) == count


def test_previews_arrive_from_a_real_render(client, heard, model, tmp_path):
    grid = grid_file(tmp_path / "g.safetensors", 10, 10)
    client.submit("seen", rendering(model, grid, tmp_path / "c.ome.zarr", steps=40))
    _, preview = heard.wait(lambda m: isinstance(m, Preview) and m.job == "seen")
    assert (preview.box.width, preview.box.height) == (320, 320)
    assert preview.picture.shape == (256, 256, 3)
    assert len(np.unique(preview.picture)) > 2
    client.cancel("seen")
    heard.end("seen", 5)
