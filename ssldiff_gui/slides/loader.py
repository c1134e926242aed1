"""Decode in the background what a viewer wants to show, the newest wish first."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from psygnal import EmitLoopError, Signal, SignalInstance

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.slides.buffers import PictureBuffers
from ssldiff_gui.slides.cache import TileCache, TileKey
from ssldiff_gui.slides.scene import RGB
from ssldiff_gui.slides.tile_folder import TileFolder

log = logging.getLogger(__name__)

Decode = Callable[[TileKey], RGB | None]
Step = Callable[[], bool]


SWITCH_SECONDS = 0.0005
"""A window's thread that wants the interpreter back from a decoder waits this long at the most;
Python's own 5 ms are a third of a frame."""


@dataclass
class _Client:
    """One pyramid's dealings with the loader."""

    decode: Decode
    wanted: deque[TileKey] = field(default_factory=deque)
    failed: set[TileKey] = field(default_factory=set)
    late: set[TileKey] = field(default_factory=set)
    """Tiles that went out of date while they were being decoded."""
    reported: set[str] = field(default_factory=set)


class TileLoader:
    """A pool of threads that fills a cache; decodes each tile once, however often it is asked for.

    A client's newest request replaces its earlier one: tiles that left the viewport are not
    decoded. Among clients the one that asked last comes first. A tile that cannot be decoded is
    not tried again.

    Parameters
    ----------
    workers
        Threads; two to four, by the number of cores, when None.
    cache
        Where tiles go; one of the default size when None.
    folder
        Where pyramids made for files without one are kept; the user's cache when None.
    """

    arrived = Signal(object, object)
    """(owner, TileKey), from a worker thread: the tile is in the cache."""
    failed = Signal(object, object)
    """(owner, UserError), from a worker thread, once for each kind of trouble of an owner."""

    def __init__(
        self,
        workers: int | None = None,
        cache: TileCache | None = None,
        folder: TileFolder | None = None,
    ) -> None:
        self.cache = cache if cache is not None else TileCache()
        self.folder = folder if folder is not None else TileFolder()
        self._clients: OrderedDict[Hashable, _Client] = OrderedDict()
        self._chores: deque[tuple[Hashable, Step]] = deque()
        self._running: set[TileKey] = set()
        self.buffers = PictureBuffers()
        self._closed = self._prepared = False
        self._hushes = 0
        lock = threading.RLock()
        self._work = threading.Condition(lock)
        self._done = threading.Condition(lock)
        count = workers if workers is not None else min(4, max(2, os.cpu_count() or 2))
        sys.setswitchinterval(min(SWITCH_SECONDS, sys.getswitchinterval()))
        self._threads = [
            threading.Thread(target=self._run, name=f"tiles-{i}", daemon=True) for i in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def register(self, owner: Hashable, decode: Decode) -> None:
        """Take on a client.

        Parameters
        ----------
        owner
            Stands for the client in requests and in the cache.
        decode
            Called in a worker thread; returns the pixels of a tile, or None when they cannot be
            had yet (the client will ask again).
        """
        with self._work:
            self._clients[owner] = _Client(decode)
            if not self._prepared:
                self._prepared = True
                self.add_chore(self, self.buffers.prepare)

    def request(self, owner: Hashable, keys: Sequence[TileKey]) -> None:
        """Replace what a client wants.

        Parameters
        ----------
        owner
            The client; one that is not registered (any more) is not heard.
        keys
            Its tiles, most urgent first.
        """
        with self._work:
            client = self._clients.get(owner)
            if client is None:
                return
            client.wanted = deque(
                key
                for key in dict.fromkeys(keys)
                if key not in self._running
                and key not in client.failed
                and not self.cache.fresh(key)
            )
            self._clients.move_to_end(owner)
            if client.wanted:
                self._work.notify(len(client.wanted))

    def outdate(self, owner: Hashable, changed: Callable[[TileKey], bool]) -> None:
        """Have tiles decoded anew when they are next asked for; the old ones can be had till then.

        Parameters
        ----------
        owner
            The client.
        changed
            Whether a tile's pixels are others now, where they come from. Those being decoded just
            now count as old when they are done: who knows what they were made of.
        """
        with self._work:
            client = self._clients.get(owner)
            if client is None:
                return
            client.failed = {key for key in client.failed if not changed(key)}
            client.late.update(k for k in self._running if k.owner == owner and changed(k))
            self.cache.outdate(key for key in self.cache.held(owner) if changed(key))

    def add_chore(self, owner: Hashable, step: Step) -> None:
        """Do something in small steps whenever no tile is wanted.

        Parameters
        ----------
        owner
            Whoever is told of trouble, and forgotten with the chore.
        step
            Does a little (some 10 ms) and returns whether more is left; may be called from
            several workers at once.
        """
        with self._work:
            self._chores.append((owner, step))
            self._work.notify_all()

    def has_failed(self, key: TileKey) -> bool:
        """Whether a tile was found to be unreadable."""
        client = self._clients.get(key.owner)
        return client is not None and key in client.failed

    def busy(self, owner: Hashable) -> bool:
        """Whether tiles of a client are queued or being decoded."""
        with self._work:
            client = self._clients.get(owner)
            waiting = client is not None and bool(client.wanted)
            return waiting or any(key.owner == owner for key in self._running)

    def wait(self, owner: Hashable, seconds: float) -> None:
        """Wait, but not for long, until all that a client asked for was decoded."""
        with self._done:
            self._done.wait_for(lambda: not self.busy(owner), seconds)

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Begin nothing new for the few milliseconds in which the window assembles a picture."""
        with self._work:
            self._hushes += 1
        try:
            yield
        finally:
            with self._work:
                self._hushes -= 1
                if not self._hushes:
                    self._work.notify_all()

    def forget(self, owner: Hashable) -> None:
        """Drop a client with its requests, chores and tiles; what is being decoded is let go."""
        with self._work:
            self._clients.pop(owner, None)
            self._chores = deque(chore for chore in self._chores if chore[0] != owner)
            self.cache.drop(owner)

    def close(self) -> None:
        """Stop the threads and wait for them; they finish the tile in hand."""
        with self._work:
            self._closed = True
            self._clients.clear()
            self._chores.clear()
            self._work.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._work:
                while not self._closed and not self._something_to_do():
                    self._work.wait()
                if self._closed:
                    return
                job = self._next_tile()
                chore = self._chores.popleft() if job is None else None
                if chore is not None:
                    self._chores.append(chore)
            if job is not None:
                self._decode(*job)
            elif chore is not None:
                self._take_step(*chore)
            del job, chore  # a worker that waits keeps no picture alive

    def _something_to_do(self) -> bool:
        if self._hushes:
            return False
        return bool(self._chores) or any(client.wanted for client in self._clients.values())

    def _next_tile(self) -> tuple[TileKey, _Client] | None:
        for client in reversed(self._clients.values()):
            if client.wanted:
                key = client.wanted.popleft()
                self._running.add(key)
                return key, client
        return None

    def _decode(self, key: TileKey, client: _Client) -> None:
        trouble: UserError | None = None
        tile: RGB | None = None
        try:
            tile = client.decode(key)
        except UserError as error:
            trouble = error
        except Exception as error:  # noqa: BLE001 - a worker outlives whatever a decoder does
            trouble = UserError(f"A part of the picture cannot be shown ({type(error).__name__}).")
        with self._work:
            self._running.discard(key)
            self._done.notify_all()
            if self._clients.get(key.owner) is not client:
                return
            late = key in client.late
            client.late.discard(key)
            if tile is not None:
                self.cache.put(key, tile)
                if late:
                    self.cache.outdate([key])
            report = trouble is not None and not late and self._note(client, key, trouble)
        if tile is not None or trouble is not None:
            self._tell(self.arrived, key.owner, key)
        if report:
            self._tell(self.failed, key.owner, trouble)

    def _tell(self, signal: SignalInstance, *what: object) -> None:
        """Emit a signal; a listener that fails is logged and does not end the worker."""
        try:
            signal.emit(*what)
        except EmitLoopError:
            log.exception("a listener failed")

    def _note(self, client: _Client, key: TileKey, trouble: UserError) -> bool:
        """Remember that a tile is unreadable; return whether anybody should be told."""
        client.failed.add(key)
        known = trouble.message in client.reported
        client.reported.add(trouble.message)
        return not known

    def _take_step(self, owner: Hashable, step: Step) -> None:
        trouble: UserError | None = None
        more = False
        try:
            more = step()
        except UserError as error:
            trouble = error
        except Exception as error:  # noqa: BLE001 - a worker outlives whatever a chore does
            trouble = UserError(f"The picture cannot be prepared ({type(error).__name__}).")
        if more:
            return
        with self._work:
            known = (owner, step) in self._chores
            self._chores = deque(chore for chore in self._chores if chore != (owner, step))
        if known and trouble is not None:
            self._tell(self.failed, owner, trouble)
