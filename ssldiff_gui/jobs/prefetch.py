"""Results that are ready before they are wanted: computed by threads, taken in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Generic, NoReturn, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Item = TypeVar("Item")


@contextmanager
def ordered(
    work: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int, ahead: int
) -> Iterator[Iterator[Result]]:
    """Offer the results of tasks, in the tasks' order, at most `ahead` of them in advance.

    Parameters
    ----------
    work
        Runs in one of the threads; its error comes out where its result would.
    tasks
        Taken from as results are taken.
    workers
        Number of threads.
    ahead
        Results that may wait or be under way.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prefetch")
    waiting: deque[Future[Result]] = deque()

    def results() -> Iterator[Result]:
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield results()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def in_background(items: Iterator[Item], *, ahead: int) -> Iterator[Iterator[Item]]:
    """Offer items that another thread takes from an iterator, `ahead` of them in advance.

    Parameters
    ----------
    items
        Used by that thread only; a generator is closed there.
    ahead
        Items that may wait.
    """
    taker = _Taker(items, ahead)
    taker.thread.start()
    try:
        yield taker.taken()
    finally:
        taker.stop.set()
        taker.thread.join()


class _Taker(Generic[Item]):
    """A thread that takes items from an iterator, and the queue that it puts them in."""

    def __init__(self, items: Iterator[Item], ahead: int) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, name="batches", daemon=True)
        self._items = items
        self._ready: queue.Queue[Callable[[], Item]] = queue.Queue(ahead)

    def taken(self) -> Iterator[Item]:
        """Yield the items; the error that ended them is raised here."""
        while True:
            try:
                yield self._ready.get()()
            except _Ended:
                return

    def _run(self) -> None:
        try:
            for item in self._items:
                self._put(partial(_given, item))
                if self.stop.is_set():
                    break
            self._put(partial(_raised, _Ended()))
        except BaseException as error:  # noqa: BLE001 - it is raised where the item is wanted
            self._put(partial(_raised, error))
        finally:
            if isinstance(self._items, Generator):
                self._items.close()

    def _put(self, item: Callable[[], Item]) -> None:
        while not self.stop.is_set():
            try:
                self._ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return


class _Ended(Exception):
    """There are no more items."""


def _given(item: Item) -> Item:
    return item


def _raised(error: BaseException) -> NoReturn:
    raise error
