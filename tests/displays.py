"""A virtual display for each process of a parallel run, so that none takes another's focus."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess

SCREEN = "1600x1000x24"


def own_display() -> bool:
    """Bring a display of its own to a process of a parallel run; return whether it has one.

    Where a person's own display is used, there is but that one, and tests take turns at it.
    """
    virtual = os.environ.get("LIBGL_ALWAYS_SOFTWARE") == "1"  # packaging/with_display.py says so
    if "PYTEST_XDIST_WORKER" not in os.environ or not virtual or shutil.which("Xvfb") is None:
        return False
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    atexit.register(server.terminate)
    if number:
        os.environ["DISPLAY"] = f":{number}"
    return bool(number)
