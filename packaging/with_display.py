"""Run a command, under a virtual display of its own when this machine has none.

`python packaging/with_display.py COMMAND …`: like xvfb-run, but without the race for a free
display number (the server picks it) and without xauth.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import system

SCREEN = "1600x1000x24"


@contextmanager
def virtual_display() -> Iterator[str]:
    """Start an X server that draws into memory; yields its name, such as ":7"."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start; run it by hand to see why.")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def main(command: list[str]) -> int:
    """Run the command; return its exit status."""
    if system.has_display():
        return subprocess.run(command, check=False).returncode
    # Being told to end is no reason to leave a server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with virtual_display() as name:
        # The drivers of a virtual display have no screen to wait for, and no graphics card.
        environment = os.environ | {"DISPLAY": name, "LIBGL_ALWAYS_SOFTWARE": "1"}
        environment.setdefault("QT_QPA_PLATFORM", "xcb")
        return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
