"""Small pictures of many files, made in the background, what was asked for last first."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from psygnal import Signal

from ssldiff_gui.core.errors import BrokenFile, MissingFile, UserError
from ssldiff_gui.core.folders import cache_folder
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.openings import Opener, open_slide
from ssldiff_gui.state.thumbnail_cache import RGB, ThumbnailCache, key_of
from ssldiff_gui.state.thumbnail_picture import fitted, thumbnail

SIZE = 256
MOST_WAITING = 1000
log = logging.getLogger(__name__)


class Thumbnails:
    """Makes thumbnails in a few threads and keeps them on disk.

    Parameters
    ----------
    size
        Longer side, in pixels.
    workers
        How many threads.
    limit_bytes
        Room on disk.
    folder
        Where they are kept; in the user's cache folder when None.
    deliver
        Runs a call in the thread where signals are wanted.
    opener
        Opens a file.
    """

    ready = Signal(Path, object)
    """(path, (height, width, 3) uint8 RGB)."""

    failed = Signal(Path, UserError)

    def __init__(
        self,
        *,
        size: int = SIZE,
        workers: int = 2,
        limit_bytes: int = 200 << 20,
        folder: Path | None = None,
        deliver: Deliver | None = None,
        opener: Opener | None = None,
    ) -> None:
        self._size = size
        self._workers = workers
        self._deliver = deliver or deliver_at_once
        self._opener = opener or open_slide
        self._cache = ThumbnailCache(folder or cache_folder() / "thumbnails", limit_bytes)
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._working: set[Path] = set()
        self._failures: dict[str, UserError] = {}
        self._news = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def request(self, path: Path) -> None:
        """Ask for a thumbnail; `ready` or `failed` answers, the latest request first."""
        with self._news:
            if self._closed or path in self._working:
                return
            self._wanted.pop(path, None)
            self._wanted[path] = None
            while len(self._wanted) > MOST_WAITING:
                self._wanted.popitem(last=False)
            if len(self._threads) < self._workers:
                self._threads.append(in_background(self._work, "thumbnails"))
            self._news.notify()

    def forget_requests(self) -> None:
        """Drop what waits: another folder is looked at."""
        with self._news:
            self._wanted.clear()

    def keep(self, path: Path, picture: RGB) -> None:
        """Keep a picture that somebody made of a file, for the next time it is listed.

        A viewer that has built an overview of a large flat file knows better than a sample.
        """
        small = fitted(picture, self._size)

        def save() -> None:
            try:
                self._cache.put(key_of(path, self._size), small)
            except OSError:
                return
            self._deliver(lambda: self.ready.emit(path, small))

        in_background(save, "keep thumbnail")

    def close(self) -> None:
        """Let the threads end."""
        with self._news:
            self._closed = True
            self._wanted.clear()
            self._news.notify_all()

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._wanted and not self._closed:
                    self._news.wait()
                if self._closed:
                    return
                path, _ = self._wanted.popitem()
                self._working.add(path)
            try:
                self._answer(path)
            finally:
                with self._news:
                    self._working.discard(path)

    def _answer(self, path: Path) -> None:
        key = ""
        try:
            key = key_of(path, self._size)
            picture = self._picture(path, key)
        except UserError as error:
            problem = error
        except OSError:
            problem = MissingFile(path, f"{path.name} is gone.", "Reconnect its drive.")
        except Exception as error:  # one bad file must not end the thread
            log.exception("no thumbnail of %s", path)
            problem = BrokenFile(path, f"{path.name} cannot be shown ({type(error).__name__}).")
        else:
            self._say(lambda: self.ready.emit(path, picture))
            return
        if key:
            self._failures[key] = problem
        self._say(lambda: self.failed.emit(path, problem))

    def _say(self, call: Callable[[], None]) -> None:
        if not self._closed:
            self._deliver(call)

    def _picture(self, path: Path, key: str) -> RGB:
        known = self._failures.get(key)
        if known is not None:
            raise known
        picture = self._cache.get(key)
        if picture is None:
            slide = self._opener(path)
            try:
                picture = thumbnail(slide, self._size)
            finally:
                slide.close()
            self._cache.put(key, picture)
        return picture
