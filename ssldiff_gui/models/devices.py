"""Where networks compute, and in which precision."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest

if TYPE_CHECKING:
    import torch

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def choose(device: str = "auto") -> torch.device:
    """Return the device that a name means.

    Parameters
    ----------
    device
        "auto" takes the first GPU when there is one; otherwise one of `available`.

    Raises
    ------
    BadRequest
        This machine has no such device; the hint lists those it has.
    """
    import torch

    there = available()
    if device == "auto":
        return torch.device(there[0])
    name = "cuda:0" if device == "cuda" else device
    if name in there:
        return torch.device(name)
    raise BadRequest(
        f"This machine has no device {device!r}.", f"Take one of: auto, {', '.join(there)}."
    )


def available() -> list[str]:
    """Return the names of all devices of this machine, the fastest kind first."""
    import torch

    found = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def precision(device: torch.device, wanted: str = "auto") -> torch.dtype:
    """Return the type that networks compute in.

    Parameters
    ----------
    device
        Where.
    wanted
        "auto" takes bfloat16 on GPUs that have it and float32 elsewhere; otherwise one of
        `PRECISIONS`.

    Raises
    ------
    BadRequest
        There is no such type, or the device cannot compute in it.
    """
    import torch

    native = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    if wanted == "auto":
        return torch.bfloat16 if native else torch.float32
    if wanted not in PRECISIONS:
        raise BadRequest(
            f"There is no precision {wanted!r}.", f"Take one of: {', '.join(PRECISIONS)}."
        )
    lacking = (wanted == "bfloat16" and device.type == "cuda" and not native) or (
        wanted == "float16" and device.type == "cpu"
    )
    if lacking:
        raise BadRequest(
            f"{describe(device)} does not compute in {wanted}.", "Take auto or float32."
        )
    return {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float16": torch.float16,
    }[wanted]


def describe(device: torch.device) -> str:
    """Return what a device is, in words that a recipe can keep."""
    import torch

    if device.type == "cuda":
        facts = torch.cuda.get_device_properties(device)
        return f"{facts.name} ({facts.total_memory / 2**30:.0f} GiB)"
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    count = torch.get_num_threads()
    return f"CPU ({_processor()}, {count} {'thread' if count == 1 else 'threads'})"


def memory_of(device: torch.device) -> int | None:
    """Return how many bytes a device has in all; the machine's for a CPU; None when unknown."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None


def free_main_memory() -> int | None:
    """Return how many bytes of main memory are free, within a container's limit as well."""
    free = _free_of_machine()
    limit = _free_of_container()
    known = [number for number in (free, limit) if number is not None]
    return min(known) if known else None


def _free_of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    if os.name == "nt":
        return None
    try:  # macOS says only how much there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (OSError, ValueError):
        return None


def _free_of_container() -> int | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text("ascii").strip()
        used = (folder / "memory.current").read_text("ascii").strip()
        return None if limit == "max" else max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
