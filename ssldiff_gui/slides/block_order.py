"""In which order the blocks of a scene are read: spread out first, what is looked at before."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

Block = tuple[int, int]
"""(column, row)."""

SPREAD = (8, 4, 2)
"""Every eighth block along and across first, then every fourth, then every second."""


class BlockOrder:
    """Hands out each block of a grid once; safe to use from many threads.

    Parameters
    ----------
    columns, rows
        Size of the grid.
    spread
        Whether to skip about at first; not worth it where blocks must be read in turn.
    """

    def __init__(self, columns: int, rows: int, *, spread: bool = True) -> None:
        self.columns, self.rows = columns, rows
        self._lock = threading.Lock()
        self._order = _spread(columns, rows) if spread else _in_turn(columns, rows)
        self._urgent: dict[Block, None] = {}
        self._taken: set[Block] = set()
        self._stopped = False

    def next(self) -> tuple[Block, int] | None:
        """Return a block and how many blocks around it, each way, its colour may stand for."""
        with self._lock:
            while self._urgent and not self._stopped:
                block, _ = self._urgent.popitem()
                if self._take(block):
                    return block, 1
            for block, reach in self._order:
                if self._stopped:
                    break
                if self._take(block):
                    return block, reach
            return None

    def hasten(self, first: Block, beyond: Block) -> None:
        """Put the blocks of a rectangle before all others that are left.

        Parameters
        ----------
        first
            Its first column and row.
        beyond
            The first column and row that do not belong to it.
        """
        with self._lock:
            for row in reversed(range(first[1], min(beyond[1], self.rows))):
                for column in reversed(range(first[0], min(beyond[0], self.columns))):
                    if (column, row) not in self._taken:
                        self._urgent[column, row] = None

    def is_taken(self, block: Block) -> bool:
        """Whether a block was handed out."""
        return block in self._taken

    def stop(self) -> None:
        """Hand out no more."""
        self._stopped = True

    def _take(self, block: Block) -> bool:
        if block in self._taken:
            return False
        self._taken.add(block)
        return True


def _spread(columns: int, rows: int) -> Iterator[tuple[Block, int]]:
    for step in SPREAD:
        for row, column in itertools.product(
            range(step // 2, rows, step), range(step // 2, columns, step)
        ):
            yield (column, row), step
    # By fours, so that the tile above each four can be made at once.
    for top, left in itertools.product(range(0, rows, 2), range(0, columns, 2)):
        for row, column in itertools.product((top, top + 1), (left, left + 1)):
            if row < rows and column < columns:
                yield (column, row), 1


def _in_turn(columns: int, rows: int) -> Iterator[tuple[Block, int]]:
    for row, column in itertools.product(range(rows), range(columns)):
        yield (column, row), 1
