"""What is open: documents, which one is shown, the folder that is browsed.

Files are opened, hashed and checked in threads of their own; results arrive through `deliver`,
so that everything here changes in one thread only. Answers nobody waits for any more are dropped.
"""

from __future__ import annotations

import logging
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.state.autosave import Autosave, Opened
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.openings import Opener, Opening, Openings, open_slide, silent
from ssldiff_gui.state.settings import Camera, OpenDocument, Settings

if TYPE_CHECKING:
    from ssldiff_gui.slides.slide import Slide

log = logging.getLogger(__name__)

OPEN_SECONDS = 30.0
"""After this long without an answer from the drive, the person is told."""

SAVE_SECONDS = 10.0
"""The longest that closing the studio waits for the disk."""


class Session:
    """The documents that are open.

    Parameters
    ----------
    settings
        Recent files, the last folder and starter classes are read from and kept in it.
    deliver
        Runs a call in the thread where state may change; right where the work ended when None.
    opener
        Opens a file; `ssldiff_gui.slides.open_slide` when None.
    open_seconds
        How long a drive may take to answer.
    """

    opening = Signal(object)
    """(path): somebody waits for this file now."""
    opened = Signal(Document)
    failed = Signal(UserError)
    restored = Signal(Document)
    """Annotations of an earlier visit are back in the document's editors."""
    closed = Signal(Document)
    current_changed = Signal(object)
    """(Document or None), also when another scene of the same document is shown."""
    trouble = Signal(Document, object)
    """(document, UserError, or None when the trouble is over)."""
    folder_changed = Signal(Path)
    recent_changed = Signal(tuple)

    def __init__(
        self,
        settings: Settings,
        *,
        deliver: Deliver | None = None,
        opener: Opener | None = None,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self.settings = settings
        self._deliver = deliver or deliver_at_once
        self._open_seconds = open_seconds
        self._documents: list[Document] = []
        self._current: Document | None = None
        self._openings = Openings(
            self._deliver, opener or open_slide, open_seconds, self._arrived, self._refused
        )
        self._wishes = 0
        self._fulfilled = 0
        self._checks: dict[Document, float] = {}
        self.autosave = self._autosave = Autosave(self._deliver, self.failed.emit)

    # -- what there is -------------------------------------------------------------------------

    @property
    def documents(self) -> tuple[Document, ...]:
        """What is open, in the order it was opened."""
        return tuple(self._documents)

    @property
    def current(self) -> Document | None:
        """The document that is shown."""
        return self._current

    @property
    def pending(self) -> tuple[str | Path, ...]:
        """What is being opened."""
        return self._openings.paths

    @property
    def folder(self) -> Path | None:
        """The folder that is browsed."""
        return self.settings.last_folder

    @folder.setter
    def folder(self, folder: Path) -> None:
        if folder != self.settings.last_folder:
            self.settings.last_folder = folder
            self.folder_changed.emit(folder)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Files opened lately, the latest first; some may be gone by now."""
        return self.settings.recent

    # -- acts ----------------------------------------------------------------------------------

    def open(
        self,
        path: str | Path,
        *,
        activate: bool = True,
        scene: int = 0,
        camera: Camera | None = None,
    ) -> None:
        """Begin to open a file; `opened` or `failed` tells how it went.

        Parameters
        ----------
        path
            The file. One that is open already is shown again.
        activate
            Whether to show it, unless the person has turned to something else meanwhile.
        scene
            Which of its scenes to show.
        camera
            Where its view looked.
        """
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would ask the drive
        known = self._known(absolute)
        if known is not None:
            self._finish_known(known, activate)
            return
        if path not in self._openings.paths:
            self._wishes += 1
            self.opening.emit(path)
            self._openings.start(Opening(path, self._wishes, activate, scene, camera))

    def add(self, slide: Slide, *, activate: bool = True) -> Document:
        """Take on a slide that is open already, a blank one perhaps.

        Parameters
        ----------
        slide
            Closed with its document.
        activate
            Whether to show it.
        """
        return self._take(slide, Opening(slide.path, self._wishes + 1, activate, 0, None))

    def adopt(self, document: Document, *, activate: bool = True) -> None:
        """Take on a document that somebody else made, and will close; see `let_go`."""
        if document not in self._documents:
            self._documents.append(document)
            self.opened.emit(document)
            in_background(lambda: self._hash_here(document), f"hash {document.name}")
        if activate:
            self.activate(document, document.scene_index)

    def let_go(self, document: Document) -> None:
        """Forget a document, whose slide stays open; its annotations are saved already."""
        if document not in self._documents:
            return
        index = self._documents.index(document)
        self._documents.remove(document)
        self._checks.pop(document, None)
        if document is self._current:
            left = self._documents[max(0, index - 1) :]
            self._show(left[0] if left else None, None)
        self._autosave.release(document)
        self.closed.emit(document)

    def cancel_opening(self, path: str | Path) -> None:
        """Stop waiting for a file; should it still arrive, it is closed again."""
        self._openings.cancel(path)

    def activate(self, document: Document | None, scene_index: int | None = None) -> None:
        """Show a document, or another scene of it."""
        self._fulfilled = self._wishes
        self._show(document, scene_index)

    def close(self, document: Document) -> None:
        """Close a document; its annotations are saved already."""
        if document in self._documents:
            self.let_go(document)
            in_background(document.slide.close, f"close {document.name}")

    def shut_down(self) -> None:
        """Remember what is open, drop what is awaited and let go of every file."""
        self.remember()
        self._openings.cancel()
        for document in self.documents:
            self.close(document)
        self._autosave.wait(SAVE_SECONDS)

    def remember(self) -> None:
        """Write into the settings what is open and where its views look, for the next start."""
        kept = [document for document in self._documents if document.slide.has_file]
        self.settings.documents = tuple(
            OpenDocument(path=d.path, scene=d.scene_index, camera=d.view) for d in kept
        )
        if self._current in kept:
            self.settings.current_document = kept.index(self._current)

    def reopen(self) -> None:
        """Open what was open at the end of the last run; what is gone meanwhile is passed over."""
        for index, known in enumerate(self.settings.documents):
            shown = index == self.settings.current_document
            self.open(known.path, activate=shown, scene=known.scene, camera=known.camera)

    def forget_missing(self) -> None:
        """Take files that are gone out of the recent ones, in the background."""

        def look() -> None:
            gone = frozenset(path for path in self.recent if not path.exists())
            if gone:
                self._deliver(lambda: self._forget(gone))

        in_background(look, "recent files")

    def check(self) -> None:
        """Look, in the background, whether the open files are still what they were.

        Call it every few seconds; `trouble` tells what is new.
        """
        now = time.monotonic()
        for document in self._documents:
            started = self._checks.get(document)
            if started is None:
                self._checks[document] = now
                in_background(partial(self._check_here, document), f"check {document.name}")
            elif now - started > self._open_seconds:
                self._set_trouble(document, silent(document.path))

    # -- in the background -----------------------------------------------------------------------

    def _hash_here(self, document: Document) -> None:
        try:
            fingerprint = document.slide.fingerprint
        except FileProblem as error:
            problem = error
            self._deliver(lambda: self._set_trouble(document, problem))
        except OSError:
            log.exception("no fingerprint")
            self._deliver(lambda: self._set_trouble(document, silent(document.path)))
        else:
            opened = self._autosave.find(document, fingerprint)
            self._deliver(lambda: self._identified(document, fingerprint, opened))

    def _check_here(self, document: Document) -> None:
        problem: UserError | None = None
        try:
            document.slide.check_unchanged()
        except FileProblem as error:
            problem = error
        self._deliver(lambda: self._checked(document, problem))

    # -- where state may change --------------------------------------------------------------------

    def _arrived(self, opening: Opening, slide: Slide) -> None:
        known = self._known(slide.path)
        if known is not None:
            in_background(slide.close, "close twin")
            self._finish_known(known, opening.activate, opening.wish)
            return
        self._take(slide, opening)

    def _take(self, slide: Slide, opening: Opening) -> Document:
        document = Document(
            slide,
            slide_classes=self.settings.slide_classes,
            scene_classes=self.settings.scene_classes,
            undo_steps=self.settings.undo_steps,
        )
        document.scene_index = min(opening.scene, len(slide.scenes) - 1)
        if opening.camera is not None:
            document.view = opening.camera
        self._documents.append(document)
        if slide.has_file:
            self.settings.remember_recent(slide.path)
            self.recent_changed.emit(self.recent)
        self.opened.emit(document)
        self._finish_known(document, opening.activate, opening.wish)
        in_background(lambda: self._hash_here(document), f"hash {document.name}")
        return document

    def _finish_known(self, document: Document, activate: bool, wish: int | None = None) -> None:
        """Show a document that was wished for, unless a later wish has been fulfilled."""
        wish = self._wishes + 1 if wish is None else wish
        self._wishes = max(self._wishes, wish)
        if activate and wish > self._fulfilled:
            self._fulfilled = wish
            self._show(document, None)
        elif self._current is None:
            self._show(document, None)

    def _show(self, document: Document | None, scene_index: int | None) -> None:
        other_scene = (
            document is not None and scene_index is not None and document.scene_index != scene_index
        )
        if document is not None and scene_index is not None:
            document.scene_index = scene_index
        if document is not self._current or other_scene:
            self._current = document
            self.current_changed.emit(document)

    def _refused(self, problem: UserError) -> None:
        self.failed.emit(problem)

    def _identified(self, document: Document, fingerprint: str, opened: Opened) -> None:
        document.fingerprint = fingerprint
        came_back = self._autosave.adopt(document, opened)
        if document not in self._documents:  # closed meanwhile: what was drawn is kept all the same
            self._autosave.release(document)
        elif came_back:
            self.restored.emit(document)

    def _checked(self, document: Document, problem: UserError | None) -> None:
        if self._checks.pop(document, None) is not None:
            self._set_trouble(document, problem)

    def _set_trouble(self, document: Document, problem: UserError | None) -> None:
        if document in self._documents and type(problem) is not type(document.trouble):
            document.trouble = problem
            self.trouble.emit(document, problem)

    def _forget(self, gone: frozenset[Path]) -> None:
        self.settings.forget_recent(gone)
        self.recent_changed.emit(self.recent)

    def _known(self, path: Path) -> Document | None:
        return next((d for d in self._documents if d.path == path), None)
