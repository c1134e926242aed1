"""An opened file: its scenes, its associated images, its fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from ssldiff_gui.slides.fingerprint import fingerprint
from ssldiff_gui.slides.identity import Identity
from ssldiff_gui.slides.problems import naming
from ssldiff_gui.slides.scene import RGB, Scene


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
    identity
        What the file was when opening began; every read checks that it still is.
    associated
        Readers of the label, macro and thumbnail, by name.
    properties
        The vendor's own metadata, as text.
    """

    has_file = True
    """Whether there is something on a disk that can be opened again."""

    def __init__(
        self,
        path: Path,
        kind: str,
        scenes: Sequence[Scene],
        *,
        identity: Identity | None = None,
        associated: Mapping[str, Callable[[], RGB]] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.kind = kind
        self.scenes = tuple(scenes)
        self.associated = dict(associated or {})
        self.properties = dict(properties or {})
        self.identity = Identity.of(path) if identity is None else identity
        for scene in self.scenes:
            scene.guard(self.check_unchanged)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content, stable across copies, names and machines."""
        with naming(self.path):
            self.check_unchanged()
            return fingerprint(self.path)

    def check_unchanged(self) -> None:
        """Raise ChangedFile or MissingFile when the file is not the one that was opened."""
        self.identity.check(self.path)

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
