"""Annotations that travel with a project: written when it is saved, taken up where none are kept.

What is drawn is kept for each user by the slide's content, see `state.autosave`. A project carries
a copy, so that it is whole on another machine; what the user has there already comes first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.core.patches import Patch
from ssldiff_gui.core.project import SlideEntry
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.project import Project
from ssldiff_gui.storage.annotation_store import read_saved, write_saved
from ssldiff_gui.storage.project_files import ANNOTATIONS

log = logging.getLogger(__name__)


def carried(project: Project, fingerprint: str, scene: int) -> Patch | None:
    """Return what a project carries for a scene, or None; reads files."""
    try:
        return read_saved(_file(project, fingerprint, scene))
    except FileProblem:
        return None


def carry(project: Project, documents: Iterable[Document]) -> Callable[[], None]:
    """Take what is drawn on the project's slides as it is now.

    Returns
    -------
    callable
        Writes it into the project's folder; call it in the background.
    """
    if project.read_only is not None:
        return lambda: None
    known = {entry.fingerprint for entry in project.entries(SlideEntry)}
    taken: list[tuple[Path, str, Patch]] = []
    for document in documents:
        if document.fingerprint not in known or document.fingerprint is None:
            continue
        for scene, editor in enumerate(document.editors):
            path = _file(project, document.fingerprint, scene)
            if editor.annotations or len(editor.history):
                taken.append((path, document.name, editor.snapshot()))

    def write() -> None:
        for path, title, patch in taken:
            try:
                path.parent.mkdir(exist_ok=True)
                write_saved(path, title, patch)
            except (OSError, FileProblem) as error:
                log.warning("annotations are not in the project: %s", error)

    return write


def _file(project: Project, fingerprint: str, scene: int) -> Path:
    digest = fingerprint.removeprefix("sha256:")
    return project.path(f"{ANNOTATIONS}/{digest}-{scene}.jsonl")
