"""What every tool for cells is: a gesture of the pointer that becomes an edit or a selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ssldiff_gui.core.edit_selection import Selection
from ssldiff_gui.state.cell_selection import cell_at, selection_of
from ssldiff_gui.state.grid_cursor import Cursor, Patch, Place

if TYPE_CHECKING:
    from ssldiff_gui.core.edit_grids import Cell
    from ssldiff_gui.state.grid_editor import GridEditor
    from ssldiff_gui.state.grid_tools import GridTools

Key = Literal["shift", "control", "alt"]
Held = frozenset[str]
"""Of `Key`: those that are down."""


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """What the tools are set to.

    Parameters
    ----------
    radius
        Of the brush, in cells.
    softness
        Share of the radius over which a brush fades out; of half a rectangle, for transplants.
    strength
        How far cells go to what is new.
    variety
        How many cells like the picked one the brush draws among; 0 paints that one alone.
    amount
        How much the vary brush varies, in the distance between neighbouring cells.
    threshold
        Least cosine of what is similar.
    connected
        Whether similar cells must hang together with the clicked one.
    square
        Side, in cells, of the square that the eyedropper takes the mean of.
    """

    radius: float = 2.5
    softness: float = 0.3
    strength: float = 1.0
    variety: int = 8
    amount: float = 1.0
    threshold: float = 0.5
    connected: bool = False
    square: int = 1

    def fitted(self, **values: float) -> ToolSettings:
        """Return settings with some changed, each brought into its range."""
        told = {name: getattr(self, name) for name in self.__slots__} | values
        return ToolSettings(
            radius=_between(told["radius"], 0.5, 512),
            softness=_between(told["softness"], 0, 1),
            strength=_between(told["strength"], 0, 1),
            variety=round(_between(told["variety"], 0, 32)),
            amount=_between(told["amount"], 0, 10),
            threshold=_between(told["threshold"], -1, 1),
            connected=bool(told["connected"]),
            square=round(_between(told["square"], 1, 33)),
        )


class Tool:
    """A tool in the hand.

    Parameters
    ----------
    hand
        What it knows: the grid, the settings, the paint.
    """

    picks = True
    """Whether Alt picks an embedding instead of what the tool does."""

    def __init__(self, hand: GridTools) -> None:
        self.hand = hand

    @property
    def editor(self) -> GridEditor:
        """The grid that is worked on."""
        return self.hand.editor_in_hand

    def press(self, at: Place, held: Held) -> bool:
        """Begin; return whether anything began."""
        raise NotImplementedError

    def drag(self, at: Place, held: Held) -> None:
        """Go on."""

    def release(self, at: Place, held: Held) -> None:
        """End, with an act or a selection."""

    def cancel(self) -> None:
        """Leave the grid as it was before the gesture."""

    def drop(self) -> None:
        """Forget what outlasts a gesture: Esc while none is under way."""

    def cursor(self, at: Place | None, busy: bool) -> Cursor:
        """Return what to draw."""
        del busy
        cell = None if at is None else self.cell(at)
        return Cursor((Patch(cell, cell),) if cell else (), at=at)

    def cell(self, at: Place) -> Cell | None:
        """Return the cell at a place; None beside the grid."""
        row, column = cell_at(*at)
        rows, columns = self.editor.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def within(self) -> Selection | None:
        """Return where painting is allowed: the selected cells, or everywhere."""
        mask = self.editor.selection
        return None if mask is None else selection_of(mask)


def _between(value: float, low: float, high: float) -> float:
    return min(max(float(value), low), high)
