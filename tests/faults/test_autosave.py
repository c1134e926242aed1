"""A program that is killed while somebody draws loses at most the edit that was under way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KILLS = 100

MOTHER = """
import json, os, random, signal, sys, time
from pathlib import Path
import shapely
from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.state.autosave import Kept
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.storage.annotation_store import AnnotationJournal

PATH, KILLS = Path(sys.argv[1]), int(sys.argv[2])


def draw(pipe):
    journal = AnnotationJournal(PATH, "a.svs")
    saved = journal.open()
    editor = AnnotationEditor()
    if saved.patch is not None:
        editor.restore(saved.patch)
    kept = Kept(editor, journal)
    number = len(editor.annotations)
    while True:
        shape = shapely.Point(number, 0).buffer(50)
        editor.add(Annotation(geometry=shape, name=str(number)))
        number += 1
        os.write(pipe, number.to_bytes(4, "big"))


chance = random.Random(3)
known = lost = worst = 0
slowest = 0.0
for _ in range(KILLS):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        draw(writer)
    os.close(writer)
    time.sleep(chance.random() * 0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        heard = pipe.read()
    done = int.from_bytes(heard[-4:], "big") if heard else known
    started = time.perf_counter()
    journal = AnnotationJournal(PATH, "a.svs")
    saved = journal.open()
    journal.close()
    slowest = max(slowest, time.perf_counter() - started)
    assert saved.problem is None, saved.problem
    names = [] if saved.patch is None else [a.name for _, a in saved.patch.put.values()]
    assert names == [str(n) for n in range(len(names))], "another state than any that was"
    lost += max(0, done - len(names))
    worst = max(worst, done - len(names))
    known = len(names)
print(json.dumps({"edits": known, "lost": lost, "worst": worst, "slowest": slowest}))
"""


@pytest.mark.skipif(os.name == "nt", reason="forks and kills as POSIX does")
def test_kill_nine_while_drawing(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", MOTHER, str(tmp_path / "scene-0.jsonl"), str(KILLS)],
        capture_output=True,
        check=False,
        timeout=280,
    )
    assert found.returncode == 0, found.stderr.decode()[-2000:]
    figures = json.loads(found.stdout)
    print(f"autosave_kills={KILLS}")
    print(f"autosave_edits={figures['edits']}")
    print(f"autosave_edits_lost={figures['lost']}")
    print(f"autosave_most_lost_at_once={max(0, figures['worst'])}")
    print(f"autosave_slowest_reopening_s={figures['slowest']:.3f}")
    assert figures["edits"] > KILLS
    assert figures["lost"] == 0
    assert figures["slowest"] < 5
