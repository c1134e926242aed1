"""Autosaved annotations: a journal for each scene, found again by what the file contains.

A journal is a text file of patches, one a line. An edit is handed to the operating system before
it counts as done, so a killed program loses none that was done; the disk itself is asked to keep
it shortly after, in the background. A line that was cut off is passed over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.folders import data_folder
from ssldiff_gui.core.patches import Patch
from ssldiff_gui.storage.atomic import cannot_write, replacing, write_bytes
from ssldiff_gui.storage.file_lock import FileLock
from ssldiff_gui.storage.line_file import LineFile
from ssldiff_gui.storage.patch_lines import Replay, patch_to_line

FORMAT = "ssldiff annotations"
VERSION = 1

MANY = 500
"""Patches with more annotations than this are written in the background."""

COMPACT_LINES = 200
"""A journal with more lines than this is written anew when it is opened."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a journal held.

    Parameters
    ----------
    patch
        Makes the saved state out of nothing; None when nothing was saved.
    problem
        What the person should know: it is in use elsewhere, was damaged, or is too new.
    """

    patch: Patch | None = None
    problem: FileProblem | None = None


@dataclass(slots=True)
class _Found:
    """What reading a journal brought to light."""

    patch: Patch | None = None
    lines: int = 0
    torn: bool = False
    damaged: bool = False
    newer: bool = False


def journal_path(fingerprint: str, scene: int) -> Path:
    """Return where the annotations of a scene are kept, under whatever name its file goes."""
    digest = fingerprint.removeprefix("sha256:")
    return data_folder() / "annotations" / digest[:2] / digest / f"scene-{scene}.jsonl"


class AnnotationJournal:
    """The journal of one scene; one program at a time writes it.

    Parameters
    ----------
    path
        The file; it is made when there is something to write.
    title
        What the annotations belong to, for messages and for people who look into the file.
    on_problem
        Called, from any thread, once when writing fails.
    """

    def __init__(
        self, path: Path, title: str, on_problem: Callable[[FileProblem], None] | None = None
    ) -> None:
        self.path = path
        self._title = title
        self._on_problem = on_problem
        self._lock: FileLock | None = None
        self._header = _header(title)
        self._file = LineFile(path, self._header, self._failed)
        self.started = False
        """Whether a whole state was written; the first patch of a new journal must make one."""

    def open(self) -> Saved:
        """Take the journal and return what it holds; reads files, so call it off the window."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.path.with_suffix(".lock"))
            found = _read(self.path)
        except OSError as error:
            self._release()
            return Saved(None, cannot_write(self.path, error))
        self.started = found.patch is not None
        if found.newer:
            self._release()
            return Saved(None, self._newer())
        if not self._lock.held:
            return Saved(found.patch, self._in_use())
        problem = self._put_aside() if found.damaged else None
        if found.damaged or found.torn or found.lines > COMPACT_LINES:
            problem = self._write_anew(found.patch) or problem
        return Saved(found.patch, problem)

    @property
    def writable(self) -> bool:
        """Whether edits are kept: nobody else holds the journal and writing works."""
        return self._lock is not None and self._lock.held and not self._file.failed

    def append(self, patch: Patch) -> None:
        """Keep one edit; when this returns, killing the program does not lose it.

        Only patches of more than `MANY` annotations, and what follows them while they are being
        written, are kept a moment later.
        """
        if self.writable:
            self.started = True
            self._file.append(lambda: patch_to_line(patch), at_once=len(patch.put) <= MANY)

    def flush(self) -> None:
        """Wait until all edits are on the disk."""
        self._file.flush()

    def close(self) -> None:
        """Write what waits and let go of the journal."""
        self._file.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _write_anew(self, patch: Patch | None) -> FileProblem | None:
        """Put one line in the place of many; what cannot be written is said."""
        try:
            if patch is None:
                self.path.unlink(missing_ok=True)
            else:
                with replacing(self.path) as fresh:
                    fresh.write_bytes(self._header + patch_to_line(patch))
        except OSError as error:
            problem = cannot_write(self.path, error)
        except FileProblem as error:
            problem = error
        else:
            return None
        self._file.failed = True
        return problem

    def _put_aside(self) -> FileProblem:
        aside = self.path.with_name(self.path.name + ".broken")
        try:
            write_bytes(aside, self.path.read_bytes())
        except (OSError, FileProblem):
            log.exception("a damaged journal could not be put aside")
        return FileProblem(
            self.path,
            f"Some saved annotations of {self._title} are damaged and could not be restored.",
            f"What is left of them is kept in {aside}.",
        )

    def _in_use(self) -> FileProblem:
        return FileProblem(
            self.path,
            f"{self._title} is being annotated in another window: changes here are not kept.",
            "Close it there and open it here again, or export your annotations.",
        )

    def _newer(self) -> FileProblem:
        return FileProblem(
            self.path,
            f"The annotations of {self._title} were saved by a newer version of the studio.",
            "Update the studio; until then changes here are not kept.",
        )

    def _failed(self, error: OSError) -> None:
        log.error("autosave failed: %s", error)
        if self._on_problem is not None:
            problem = cannot_write(self.path, error)
            self._on_problem(
                FileProblem(
                    self.path,
                    f"Annotations of {self._title} are no longer saved: {error.strerror}.",
                    problem.hint + " Export your annotations meanwhile.",
                )
            )


def write_saved(path: Path, title: str, patch: Patch) -> None:
    """Write a saved state as a journal of its own, whole or not at all.

    Raises
    ------
    FileProblem
        It cannot be written.
    """
    write_bytes(path, _header(title) + patch_to_line(patch))


def read_saved(path: Path) -> Patch | None:
    """Return what such a journal holds, as far as it makes sense; None when that is nothing."""
    try:
        patch = _read(path).patch
    except OSError:
        return None
    return None if patch is None or patch.empty else patch


def _header(title: str) -> bytes:
    return json.dumps({"format": FORMAT, "version": VERSION, "title": title}).encode() + b"\n"


def _read(path: Path) -> _Found:
    """Read a journal as far as it makes sense."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _Found()
    *lines, rest = content.split(b"\n")
    found = _Found(lines=len(lines), torn=bool(rest))
    if not lines:
        return found
    replay = Replay()
    try:
        header = json.loads(lines[0])
        if header["format"] != FORMAT:
            raise ValueError("another format")  # noqa: TRY301
        if header["version"] > VERSION:
            return _Found(newer=True)
        for line in lines[1:]:
            replay.add(line)
    except (ValueError, KeyError, TypeError, RecursionError):
        log.exception("%s is damaged", path)
        found.damaged = True
    try:
        found.patch = replay.patch() if len(lines) > 1 else None
    except (ValueError, KeyError, TypeError):
        log.exception("%s is damaged", path)
        found.damaged = True
    return found
