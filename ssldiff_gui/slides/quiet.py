"""Readers that talk on stderr or warn are made to say it in the log, and nowhere else."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()

_TALKERS = ("tifffile", "rasterio", "zarr", "PIL", "fsspec", "asyncio", "numcodecs")
_NOWHERE = logging.NullHandler()


def hush() -> None:
    """Keep readers from printing on stderr, as a logger without a handler does.

    Their records still travel upwards, to whatever log the program keeps.
    """
    for name in _TALKERS:
        logging.getLogger(name).addHandler(_NOWHERE)  # a second time changes nothing


@contextmanager
def quietly() -> Iterator[None]:
    """Let libraries open a file without their warnings reaching anyone.

    The filter of warnings belongs to the whole process, so one thread at a time; meant for
    opening files and other short work, not for decoding.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
