"""The steps of every training run: gradients, running mean, checkpoints, curves, early pictures.

All chance of a step comes from the seed, the step's number and the part's number, so that a run
that was stopped, or killed, goes on to the same weights; and so that two processes take the same
steps as one that takes each step in two parts (`run.accumulate`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import nn

from ssldiff_gui.core.errors import BadNumbers, Cancelled, OutOfMemory
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.training import checkpoints, curves
from ssldiff_gui.training.machine import keep_less, machine, optimiser_of
from ssldiff_gui.training.sameness import check_same, comparable
from ssldiff_gui.training.settings import Run, Settings

if TYPE_CHECKING:
    from accelerate import Accelerator

LOG = "log.jsonl"
_SAVE_SECONDS = 300.0
_DRAWN_SECONDS = 30.0
_SAID_EVERY = 10


class Task(Protocol):
    """What one kind of training does in a step."""

    modules: nn.Module
    """All that is trained."""

    def loss(
        self, modules: nn.Module, random: np.random.Generator, step: int
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch, and figures for the curves.

        `modules` are the task's own; all chance comes from `random`.
        """
        ...

    def show(self, folder: Path, step: int) -> None:
        """Write early pictures; the weights are the running mean."""
        ...


def run(
    task: Task,
    settings: Settings,
    folder: Path,
    progress: Progress,
    *,
    until: float | None = None,
    on: Accelerator | None = None,
    same: Mapping[str, Any] | None = None,
) -> dict[str, torch.Tensor]:
    """Take the steps of a run, going on where it was stopped; return the weights' running mean.

    Parameters
    ----------
    task
        What is trained.
    settings
        Of the run.
    folder
        Where checkpoints, curves and early pictures go.
    progress
        Told of the steps; asked for an end.
    until
        Seconds after which it stops, with a checkpoint; None takes all steps.
    on
        Where it computes; None takes what there is.
    same
        Facts beside the settings that must not change while the run is under way.

    Raises
    ------
    Cancelled
        An end was asked for; the checkpoint is written.
    BadNumbers
        The loss is no number any more.
    BadRequest
        The folder holds a run with other settings.
    NoSpace
        The disk is full; the last checkpoint is kept.
    """
    made = _Run(task, settings, folder, progress, on=on or machine(), same=same or {})
    return made.all(until)


