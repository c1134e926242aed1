"""Which classes are taken for which: counted, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.storage.atomic import replacing

Table = npt.NDArray[np.int64]
"""(classes, classes): how many of the row's class are taken for the column's."""


def confusion(true: npt.ArrayLike, found: npt.ArrayLike, classes: int) -> Table:
    """Count which class is taken for which.

    Parameters
    ----------
    true, found
        (n,) numbers of classes.
    classes
        How many there are.
    """
    codes = np.asarray(true, np.int64) * classes + np.asarray(found, np.int64)
    return np.bincount(codes, minlength=classes**2).reshape(classes, classes)


def shares_of(table: Table) -> dict[str, float | int]:
    """Return how many pictures there are, and which share of them is told rightly.

    Returns
    -------
    dict
        ``pictures``; ``accuracy`` of all; ``balanced``, the mean over the classes that have any.
    """
    count, right = table.sum(axis=1), np.diag(table)
    there = count > 0
    balanced = float((right[there] / count[there]).mean()) if there.any() else 0.0
    accuracy = float(right.sum() / max(1, count.sum()))
    return {
        "pictures": int(count.sum()),
        "accuracy": round(accuracy, 4),
        "balanced": round(balanced, 4),
    }


def draw_confusion(path: Path, table: Table, classes: Sequence[str], what: str) -> None:
    """Draw a table: the colour of a row is a share of its class, the numbers are pictures.

    Parameters
    ----------
    path
        Of the picture.
    table
        What `confusion` counts.
    classes
        Their names.
    what
        Which pictures were looked at, in words.
    """
    from matplotlib.figure import Figure

    count = len(classes)
    side = 2.6 + 0.42 * count
    figure = Figure(figsize=(side + 0.6, side), layout="constrained")
    axes = figure.add_subplot()
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(
        range(count), labels=[_short(name) for name in classes], rotation=60, ha="right"
    )
    axes.set_yticks(range(count), labels=[_short(name) for name in classes])
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    for row, column in np.argwhere(table):
        colour = "white" if shares[row, column] > 0.55 else "black"
        number = f"{table[row, column]:,}"
        axes.text(column, row, number, ha="center", va="center", fontsize=7, color=colour)
    told = shares_of(table)
    words = f"{told['accuracy']:.1%} right, {told['balanced']:.1%} of the classes' mean"
    axes.set_title(f"{told['pictures']:,} {what}: {words}", fontsize=9)
    with replacing(path) as fresh:
        figure.savefig(fresh, dpi=110, format="png")


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
