"""Generate: settings, cost, the button, and the picture that sharpens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.jobs.costs import generate_cost
from ssldiff_gui.state.rendering import RenderCost
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.viewer.joints.in_view import canvas_in_view
from ssldiff_gui.viewer.joints.words import (
    bytes_text,
    duration_text,
    ground_text,
    pixels_text,
    work_of,
)
from ssldiff_gui.widgets.shown import Choice, CostShown, Part, Preset, RenderShown
from ssldiff_gui.widgets.tell_card import TellShown

if TYPE_CHECKING:
    from ssldiff_gui.jobs.messages import Ready
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace


class GenerateJoint:
    """Joins the inspector's third page to the rendering.

    Parameters
    ----------
    host
        Where the pages and views are.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._page = host.parts.generate
        self._ties = Ties()
        self._place: Workplace | None = None
        self._job: Job | None = None
        self._picture: npt.NDArray[np.uint8] | None = None
        self._part: Part = "whole"
        self._device = ""
        self._devices: tuple[str, ...] = ()
        page = self._page
        page.generate_requested.connect(self.generate)
        page.changed.connect(self._on_settings)
        page.draw_requested.connect(lambda: host.choose_tool("rectangle"))
        page.tell.draw_requested.connect(lambda: host.choose_tool("rectangle"))
        page.tell.changed.connect(self._on_told)
        page.work.cancel_requested.connect(self.cancel)
        page.work.pause_requested.connect(lambda: self._pause(wanted=True))
        page.work.resume_requested.connect(lambda: self._pause(wanted=False))

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie, queue = self._ties.tie, place.queue
        tie(queue.progressed, self._on_progress)
        tie(queue.preview, self._on_preview)
        tie(queue.failed, self._on_failed)
        tie(queue.ready, self._on_ready)
        tie(place.rendering.settings_changed, lambda _: self._host.on_change())
        tie(place.bench.grid_changed, lambda _: self._host.on_change())
        tie(place.bench.failed, self._page.show_problem)
        tie(place.reach.changed, self._host.on_change)

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place, self._job, self._picture = None, None, None

    def refresh(self) -> None:
        """Show settings, cost, and the render that runs."""
        place = self._place
        opened = None if place is None else place.bench.open
        self._page.set_empty(opened is None)
        if place is None or opened is None:
            return
        self._show_choices(place, opened)
        self._job = _rendering(place)
        if self._job is None:
            self._picture = None
        self._page.show_work(None if self._job is None else work_of(self._job, self._picture))
        missing = "" if place.rendering.generator() is not None else (
            "No installed model renders grids of this encoder."
        )  # fmt: skip
        selected = opened.editor.selection is not None
        in_view = canvas_in_view(opened, self._host.parts.original.view)
        self._page.can_render(selection=selected, view=in_view is not None, missing=missing)
        self._page.show_reach(place.reach.share if place.reach.beyond else None)
        cost = place.rendering.cost(self.region(opened))
        self._page.show_cost(None if cost is None else self._cost_shown(place, opened, cost))

    def region(self, opened: OpenGrid) -> Box | None:
        """Return the part of the canvas that is wanted; None for all of it."""
        if self._part == "selection" and opened.editor.selection is not None:
            rows, columns = np.nonzero(opened.editor.selection)
            side = opened.editor.original.cell
            left, top = int(columns.min()) * side, int(rows.min()) * side
            right, bottom = (int(columns.max()) + 1) * side, (int(rows.max()) + 1) * side
            return Box(left, top, right - left, bottom - top)
        if self._part != "view":
            return None
        return canvas_in_view(opened, self._host.parts.original.view)

    # -- acts --------------------------------------------------------------------------------------

    def generate(self) -> None:
        """Render what is wanted."""
        place = self._place
        opened = None if place is None else place.bench.open
        if place is None or opened is None:
            self._host.turn_to("Region")
            return
        self._page.show_problem(None)
        try:
            place.rendering.generate(self.region(opened))
        except UserError as error:
            self._page.show_problem(error)
            self._host.turn_to("Generate")
        self._host.on_change()

    def cancel(self) -> None:
        """End the work that runs, or the first that waits."""
        jobs = () if self._place is None else self._place.queue.jobs
        if self._place is not None and jobs:
            self._place.queue.cancel(jobs[0].id)

    def pause(self) -> None:
        """Hold the work up, or go on."""
        if self._place is not None:
            self._pause(wanted=not self._place.queue.paused)

    def live(self) -> None:
        """Render while one paints, or not."""
        if self._place is not None:
            self._place.rendering.set(live=not self._place.rendering.settings.live)

    def _pause(self, *, wanted: bool) -> None:
        if self._place is not None:
            (self._place.queue.pause if wanted else self._place.queue.resume)()

    def _on_settings(self, shown: RenderShown) -> None:
        place = self._place
        if place is None:
            return
        self._part = shown.part
        before = place.rendering.settings
        preset = next((p for p in self._presets(place) if p.id == shown.preset), None)
        other = shown.preset != before.preset
        own_steps = preset is not None and shown.steps != preset.steps and not other
        own_guidance = preset is not None and shown.guidance != preset.guidance and not other
        place.rendering.set(
            model=shown.model,
            seed=shown.seed,
            seed_mode=shown.seed_mode,
            variation=shown.variation,
            live=shown.live,
            preset=shown.preset,
            steps=shown.steps if own_steps else None,
            guidance=shown.guidance if own_guidance else None,
            device=shown.device,
        )
        self._host.on_change()

    def _on_told(self, told: TellShown) -> None:
        if self._place is not None:
            self._place.rendering.set(text=told.text, label=told.label, areas=told.areas)

    # -- what is shown -----------------------------------------------------------------------------

    def _show_choices(self, place: Workplace, opened: OpenGrid) -> None:
        fitting = place.models.inventory.generators_for(opened.editor.original)
        models = [
            Choice(e.name, e.title, "" if e.model is None else e.model.licence.name)
            for e in fitting
        ]
        devices = [Choice("auto", f"Automatic ({self._device})" if self._device else "Automatic")]
        devices += [Choice(name, name) for name in self._devices]
        presets = self._presets(place)
        self._page.offer(models, presets, devices)
        takes, tell = place.rendering.takes, self._page.tell
        tell.offer(text=takes.text, classes=takes.classes, areas=takes.areas)
        told = place.rendering.settings
        tell.show_told(TellShown(told.text, told.label, told.areas), place.rendering.areas()[1])
        seen, model = place.rendering.settings, place.rendering.generator()
        preset = next((p for p in presets if p.id == seen.preset), None)
        self._page.show_settings(
            RenderShown(
                model="" if model is None else model.name,
                seed=seen.seed,
                seed_mode=seen.seed_mode,
                variation=seen.variation,
                part=self._part,
                live=seen.live,
                preset=seen.preset,
                steps=seen.steps or (20 if preset is None else preset.steps),
                guidance=_or(seen.guidance, 2.0 if preset is None else preset.guidance),
                device=seen.device,
            )
        )

    def _presets(self, place: Workplace) -> tuple[Preset, ...]:
        entry = place.rendering.generator()
        made = None if entry is None or entry.model is None else entry.model.generator
        usual = 2.0 if made is None else made.guidance
        return tuple(
            Preset(p.name, p.name.capitalize(), p.steps, _or(p.guidance, usual), p.title)
            for p in place.models.inventory.presets
            if not p.pixels or (made is not None and made.factor == 1)
        )

    def _cost_shown(self, place: Workplace, opened: OpenGrid, cost: RenderCost) -> CostShown:
        entry, told = place.rendering.generator(), None
        if entry is not None and entry.model is not None and entry.model.generator is not None:
            side, settings = opened.editor.original.cell, place.rendering.settings
            preset = next((p for p in self._presets(place) if p.id == settings.preset), None)
            steps = settings.steps or (20 if preset is None else preset.steps)
            size = max(1, cost.height // side), max(1, cost.width // side)
            told = generate_cost(*size, entry.model.generator, steps, self._device)
        seconds = None if told is None else told.seconds
        time = "" if seconds is None else duration_text(seconds)
        pixels = pixels_text(cost.width, cost.height)
        large = f"{pixels} take {bytes_text(cost.disk)} on disk." if cost.large else ""
        return CostShown(
            pixels,
            ground_text(cost.width, cost.height, opened.editor.original.scale),
            time,
            "" if told is None else bytes_text(told.memory),
            bytes_text(cost.disk),
            warning=large,
            consent=f"Render all of it{f', for {time}' if time else ''}" if cost.large else "",
        )

    # -- what the worker says ----------------------------------------------------------------------

    def _on_ready(self, ready: Ready) -> None:
        self._device = ready.name or ready.device
        self._devices = ready.devices
        self._host.on_change()

    def _on_progress(self, job: Job) -> None:
        if self._job is not None and job.id == self._job.id:
            self._page.show_work(work_of(job, self._picture))

    def _on_preview(self, job: str, box: Box, picture: npt.NDArray[np.uint8]) -> None:
        del box
        running = None if self._place is None else self._place.queue.get(job)
        if running is not None and running.kind == "generate":
            self._picture = picture
            self._page.show_work(work_of(running, picture))

    def _on_failed(self, job: Job, problem: UserError) -> None:
        if job.kind == "generate":
            self._page.show_problem(problem)


def _rendering(place: Workplace) -> Job | None:
    """Return the render that runs, or the first that waits, of the grid at hand."""
    return next((job for job in place.queue.jobs if job.kind == "generate"), None)


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value
