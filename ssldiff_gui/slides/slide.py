"""An opened file: its scenes, its associated images, its fingerprint."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from ssldiff_gui.slides.fingerprint import fingerprint

from ssldiff_gui.core.errors import ChangedFile, MissingFile
from ssldiff_gui.slides.scene import RGB, Scene


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file system says of a file: enough to notice that it was replaced or rewritten."""

    size: int
    modified_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> Identity:
        """Ask the file system."""
        status = os.stat(path)  # noqa: PTH116
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class Slide:
    """An opened slide or scene file; immutable, safe to read from many threads.

    Parameters
    ----------
    path
        The file (or the folder, for OME-Zarr).
    kind
        Short name of the format, as a person would say it: "Aperio SVS", "GeoTIFF".
    scenes
        At least one, in the file's order.
    associated
        Readers of the label, macro and thumbnail, by name.
    properties
        The vendor's own metadata, as text.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        scenes: Sequence[Scene],
        *,
        associated: Mapping[str, Callable[[], RGB]] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.kind = kind
        self.scenes = tuple(scenes)
        self.associated = dict(associated or {})
        self.properties = dict(properties or {})
        self._identity = Identity.of(path)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content, stable across copies, names and machines."""
        return fingerprint(self.path)

    def check_unchanged(self) -> None:
        """Raise ChangedFile or MissingFile when the file is not the one that was opened."""
        try:
            unchanged = Identity.of(self.path) == self._identity
        except OSError as error:
            raise MissingFile(
                self.path,
                f"{self.path.name} is gone.",
                "Reconnect the drive or put the file back, then open it again.",
            ) from error
        if not unchanged:
            raise ChangedFile(
                self.path,
                f"{self.path.name} was changed by another program while it was open.",
                "Close it and open it again to see its new content.",
            )

    def close(self) -> None:
        """Let go of the file."""
        for scene in self.scenes:
            scene.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
