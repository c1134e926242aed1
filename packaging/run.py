"""`make run`: the studio on the sample slide, with the demo's picture beside it.

The demo is rendered once, into the cache. Where nobody can see a window, the studio makes its
journey by itself and leaves pictures.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import system
import with_display

STUDIO = ["-m", "ssldiff_gui", "--sample"]
JOURNEY = ["-m", "tests.gui.journey", "--out", "out/run"]
RESOURCES = Path(__file__).resolve().parents[1] / "resources"
MODELS = ("starter-histology-encoder", "starter-histology")
CANVAS = "result.ome.zarr"


def demo_canvas() -> Path | None:
    """Return the demo's canvas, rendered first when it is not there; None when it cannot be."""
    parts = [RESOURCES / "samples" / "sample-slide.tif"]
    parts += [RESOURCES / "models" / name / "model.json" for name in MODELS]
    if not all(part.is_file() for part in parts):
        return None
    from ssldiff_gui.core.folders import cache_folder

    contents = hashlib.sha256(b"".join(part.read_bytes() for part in parts))
    folder = cache_folder() / f"demo-{contents.hexdigest()[:12]}"
    if not is_finished(folder):
        print("The first start renders the demo, once: up to a minute.", flush=True)
        command = [sys.executable, "-m", "ssldiff_gui.cli", "demo", "--out", str(folder)]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            print("The studio starts without it.", flush=True)
            return None
    return folder / CANVAS


def is_finished(folder: Path) -> bool:
    """Tell whether a demo was rendered there to its end."""
    try:
        state = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(state.get("finished")) and (folder / CANVAS).is_dir()


def main() -> int:
    """Run the studio; return its exit status."""
    canvas = demo_canvas()
    beside = [] if canvas is None else ["--beside", str(canvas)]
    if system.has_display():
        return subprocess.run([sys.executable, *STUDIO, *beside], check=False).returncode
    print("There is no display here, so the studio runs without one, by itself: it opens the")
    print("sample slide, zooms, moves the picture, draws a region and exports it. Pictures:")
    sys.stdout.flush()
    return with_display.main([sys.executable, *JOURNEY, *beside])


if __name__ == "__main__":
    sys.exit(main())
