"""The lab in the window: shown in place of the views, joined to the project's experiments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue
from qtpy.QtCore import QTimer, QUrl
from qtpy.QtGui import QDesktopServices

from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.app.joints.lab_files import read_picture, read_request
from ssldiff_gui.app.joints.lab_labels import LabelsOnPicture
from ssldiff_gui.core.errors import BadRequest, UserError
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.state.background import in_background
from ssldiff_gui.viewer.gui_thread import on_gui_thread

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.app.dialogs import AsksForFiles
    from ssldiff_gui.core.project import ExperimentEntry
    from ssldiff_gui.core.requests import AnyRequest
    from ssldiff_gui.state.history import History
    from ssldiff_gui.state.lab import Lab
    from ssldiff_gui.state.lab_findings import Findings
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.widgets.lab_inputs import Answer
    from ssldiff_gui.widgets.lab_room import LabRoom
    from ssldiff_gui.widgets.lab_shown import ExperimentShown

LOOK_MS = 1000
"""How often the folders of what runs are looked into."""

MOST_LOOKED = 40
"""Experiments whose curves are read when the lab is shown first."""

REQUESTS = "Requests (*.json)"


class LabJoint:
    """Joins the lab to the project that is open.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What dialogs belong to.
    dialogs
        Asks for files.
    """

    def __init__(self, frame: Frame, window: QMainWindow, dialogs: AsksForFiles) -> None:
        self._frame, self._window, self._dialogs = frame, window, dialogs
        self._place: Workplace | None = None
        self._ties = Ties()
        self._findings: dict[str, Findings] = {}
        self._chosen: tuple[str, ...] = ()
        self.room: LabRoom | None = None
        self.labels = LabelsOnPicture(frame)
        self._timer = QTimer(window)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        frame.parts.top.lab_requested.connect(self.show_lab)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        self._ties.tie(place.lab.changed, self._on_changed)
        self._ties.tie(place.lab.progressed, self._on_progress)
        self._ties.tie(place.lab.found, self._on_found)
        self._ties.tie(place.queue.finished, self._on_finished)
        self._ties.tie(place.models.changed, self._offer)
        if self.shown:
            self._begin()

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._timer.stop()
        self._place, self._findings, self._chosen = None, {}, ()
        if self.room is not None:
            self.room.show_cards(())
            self.room.show_experiments(())

    def refresh(self) -> None:
        """Show which of the two is in view."""
        self._frame.parts.top.show_lab(self.shown)

    # -- where it is -------------------------------------------------------------------------------

    @property
    def shown(self) -> bool:
        """Whether the lab is in view."""
        return self.room is not None and self._frame.parts.rooms.currentWidget() is self.room

    @property
    def lab(self) -> Lab | None:
        """The experiments of the project that is open."""
        return None if self._place is None else self._place.lab

    @property
    def history(self) -> History | None:
        """What can be undone while the lab is in view."""
        return self.lab.history if self.shown and self.lab is not None else None

    def toggle(self) -> None:
        """Go to the lab, or back to the views."""
        self.show_lab(not self.shown)

    def show_lab(self, shown: bool) -> None:
        """Go to the lab, or back to the views; it is made when it is first seen."""
        rooms = self._frame.parts.rooms
        if shown and self.room is None:
            self.room = self._made()
            rooms.addWidget(self.room)
        if shown and self.room is not None:
            rooms.setCurrentWidget(self.room)
            self._begin()
            self.room.form.method_box.setFocus()
        else:
            rooms.setCurrentIndex(0)
            self._timer.stop()
            self._frame.parts.setFocus()  # else the first button would take it, and show so
        self._frame.parts.top.show_lab(self.shown)
        self._frame.on_change()

    def _made(self) -> LabRoom:
        # not before it is wanted: the studio starts without the lab's widgets
        from ssldiff_gui.state.lab_measuring import METHODS
        from ssldiff_gui.widgets.lab_room import LabRoom

        room = LabRoom(METHODS)
        room.chosen.connect(self._choose)
        form, view, cards = room.form, room.view, room.list
        form.begin_requested.connect(self._start)
        form.browse_requested.connect(self._browse)
        form.open_requested.connect(self.open_request)
        for part in (view, cards):
            part.cancel_requested.connect(self._cancel)
            part.go_on_requested.connect(self._go_on)
            part.again_requested.connect(self._again)
            part.save_requested.connect(self._save)
        view.pause_requested.connect(self._pause)
        view.resume_requested.connect(self._resume)
        view.open_requested.connect(self._open_report)
        view.labels_requested.connect(self._lay_over)
        view.picture_wanted.connect(self._load_picture)
        cards.star_requested.connect(self._star)
        cards.rename_requested.connect(self._rename)
        cards.delete_requested.connect(self._delete)
        return room

    def _begin(self) -> None:
        """Show all there is, and look after it from here on."""
        self._timer.start()
        self._offer()
        self._on_changed()
        for entry in self._all()[:MOST_LOOKED]:
            if entry.id not in self._findings and self.lab is not None:
                self.lab.look(entry.id)

    def _all(self) -> tuple[ExperimentEntry, ...]:
        return () if self.lab is None else self.lab.all

    def _offer(self, _: object = None) -> None:
        if self.room is not None and self._place is not None:
            from ssldiff_gui.app.joints.lab_shown import models_of

            self.room.form.offer_models(models_of(self._place.models.inventory, self.lab))

    # -- showing -----------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        if self.room is None or self.lab is None or not self.shown:
            return
        known = {entry.id for entry in self._all()}
        self._chosen = tuple([identity for identity in self._chosen if identity in known])
        self._show_cards()
        self._show_chosen()
        self._frame.on_change()

    def _show_cards(self) -> None:
        if self.room is not None:
            self.room.show_cards([self._experiment(entry).card for entry in self._all()])

    def _experiment(self, entry: ExperimentEntry) -> ExperimentShown:
        from ssldiff_gui.app.joints.lab_shown import card_of, experiment_of

        assert self._place is not None  # noqa: S101 - there are entries
        job, findings = self._place.lab.job_of(entry.id), self._findings.get(entry.id)
        card = card_of(entry, job, findings, paused=self._place.queue.paused)
        return experiment_of(card, entry, job, findings)

    def _show_chosen(self) -> None:
        if self.room is not None and self.lab is not None:
            entries = [self.lab.get(identity) for identity in self._chosen]
            shown = [self._experiment(entry) for entry in entries if entry is not None]
            self.room.show_experiments(shown)

    def _choose(self, ids: tuple[str, ...]) -> None:
        self._chosen = ids
        self._show_chosen()
        for identity in ids:
            if self.lab is not None:
                self.lab.look(identity)

    def _look(self) -> None:
        """Look into the folders of what runs."""
        for entry in self._all():
            if entry.status == "running" and self.lab is not None:
                self.lab.look(entry.id)

    def _on_progress(self, identity: str) -> None:
        if self.shown:
            self._show_cards()
            if identity in self._chosen:
                self._show_chosen()

    def _on_found(self, identity: str, findings: Findings) -> None:
        self._findings[identity] = findings
        self._on_progress(identity)

    def _on_finished(self, job: object, _: object) -> None:
        entry = None if self.lab is None else self.lab.get(getattr(job, "owner", ""))
        if entry is None:
            return
        self._offer()
        if not self.shown:
            act = ("Show it", lambda: self._show_one(entry.id))
            self._frame.reporter.done(f"“{entry.name}” is done.", "", act)

    def _show_one(self, identity: str) -> None:
        self.show_lab(True)
        if self.room is not None:
            self.room.list.choose(identity)

    def _load_picture(self, identity: str, key: str) -> None:
        def load() -> None:
            picture = read_picture(Path(key))
            on_gui_thread(show, picture)

        def show(picture: object) -> None:
            if self._place is None or self.room is None:  # the window is being closed
                return
            if self.room.view.identity == identity:
                self.room.view.show_picture(key, picture)  # type: ignore[arg-type]

        in_background(load, f"picture {Path(key).name}")

    # -- acts --------------------------------------------------------------------------------------

    def _start(self, key: str, name: str, values: dict[str, JsonValue]) -> None:
        from ssldiff_gui.state.lab_measuring import method_named

        method = method_named(key)
        if method is not None:
            self._try(lambda: self._begun(method.request(values), name, key, values))

    def _begun(
        self,
        request: AnyRequest,
        name: str,
        key: str = "",
        values: dict[str, JsonValue] | None = None,
    ) -> None:
        if self.lab is None or self.room is None:
            raise BadRequest("The project is still being opened.", "Try again in a moment.")
        entry = self.lab.begin(request, name, key, values)
        self._on_changed()
        self.room.list.choose(entry.id)

    def _try(self, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except UserError as error:
            self._frame.reporter.problem(error)

    def _cancel(self, identity: str) -> None:
        if self.lab is not None:
            self.lab.cancel(identity)

    def _go_on(self, identity: str) -> None:
        lab = self.lab
        if lab is not None:
            self._try(lambda: lab.go_on(identity))

    def _pause(self) -> None:
        if self._place is not None:
            self._place.queue.pause()

    def _resume(self) -> None:
        if self._place is not None:
            self._place.queue.resume()

    def _again(self, identity: str) -> None:
        """Fill the form with what was chosen then."""
        from ssldiff_gui.state.lab_measuring import method_named

        lab, room = self.lab, self.room
        entry = None if lab is None else lab.get(identity)
        if lab is None or room is None or entry is None:
            return
        if method_named(entry.method) is None:
            self._frame.reporter.tell(
                "It was opened from a file, and no form made it.",
                "Save its request, change the file, and open that.",
            )
            return
        self._try(
            lambda: room.form.choose(entry.method, lab.choices_of(identity), f"{entry.name} again")
        )
        room.form.name.setFocus()
        room.form.name.selectAll()

    def _save(self, identity: str) -> None:
        lab = self.lab
        entry = None if lab is None else lab.get(identity)
        if lab is None or entry is None:
            return
        path = self._dialogs.save_file(Path.home() / f"{entry.name}.json", REQUESTS)
        if path is not None:
            self._try(lambda: self._saved(lab, identity, path))

    def _saved(self, lab: Lab, identity: str, path: Path) -> None:
        lab.export_request(identity, path)
        self._frame.reporter.done("The request is saved.", f"ssldiff run {path.name}")

    def open_request(self) -> None:
        """Ask for a request's file, and have it done."""
        path = self._dialogs.open_file("Open a request", REQUESTS)
        if path is not None:
            self._try(lambda: self._begun(read_request(path), path.stem))

    def _open_report(self, identity: str, kind: str) -> None:
        findings = self._findings.get(identity)
        report = None if findings is None else findings.report
        path = None if report is None else (report.html if kind == "html" else report.pdf)
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._frame.reporter.tell("No program opens it.", str(path))

    def _lay_over(self, identity: str) -> None:
        lab = self.lab
        if lab is not None:
            request = lab.request_of(identity)
            if isinstance(request, LabelRequest):
                self.show_lab(False)
                self.labels.show(request)

    def _star(self, identity: str, on: bool) -> None:
        if self.lab is not None:
            self.lab.star(identity, on=on)

    def _rename(self, identity: str, name: str) -> None:
        if self.lab is not None:
            self.lab.rename(identity, name)

    def _delete(self, ids: tuple[str, ...]) -> None:
        lab = self.lab
        if lab is None or not ids:
            return
        lab.delete(*ids)
        words = "The experiment is" if len(ids) == 1 else f"{len(ids)} experiments are"
        self._frame.reporter.done(f"{words} deleted.", "", ("Undo", lab.history.undo))

    # -- paths -------------------------------------------------------------------------------------

    def _browse(self, answer: Answer, what: str) -> None:
        if what == "file":
            path = self._dialogs.open_file(f"Choose the {answer.field.title.lower()}", "")
        else:
            path = self._dialogs.folder(None)
        if path is not None:
            answer.take_paths([str(path)])

    def take(self, paths: Sequence[Path | str]) -> None:
        """Take what was dropped on the lab: into the first question for a path without answer."""
        if self.room is None or not paths:
            return
        answers = self.room.form.answers.values()
        places = [one for one in answers if one.field.kind in ("folder", "file", "files")]
        empty = [one for one in places if not one.value and one.isVisible()]
        for answer in (empty or places)[:1]:
            answer.take_paths([str(path) for path in paths])
