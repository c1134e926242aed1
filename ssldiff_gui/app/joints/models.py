"""Models: what there is, getting more of it, and the memory that those in use take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.app.joints.joint import Frame, Ties
from ssldiff_gui.app.joints.opening import open_folder, open_link
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.folders import data_folder
from ssldiff_gui.core.inventory import Verified
from ssldiff_gui.core.requests import ModelRequest
from ssldiff_gui.jobs.messages import Gone, Heartbeat, Ready, Unloaded
from ssldiff_gui.viewer.joints.words import bytes_text
from ssldiff_gui.widgets.model_entries import DeviceShown, ModelEntry, ModelWork, entries_of
from ssldiff_gui.widgets.model_window import ModelWindow

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMainWindow

    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace

OFFLINE = "Downloads are switched off on this machine (HF_HUB_OFFLINE)."


class ModelsJoint:
    """Joins the window of models to what is installed, the queue and the worker.

    Parameters
    ----------
    frame
        What all joints share.
    window
        What the window of models belongs to.
    """

    def __init__(self, frame: Frame, window: QMainWindow) -> None:
        self._frame, self._window = frame, window
        self._ties = Ties()
        self._place: Workplace | None = None
        self._ready: Ready | None = None
        self._beat = Heartbeat()
        self._device = DeviceShown("")
        self._busy: dict[str, str] = {}
        """What is being done to models beside the queue, in words."""
        self._works: dict[str, ModelWork] = {}
        self._problems: dict[str, UserError] = {}
        self._freeing = False
        self._came = ""
        """The model that was downloaded last, until it is listed among the installed ones."""
        self.show_folder: Callable[[Path], None] = open_folder
        self.show_link: Callable[[str], None] = open_link
        self._dialog: ModelWindow | None = None

    @property
    def dialog(self) -> ModelWindow:
        """The window of models, made when it is first wanted."""
        if self._dialog is None:
            self._dialog = ModelWindow(self._window)
            self._connect(self._dialog)
        return self._dialog

    @property
    def _seen(self) -> bool:
        return self._dialog is not None and self._dialog.isVisible()

    def _connect(self, dialog: ModelWindow) -> None:
        dialog.download_requested.connect(self._download)
        dialog.cancel_requested.connect(self._cancel)
        dialog.verify_requested.connect(self._verify)
        dialog.remove_requested.connect(self._remove)
        dialog.folder_requested.connect(self._reveal)
        dialog.link_requested.connect(self._follow)
        dialog.free_requested.connect(self.free)
        dialog.refresh_requested.connect(self._look_again)

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie, queue, models = self._ties.tie, place.queue, place.models
        tie(place.client.events, self._hear)
        tie(queue.progressed, self._on_progress)
        tie(queue.finished, self._on_finished)
        tie(queue.failed, self._on_failed)
        tie(models.changed, self._on_changed)
        tie(models.verified, self._on_verified)
        tie(models.failed, self._on_refused)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._freeing = False
        self._busy.clear()

    def refresh(self) -> None:
        """Show models and what is being done to them, while the window of models is open."""
        if self._seen:
            self._show()

    # -- acts --------------------------------------------------------------------------------------

    def window(self) -> None:
        """Show the models, beside the work."""
        self._show()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()
        if self._place is not None and not self._place.models.known:
            self._place.models.refresh()

    def free(self) -> None:
        """Have the worker let go of the models it holds."""
        if self._place is not None:
            self._freeing = True
            self._place.client.unload()

    def _download(self, name: str, accept: bool) -> None:
        place = self._place
        if place is None or self._job_of(name) is not None:
            return
        self._problems.pop(name, None)
        try:
            place.queue.add(ModelRequest(name=name, accept=accept), f"Download {self._title(name)}")
        except UserError as error:
            self._problems[name] = error
        self._show()

    def _cancel(self, name: str) -> None:
        job = self._job_of(name)
        if self._place is not None and job is not None:
            self._place.queue.cancel(job.id)

    def _verify(self, name: str) -> None:
        if self._place is not None:
            self._busy[name] = "Hashing its files"
            self._place.models.verify(name)
            self._show()

    def _remove(self, name: str) -> None:
        if self._place is not None:
            self._busy[name] = "Removing it"
            self._place.models.remove(name)
            self._show()

    def _look_again(self) -> None:
        if self._place is not None:
            self._place.models.refresh()

    def _follow(self, address: str) -> None:
        self.show_link(address)

    def _reveal(self, name: str) -> None:
        known = None if self._place is None else self._place.models.inventory.named(name)
        folder = data_folder() / "models" if known is None else Path(known.folder)
        if known is None:
            folder.mkdir(parents=True, exist_ok=True)
        self.show_folder(folder)

    # -- what is shown -----------------------------------------------------------------------------

    def _show(self) -> None:
        place = self._place
        if place is None:
            return
        entries = entries_of(place.models.inventory)
        self.dialog.show_models([self._with_problem(entry) for entry in entries])
        self._show_works(place)
        self._show_device()

    def _with_problem(self, entry: ModelEntry) -> ModelEntry:
        problem = self._problems.get(entry.name)
        if problem is None or entry.installed:
            return entry
        return replace(entry, problem=problem.message, hint=problem.hint)

    def _show_works(self, place: Workplace) -> None:
        works = {name: ModelWork(words) for name, words in self._busy.items()}
        works |= {_name(job): _work(job) for job in place.queue.jobs if job.kind == "model"}
        for name in self._works.keys() - works.keys():
            self.dialog.show_work(name, None)
        for name, work in works.items():
            if self._works.get(name) != work:
                self.dialog.show_work(name, work)
        self._works = works

    def _show_device(self) -> None:
        """Say where models compute; nothing is drawn again while nothing changed."""
        place, ready, beat = self._place, self._ready, self._beat
        offline = OFFLINE if place is not None and place.models.inventory.offline else ""
        name = "" if ready is None else ready.name or ready.device
        used = beat.memory if beat.device_memory is None else beat.device_memory
        held = tuple([self._title(model) for model in beat.models])
        total = ready.memory or 0 if ready is not None else 0
        shown = DeviceShown(name, used, total, held, offline)
        if shown != self._device:
            self._device = shown
            self.dialog.show_device(shown)

    def _title(self, name: str) -> str:
        if self._place is None:
            return name
        inventory = self._place.models.inventory
        known = inventory.named(name)
        if known is not None:
            return known.title
        return next((entry.title for entry in inventory.offered if entry.name == name), name)

    def _job_of(self, name: str) -> Job | None:
        jobs = () if self._place is None else self._place.queue.jobs
        return next((job for job in jobs if job.kind == "model" and _name(job) == name), None)

    # -- what comes --------------------------------------------------------------------------------

    def _hear(self, message: object) -> None:
        if isinstance(message, Ready):
            self._ready = message
        elif isinstance(message, Heartbeat):
            self._beat = message
        elif isinstance(message, Gone):
            self._ready, self._beat = None, Heartbeat()
        elif isinstance(message, Unloaded):
            self._beat = Heartbeat(message.memory, message.device_memory)
            self._say_freed(message)
        else:
            return
        if self._seen:
            self._show_device()

    def _say_freed(self, message: Unloaded) -> None:
        if not self._freeing:
            return
        self._freeing = False
        if message.freed:
            self._frame.reporter.done(
                f"{bytes_text(message.freed)} of memory are free again.",
                "Models are loaded again when they are needed.",
            )
        else:
            self._frame.reporter.tell("No model was held in memory.")

    def _on_progress(self, job: Job) -> None:
        if job.kind == "model" and self._place is not None and self._seen:
            self._show_works(self._place)

    def _on_finished(self, job: Job, _: object) -> None:
        if job.kind == "model" and self._place is not None:
            title = self._title(_name(job))
            self._frame.reporter.done(f"{title} is installed.", "", ("Models", self.window))
            self._came = _name(job)
            self._place.models.refresh()

    def _on_failed(self, job: Job, problem: UserError) -> None:
        if job.kind == "model":
            self._problems[_name(job)] = problem
            self.refresh()

    def _on_changed(self, _: object) -> None:
        for name in [n for n, words in self._busy.items() if words == "Removing it"]:
            del self._busy[name]
        chosen = self._dialog.chosen if self._dialog is not None else None
        self.refresh()
        if self._seen and chosen is not None and chosen.name == self._came:
            self.dialog.choose(self._came)  # it has gone over to the installed ones
        self._came = ""
        self._frame.on_change()

    def _on_verified(self, found: Verified) -> None:
        self._busy.pop(found.name, None)
        self._works.pop(found.name, None)
        self.dialog.show_verified(found.name, found.whole, found.words)
        self.refresh()

    def _on_refused(self, _: UserError) -> None:
        """Nothing is being done any more; what hindered it is said elsewhere."""
        self._busy.clear()
        self.refresh()


def _name(job: Job) -> str:
    return str(job.entry.request.get("name", ""))


def _work(job: Job) -> ModelWork:
    """Return a download as the window shows it."""
    part = min(1.0, job.done / job.total) if job.total > 0 else None
    usual = "Waits for its turn" if job.status == "waiting" else "Begins"
    return ModelWork("Paused" if job.status == "paused" else job.words or usual, part)
