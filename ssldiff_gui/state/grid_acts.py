"""What can be done with the selected cells, or with a cluster, at one click: edits as data.

Each function returns an `Act`: an edit and what it is called, for `GridEditor.do`. A selection is
a (rows, columns) mask; None is the whole grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ssldiff_gui.core.edit_base import Sample
from ssldiff_gui.core.edit_grids import Cell
from ssldiff_gui.core.edit_selection import Rectangle, Whole
from ssldiff_gui.core.edits import (
    Clear,
    Corners,
    Edit,
    Erase,
    Paint,
    Replace,
    Stamp,
    Steer,
    Vary,
)
from ssldiff_gui.core.errors import BadEdits
from ssldiff_gui.core.grid import Mask
from ssldiff_gui.state.cell_selection import bounds_of, selection_of
from ssldiff_gui.state.edit_titles import counted
from ssldiff_gui.state.swatches import Swatch

Manner = Literal["match", "shift"]


@dataclass(frozen=True, slots=True)
class Act:
    """An edit and its name: ``editor.do(act.edit, act.text)``."""

    edit: Edit
    text: str


def fill(mask: Mask | None, paint: Swatch, *, variety: int = 8, seed: int = 0,
         strength: float = 1.0) -> Act:  # fmt: skip
    """Put an embedding, or those most like it, into the cells; on glass, too."""
    edit = Paint(
        where=selection_of(mask), embedding=paint.sample, spread=variety, seed=seed,
        opacity=strength,
    )  # fmt: skip
    return Act(edit, f"Fill {_those(mask)}{_with(paint)}")


def vary(mask: Mask | None, amount: float, seed: int) -> Act:
    """Make the cells different, each in its own way; `amount` is in distances of neighbours."""
    edit = Vary(where=selection_of(mask), amount=amount, seed=seed)
    return Act(edit, f"Vary {_those(mask)}")


def replace_by(
    mask: Mask | None, by: Sample | Swatch, *, manner: Manner = "match", strength: float = 1.0
) -> Act:
    """Make the cells cells of another kind; they keep how they differ from each other.

    Parameters
    ----------
    mask
        The cells: a selection, or a cluster.
    by
        A palette's swatch, all of it, or cells that were picked.
    manner
        "match" takes embeddings that exist, "shift" moves the whole kind.
    strength
        How far.
    """
    kind = by.all if isinstance(by, Swatch) else by
    edit = Replace(where=selection_of(mask), by=kind, manner=manner, opacity=strength)
    named = f" by “{by.label}”" if isinstance(by, Swatch) and by.label else ""
    return Act(edit, f"Replace {_those(mask)}{named}")


def steer(mask: Mask | None, away: Sample | Swatch, towards: Sample | Swatch, amount: float) -> Act:
    """Move the cells along the way from one embedding to another, by a share of that way."""
    edit = Steer(
        where=selection_of(mask), away=_sample(away), towards=_sample(towards), amount=amount
    )
    return Act(edit, _steered(towards.label if isinstance(towards, Swatch) else "", mask))


def steer_by(source: str, amount: float, mask: Mask | None = None, label: str = "") -> Act:
    """Move the cells from their own mean to that of another grid: what a prior drew from words.

    Parameters
    ----------
    source
        The name of the grid, as the editor knows it.
    amount
        How far, as a share of the way.
    mask
        The cells.
    label
        The words, or the class.
    """
    edit = Steer(
        where=selection_of(mask), away=Sample(where=selection_of(mask)),
        towards=Sample(where=Whole(), grid=source), amount=amount,
    )  # fmt: skip
    return Act(edit, _steered(label, mask))


def take_from(source: str, mask: Mask, label: str = "") -> Act:
    """Put what another grid holds at the same places into the cells.

    Parameters
    ----------
    source
        The name of the grid, as the editor knows it.
    mask
        The cells.
    label
        What they show then, in words.
    """
    edit = Stamp(where=selection_of(mask), offset=(0, 0), grid=source)
    return Act(edit, f"Draw “{label}”" if label else f"Draw {_those(mask)}")


def erase(mask: Mask | None, strength: float = 1.0) -> Act:
    """Bring back what the cells held at first."""
    edit = Erase(where=selection_of(mask), opacity=strength)
    return Act(edit, f"Bring back {_those(mask)}")


def clear(mask: Mask | None) -> Act:
    """Make the cells glass."""
    return Act(Clear(where=selection_of(mask)), f"Clear {_those(mask)} to glass")


def blend_corners(
    mask: Mask, corners: tuple[Sample | Swatch, ...] | None = None, strength: float = 1.0
) -> Act:
    """Fill the cells with what lies between four embeddings.

    Parameters
    ----------
    mask
        A selection; one that is no rectangle is filled as a part of the smallest around it.
    corners
        Upper left, upper right, lower left, lower right; None takes the cells that are there.
    strength
        How far.

    Raises
    ------
    BadEdits
        When nothing is selected.
    """
    if not mask.any():
        raise BadEdits("Nothing is selected.", "Select the cells that are to be filled.")
    row, column, rows, columns = bounds_of(mask)
    over = Rectangle(row=row, column=column, rows=rows, columns=columns)
    within = selection_of(mask)
    told = None
    if corners is not None:
        first, second, third, fourth = (_sample(corner) for corner in corners)
        told = first, second, third, fourth
    edit = Corners(
        over=over, corners=told, opacity=strength,
        within=None if isinstance(within, Rectangle | Whole) else within,
    )  # fmt: skip
    return Act(edit, f"Blend over {rows} × {columns} cells")


def cells(*picked: Cell) -> Sample:
    """Return cells of the grid itself, as a sample."""
    return Sample(cells=picked)


def _sample(of: Sample | Swatch) -> Sample:
    return of.sample if isinstance(of, Swatch) else of


def _those(mask: Mask | None) -> str:
    return "all cells" if mask is None else counted(int(mask.sum()))


def _with(paint: Swatch) -> str:
    return f" with “{paint.label}”" if paint.label else ""


def _steered(label: str, mask: Mask | None) -> str:
    return f"Steer towards “{label}”" if label else f"Steer {_those(mask)}"
