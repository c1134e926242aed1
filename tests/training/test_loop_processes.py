"""Two processes take the same steps as one that takes each step in two parts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ssldiff_gui.training import curves
from ssldiff_gui.training.checkpoints import last_facts
from ssldiff_gui.training.loop import LOG, run
from ssldiff_gui.training.machine import part_of
from tests.training.tiny_tasks import TinyTask, Watch
from tests.training.two_child import SETTINGS


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="gloo finds no network there")
def test_two_processes_have_the_curve_of_one(tmp_path: Path, repository: Path) -> None:
    run_two(repository, tmp_path / "two", "1")  # the second asks for an end at once, and both stop
    assert (last_facts(tmp_path / "two") or {})["step"] == 1
    run_two(repository, tmp_path / "two", "0")
    told = SETTINGS.model_copy(update={"run": SETTINGS.run.model_copy(update={"accumulate": 2})})
    run(TinyTask(part_of(told, 1)), told, tmp_path / "one", Watch())
    one, two = (curves.read(tmp_path / name / LOG) for name in ("one", "two"))
    assert [line["step"] for line in two] == [10, 20, 30]
    for name in ("loss", "twice"):
        found = [line[name] for line in two]
        assert found == pytest.approx([line[name] for line in one], rel=1e-5)


def run_two(repository: Path, folder: Path, stop: str) -> None:
    called = [
        sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone",
        "--nproc-per-node", "2", "-m", "tests.training.two_child", str(folder), stop,
    ]  # fmt: skip
    words = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        called, cwd=repository, env=words, capture_output=True, text=True, check=False
    )
    stopped = "Stopped after 1 of 30 steps" in done.stderr
    assert stopped if stop == "1" else done.returncode == 0, done.stderr[-3000:]
