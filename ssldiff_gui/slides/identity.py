"""Noticing that a file was replaced or rewritten while it is open."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.errors import ChangedFile, MissingFile

METADATA = (".zattrs", ".zgroup", "zarr.json")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file system says of a file.

    Of a folder (OME-Zarr) it is what it says of the metadata in it: other programs may well add
    files to a folder without touching the image.
    """

    facts: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, path: Path) -> Identity:
        """Ask the file system."""
        status = os.stat(path)  # noqa: PTH116 - a fifth of the time of Path.stat
        if path.is_dir():
            found = [os.stat(path / name) for name in METADATA if (path / name).is_file()]  # noqa: PTH116
        else:
            found = [status]
        return cls(tuple((item.st_size, item.st_mtime_ns, item.st_ino) for item in found))

    def check(self, path: Path) -> None:
        """Raise ChangedFile or MissingFile when the file is not the one that was opened."""
        if not self.facts:  # an address: what lies there cannot be asked
            return
        try:
            unchanged = Identity.of(path) == self
        except OSError as error:
            raise MissingFile(
                path,
                f"{path.name} is gone.",
                "Reconnect the drive or put the file back, then open it again.",
            ) from error
        if not unchanged:
            raise ChangedFile(
                path,
                f"{path.name} was changed by another program while it was open.",
                "Close it and open it again to see its new content.",
            )


NOWHERE = Identity(())
"""Of a picture that no file has, or whose file is meant to change while it is open."""
