"""A record at the very end of a TIFF, where no reader of TIFFs looks.

In a tag it would be read by every program that opens the file, all megabytes of it; behind the
pixels it costs those nothing, and a cloud-optimised GeoTIFF stays one.
"""

from __future__ import annotations

import struct
from pathlib import Path

from ssldiff_gui.core.errors import BadRecord
from ssldiff_gui.storage.grid_text import largest_text

MAGIC = b"\nSSLDIFF RECORD\n"
_END = struct.Struct("<Q16s")


def append_trailer(path: Path, text: str) -> None:
    """Write a record behind everything that a file holds."""
    content = text.encode()
    with path.open("ab") as file:
        file.write(content)
        file.write(_END.pack(len(content), MAGIC))


def read_trailer(path: Path) -> bytes | None:
    """Return the record behind a file's content; None when there is none.

    Raises
    ------
    BadRecord
        When there is one and it cannot be whole.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < _END.size:
            return None
        file.seek(size - _END.size)
        length, magic = _END.unpack(file.read(_END.size))
        if magic != MAGIC:
            return None
        if length > min(size - _END.size, largest_text()):
            raise BadRecord("The recipe is damaged: its end says that it is longer than the file.")
        file.seek(size - _END.size - length)
        return file.read(length)