class _Run:
    def __init__(
        self,
        task: Task,
        settings: Settings,
        folder: Path,
        progress: Progress,
        *,
        on: Accelerator,
        same: Mapping[str, Any],
    ) -> None:
        self.task, self.told, self.folder, self.progress = task, settings.run, folder, progress
        self.machine, self.settings = on, settings
        check_same(folder, settings, same)
        self.same = {"settings": comparable(settings), **same}
        self.modules = task.modules.to(on.device)
        if self.told.checkpointing:
            keep_less(self.modules)
        bare = optimiser_of(self.modules, settings)
        self.optimiser = on.prepare_optimizer(bare)
        average = {
            name: value.detach().clone() for name, value in self.modules.state_dict().items()
        }
        self.state = checkpoints.State(self.modules, average, bare)
        self.step, self.seconds = 0, 0.0
        self._drawn = time.monotonic()
        with checkpoints.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._go_on()

    def _go_on(self) -> None:
        """Take up the last checkpoint."""
        facts = checkpoints.load(self.folder, self.state)
        if facts is not None:
            self.step, self.seconds = facts["step"], facts["seconds"]
            if self.machine.scaler is not None and "scaler" in facts:
                self.machine.scaler.load_state_dict(facts["scaler"])
        if self.machine.is_main_process:
            with checkpoints.writing(self.folder):
                curves.shorten(self.folder / LOG, self.step)
            checkpoints.check_room(self.folder, self.state)

    def all(self, until: float | None) -> dict[str, torch.Tensor]:
        began, saved = time.monotonic(), time.monotonic()
        spent = self.seconds
        while self.step < self.told.steps:
            figures = self._once()
            now = time.monotonic()
            self.seconds = spent + now - began
            stop = self._ends(asked=self._asked(), late=until is not None and now - began > until)
            last = self.step == self.told.steps
            if self.machine.is_main_process:
                self._tell(figures)
                if (
                    self.step % self.told.save_every == 0
                    or now - saved > _SAVE_SECONDS
                    or stop
                    or last
                ):
                    self._save()
                    saved = time.monotonic()
                    self._draw(whatever=bool(stop) or last)
                if self.step % self.told.show_every == 0 or last:
                    self._show()
            if stop == "asked" and not last:
                raise Cancelled(
                    f"Stopped after {self.step:,} of {self.told.steps:,} steps.",
                    "The same command goes on from there.",
                )
            if stop:
                break
        return self.state.average

    def _asked(self) -> bool:
        try:
            self.progress.check()
        except Cancelled:
            return True
        return False

    def _ends(self, *, asked: bool, late: bool) -> str:
        """Return why all processes stop now; "" when none was asked to."""
        if self.machine.num_processes > 1:
            flags = torch.tensor([float(asked), float(late)], device=self.machine.device)
            asked, late = (bool(flag) for flag in self.machine.reduce(flags, "sum"))
        return "asked" if asked else "late" if late else ""

    def _once(self) -> dict[str, float]:
        """Take one step; return the figures of it."""
        self.modules.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.told, self.step) * group.get("lr_scale", 1.0)
        self.optimiser.zero_grad(set_to_none=True)
        parts = [self._part(number) for number in range(self.told.accumulate)]
        figures = {name: math.fsum(part[name] for part in parts) / len(parts) for name in parts[0]}
        figures = self._together(figures)
        if not math.isfinite(figures["loss"]):
            raise self._no_number("loss")
        norm = self.machine.clip_grad_norm_(self.modules.parameters(), self.told.clip)
        if self.machine.scaler is None and not math.isfinite(float(norm)):
            raise self._no_number("gradient")
        self.optimiser.step()
        self.step += 1
        self._follow()
        return figures

    def _part(self, number: int) -> dict[str, float]:
        """Add the gradients of a part of a step's pictures."""
        on = self.machine
        part = number * on.num_processes + on.process_index
        random = np.random.default_rng([self.told.seed, self.step, part])
        torch.manual_seed(int(random.integers(2**31)))
        try:
            with on.autocast():
                loss, figures = self.task.loss(self.modules, random, self.step)
            on.backward(loss / self.told.accumulate)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"{on.device} has no memory for {self.told.batch} pictures a step.",
                f"Take them in parts: --set run.accumulate={2 * self.told.accumulate}; or compute "
                "activations twice: --set run.checkpointing=true.",
            ) from error
        return {"loss": float(loss.detach()), **figures}

    def _together(self, figures: dict[str, float]) -> dict[str, float]:
        """Bring the gradients of all processes, and their figures, to their mean.

        Done by hand, and not by a wrapper around the modules: tasks call parts of them.
        """
        if self.machine.num_processes == 1:
            return figures
        values = torch.tensor([*figures.values()], device=self.machine.device)
        values = self.machine.reduce(values, "mean")
        gradients = [p.grad for p in self.modules.parameters() if p.grad is not None]
        flat = self.machine.reduce(torch.cat([g.flatten() for g in gradients]), "mean")
        for gradient, mean in zip(
            gradients, flat.split([g.numel() for g in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))
        return dict(zip(figures, values.tolist(), strict=True))

    def _no_number(self, what: str) -> BadNumbers:
        return BadNumbers(
            f"The {what} is no number any more, at step {self.step:,}.",
            "Lower run.rate; the last checkpoint is kept.",
        )

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running mean; early on it forgets faster."""
        kept = min(self.told.average, (1 + self.step) / (10 + self.step))
        for name, value in self.modules.state_dict().items():
            mean = self.state.average[name]
            if mean.is_floating_point():
                mean.lerp_(value, 1 - kept)
            else:
                mean.copy_(value)

    def _tell(self, figures: Mapping[str, float]) -> None:
        words = f"Step {self.step:,} of {self.told.steps:,}, loss {figures['loss']:.4f}"
        self.progress.report(self.step, self.told.steps, words)
        if self.step % _SAID_EVERY == 0 or self.step == self.told.steps:
            with checkpoints.writing(self.folder):
                line = {"step": self.step, "seconds": round(self.seconds, 1), **figures}
                curves.add(self.folder / LOG, line)

    def _save(self) -> None:
        facts: dict[str, Any] = {**self.same, "seconds": self.seconds}
        if self.machine.scaler is not None:
            facts["scaler"] = self.machine.scaler.state_dict()
        checkpoints.save(self.folder, self.step, self.state, facts)

    def _draw(self, *, whatever: bool) -> None:
        """Draw the curves, now and then: it takes longer than a small step."""
        if whatever or time.monotonic() - self._drawn > _DRAWN_SECONDS:
            with checkpoints.writing(self.folder):
                curves.draw(self.folder / LOG)
            self._drawn = time.monotonic()

    def _show(self) -> None:
        kept = {name: value.clone() for name, value in self.modules.state_dict().items()}
        self.modules.load_state_dict(self.state.average)
        self.modules.eval()
        try:
            with torch.no_grad(), checkpoints.writing(self.folder):
                self.task.show(self.folder, self.step)
        finally:
            self.modules.load_state_dict(kept)


def rate_at(told: Run, step: int) -> float:
    """Return the learning rate of a step: a rise, then timm's cosine."""
    if step < told.warm_up:
        return told.rate * (step + 1) / told.warm_up
    if told.schedule == "constant":
        return told.rate
    return float(_cosine(told)._get_lr(step)[0])  # noqa: SLF001 - timm tells it nowhere else


@lru_cache(maxsize=1)
def _cosine(told: Run) -> Any:
    from timm.scheduler.cosine_lr import CosineLRScheduler

    nothing = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=told.rate)
    return CosineLRScheduler(nothing, t_initial=told.steps, lr_min=0.02 * told.rate)
