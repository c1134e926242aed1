"""Runs that are killed at random, again and again, until one comes to its end.

Prints, as JSON, how often that was and what the last one came to. A process of its own, so that
one start of torch serves many runs: each is a fork.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import accelerate  # noqa: F401 - loaded once, before the forks
import matplotlib.figure  # noqa: F401
import timm.optim
import timm.scheduler.cosine_lr  # noqa: F401

from ssldiff_gui.training import curves
from ssldiff_gui.training.checkpoints import checkpoints
from ssldiff_gui.training.loop import LOG, run
from tests.training.tiny_tasks import TinyTask, Watch, tiny_settings

SETTINGS = tiny_settings(steps=40, save_every=3, show_every=20)


def once(folder: Path) -> None:
    """Take all steps, slowly enough to be killed between them, or within."""
    run(TinyTask(SETTINGS), SETTINGS, folder, Watch(lambda _: time.sleep(0.004)))


def killed(folder: Path, after: float) -> bool:
    """Run in a process of its own, kill that after a while; return whether it was too late."""
    child = os.fork()
    if not child:
        try:
            once(folder)
        except BaseException as error:  # noqa: BLE001
            print(error, file=sys.stderr)
            os._exit(3)
        os._exit(0)
    ends = time.monotonic() + after
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0, status
            return True
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main(folder: Path) -> None:
    """Kill runs until one ends; before that, leave what a kill within a write leaves."""
    chance, kills, torn = random.Random(5), 0, False
    while kills < 12 and not killed(folder, chance.uniform(0.02, 0.15)):
        kills += 1
        half = folder / f".checkpoint-{chance.randrange(40):08d}.part"
        half.mkdir(parents=True, exist_ok=True)
        (half / "state.safetensors").write_bytes(b"half")
        there = checkpoints(folder)
        if kills >= 3 and len(there) > 1 and not torn:  # as a power cut may leave the last of them
            with (there[-1] / "state.safetensors").open("r+b") as file:
                file.truncate(100)
            torn = True
        if (folder / LOG).exists():
            with (folder / LOG).open("a") as file:
                file.write('{"step": 10, "lo')
    while not killed(folder, 60):
        pass
    lines = [{k: v for k, v in e.items() if k != "seconds"} for e in curves.read(folder / LOG)]
    print(json.dumps({"kills": kills, "lines": lines}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
