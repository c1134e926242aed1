"""Which shards of a canvas that somebody else writes can be believed at this moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.storage import canvas_files as files
from ssldiff_gui.storage.canvas_layout import Key, Layout
from ssldiff_gui.storage.canvas_records import CanvasState

Signature = tuple[int, int, int]

TOLD = ""
"""Stands for the hash of what the worker told of, and the ledger was not asked about yet."""

DOUBT_EVERY = 1.0
"""Seconds between two looks into a ledger that may have been overtaken."""


class Standing:
    """What the ledger said when it was read, and what the worker has said since.

    `look` and `gone` ask the disk: they are for readers of pixels. The rest returns at once.

    Parameters
    ----------
    path
        The canvas's folder; it need not be there yet.
    layout
        How the canvas is cut.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self.ours = False
        """Whether the canvas that is there is the one that is meant."""
        self._lock = threading.Lock()
        self._known = self._seen = self._looked = False
        self._doubted = 0.0
        self._good: dict[Key, str] = {}
        self._old: dict[Key, Signature] = {}
        self._begun: set[Key] = set()
        self._anywhere = False
        self._news: deque[Key] = deque()

    # -- for whoever hears of the worker ---------------------------------------------------------

    def expect(self, box: Box) -> None:
        """Believe that the tiles under a box have been written just now."""
        self._news.extend(self.layout.touching(0, box))

    def forget(self) -> None:
        """Read the ledger again before anything is believed."""
        self._known = False

    def doubt(self) -> None:
        """Read the ledger again, but not many times a second."""
        now = time.monotonic()
        if now - self._doubted > DOUBT_EVERY:
            self._doubted = now
            self._known = False

    def unfinished(self, box: Box) -> list[Box]:
        """Return the parts of a box that finished tiles leave open, as far as is known."""
        keys = list(self.layout.touching(0, box))
        left = [key for key in keys if key not in self._good]
        return [box] if len(left) == len(keys) else [p.intersect(box) for p in self._runs(left)]

    # -- for readers of pixels ---------------------------------------------------------------------

    def look(self) -> tuple[list[Key], list[Key], list[Box]]:
        """Take in the news.

        Returns
        -------
        list[Key]
            Tiles that were written since the last look.
        list[Key]
            Shards that the ledger speaks of otherwise than before.
        list[Box]
            In level-0 pixels, those of them that nobody has told of.
        """
        with self._lock:
            news = list(dict.fromkeys(self._news.popleft() for _ in range(len(self._news))))
            before, first = self._good, not self._looked
            if not self._known or any(key in before for key in news):
                self._read_ledger()
            self._looked = True
            turned = [] if self._good is before else _differing(before, self._good)
            found = sorted(k for k in turned if k[0] == 0 and k in self._good and k not in news)
            for key in news:
                self._written(key)
            return news, turned, [] if first else list(self._runs(found))

    def good(self, key: Key) -> bool:
        """Whether a shard's file is what it should be."""
        return key in self._good

    def begun(self, key: Key) -> bool:
        """Whether the disk may have anything of what a shard shows."""
        return self._anywhere or key in self._begun

    def lost(self, key: Key) -> None:
        """Note that a shard's file is not there although it should be."""
        with self._lock:
            for one in (key, *self.layout.ancestors(key)):
                self._good.pop(one, None)

    def gone(self) -> bool:
        """Whether the canvas was there once and is no more."""
        there = (self.path / files.LEDGER).is_file()
        if self._seen and not there:
            self.forget()
        return self._seen and not there

    def _read_ledger(self) -> None:
        """Believe what the ledger says; one that makes no sense (yet) says nothing."""
        good: dict[Key, str] = {}
        old: dict[Key, Signature] = {}
        self._anywhere = ours = False
        with suppress(UserError, OSError):
            state, _ = files.read_state(self.path)
            self._known = self._seen = True
            ours = state.layout == self.layout
            if ours:
                self._anywhere = state.edition > 0  # what was before is shown until it is replaced
                good = {key: shard.sha256 for key, shard in state.shards.items()}
                for at in state.failed:  # coarser levels show them as white
                    for above in self.layout.ancestors((0, *at)):
                        good.pop(above, None)
                old = self._overtaken(state)
        self._good, self._old, self.ours = good, old, ours
        self._begun = set()
        for key in good:
            self._begin(key)

    def _overtaken(self, state: CanvasState) -> dict[Key, Signature]:
        """Return the coarser shards on the disk that show what was there before a change."""
        if not state.edition:
            return {}
        found = {}
        for level in range(1, len(self.layout.levels)):
            rows, columns = self.layout.tiles(level)
            for key in ((level, row, column) for row in range(rows) for column in range(columns)):
                signature = None if key in state.shards else self._signature(key)
                if signature is not None:
                    found[key] = signature
        return found

    def _written(self, key: Key) -> None:
        """Believe in a tile, and in the coarser shards for which it was the last, and no others."""
        if not self.ours:
            return
        for above in self.layout.ancestors(key):
            self._good.pop(above, None)
        self._good[key] = TOLD
        self._begin(key)
        for above in self.layout.ancestors(key):
            whole = all(child in self._good for child in self.layout.children(above))
            signature = self._signature(above) if whole else None
            if signature is None or signature == self._old.get(above):
                break
            self._good[above] = TOLD

    def _begin(self, key: Key) -> None:
        for one in (key, *self.layout.ancestors(key)):
            if one in self._begun:
                break
            self._begun.add(one)

    def _signature(self, key: Key) -> Signature | None:
        try:
            status = files.shard_path(self.path, key).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _runs(self, keys: Sequence[Key]) -> Iterator[Box]:
        """Yield boxes that cover tiles, one for each run of neighbours in a row."""
        for i, key in enumerate(keys):
            if i == 0 or keys[i - 1] != (0, key[1], key[2] - 1):
                first = self.layout.box(key)
            if i == len(keys) - 1 or keys[i + 1] != (0, key[1], key[2] + 1):
                last = self.layout.box(key)
                yield Box(first.x, first.y, last.x2 - first.x, first.height)


def _differing(before: Mapping[Key, str], now: Mapping[Key, str]) -> list[Key]:
    """Return the shards that are there no more, or are new, or other ones."""
    gone = [key for key in before if key not in now]
    return gone + [k for k, sha in now.items() if before.get(k, "none") not in (sha, TOLD)]
