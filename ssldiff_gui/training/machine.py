"""The machine of a run: its device and processes, its arithmetic, and ways to need less memory."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.models import devices
from ssldiff_gui.training.settings import Settings

if TYPE_CHECKING:
    from accelerate import Accelerator

Precision = Literal["auto", "float32", "bfloat16"]

_PATIENCE = timedelta(hours=12)
"""While one process lays the pictures and caches, the others wait for it."""


def machine(device: str = "auto", precision: Precision = "auto") -> Accelerator:
    """Return accelerate's view of this machine.

    Parameters
    ----------
    device
        See `models.devices.choose`; where several processes are launched, each takes its own GPU.
    precision
        See `settings.Run`.

    Raises
    ------
    BadRequest
        There is no such device, or this process computes on another one already.
    """
    from accelerate import Accelerator, InitProcessGroupKwargs

    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    where = devices.choose(device) if alone or device != "auto" else None
    if where is not None and where.type == "cuda" and alone:
        torch.cuda.set_device(where)
    cpu = where is not None and where.type == "cpu"
    handlers = [] if alone else [InitProcessGroupKwargs(timeout=_PATIENCE)]
    try:
        kind = _kind(precision, cpu=cpu)
        _forget(kind)
        found = Accelerator(cpu=cpu, mixed_precision=kind, kwargs_handlers=handlers)
    except ValueError as error:
        raise BadRequest(
            f"This process cannot train on {device}: {error}.", "Train in a fresh process."
        ) from error
    if where is not None and found.device.type != where.type:
        raise BadRequest(
            f"This process computes on {found.device} already, and {device} is wanted.",
            "Train in a fresh process.",
        )
    return found


def _forget(kind: str) -> None:
    """Let another run of this process have another precision: accelerate keeps the first one."""
    from accelerate.state import AcceleratorState

    if AcceleratorState._shared_state.get("_mixed_precision", kind) != kind:  # noqa: SLF001
        AcceleratorState._reset_state()  # noqa: SLF001


def _kind(precision: Precision, *, cpu: bool) -> str:
    """Return accelerate's name of a precision."""
    if precision != "auto":
        return "no" if precision == "float32" else "bf16"
    if cpu or not torch.cuda.is_available():
        return "no"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def part_of(settings: Settings, processes: int) -> Settings:
    """Return the settings of what one process takes at once: a part of each step's pictures.

    Parameters
    ----------
    settings
        Of the run.
    processes
        How many share each step.

    Raises
    ------
    BadRequest
        The pictures of a step cannot be parted equally.
    """
    parts = settings.run.accumulate * processes
    if settings.run.batch % parts:
        raise BadRequest(
            f"run.batch = {settings.run.batch} cannot be parted equally among {processes} "
            f"processes with run.accumulate = {settings.run.accumulate}.",
            f"Take a multiple of {parts}.",
        )
    run = settings.run.model_copy(update={"batch": settings.run.batch // parts, "accumulate": 1})
    return settings.model_copy(update={"run": run})


def keep_less(modules: nn.Module) -> None:
    """Have networks compute their activations twice instead of keeping them.

    Raises
    ------
    BadRequest
        None of them can.
    """
    found = False
    for module in modules.modules():
        for name in ("set_grad_checkpointing", "enable_gradient_checkpointing"):  # timm, diffusers
            if (method := getattr(module, name, None)) is not None:
                method()
                found = True
        if isinstance(getattr(module, "checkpointing", None), bool):
            module.checkpointing = True  # type: ignore[assignment]
            found = True
    if not found:
        raise BadRequest(
            "run.checkpointing: this network cannot compute its activations twice.",
            "Leave it out, and take the pictures of a step in parts: run.accumulate = 2.",
        )


def optimiser_of(modules: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    """Return timm's optimiser.

    Raises
    ------
    BadRequest
        It needs a package that is not there, or what no run here can give it.
    """
    from timm.optim import (  # type: ignore[attr-defined]
        create_optimizer_v2,
        get_optimizer_info,
    )

    told = settings.run
    if told.optimiser.startswith("kron"):
        raise BadRequest(
            f"What the optimiser {told.optimiser!r} remembers cannot be kept in a checkpoint.",
            "Take another run.optimiser, such as adamw.",
        )
    if get_optimizer_info(told.optimiser).second_order:
        raise BadRequest(
            f"run.optimiser = {told.optimiser!r} needs second derivatives.", "Take adamw."
        )
    try:
        made: torch.optim.Optimizer = create_optimizer_v2(
            modules, opt=told.optimiser, lr=told.rate, weight_decay=told.weight_decay
        )
    except (AssertionError, ImportError, TypeError, ValueError, RuntimeError) as error:
        raise BadRequest(
            f"run.optimiser = {told.optimiser!r} cannot be made: {error}.", "Take adamw."
        ) from error
    return made
