"""How well classes are told apart through noise, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ssldiff_gui.storage.atomic import replacing


def draw_levels(path: Path, levels: Sequence[Mapping[str, float]], what: str) -> None:
    """Draw the share told rightly against the training step.

    Parameters
    ----------
    path
        Of the picture.
    levels
        Each with "step", "sigma" and "balanced".
    what
        Which pictures were looked at, in words.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([n["step"] for n in levels], [n["balanced"] for n in levels], marker="o")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("training step: more noise to the right")
    axes.set_ylabel("told rightly, mean of the classes")
    axes.set_title(what, fontsize=9)
    axes.grid(alpha=0.3)
    with replacing(path) as fresh:
        figure.savefig(fresh, dpi=110, format="png")
