"""What work has cost: memory at its peak."""

from __future__ import annotations

import sys


def peak_memory() -> int | None:
    """Return the most bytes of main memory this process ever held; None where nobody counts."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def peak_device_memory() -> int | None:
    """Return the most bytes that one GPU gave; None without one."""
    import torch

    count = torch.cuda.device_count()
    return max(torch.cuda.max_memory_allocated(k) for k in range(count)) if count else None
