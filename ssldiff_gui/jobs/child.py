"""One worker process, as the studio holds it: started, spoken to, listened to, ended."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Client, Connection
from pathlib import Path

from ssldiff_gui.jobs.messages import LARGEST, BadMessage, Down, Message, from_bytes, to_bytes

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-P", "-m", "ssldiff_gui.jobs.worker")
LINES = 40
"""Of the last words that are kept."""

LONGEST_SOCKET = 90
"""Characters; systems allow about a hundred for the name of a socket."""


class Child:
    """A worker process. Nothing here waits for it, but for `end`.

    Parameters
    ----------
    command
        What is run.
    heard
        Takes each message; called from a thread of the child's own.
    ended
        Called once, from the same thread, when the process is no more.
    """

    def __init__(
        self,
        command: Sequence[str],
        heard: Callable[[Child, Message], None],
        ended: Callable[[Child], None],
    ) -> None:
        self._command = list(command)
        self._heard, self._ended = heard, ended
        self._guard = threading.Lock()
        self._line: Connection | None = None
        self._waiting: list[bytes] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = threading.Event()
        self._said: deque[str] = deque(maxlen=LINES)
        self.last_heard = time.monotonic()
        self.ready = False
        self._thread = threading.Thread(target=self._live, name="worker line", daemon=True)

    def start(self) -> None:
        """Start it, in the background."""
        self.last_heard = time.monotonic()
        self._thread.start()

    def send(self, message: Down) -> None:
        """Tell it something; before it listens, that is kept until it does."""
        content = to_bytes(message)
        with self._guard:
            if self._line is None:
                self._waiting.append(content)
                return
            with suppress(OSError):  # it is gone, which its thread finds out
                self._line.send_bytes(content)

    def kill(self) -> None:
        """End it at once."""
        self._killed.set()
        process = self._process
        if process is not None:
            with suppress(OSError):
                process.kill()

    def end(self, seconds: float) -> None:
        """Wait until it has ended, and end it when it takes longer than `seconds`."""
        if threading.current_thread() is self._thread:
            self.kill()
            return
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.kill()
            self._thread.join(5)

    @property
    def pid(self) -> int | None:
        """Of the process; None before it runs."""
        return None if self._process is None else self._process.pid

    @property
    def words(self) -> str:
        """What it said last, and how it ended."""
        code = None if self._process is None else self._process.poll()
        told = [line for line in self._said if line.strip()]
        if code is not None and code < 0:
            told.append(f"(ended by signal {-code})")
        elif code:
            told.append(f"(ended with code {code})")
        return "\n".join(told)

    def _live(self) -> None:
        """Start it and listen to it until its end."""
        folder = Path(tempfile.mkdtemp(prefix="ssldiff-"))
        try:
            self._listen(self._connect(folder))
        except (EOFError, OSError, ValueError) as error:
            log.debug("the worker's line ended: %r", error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._bury()
            self._ended(self)

    def _connect(self, folder: Path) -> Connection:
        key = secrets.token_bytes(32)
        if self._killed.is_set():
            raise EOFError
        self._process = process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            start_new_session=True,  # Ctrl-C is the studio's to answer
        )
        if self._killed.is_set():  # meanwhile
            process.kill()
        threading.Thread(
            target=self._note, args=(process,), name="worker words", daemon=True
        ).start()
        told = {"parent": os.getpid(), "address": _address(folder), "key": key.hex()}
        assert process.stdin is not None  # noqa: S101 - they are pipes
        assert process.stdout is not None  # noqa: S101
        with process.stdin as pipe:
            pipe.write(json.dumps(told).encode() + b"\n")
        address = json.loads(process.stdout.readline() or b"null")
        if address is None:
            raise EOFError
        line = Client(tuple(address) if isinstance(address, list) else address, authkey=key)
        shutil.rmtree(folder, ignore_errors=True)  # nobody else has to find it
        with self._guard:
            for content in self._waiting:
                line.send_bytes(content)
            self._line = line
        return line

    def _listen(self, line: Connection) -> None:
        while True:
            content = line.recv_bytes(LARGEST)
            self.last_heard = time.monotonic()
            try:
                message = from_bytes(content)
            except BadMessage:
                log.exception("the worker sent what is no message")
                continue
            self._heard(self, message)

    def _note(self, process: subprocess.Popen[bytes]) -> None:
        """Keep the last words; a pipe that nobody reads would stop it."""
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        with process.stderr as pipe:
            for line in pipe:
                text = line.decode("utf-8", "replace").rstrip()
                self._said.append(text[:500])
                log.debug("worker: %s", text)

    def _bury(self) -> None:
        """See to it that nothing of it is left."""
        process = self._process
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        with self._guard:
            line, self._line = self._line, None
        if line is not None:
            line.close()


def _address(folder: Path) -> object:
    """Return where it is to listen: a pipe, a socket with a name, or a port of this machine."""
    if os.name == "nt":
        return rf"\\.\pipe\ssldiff-{secrets.token_hex(16)}"
    name = str(folder / "worker")
    return name if len(name) < LONGEST_SOCKET else ["localhost", 0]
