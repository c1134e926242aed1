"""How much memory this process holds now."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def held_memory() -> int:
    """Return the bytes of main memory that this process holds; 0 where nobody can tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def held_device_memory() -> int | None:
    """Return the bytes of all GPUs that this process holds; None without one, or before torch."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not getattr(cuda, "is_initialized", bool)():
        return None
    return int(sum(cuda.memory_reserved(number) for number in range(cuda.device_count())))
