"""`make run`: the studio on the sample slide, or its journey in pictures where nobody can see."""

from __future__ import annotations

import subprocess
import sys

import system
import with_display

STUDIO = ["-m", "ssldiff_gui", "--sample"]
JOURNEY = ["-m", "tests.gui.journey", "--out", "out/run"]


def main() -> int:
    """Run the studio; return its exit status."""
    if system.has_display():
        return subprocess.run([sys.executable, *STUDIO], check=False).returncode
    print("There is no display here, so the studio runs without one, by itself: it opens the")
    print("sample slide, zooms, moves the picture, draws a region and exports it. Pictures:")
    sys.stdout.flush()
    return with_display.main([sys.executable, *JOURNEY])


if __name__ == "__main__":
    sys.exit(main())
