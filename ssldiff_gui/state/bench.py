"""The bench: the grid one works on, what was rendered of it, and where both belong.

One grid is open at a time: the one of the scene in view that was used last. Its original and the
small grids that its edits take from are read in the background; answers that nobody waits for any
more are dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psygnal import Signal
from pydantic import JsonValue

from ssldiff_gui.core.edits import Edit, dump_edits, parse_edits, sources_of
from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.project import WORKSPACE, GridEntry, ResultEntry, SlideEntry, WorkspaceEntry
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.grid_editor import ORIGINAL, GridEditor
from ssldiff_gui.state.grid_past import Past
from ssldiff_gui.state.models import Models
from ssldiff_gui.state.project_slides import slide_entry
from ssldiff_gui.storage.grids import GridRecord, load_grid_record, save_grid

if TYPE_CHECKING:
    from ssldiff_gui.state.project import Project
    from ssldiff_gui.state.queue import Queue
    from ssldiff_gui.state.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class OpenGrid:
    """A grid that is worked on.

    Parameters
    ----------
    id
        Of its entry in the project.
    document, scene
        Where it lies.
    record
        As its file has it, before any edit of this project.
    editor
        Its edits.
    """

    id: str
    document: Document
    scene: int
    record: GridRecord
    editor: GridEditor


class Bench:
    """Joins the session, the project and the queue.

    Parameters
    ----------
    session
        What is open.
    project
        What is kept.
    queue
        Who does the work.
    models
        What it can be done with.
    deliver
        Runs a call in the thread where state may change.
    """

    grid_changed = Signal(object)
    """(OpenGrid or None): another grid is worked on."""
    result_changed = Signal(object)
    """(ResultEntry or None): another result is shown, or this one became different."""
    awaited = Signal(str)
    """(words): a grid is being read; empty when it is there."""
    failed = Signal(UserError)

    def __init__(
        self,
        session: Session,
        project: Project,
        queue: Queue,
        models: Models,
        deliver: Deliver | None = None,
    ) -> None:
        self.session, self.project, self.queue, self.models = session, project, queue, models
        self._deliver = deliver or deliver_at_once
        self._open: OpenGrid | None = None
        self._result = ""
        self._known: dict[str, OpenGrid] = {}
        self._last: WeakKeyDictionary[Document, dict[int, str]] = WeakKeyDictionary()
        self._blank: WeakKeyDictionary[Document, str] = WeakKeyDictionary()
        self._wish = 0
        session.current_changed.connect(self._on_current)
        session.closed.connect(self._on_closed)
        project.changed.connect(self._on_project)

    def close(self) -> None:
        """Stop following."""
        self._wish += 1
        self.session.current_changed.disconnect(self._on_current, missing_ok=True)
        self.session.closed.disconnect(self._on_closed, missing_ok=True)
        self.project.changed.disconnect(self._on_project, missing_ok=True)

    # -- what there is ---------------------------------------------------------------------------

    @property
    def open(self) -> OpenGrid | None:
        """The grid that is worked on."""
        return self._open

    @property
    def editor(self) -> GridEditor | None:
        """Its edits."""
        return None if self._open is None else self._open.editor

    @property
    def entry(self) -> GridEntry | None:
        """What the project says of it."""
        found = None if self._open is None else self.project.get(self._open.id)
        return found if isinstance(found, GridEntry) else None

    @property
    def result(self) -> ResultEntry | None:
        """The result that is shown."""
        found = self.project.get(self._result) if self._result else None
        return found if isinstance(found, ResultEntry) else None

    @property
    def results(self) -> tuple[ResultEntry, ...]:
        """Everything that was rendered, the oldest first."""
        return self.project.entries(ResultEntry)

    def grids_of(self, document: Document | None, scene: int = 0) -> tuple[GridEntry, ...]:
        """Return the grids of a scene, the oldest first."""
        if document is None:
            return ()
        if document in self._blank:
            found = self.project.get(self._blank[document])
            return (found,) if isinstance(found, GridEntry) else ()
        slide = self._slide_of(document)
        return tuple(
            entry
            for entry in self.project.entries(GridEntry)
            if slide is not None and entry.slide == slide.id and entry.scene == scene and entry.file
        )

    def document_of(self, entry: GridEntry) -> Document | None:
        """Return the open document that a grid belongs to."""
        for document in self.session.documents:
            if self._blank.get(document) == entry.id:
                return document
            slide = self._slide_of(document)
            if slide is not None and slide.id == entry.slide:
                return document
        return None

    def path(self, name: str) -> Path:
        """Return where a file of the project is."""
        return self.project.path(name)

    # -- acts ------------------------------------------------------------------------------------

    def slide_entry(self, document: Document) -> SlideEntry:
        """Return what the project says of a document's file, noting it first when it is new."""
        known = self._slide_of(document)
        fingerprint = document.fingerprint or ""
        if known is not None and (known.fingerprint == fingerprint or not fingerprint):
            return known
        entry = slide_entry(document.path, self.project.folder, fingerprint)
        if known is not None:
            entry = entry.model_copy(update={"id": known.id})
        self.project.put(entry)
        return entry

    def adopt_blank(self, document: Document, grid_id: str) -> None:
        """Note that a document without a file stands for a grid from nothing."""
        self._blank[document] = grid_id

    def choose_grid(self, grid_id: str) -> None:
        """Work on a grid, once it has been read."""
        entry = self.project.get(grid_id)
        if not isinstance(entry, GridEntry):
            return
        document = self.document_of(entry)
        if document is None:
            return
        self._last.setdefault(document, {})[entry.scene] = grid_id
        if document is not self.session.current or document.scene_index != entry.scene:
            self.session.activate(document, entry.scene)
            return  # the session's signal leads here again
        self._wish += 1
        known = self._known.get(grid_id)
        if known is not None and known.document is document:
            self._take(known)
            return
        self._read(entry, document, self._wish)

    def show_result(self, result_id: str) -> None:
        """Show a result, beside the grid it was rendered from."""
        entry = self.project.get(result_id) if result_id else None
        self._result = result_id if isinstance(entry, ResultEntry) else ""
        self.result_changed.emit(self.result)
        if isinstance(entry, ResultEntry) and (self._open is None or entry.grid != self._open.id):
            self.choose_grid(entry.grid)

    def look_again(self) -> None:
        """Take up the grid of the scene in view, if the project has one."""
        self._on_current(self.session.current)

    def keep_source(self, name: str, grid: EmbeddingGrid) -> None:
        """Write a small grid that an edit is about to take from, unless it is there."""
        path = self.path(f"palette/{name}.safetensors")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            save_grid(path, grid)

    def record_now(self, grid: EmbeddingGrid, edits: Sequence[Edit]) -> GridRecord:
        """Return the open grid with its past, for a file that leaves the bench."""
        assert self._open is not None  # noqa: S101 - asked for while a grid is open
        before, sources = self._open.record, self._open.editor.sources
        told = dump_edits(edits)
        taken: dict[str, JsonValue] = {
            name: {"file": f"{name}.safetensors", "digest": sources[name].digest()}
            for name in sorted(sources_of(told))
            if name in sources
        }
        notes = dict(before.notes)
        if told:
            notes.setdefault("before_edits", {"digest": before.grid.digest()})
        if taken:
            past = notes.get("sources")
            notes["sources"] = (past if isinstance(past, dict) else {}) | taken
        return GridRecord(grid, [*before.edits, *told], notes)

    def remember(self, **parts: object) -> None:
        """Keep what is shown, and how, for the next time."""
        before = self.workspace
        grid = "" if self._open is None else self._open.id
        entry = before.model_copy(update={"grid": grid, "result": self._result, **parts})
        if entry != before:
            self.project.put(entry)

    @property
    def workspace(self) -> WorkspaceEntry:
        """What was shown the last time."""
        found = self.project.get(WORKSPACE)
        return found if isinstance(found, WorkspaceEntry) else WorkspaceEntry()

    # -- reading -----------------------------------------------------------------------------------

    def _read(self, entry: GridEntry, document: Document, wish: int) -> None:
        path, edits = self.path(entry.file), self.project.edits(entry.id)
        folder = self.path("palette")
        self.awaited.emit(f"Reading {entry.name or 'the grid'}…")

        def work() -> None:
            try:
                record = load_grid_record(path)
                sources = read_sources(folder, edits)
                every = {ORIGINAL: record.grid, **sources}
                past = Past.replayed(record.grid, parse_edits(list(edits)), every)
            except UserError as error:
                problem = error
                self._deliver(lambda: self._refused(wish, problem))
            else:
                history = document.editors[entry.scene].history

                def arrive() -> None:
                    editor = GridEditor(entry.id, record.grid, sources, history, past=past)
                    opened = OpenGrid(entry.id, document, entry.scene, record, editor)
                    self._arrived(opened, wish)

                self._deliver(arrive)

        in_background(work, f"read {path.name}")

    def _arrived(self, opened: OpenGrid, wish: int) -> None:
        if opened.document not in self.session.documents or opened.id in self._known:
            return
        editor = opened.editor
        editor.source_added.connect(self.keep_source)
        editor.edited.connect(
            lambda keep, edit: self.project.edit(
                opened.id, keep, None if edit is None else dump_edits([edit])[0]
            )
        )
        self._known[opened.id] = opened
        if wish == self._wish:
            self._take(opened)

    def _refused(self, wish: int, problem: UserError) -> None:
        if wish == self._wish:
            self.awaited.emit("")
            self.failed.emit(problem)

    def _take(self, opened: OpenGrid | None) -> None:
        self.awaited.emit("")
        if opened is self._open:
            return
        self._open = opened
        self.grid_changed.emit(opened)
        shown = self.result
        if opened is None:
            if self._result:
                self.show_result("")
        elif shown is None or shown.grid != opened.id:
            own = [entry.id for entry in self.results if entry.grid == opened.id]
            last = self.workspace.result
            self.show_result(last if last in own else own[-1] if own else "")

    # -- following ---------------------------------------------------------------------------------

    def _on_current(self, document: Document | None) -> None:
        self._wish += 1
        grids = () if document is None else self.grids_of(document, document.scene_index)
        if document is None or not grids:
            self._take(None)
            return
        ids = [entry.id for entry in grids]
        last = self._last.get(document, {}).get(document.scene_index) or self.workspace.grid
        self.choose_grid(last if last in ids else ids[-1])

    def _on_closed(self, document: Document) -> None:
        for key in [key for key, one in self._known.items() if one.document is document]:
            del self._known[key]
        if self._open is not None and self._open.document is document:
            self._take(None)

    def _on_project(self, change: object) -> None:  # noqa: ARG002 - any change may be of these
        if self._result and self.result is None:
            self.show_result("")
        if self._open is not None and self.entry is None:
            self._known.pop(self._open.id, None)
            self._take(None)

    def _slide_of(self, document: Document) -> SlideEntry | None:
        if document in self._blank:
            return None
        slides = self.project.entries(SlideEntry)
        print_ = document.fingerprint
        same = [e for e in slides if print_ and e.fingerprint == print_]
        here = [e for e in slides if e.path == str(document.path) and not (
            print_ and e.fingerprint and e.fingerprint != print_)]  # fmt: skip
        return next(iter(same or here), None)


def read_sources(folder: Path, edits: Sequence[JsonValue]) -> dict[str, EmbeddingGrid]:
    """Return the small grids that edits take from.

    Raises
    ------
    FileProblem
        When one is gone.
    """
    found = {}
    for name in sorted(sources_of(edits) - {ORIGINAL}):
        path = folder / f"{name}.safetensors"
        if not path.is_file():
            raise FileProblem(
                path,
                f"The grid {name}, which an edit takes from, is gone from the project.",
                "Bring its file back into the project's folder palette, or undo that edit.",
            )
        found[name] = load_grid_record(path).grid
    return found
