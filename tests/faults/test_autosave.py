"""A program that is killed while somebody draws loses at most the edit that was under way."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssldiff_gui.storage.annotation_store import AnnotationJournal

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KILLS = 25

DRAWING = """
import sys, shapely
from pathlib import Path
from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.state.autosave import _Kept
from ssldiff_gui.storage.annotation_store import AnnotationJournal

journal = AnnotationJournal(Path(sys.argv[1]), "a.svs")
saved = journal.open()
editor = AnnotationEditor()
if saved.patch is not None:
    editor.restore(saved.patch)
kept = _Kept(editor, journal)
number = len(editor.annotations)
print("ready", number, flush=True)
while True:
    editor.add(Annotation(geometry=shapely.Point(number, 0).buffer(50), name=str(number)))
    number += 1
    print("done", number, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_kill_nine_while_drawing(tmp_path: Path) -> None:
    path = tmp_path / "scene-0.jsonl"
    chance = random.Random(3)
    worst = lost = 0
    acknowledged = 0
    slowest = 0.0
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", DRAWING, str(path)], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            word, number = child.stdout.readline().split()
            assert word == b"ready"
            missing = acknowledged - int(number)
            lost += max(0, missing)
            worst = max(worst, missing)
            time.sleep(chance.random() * 0.15)
            child.send_signal(signal.SIGKILL)
            finished = child.stdout.read().split(b"\n")
            acknowledged = max(
                [int(number), *(int(line.split()[1]) for line in finished if line[:4] == b"done")]
            )
        started = time.perf_counter()
        journal = AnnotationJournal(path, "a.svs")
        saved = journal.open()
        journal.close()
        slowest = max(slowest, time.perf_counter() - started)
        assert saved.problem is None
        names = [] if saved.patch is None else [a.name for _, a in saved.patch.put.values()]
        assert names == [str(n) for n in range(len(names))]
    print(f"autosave_kills={KILLS}")
    print(f"autosave_edits_acknowledged={acknowledged}")
    print(f"autosave_edits_lost={lost}")
    print(f"autosave_most_lost_at_once={worst}")
    print(f"autosave_reopen_seconds={slowest:.3f}")
    assert lost == 0
    assert acknowledged > KILLS
    assert slowest < 5
