"""How soon the programs are there: the command line's help, the studio's window.

``python -m tests.benchmarks.startup [--json] [--runs 5]`` on any display; the comparand, an empty
napari viewer, starts in turn with the studio, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HELP_SECONDS, WINDOW_RATIO = 0.4, 1.3

_SAY = "print('REACHED', {name!r}, time.monotonic() - float(os.environ['STARTED']), flush=True)"

_HELP = """
import os, sys, time
from ssldiff_gui.cli import main
sys.argv = ["ssldiff", "--help"]
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "PySide6", "PyQt6", "napari", "qtpy"} & set(sys.modules)
assert not heavy, heavy
"""

_FIRST_PAINT = """
import os, time
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QApplication

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and watched is self.window and not self.seen:
            self.seen = True
            QTimer.singleShot(0, self.say)
        return False
    def say(self):
        SAY_VISIBLE
        if self.last:
            QApplication.instance().quit()

def watch(window, last):
    made = Watch(window)
    made.window, made.seen, made.last = window, False, last
    window.installEventFilter(made)
"""

_NAPARI = """
import napari
viewer = napari.Viewer(show=False)
watch(viewer.window._qt_window, last=True)
viewer.show()
napari.run()
"""

_STUDIO = """
from ssldiff_gui.app.run import application, make_window
from ssldiff_gui.state.settings import Settings
qt = application()
window = make_window(qt, Settings.load())
watch(window, last=False)
def ready():
    SAY_READY
    QTimer.singleShot(0, window.close)
window.ready.connect(ready)
window.show()
qt.exec()
"""


def _python(code: str) -> list[str]:
    filled = code.replace("SAY_VISIBLE", _SAY.format(name="visible"))
    return [sys.executable, "-c", filled.replace("SAY_READY", _SAY.format(name="ready"))]


def _run(code: str) -> tuple[float, dict[str, float]]:
    """Run a program in a fresh home; return its whole time and the moments it reached."""
    with tempfile.TemporaryDirectory() as home:
        start = time.monotonic()
        environment = {
            **os.environ,
            "STARTED": repr(start),
            "SSLDIFF_HOME": home,
            "NAPARI_CONFIG": os.path.join(home, "napari.yaml"),  # noqa: PTH118
        }
        done = subprocess.run(
            _python(code), env=environment, capture_output=True, text=True, timeout=300, check=True
        )
        whole = time.monotonic() - start
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("REACHED")]
    return whole, {name: float(seconds) for _, name, seconds in lines}


def measure(runs: int) -> dict[str, float]:
    """Return medians, in seconds."""
    helps, napari, visible, ready = [], [], [], []
    for _ in range(runs):
        helps.append(_run(_HELP)[0])
        napari.append(_run(_FIRST_PAINT + _NAPARI)[1]["visible"])
        reached = _run(_FIRST_PAINT + _STUDIO)[1]
        visible.append(reached["visible"])
        ready.append(reached["ready"])
    middle = statistics.median
    return {
        "help_s": middle(helps),
        "napari_visible_s": middle(napari),
        "studio_visible_s": middle(visible),
        "studio_views_ready_s": middle(ready),
        "visible_ratio": middle(visible) / middle(napari),
        "ready_ratio": middle(ready) / middle(napari),
    }


def main() -> int:
    """Measure, print, and say by the exit code whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    found = measure(wanted.runs)
    if wanted.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:22} {value:8.3f}")
    met = found["help_s"] <= HELP_SECONDS and found["visible_ratio"] <= WINDOW_RATIO
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
