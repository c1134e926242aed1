"""The project that is open, the worker, and the joints that bring both into the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ssldiff_gui.app.joints.joint import Frame, Joint
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import SlideEntry
from ssldiff_gui.state.background import Deliver, in_background
from ssldiff_gui.state.models import Models
from ssldiff_gui.state.project_annotations import carried, carry
from ssldiff_gui.state.project_slides import find_slide
from ssldiff_gui.state.projects import Projects
from ssldiff_gui.state.workplace import Workplace
from ssldiff_gui.viewer.gui_thread import on_gui_thread

if TYPE_CHECKING:
    from ssldiff_gui.jobs.client import Client
    from ssldiff_gui.state.document import Document
    from ssldiff_gui.state.project import Project

WAIT_SECONDS = 10.0
"""The longest that closing the studio waits for the project to be on the disk."""


class Working:
    """Opens projects, and has every joint follow the one that is open.

    Parameters
    ----------
    frame
        What all joints share.
    joints
        They enter and leave projects together.
    client
        Does the work.
    deliver
        Runs a call in the window's thread.
    """

    def __init__(
        self, frame: Frame, joints: Sequence[Joint], client: Client, deliver: Deliver
    ) -> None:
        self._frame, self._joints = frame, joints
        self._deliver = deliver
        self.client = client
        self.models = Models(deliver)
        self.projects = Projects(frame.settings, deliver=deliver)
        self.place: Workplace | None = None
        self._first = True
        self.projects.opened.connect(self._enter)
        self.projects.closing.connect(self._leave)
        self.projects.failed.connect(frame.reporter.problem)
        self.models.failed.connect(frame.reporter.problem)

    def start(self) -> None:
        """Open the last project and take stock of the models, both in the background."""
        self.projects.start()
        self.models.refresh()

    def refresh(self) -> None:
        """Have every joint show what holds now."""
        for joint in self._joints:
            joint.refresh()

    def check(self) -> None:
        """Look whether the project is still there; call it every few seconds."""
        if self.projects.current is not None:
            self.projects.current.check()

    def remember(self) -> None:
        """Keep what is shown in the project."""
        place = self.place
        if place is not None and place.project.read_only is None:
            place.bench.remember(documents=tuple(self._documents(place)))

    def close(self) -> None:
        """Leave the project and end the worker; nothing stays behind."""
        self.projects.close()
        self.client.close()
        self.projects.wait(WAIT_SECONDS)

    # -- how ---------------------------------------------------------------------------------------

    def _enter(self, project: Project) -> None:
        session = self._frame.session
        self.place = Workplace(session, project, self.client, self.models, self._deliver)
        for joint in self._joints:
            joint.enter(self.place)
        for notice in project.notices:
            self._frame.reporter.problem(notice)
        documents = self.place.bench.workspace.documents
        session.autosave.elsewhere = lambda *scene: carried(project, *scene)
        first, self._first = self._first, False
        if not first:
            for document in session.documents:
                session.close(document)
        self._reopen(self.place, documents, slides=not first)
        self.place.bench.look_again()
        self._frame.on_change()

    def _reopen(self, place: Workplace, documents: Sequence[JsonValue], *, slides: bool) -> None:
        """Open what was open in a project; at the start the settings open the slides."""
        for known in documents:
            if not isinstance(known, dict):
                continue
            if isinstance(grid := known.get("grid"), str):
                place.drawing.reopen(grid)
            elif slides and isinstance(identity := known.get("slide"), str):
                entry, scene = place.project.get(identity), known.get("scene")
                if isinstance(entry, SlideEntry):
                    self._find(place, entry, scene if isinstance(scene, int) else 0, known)

    def _find(
        self, place: Workplace, entry: SlideEntry, scene: int, known: dict[str, JsonValue]
    ) -> None:
        """Open a slide where it was, or beside the project; its content has to be the same."""
        folder = place.project.folder

        def look() -> None:
            try:
                path = find_slide(entry, folder)
            except UserError as error:
                on_gui_thread(self._frame.reporter.problem, error)
            else:
                shown = bool(known.get("current"))
                on_gui_thread(lambda: place.session.open(path, activate=shown, scene=scene))

        in_background(look, f"find {entry.name}")

    def _leave(self, _: Project) -> None:
        place, self.place = self.place, None
        if place is None:
            return
        place.bench.remember(documents=tuple(self._documents(place)))
        carry(place.project, place.session.documents)()
        for joint in self._joints:
            joint.leave()
        place.close()
        self._frame.on_change()

    def _documents(self, place: Workplace) -> list[JsonValue]:
        return [self._document(place, document) for document in place.session.documents]

    def _document(self, place: Workplace, document: Document) -> JsonValue:
        current = document is place.session.current
        grids = place.bench.grids_of(document, document.scene_index)
        if not document.slide.has_file and grids:
            return {"grid": grids[0].id, "current": current}
        slide = place.bench.slide_entry(document).id
        return {"slide": slide, "scene": document.scene_index, "current": current}
