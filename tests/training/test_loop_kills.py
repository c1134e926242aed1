"""A run that is killed, whenever that is, comes to the same weights."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ssldiff_gui.training import curves
from ssldiff_gui.training.checkpoints import TENSORS, checkpoints
from ssldiff_gui.training.loop import LOG, run
from tests.training.kill_child import SETTINGS
from tests.training.tiny_tasks import TinyTask, Watch


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_killed_runs_end_with_bitwise_the_same_weights(tmp_path: Path, repository: Path) -> None:
    run(TinyTask(SETTINGS), SETTINGS, tmp_path / "whole", Watch())
    called = [sys.executable, "-W", "ignore", "-m", "tests.training.kill_child", tmp_path / "cut"]
    done = subprocess.run(called, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] >= 3
    assert _sha(tmp_path / "cut") == _sha(tmp_path / "whole")
    lines = curves.read(tmp_path / "whole" / LOG)
    for line in lines:
        del line["seconds"]
    assert found["lines"] == lines
    assert not [*(tmp_path / "cut").glob(".checkpoint*")]


def _sha(folder: Path) -> str:
    return hashlib.sha256((checkpoints(folder)[-1] / TENSORS).read_bytes()).hexdigest()
