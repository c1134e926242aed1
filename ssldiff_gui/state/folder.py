"""What a folder holds that can be opened, listed beside the window and kept up to date."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from psygnal import Signal

from ssldiff_gui.core.errors import FileProblem, MissingFile, UserError
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background

MOST_ENTRIES = 20_000
"""More than this nobody looks through; the listing says that it was cut."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds.

    Parameters
    ----------
    folder
        The folder.
    folders
        Folders in it, in the order people count.
    files
        Files (and OME-Zarr folders) that can be opened, in the order people count.
    truncated
        Whether there is more than was looked at.
    """

    folder: Path
    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    truncated: bool = False


def list_folder(folder: Path) -> Listing:
    """Look into a folder.

    Parameters
    ----------
    folder
        An existing folder; what is hidden in it is passed over.

    Raises
    ------
    FileProblem
        When it is gone or may not be read.
    """
    from ssldiff_gui.slides.formats import is_candidate

    folders: list[Path] = []
    files: list[Path] = []
    truncated = False
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES:
                    truncated = True
                    break
                path = folder / entry.name
                if entry.name.startswith("."):
                    continue
                if is_candidate(path):
                    files.append(path)
                elif entry.is_dir():
                    folders.append(path)
    except OSError as error:
        raise _unlisted(folder, error) from error
    return Listing(
        folder, tuple(sorted(folders, key=natural)), tuple(sorted(files, key=natural)), truncated
    )


def natural(path: Path) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a key that sorts "slide 2" before "slide 10", whatever the case."""
    parts = re.findall(r"\d+|\D+", path.name.casefold())
    key = tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)
    return key, path.name


class FolderWatch:
    """Lists the folder that is browsed and lists it again when it changes.

    Parameters
    ----------
    deliver
        Runs a call in the thread where signals are wanted.
    """

    listed = Signal(Listing)
    failed = Signal(UserError)

    def __init__(self, deliver: Deliver | None = None) -> None:
        self._deliver = deliver or deliver_at_once
        self._generation = 0
        self._polling = False
        self._stamp: int | None = None
        self.listing: Listing | None = None

    def show(self, folder: Path) -> None:
        """List a folder in the background; an earlier one that is still awaited is dropped."""
        self._generation += 1
        generation = self._generation
        in_background(lambda: self._look(folder, generation, None), f"list {folder.name}")

    def poll(self) -> None:
        """List the folder again if it changed; call it every few seconds."""
        if self.listing is None or self._polling:
            return
        self._polling = True
        folder, generation, stamp = self.listing.folder, self._generation, self._stamp
        in_background(lambda: self._look(folder, generation, stamp), f"poll {folder.name}")

    def _look(self, folder: Path, generation: int, known_stamp: int | None) -> None:
        problem: UserError | None = None
        listing: Listing | None = None
        stamp: int | None = None
        try:
            stamp = folder.stat().st_mtime_ns
            if stamp != known_stamp:
                listing = list_folder(folder)
        except OSError as error:
            problem = _unlisted(folder, error)
        except FileProblem as error:
            problem = error
        self._deliver(lambda: self._arrived(generation, listing, stamp, problem))

    def _arrived(
        self,
        generation: int,
        listing: Listing | None,
        stamp: int | None,
        problem: UserError | None,
    ) -> None:
        self._polling = False
        if generation != self._generation:
            return
        if problem is not None:
            self.listing = None
            self.failed.emit(problem)
        elif listing is not None:
            self._stamp = stamp
            if listing != self.listing:
                self.listing = listing
                self.listed.emit(listing)


def _unlisted(folder: Path, error: OSError) -> FileProblem:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return MissingFile(
            folder, f"The folder {folder.name} is gone.", "Choose another, or reconnect its drive."
        )
    return FileProblem(
        folder, f"The folder {folder.name} cannot be read.", "Choose one that you may read."
    )
