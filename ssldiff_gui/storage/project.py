"""A project's folder: opened by one program at a time, saved by itself, never half.

The state lies in a snapshot and in the journals that follow it. Every change is a line of the
journal before it counts as done; a new snapshot is written now and then, and takes the place of
the lines before it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem, InUse, MissingFile
from ssldiff_gui.core.project import Header, ProjectState, Record
from ssldiff_gui.storage.atomic import cannot_write, write_bytes
from ssldiff_gui.storage.ledger import line_of
from ssldiff_gui.storage.line_file import LineFile
from ssldiff_gui.storage.project_copy import making
from ssldiff_gui.storage.project_files import SNAPSHOT, make_folders, refuse_links, sweep_files
from ssldiff_gui.storage.project_journal import journal_path, journals, start_journal
from ssldiff_gui.storage.project_lock import CANNOT_WRITE, ProjectLock
from ssldiff_gui.storage.project_reading import Loaded, load, stamp
from ssldiff_gui.storage.project_snapshot import drop_journals, keep_before, write_snapshot
from ssldiff_gui.storage.project_updating import updated_copy

log = logging.getLogger(__name__)

LONG = 2000
"""Lines after which a snapshot is due."""


class ProjectFolder:
    """An open project's folder; made by `create` or `open`.

    Parameters
    ----------
    path
        The folder.
    lock
        Says whether it is ours.
    loaded
        What was found in it.
    """

    def __init__(self, path: Path, lock: ProjectLock, loaded: Loaded) -> None:
        self.path = path
        self.header = loaded.header
        self.state = loaded.state
        """As it was found; what came since is kept by whoever appends."""
        self.notices: list[FileProblem] = []
        """What the person should know of how opening went."""
        self.on_problem: Callable[[FileProblem], None] = lambda _: None
        """Called, from any thread, when writing begins to fail."""
        self._lock = lock
        self._number = loaded.last
        self._lines = 0
        self._journal: LineFile | None = None
        self._writing = threading.Lock()
        self._gone = False

    @classmethod
    def create(cls, path: Path, name: str = "", state: ProjectState | None = None) -> ProjectFolder:
        """Make a project and open it.

        Raises
        ------
        AlreadyThere, NoSpace, FileProblem
            It cannot be made; nothing is left behind.
        """
        with making(path) as fresh:
            write_snapshot(fresh, Header(name=name), state or ProjectState())
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> ProjectFolder:
        """Open a project; reads files and may wait for a drive.

        One that an earlier version wrote is left alone, and an updated copy of it is opened.

        Raises
        ------
        FileProblem
            It is none, it is damaged beyond repair, a newer version wrote it, or it leads out
            of its folder.
        """
        refuse_links(path)
        before, first = stamp(path), load(path)
        if first.version != first.header.version:
            path, notice = updated_copy(path, first)
            folder = cls.open(path)
            folder.notices.insert(0, notice)
            return folder
        try:
            lock = ProjectLock(path)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            # Nobody else writes any more: what was written meanwhile is there.
            found = first if stamp(path) == before else load(path)
            folder = cls(path, lock, found)
            folder._take_over(found)
        except BaseException:
            lock.release()
            raise
        return folder

    # -- what there is ---------------------------------------------------------------------------

    @property
    def read_only(self) -> str | None:
        """Why nothing is kept; None when all is."""
        return self._lock.reason

    @property
    def failed(self) -> bool:
        """Whether changes are not kept at present, though the project is ours."""
        return self._gone or (self._journal is not None and self._journal.failed)

    @property
    def long(self) -> bool:
        """Whether a snapshot is due."""
        return self._lines > LONG

    # -- what is done at once, where state changes -------------------------------------------------

    def append(self, record: Record) -> None:
        """Keep one change; when this returns, killing the program does not lose it."""
        if self.read_only is not None or self.failed:
            return
        if self._journal is None:
            self._journal = start_journal(self.path, self._number, self._failed)
        self._lines += 1
        self._journal.append(lambda: line_of(record.dump()))

    def turn(self) -> Callable[[ProjectState], None]:
        """Begin a new journal, and return what puts a snapshot in the place of the old ones.

        Call that in the background with the state as it is now.
        """
        old, self._journal = self._journal, None
        self._number += 1
        self._lines = 0
        number = self._number

        def settle(state: ProjectState) -> None:
            if old is not None:
                old.close()
            self._snapshot(state, number)

        return settle

    # -- what may take a while -------------------------------------------------------------------

    def look(self) -> None:
        """See whether the folder is still there and ours.

        Raises
        ------
        FileProblem
            What was written lately is lost with it.
        """
        lost = not (self.path / SNAPSHOT).is_file() or (
            self._journal is not None
            and self._lines > 0
            and not journal_path(self.path, self._number).is_file()
        )
        if lost and not self._gone and self.read_only is None:
            self._gone = True
            raise MissingFile(
                self.path,
                f"The project's folder {self.path.name} is gone: changes are not saved.",
                "Put it back or reconnect its drive, or save the project elsewhere.",
            )

    def rescue(self, state: ProjectState) -> int:
        """Write everything anew after a failure; returns the number of the journal to go on with.

        Raises
        ------
        FileProblem
            It does not work yet, or somebody else holds the project now; nothing has changed.
        """
        if not self.path.is_dir():
            raise MissingFile(
                self.path, f"{self.path.name} is still gone.", "Save the project elsewhere."
            )
        if self._gone:
            self._lock.release()
            self._lock = ProjectLock(self.path)
            if self._lock.reason is not None:
                raise _only_to_look_at(self.path, self._lock.reason)
        with self._writing:
            try:
                make_folders(self.path)
                number = max([self._number, self.header.journal, *journals(self.path)]) + 1
            except OSError as error:
                raise cannot_write(self.path, error) from error
            self._write(state, number)
        self._gone = True  # until `go_on`
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        return number

    def go_on(self, number: int) -> None:
        """Append to a journal again, after `rescue`."""
        self._number, self._lines, self._gone = number, 0, False

    def flush(self) -> None:
        """Wait until all changes are on the disk."""
        if self._journal is not None:
            self._journal.flush()

    def close(self, state: ProjectState | None = None) -> None:
        """Let go of the folder, until a `rescue`; with a state, leave it as a snapshot."""
        works = self.read_only is None and not self.failed
        self._gone = True  # nothing is appended from here on
        try:
            if state is not None and self._lines and works:
                self.turn()(state)
        except FileProblem as error:
            log.warning("no snapshot at the end: %s", error)  # the journal holds all
        finally:
            if self._journal is not None:
                self._journal.close()
            self._journal = None
            self._lock.release()

    # -- inside ----------------------------------------------------------------------------------

    def _take_over(self, found: Loaded) -> None:
        """Bring what was found into order, if it is ours."""
        if self.read_only is not None:
            self.notices.append(_only_to_look_at(self.path, self.read_only))
            return
        self.state = found.state.swept()
        if journal_path(self.path, self._number).exists():  # never go on with another's file
            self._number += 1
        try:
            make_folders(self.path)
            if found.damaged:  # what is lost may have spoken of files: keep them all
                self.notices.append(_put_aside(self.path, found))
            else:
                sweep_files(self.path, self.state)
            if found.records or found.torn or found.damaged:
                self._number = found.last + 1
                self._snapshot(self.state, self._number, spare=found.recovered)
        except FileProblem as error:
            self._cannot_begin(error)
        except OSError as error:
            self._cannot_begin(cannot_write(self.path, error))

    def _cannot_begin(self, problem: FileProblem) -> None:
        self._gone = True
        self.notices.append(problem)

    def _snapshot(self, state: ProjectState, number: int, *, spare: bool = False) -> None:
        with self._writing:
            if number > self.header.journal or spare:  # no later one has been written meanwhile
                self._write(state, number, spare=spare)

    def _write(self, state: ProjectState, number: int, *, spare: bool = False) -> None:
        """Write a snapshot; with `spare`, leave the one before it alone: the last is damaged."""
        if not spare:
            keep_before(self.path)
        oldest = self.header.journal
        header = self.header.model_copy(update={"journal": number})
        self.header = write_snapshot(self.path, header, state)
        drop_journals(self.path, oldest)

    def _failed(self, error: OSError) -> None:
        log.error("the project cannot be saved: %s", error)
        problem = cannot_write(self.path, error)
        self.on_problem(
            FileProblem(
                self.path,
                f"Changes of {self.path.name} are not saved: {problem.message}",
                problem.hint,
            )
        )


def _put_aside(folder: Path, found: Loaded) -> FileProblem:
    number = 1
    while (aside := folder / f"damaged-{number}.txt").exists():
        number += 1
    hint = "Look whether something is missing."
    if found.bad:
        write_bytes(aside, b"\n".join(found.bad) + b"\n")
        hint = f"What could not be read is kept in {aside.name}. {hint}"
    return FileProblem(folder, f"A part of {folder.name} was damaged; the rest is here.", hint)


def _only_to_look_at(folder: Path, reason: str) -> FileProblem:
    hint = "Close it there and open it again, or save it as another project."
    if reason == CANNOT_WRITE:
        hint = "Save it as another project to change it."
    return InUse(folder, f"{folder.name} is opened to look at it: {reason}.", hint)
