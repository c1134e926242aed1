"""Kill -9 in the middle of renders: no acknowledged tile is lost, and the end is the same."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import save_grid
from tests.models.tiny import tiny_generator_folder

KILLS = 50
TILE = 32

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(600)]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, which Windows has not")


class Farm:
    """Starts renders in forks and kills them."""

    def __init__(self, repository, home, model):
        environment = os.environ | {"SSLDIFF_HOME": str(home), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.render_child", str(model)], cwd=repository,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
        )  # fmt: skip
        assert self._line() == "ready"

    def _line(self):
        return self.process.stdout.readline().strip()

    def render(self, request, kill_after=None):
        """Return what came of it; None when it was killed first."""
        self.process.stdin.write(json.dumps({"request": request, "tile": TILE}) + "\n")
        self.process.stdin.flush()
        child = int(self._line())
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        result = None
        while "status" not in (answer := json.loads(self._line())):
            result = answer
        return result

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@pytest.fixture
def farm(repository, tmp_path):
    model = tiny_generator_folder(tmp_path / "tiny")
    found = Farm(repository, tmp_path / "home", model)
    yield found
    found.close()


def tiles_of(path):
    """Return the SHA-256 of every acknowledged tile, and how long opening took."""
    began = time.monotonic()
    with Canvas.open(path) as canvas:
        took = time.monotonic() - began
        boxes = {at: canvas.layout.box((0, *at)) for at in canvas.done}
        return {at: hashlib.sha256(canvas.read(box)).hexdigest() for at, box in boxes.items()}, took


@needs_fork
def test_fifty_kills(farm, tmp_path):
    vectors = np.random.default_rng(3).standard_normal((3, 4, 8)).astype(np.float32)
    save_grid(tmp_path / "g.safetensors", EmbeddingGrid(vectors, "tiny@000000000000", 32))
    request = {
        "grid": str(tmp_path / "g.safetensors"), "model": str(tmp_path / "tiny"), "steps": 2,
        "batch": 4, "device": "cpu", "resume": True,
    }  # fmt: skip
    began = time.monotonic()
    whole = farm.render(request | {"canvas": str(tmp_path / "whole.ome.zarr")})
    usual = time.monotonic() - began
    expected, _ = tiles_of(tmp_path / "whole.ome.zarr")
    chance = random.Random(11)
    lost = wrong = canvases = kills = slowest = 0
    while kills < KILLS:
        canvases += 1
        path = tmp_path / f"{canvases}.ome.zarr"
        acknowledged: dict = {}
        result = None
        while result is None:
            result = farm.render(
                request | {"canvas": str(path)},
                chance.uniform(0.05, usual) if kills < KILLS else None,
            )
            kills += result is None
            if path.exists():
                found, took = tiles_of(path)
                slowest = max(slowest, took)
                lost += len(set(acknowledged) - set(found))
                wrong += sum(expected[at] != digest for at, digest in found.items())
                acknowledged = found
        wrong += result["sha256"] != whole["sha256"]
    print(f"\nrender_kills={kills}")
    print(f"render_canvases_resumed_to_the_same_hash={canvases - wrong}/{canvases}")
    print(f"render_acknowledged_tiles_lost={lost}")
    print(f"render_slowest_reopen_s={slowest:.3f}")
    assert kills >= KILLS
    assert lost == wrong == 0
