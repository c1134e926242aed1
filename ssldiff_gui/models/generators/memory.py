"""No memory, said in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ssldiff_gui.core.errors import OutOfMemory
from ssldiff_gui.models.devices import describe

_ALLOCATORS = ("can't allocate memory", "not enough memory", "out of memory")


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that a device, or the machine, has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error).lower() for w in _ALLOCATORS)


@contextmanager
def room_for(what: str, device: torch.device) -> Iterator[None]:
    """Turn the many ways of saying "no memory" into ours.

    Parameters
    ----------
    what
        What is being put there, as a subject: "The model".
    device
        Where.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not lacks_memory(error):
            raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
        raise OutOfMemory(
            f"{what} does not fit into the memory of {describe(device)}.",
            "Close other programs, choose a smaller model, or compute on the CPU.",
        ) from error
