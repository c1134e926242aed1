"""Plots that one looks at rather than numbers one reads; each a figure without a window."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#888888")
"""Paul Tol's bright ones: told apart by those who see fewer colours, too."""


def compared(
    values: Mapping[str, Sequence[float]], what: str, *, reference: float | None = None
) -> Figure:
    """Draw the mean of each method as a bar, its standard deviation, and each seed as a dot.

    Parameters
    ----------
    values
        Of each seed, by method.
    what
        Name of the figure.
    reference
        A line to compare with.
    """
    figure = _figure(1.6 + 1.4 * len(values), 3.6)
    axes = figure.add_subplot()
    for place, (_, found) in enumerate(values.items()):
        numbers = np.asarray(found, np.float64)
        spread = float(numbers.std(ddof=1)) if len(numbers) > 1 else 0.0
        colour = COLOURS[place % len(COLOURS)]
        axes.bar(place, numbers.mean(), 0.62, color=colour, alpha=0.55)
        axes.errorbar(place, numbers.mean(), spread, color="0.15", capsize=4, linewidth=1.4)
        shift = np.linspace(-0.14, 0.14, len(numbers)) if len(numbers) > 1 else np.zeros(1)
        axes.plot(place + shift, numbers, "o", color=colour, markersize=5, markeredgecolor="white")
        axes.annotate(
            f"{numbers.mean():.3g}", (place, numbers.mean() + spread), (0, 4),
            textcoords="offset points", ha="center", fontsize=9,
        )  # fmt: skip
    if reference is not None:
        axes.axhline(reference, color="0.4", linestyle="--", linewidth=1)
    axes.set_xticks(range(len(values)), [_broken(name) for name in values])
    axes.set_ylabel(what)
    axes.margins(y=0.15)
    _quiet(axes)
    return figure


def curves(
    lines: Mapping[str, Sequence[Sequence[tuple[float, float]]]], across: str, up: str
) -> Figure:
    """Draw how a figure went with each method: the mean of its seeds, and the seeds faintly.

    Parameters
    ----------
    lines
        Of each seed, points; by method. The seeds of one method have the same places.
    across, up
        Names of the axes.
    """
    figure = _figure(6.6, 3.8)
    axes = figure.add_subplot()
    for place, (name, seeds) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = [np.asarray(seed, np.float64) for seed in seeds if len(seed)]
        if not points:
            continue
        for seed in points:
            axes.plot(seed[:, 0], seed[:, 1], color=colour, linewidth=0.7, alpha=0.3)
        mean = np.mean([seed[:, 1] for seed in points], axis=0)
        axes.plot(points[0][:, 0], mean, color=colour, linewidth=2, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    _quiet(axes)
    axes.legend(fontsize=9, frameon=False)
    return figure


def matrices(found: Mapping[str, npt.NDArray[np.int64]], classes: Sequence[str]) -> Figure:
    """Draw confusion matrices side by side: rows are true classes, in shares of each.

    Parameters
    ----------
    found
        (classes, classes) counts, by method.
    classes
        Names.
    """
    side = 1.4 + 0.42 * len(classes)
    columns = min(len(found), 2)
    rows = -(-len(found) // columns)
    figure = _figure(columns * (side + 1), rows * (side + 0.7))
    numbers = len(classes) <= 12
    for place, (name, counts) in enumerate(found.items()):
        axes = figure.add_subplot(rows, columns, place + 1)
        total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        shares = counts / total
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_title(name, fontsize=10)
        axes.set_xticks(range(len(classes)), classes, rotation=90, fontsize=8)
        axes.set_yticks(range(len(classes)), classes, fontsize=8)
        axes.set_xlabel("answer", fontsize=9)
        axes.set_ylabel("truth", fontsize=9)
        for row, column in np.argwhere(counts > 0) if numbers else ():
            share = shares[row, column]
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=7,
                      color="white" if share > 0.55 else "0.15")  # fmt: skip
    return figure


def intervals(found: Mapping[str, tuple[float, float | None, float | None]], what: str) -> Figure:
    """Draw figures with their intervals, one a row.

    Parameters
    ----------
    found
        Value, low and high, by name.
    what
        Name of the axis.
    """
    figure = _figure(6.6, 1.1 + 0.45 * len(found))
    axes = figure.add_subplot()
    for place, (value, low, high) in enumerate(found.values()):
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=COLOURS[0], linewidth=5, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot(value, place, "o", color=COLOURS[0], markersize=7)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlabel(what)
    _quiet(axes)
    return figure


def scattered(sets: Mapping[str, Floats]) -> Figure:
    """Draw sets of vectors on the first two axes of the spread of the first set."""
    first = next(iter(sets.values()))
    centre = first.mean(axis=0)
    _, _, axes_of = np.linalg.svd(first - centre, full_matrices=False)
    figure = _figure(5.6, 4.6)
    axes = figure.add_subplot()
    for place, (name, vectors) in enumerate(sets.items()):
        flat = (vectors - centre) @ axes_of[:2].T
        axes.plot(flat[:, 0], flat[:, -1], ".", color=COLOURS[place], alpha=0.5, markersize=5,
                  label=name)  # fmt: skip
    axes.set_xlabel("first axis of the real set's features")
    axes.set_ylabel("second axis")
    _quiet(axes)
    axes.legend(fontsize=9, frameon=False)
    return figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(max(3.0, width), max(1.6, height)), layout="constrained")


def _quiet(axes: Axes) -> None:
    """Let a plot be quiet: a faint grid, no box."""
    axes.grid(visible=True, alpha=0.25)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _broken(name: str) -> str:
    return "\n".join(textwrap.wrap(name, 14))
