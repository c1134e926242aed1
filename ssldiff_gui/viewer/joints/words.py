"""Numbers and jobs as the window says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.viewer.sizes import length_text
from ssldiff_gui.widgets.result_card import in_time
from ssldiff_gui.widgets.shown import Work

if TYPE_CHECKING:
    from ssldiff_gui.state.job_list import Job

METRES = {"µm": 1e-6, "m": 1.0}


def bytes_text(count: float) -> str:
    """Return "38 MB"."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def duration_text(seconds: float) -> str:
    """Return "about 40 s"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def pixels_text(width: int, height: int) -> str:
    """Return "2,048 × 1,536 px"."""
    return f"{width:,} × {height:,} px"


def ground_text(width: float, height: float, scale: Scale | None) -> str:
    """Return the size of so many pixels in µm or m; empty without a scale."""
    if scale is None:
        return ""
    metres = METRES[scale.unit]
    across = length_text(width * scale.x * metres)
    return f"{across} × {length_text(height * scale.y * metres)}"


def left_text(seconds: float | None) -> str:
    """Return "0:41 left"."""
    return "" if seconds is None else f"{in_time(seconds)} left"


def work_of(job: Job, picture: npt.NDArray[np.uint8] | None = None) -> Work:
    """Return a job as a bar shows it."""
    part = min(1.0, job.done / job.total) if job.total > 0 else None
    return Work(
        job.entry.title,
        part,
        job.words or ("Waiting" if job.status == "waiting" else ""),
        left_text(job.left),
        paused=job.status == "paused",
        picture=picture,
    )
