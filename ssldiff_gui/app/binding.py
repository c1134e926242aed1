"""Joins state and window: what the session says is shown, what is chosen is told to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ssldiff_gui.app.facts import facts_of
from ssldiff_gui.app.parts import Parts
from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.core.annotations import Annotation
from ssldiff_gui.core.errors import ChangedFile, FileProblem, UserError
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.editor import Change
from ssldiff_gui.state.session import Session
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.sizes import size_text
from ssldiff_gui.viewer.world import World
from ssldiff_gui.widgets.document_bar import Tab
from ssldiff_gui.widgets.slide_list import Entry

if TYPE_CHECKING:
    from ssldiff_gui.state.history import History


class Binding:
    """Keeps the window true to the session.

    Parameters
    ----------
    session
        What is open.
    parts
        What is seen.
    reporter
        Says what fails.
    on_change
        Called when something changed that actions depend on.
    reopen
        Opens the file in view again.
    """

    def __init__(
        self,
        session: Session,
        parts: Parts,
        reporter: Reporter,
        on_change: Callable[[], None],
        reopen: Callable[[], None],
    ) -> None:
        self._session = session
        self._parts = parts
        self._reporter = reporter
        self._on_change = on_change
        self._reopen = reopen
        self._problems: dict[Path, str] = {}
        self._followed: tuple[Document, History] | None = None
        self._shown: tuple[Document, int] | None = None
        self._edits: WeakKeyDictionary[Document, datetime] = WeakKeyDictionary()
        self._connect()
        self._show_recent(session.recent)

    def _connect(self) -> None:
        session, parts = self._session, self._parts
        session.opening.connect(self._on_opening)
        session.opened.connect(self._on_opened)
        session.failed.connect(self._on_failed)
        session.closed.connect(self._on_closed)
        session.current_changed.connect(self.show_current)
        session.trouble.connect(self._on_trouble)
        session.recent_changed.connect(self._show_recent)
        parts.documents.chosen.connect(lambda place: session.activate(session.documents[place]))
        parts.documents.close_requested.connect(lambda p: session.close(session.documents[p]))
        parts.documents.scene_chosen.connect(self._choose_scene)
        parts.browser.open_requested.connect(session.open)
        parts.original.failed.connect(self._reporter.problem)

    def _choose_scene(self, scene: int) -> None:
        if self._session.current is not None:
            self._session.activate(self._session.current, scene)

    @property
    def edited(self) -> datetime | None:
        """When the scene in view was changed last, in this run."""
        return None if self._session.current is None else self._edits.get(self._session.current)

    def mark_problem(self, path: Path, problem: UserError) -> None:
        """Mark a slide of the browser that cannot be opened; nobody asked for it, so no toast."""
        self._problems[path] = problem.message
        self._show_tabs()

    def show_current(self, _: object = None) -> None:
        """Show the document in view everywhere, or that there is none."""
        document = self._session.current
        wanted = None if document is None else (document, document.scene_index)
        view = self._parts.original.view
        if view is not None and (view.document is not document or wanted != self._shown):
            view.show(document)
            self._shown = wanted
        self._follow(document)
        self._show_tabs()
        self._show_inspector(document)
        self._on_change()

    # -- what is open ----------------------------------------------------------------------------

    def _on_opening(self, path: str | Path) -> None:
        self._problems.pop(Path(path), None)
        self._show_tabs()
        self._on_change()

    def _on_opened(self, _: Document) -> None:
        self._show_tabs()

    def _on_closed(self, _: Document) -> None:
        self._show_tabs()
        self._on_change()

    def _on_failed(self, problem: UserError) -> None:
        if isinstance(problem, FileProblem):
            self._problems[problem.path] = problem.message
        self._reporter.problem(problem)
        if not self._session.documents:
            self._parts.original.notice.tell(problem)
        self._show_tabs()
        self._on_change()

    def _on_trouble(self, document: Document, problem: UserError | None) -> None:
        self._show_tabs()
        if document is not self._session.current:
            if problem is not None:
                self._reporter.problem(problem)
            return
        if problem is None:
            self._parts.original.notice.clear()
            return
        self._parts.original.notice.tell(problem)
        changed = isinstance(problem, ChangedFile)
        self._reporter.problem(problem, ("Open it again", self._reopen) if changed else None)

    def _show_tabs(self) -> None:
        documents, current = self._session.documents, self._session.current
        tabs = [
            Tab(d.name, f"{d.path}\n{d.trouble or ''}".strip(), d.trouble is not None)
            for d in documents
        ]
        bar = self._parts.documents
        bar.show_documents(tabs, documents.index(current) if current in documents else -1)
        names = [Path(path).name for path in self._session.pending]
        bar.show_waiting(f"Opening {', '.join(names)}…" if names else "")
        scenes = () if current is None else [scene.name for scene in current.slide.scenes]
        bar.show_scenes(scenes, 0 if current is None else current.scene_index)
        bar.setVisible(bool(documents))
        here = None if current is None else current.path
        self._parts.browser.mark([d.path for d in documents], here, self._problems)

    def _show_recent(self, recent: tuple[Path, ...]) -> None:
        self._parts.browser.show_recent([Entry(p, caption=p.parent.name) for p in recent])

    # -- what is in view -------------------------------------------------------------------------

    def _follow(self, document: Document | None) -> None:
        """Listen to the undo history of the scene in view."""
        history = None if document is None else document.history
        if self._followed is not None and history is not self._followed[1]:
            old, old_history = self._followed
            old_history.changed.disconnect(self._on_change, missing_ok=True)
            for editor in old.editors:
                editor.changed.disconnect(self._on_edit, missing_ok=True)
                editor.selection_changed.disconnect(self._on_change, missing_ok=True)
            self._followed = None
        if document is not None and history is not None and self._followed is None:
            history.changed.connect(self._on_change)
            document.editor.changed.connect(self._on_edit)
            document.editor.selection_changed.connect(self._on_change)
            self._followed = (document, history)

    def _on_edit(self, change: Change) -> None:
        if self._session.current is not None:
            self._edits[self._session.current] = datetime.now().astimezone()
        if change.scale:
            self._show_inspector(self._session.current)
        self._on_change()

    def _show_inspector(self, document: Document | None) -> None:
        annotations, image = self._parts.annotations, self._parts.image
        if document is None:
            annotations.show_editor(None)
            image.show_facts((), ())
            image.bands.hide()
            return
        world = World.of(document.scene, document.scale_override)

        def size_of(annotation: Annotation) -> str:
            return size_text(annotation.geometry, world)

        annotations.show_editor(document.editor, size_of)
        self._show_facts(document, None)
        self._show_bands(document)
        in_background(lambda: self._measure_file(document), f"size of {document.name}")

    def _measure_file(self, document: Document) -> None:
        try:
            size = document.path.stat().st_size if document.path.is_file() else None
        except OSError:
            return
        on_gui_thread(self._show_facts, document, size)

    def _show_facts(self, document: Document, size: int | None) -> None:
        if document is self._session.current:
            self._parts.image.show_facts(
                facts_of(document, size),
                tuple(document.slide.associated),
                scale_unknown=document.scale_unknown,
            )

    def _show_bands(self, document: Document) -> None:
        scene = document.scene
        eight_bit = scene.dtype.kind == "u" and scene.dtype.itemsize == 1
        choice = self._parts.image.bands
        choice.setVisible(len(scene.bands) > 3 or not eight_bit)
        first = (0, 1, 2) if len(scene.bands) >= 3 else (0, 0, 0)
        choice.show_bands(scene.bands, first, not eight_bit, fixed=not eight_bit)
