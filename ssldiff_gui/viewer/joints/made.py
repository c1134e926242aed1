"""A canvas as it is shown: while it is made, and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ssldiff_gui.core.geometry import Region
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.storage.growing import GrowingCanvas

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import OpenGrid
    from ssldiff_gui.state.workplace import Workplace


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A canvas that is shown.

    Parameters
    ----------
    id
        Of the result; empty for one that came by its path.
    canvas
        Its pixels, growing perhaps.
    region
        Where it lies on the original; None for one from nothing.
    source
        Name of the original's file, for one that came by its path.
    """

    id: str
    canvas: GrowingCanvas
    region: Region | None
    source: str = ""


class Beside(Protocol):
    """Shows one canvas beside its original."""

    followers: list[Callable[[Made | None], None]]
    """Called with (Made or None) when another canvas is shown."""

    @property
    def made(self) -> Made | None:
        """What is shown, while it is."""
        ...


def made_of(place: Workplace, opened_grid: OpenGrid, entry: ResultEntry) -> Made:
    """Return the canvas of a result, whether it has been begun or not."""
    grid = opened_grid.editor.original
    scene = opened_grid.document.slide.scenes[opened_grid.scene]
    step = 1.0 if grid.region is None else grid.region.downsample
    canvas = GrowingCanvas(
        place.bench.path(entry.canvas),
        grid.columns * grid.cell,
        grid.rows * grid.cell,
        scale=grid.scale,
        name=entry.name,
        georeference=scene.georeference if grid.region is None and step == 1.0 else None,
    )
    return Made(entry.id, canvas, grid.region)
