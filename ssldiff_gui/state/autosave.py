"""Keeps what is drawn: joins the editors of a document to their journals."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.patches import Patch
from ssldiff_gui.state.background import Deliver, in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.storage.annotation_store import AnnotationJournal, Saved, journal_path

Opened = tuple[tuple[AnnotationJournal, Saved], ...]
"""For each scene, its journal and what that held."""

Elsewhere = Callable[[str, int], Patch | None]
"""Returns what another place keeps for a fingerprint and the index of a scene."""


class Autosave:
    """The journals of all open documents.

    Parameters
    ----------
    deliver
        Runs a call in the thread where state may change.
    on_problem
        Called there when something cannot be saved or restored.
    """

    def __init__(self, deliver: Deliver, on_problem: Callable[[UserError], None]) -> None:
        self._deliver = deliver
        self._on_problem = on_problem
        self.elsewhere: Elsewhere = lambda *_: None
        """Asked, in the background, for a scene of which nothing is kept here."""
        self._kept: dict[Document, list[Kept]] = {}
        self._closing: list[threading.Thread] = []

    def find(self, document: Document, fingerprint: str) -> Opened:
        """Open the journals of a document and read them; call it in the background."""
        journals = [
            AnnotationJournal(journal_path(fingerprint, scene), document.name, self._report)
            for scene in range(len(document.editors))
        ]
        found = []
        for scene, journal in enumerate(journals):
            saved = journal.open()
            if saved.patch is None and saved.problem is None:
                saved = Saved(self.elsewhere(fingerprint, scene))
            found.append((journal, saved))
        return tuple(found)

    def adopt(self, document: Document, opened: Opened) -> bool:
        """Bring back what was saved and keep every edit from now on.

        Returns
        -------
        bool
            Whether anything came back.
        """
        problems = {}
        kept = self._kept[document] = []
        for editor, (journal, saved) in zip(document.editors, opened, strict=True):
            drawn = len(editor.history) > 0
            if saved.patch is not None:
                editor.restore(saved.patch)
            if drawn:
                journal.append(editor.snapshot())
            kept.append(Kept(editor, journal))
            if saved.problem is not None:
                problems[saved.problem.message] = saved.problem
        for problem in problems.values():
            self._on_problem(problem)
        return any(saved.patch is not None for _, saved in opened)

    def release(self, document: Document) -> None:
        """Stop keeping a document's edits and let go of its journals, in the background."""
        kept = self._kept.pop(document, [])
        for one in kept:
            one.stop()

        def close() -> None:
            for one in kept:
                one.journal.close()

        if kept:
            self._closing = [thread for thread in self._closing if thread.is_alive()]
            self._closing.append(in_background(close, f"save {document.name}"))

    def wait(self, seconds: float) -> None:
        """Wait until every edit of released documents is on the disk, but not for ever."""
        for thread in self._closing:
            thread.join(seconds)

    def _report(self, problem: FileProblem) -> None:
        self._deliver(lambda: self._on_problem(problem))


class Kept:
    """One editor whose patches go into a journal.

    Parameters
    ----------
    editor
        What is drawn.
    journal
        Where it is kept; it is open already.
    """

    def __init__(self, editor: AnnotationEditor, journal: AnnotationJournal) -> None:
        self.journal = journal
        self._editor = editor
        editor.patched.connect(self._keep)

    def stop(self) -> None:
        """Keep no more of what is done."""
        self._editor.patched.disconnect(self._keep)

    def _keep(self, patch: Patch) -> None:
        self.journal.append(patch if self.journal.started else self._editor.snapshot())
