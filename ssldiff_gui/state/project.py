"""The project that is open: what it holds, and that nothing of it gets lost.

Everything here changes in one thread only; files are written as the change is made when that is
quick, and in the background when it is not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, overload

from psygnal import Signal
from pydantic import BaseModel, JsonValue

from ssldiff_gui.core.errors import BadRequest, FileProblem, UserError
from ssldiff_gui.core.project import (
    AnyEntry,
    E,
    EditRecord,
    JobEntry,
    Kind,
    ProjectState,
    Record,
)
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.project_changes import Change, Dropped, Edited, Put
from ssldiff_gui.state.project_places import refuse_inside, silent, stem, untitled_folder
from ssldiff_gui.storage.project import ProjectFolder
from ssldiff_gui.storage.project_files import THUMBNAILS, file_inside, name_inside
from ssldiff_gui.storage.project_moving import Elsewhere, elsewhere
from ssldiff_gui.storage.project_thumbnails import write_thumbnail

log = logging.getLogger(__name__)

SILENT_SECONDS = 30.0
"""After this long without an answer from the drive, the person is told."""


class Project:
    """An open project.

    Parameters
    ----------
    folder
        Its folder, opened.
    deliver
        Runs a call in the thread where state may change; right where the work ended when None.
    """

    changed = Signal(object)
    """(Put, Dropped or Edited)"""
    problem = Signal(UserError)
    """Changes are not saved from here on; said once, until `mended`."""
    mended = Signal()
    """Everything is saved again."""
    moved = Signal(Path)
    """The project lies elsewhere now: it was saved under another name."""
    at_rest = Signal()
    """`moving` is over, whether it lies elsewhere or not."""

    def __init__(self, folder: ProjectFolder, deliver: Deliver | None = None) -> None:
        self._folder = folder
        self._deliver = deliver or deliver_at_once
        self._state = folder.state
        self._since: list[Record] = []
        """What came since background work began that takes the state over."""
        self._busy: Literal["", "look", "settle", "move"] = ""
        self._began = 0.0
        self._closed = False
        self.trouble: UserError | None = None
        """Why changes are not saved at present."""
        self.saved: datetime | None = None
        """When something was saved last, since the project was opened."""
        self._listen()
        if folder.failed:
            self.trouble = folder.notices[-1]

    @classmethod
    def create(cls, folder: Path, *, deliver: Deliver | None = None) -> Project:
        """Make a project; reads and writes files, so call it off the window.

        Raises
        ------
        AlreadyThere, NoSpace, FileProblem
            It cannot be made; nothing is left behind.
        """
        return cls(ProjectFolder.create(folder, stem(folder)), deliver)

    @classmethod
    def open(cls, folder: Path, *, deliver: Deliver | None = None) -> Project:
        """Open a project; reads and writes files, so call it off the window.

        Raises
        ------
        FileProblem
            It cannot be opened.
        """
        return cls(ProjectFolder.open(folder), deliver)

    # -- what there is -------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._folder.path

    @property
    def id(self) -> str:
        """The same wherever it lies."""
        return self._folder.header.id

    @property
    def untitled(self) -> bool:
        """Whether nobody has given it a name and a place yet."""
        return self.folder.parent == untitled_folder()

    @property
    def name(self) -> str:
        """For people."""
        return "Untitled project" if self.untitled else stem(self.folder)

    @property
    def read_only(self) -> str | None:
        """Why nothing is kept, in words: who holds it; None when all is kept."""
        return self._folder.read_only

    @property
    def notices(self) -> tuple[UserError, ...]:
        """What the person should know of how opening went."""
        return tuple(self._folder.notices)

    @property
    def moving(self) -> bool:
        """Whether the project is being saved elsewhere: no job may begin now."""
        return self._busy == "move"

    @property
    def state(self) -> ProjectState:
        """All of it, as it is now."""
        return self._state

    @overload
    def entries(self, kind: type[E]) -> tuple[E, ...]: ...
    @overload
    def entries(self, kind: Kind) -> tuple[AnyEntry, ...]: ...
    def entries(self, kind: type[E] | Kind) -> tuple[AnyEntry, ...]:
        """Return the entries of a kind, by class or by name, in the order they came."""
        if isinstance(kind, str):
            return tuple([entry for entry in self._state.entries.values() if entry.kind == kind])
        return self._state.of(kind)

    def get(self, identity: str) -> AnyEntry | None:
        """Return one entry, or None."""
        return self._state.entries.get(identity)

    def edits(self, grid: str) -> tuple[JsonValue, ...]:
        """Return the edits of a grid, as `core.edits.parse_edits` reads them."""
        return self._state.edits.get(grid, ())

    def path(self, name: str) -> Path:
        """Return where a file of the project lies, whether it exists or not.

        Raises
        ------
        UnsafeFile
            The name, or a link on the way, leads out of the folder.
        """
        return file_inside(self.folder, name)

    def relative(self, path: Path | str) -> str | None:
        """Return a file's name from the project's folder on; None when it lies outside."""
        return name_inside(self.folder, path)

    # -- acts ----------------------------------------------------------------------------------

    def put(self, *entries: AnyEntry) -> None:
        """Add entries, or replace those of the same id."""
        for entry in entries:
            self._keep(Record(put=entry))
        if entries:
            self.changed.emit(Put(entries))

    def drop(self, *ids: str) -> tuple[AnyEntry, ...]:
        """Remove entries; their files stay until the project is opened again.

        Returns
        -------
        tuple of entries
            What they were, so that they can be put back. Edits of grids come back with them.
        """
        known = tuple([entry for i in ids if (entry := self.get(i)) is not None])
        for entry in known:
            self._keep(Record(drop=(entry.kind, entry.id)))
        if known:
            self.changed.emit(Dropped(known))
        return known

    def edit(self, grid: str, keep: int, edit: BaseModel | JsonValue = None) -> None:
        """Change the edits of a grid to ``edits[:keep]``, and `edit` behind them unless None."""
        data: JsonValue = edit.model_dump(mode="json") if isinstance(edit, BaseModel) else edit
        self._keep(Record(edit=EditRecord(grid=grid, keep=keep, edit=data)))
        self.changed.emit(Edited(grid))

    def keep_thumbnail(
        self, identity: str, png: bytes, then: Callable[[], None] | None = None
    ) -> str:
        """Write a small picture in the background.

        Parameters
        ----------
        identity
            Id of the entry it belongs to.
        png
            The file's content.
        then
            Called when it is there, or could not be written.

        Returns
        -------
        str
            Its name, for the entry; the file comes a moment later.
        """
        name = f"{THUMBNAILS}/{identity}.png"
        path = self.path(name)
        if self.read_only is None:

            def write() -> None:
                write_thumbnail(path, png)
                if then is not None:
                    self._deliver(then)

            in_background(write, "thumbnail")
        return name

    def check(self) -> None:
        """Look in the background whether saving works, and try again where it did not.

        Call it every few seconds.
        """
        if self._busy:
            if self._busy == "look" and time.monotonic() - self._began > SILENT_SECONDS:
                self._in_trouble(silent(self.folder))
            return
        self._look(asked=False)

    def retry(self) -> None:
        """Try to save again, because somebody asked for it; `mended` or `problem` answers."""
        if not self._busy:
            self._look(asked=True)

    def save_as(self, folder: Path) -> None:
        """Save the project elsewhere and go on there; waits until it is done.

        One without a name is moved; of any other, the old one stays as it is.

        Raises
        ------
        BadRequest
            A job is running.
        AlreadyThere, NoSpace, FileProblem
            It stays where it is.
        """
        work = self.begin_move(folder)
        try:
            place = work()
        except UserError:
            self.end_move(None)
            raise
        self.end_move(place)

    def begin_move(self, folder: Path) -> Callable[[], Elsewhere]:
        """Return what saves the project elsewhere, for the background; `end_move` must follow."""
        if any(job.status != "waiting" for job in self.entries(JobEntry)):
            raise BadRequest(
                "A job is running in this project.", "Wait until it is done, or cancel it."
            )
        if self._busy == "move":
            raise BadRequest("The project is being saved elsewhere already.", "Wait a moment.")
        refuse_inside(folder, self.folder)
        self._busy, self._since = "move", []
        old, state, leave = self._folder, self._state, self.untitled
        return lambda: elsewhere(old, state, folder, leave=leave)

    def end_move(self, place: Elsewhere | None) -> None:
        """Go on where the project lies now, or where it was; call it where state changes."""
        self._busy = ""
        if place is None:
            if self._folder.failed:  # it was let go of to be renamed
                self._look(asked=False)
            self.at_rest.emit()
            return
        since, self._since = self._since, []
        self._folder = place.folder
        self._listen()
        for record in since:
            self._folder.append(record)
        in_background(place.leave, "leave the old project")
        if self._folder.failed:
            self._in_trouble(self._folder.notices[-1])
        else:
            self._mend()
        self.moved.emit(self.folder)
        self.at_rest.emit()

    def close(self) -> None:
        """Write what waits and let go of the folder; may wait for a drive."""
        if self._closed:
            return
        self._closed = True
        if self._folder.failed and self.read_only is None:
            try:
                self._folder.rescue(self._state)
            except FileProblem as error:
                log.error("the last changes are lost: %s", error)  # noqa: TRY400 - it says all
        self._folder.close(self._state)

    # -- inside ----------------------------------------------------------------------------------

    def _keep(self, record: Record) -> None:
        self._folder.append(record)
        self._state = self._state.apply(record)
        if self._busy in {"look", "move"}:
            self._since.append(record)
        if self._closed:
            return
        if self.read_only is None and not self._folder.failed:
            self.saved = datetime.now().astimezone()
        if self._folder.long and not self._busy:
            self._settle()

    def _settle(self) -> None:
        """Put a snapshot in the place of a long journal, in the background."""
        self._busy = "settle"
        write, state = self._folder.turn(), self._state

        def settle() -> None:
            try:
                write(state)
            except FileProblem as error:
                log.warning("the journal stays long: %s", error)
            self._deliver(self._settled)

        in_background(settle, "project")

    def _settled(self) -> None:
        self._busy = ""

    def _look(self, *, asked: bool) -> None:
        if self.read_only is not None or self._closed:
            return
        self._busy, self._began, self._since = "look", time.monotonic(), []
        folder, state = self._folder, self._state

        def look() -> None:
            try:
                folder.look()
                number = folder.rescue(state) if folder.failed else None
            except FileProblem as error:
                problem = error
                self._deliver(lambda: self._looked(None, problem, asked=asked))
            else:
                self._deliver(lambda: self._looked(number, None, asked=asked))

        in_background(look, "look after the project")

    def _looked(self, number: int | None, problem: UserError | None, *, asked: bool) -> None:
        self._busy = ""
        since, self._since = self._since, []
        if problem is not None:
            if asked or self.read_only is not None:
                self.trouble = None
            self._in_trouble(problem)
            return
        if number is not None and not self._closed:
            self._folder.go_on(number)
            for record in since:
                self._folder.append(record)
        self._mend()

    def _mend(self) -> None:
        if self.trouble is not None and not self._folder.failed:
            self.trouble = None
            self.saved = datetime.now().astimezone()
            self.mended.emit()

    def _in_trouble(self, problem: UserError) -> None:
        if self.trouble is None:
            self.trouble = problem
            self.problem.emit(problem)

    def _listen(self) -> None:
        self._folder.on_problem = lambda problem: self._deliver(lambda: self._in_trouble(problem))


__all__ = ["Change", "Dropped", "Edited", "Project", "Put", "untitled_folder"]
