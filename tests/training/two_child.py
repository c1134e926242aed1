"""One of several processes that take a run's steps together."""

from __future__ import annotations

import sys
from pathlib import Path

from ssldiff_gui.training.loop import run
from ssldiff_gui.training.machine import machine, part_of
from tests.training.tiny_tasks import TinyTask, Watch, tiny_settings

SETTINGS = tiny_settings(steps=30, batch=8, rate=0.01, show_every=30)

if __name__ == "__main__":
    on = machine("cpu")
    assert on.num_processes == 2, on.num_processes
    watch = Watch()
    watch.asked = sys.argv[2] == "1" and on.process_index == 1  # the second asks for the end
    run(TinyTask(part_of(SETTINGS, 2)), SETTINGS, Path(sys.argv[1]), watch, on=on)
    on.end_training()
