"""Readers that talk on stderr or warn are made to say it in the log, and nowhere else."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()

# A logger without a handler prints to stderr; with this one its records only travel upwards.
for _name in ("tifffile", "rasterio", "zarr", "PIL", "fsspec", "asyncio", "numcodecs"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@contextmanager
def quietly() -> Iterator[None]:
    """Let libraries open a file without their warnings reaching anyone.

    The filter of warnings belongs to the whole process, so one thread at a time; meant for
    opening files and other short work, not for decoding.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
