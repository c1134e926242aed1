"""Whether the grid at hand is like what its generator was trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from ssldiff_gui.core.support import MANY, Support
from ssldiff_gui.state.background import Deliver, in_background
from ssldiff_gui.state.latest_only import LatestOnly
from ssldiff_gui.storage.support import read_support

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import Bench
    from ssldiff_gui.state.grid_editor import CellsChanged, GridEditor
    from ssldiff_gui.state.rendering import Rendering


class Reach:
    """Compares the grid with the training of the generator that will render it.

    Parameters
    ----------
    bench
        What is worked on.
    rendering
        Says which generator.
    deliver
        Runs a call in the thread where state may change.
    run
        Runs work beside it.
    """

    changed = Signal()

    def __init__(
        self,
        bench: Bench,
        rendering: Rendering,
        deliver: Deliver,
        run: Callable[[Callable[[], None], str], object] = in_background,
    ) -> None:
        self._bench, self._rendering = bench, rendering
        self._jobs = LatestOnly(deliver, run)
        self._jobs.problem.connect(bench.failed.emit)
        self._editor: GridEditor | None = None
        self._folder = ""
        self.support: Support | None = None
        self.share: float | None = None
        """Of cells unlike the training; None while it is unknown."""
        bench.grid_changed.connect(self._follow)
        bench.models.changed.connect(self._look)
        rendering.settings_changed.connect(self._look)
        self._follow()

    def close(self) -> None:
        """Stop following."""
        self._bench.grid_changed.disconnect(self._follow, missing_ok=True)
        self._bench.models.changed.disconnect(self._look, missing_ok=True)
        self._rendering.settings_changed.disconnect(self._look, missing_ok=True)
        self._leave()
        self._jobs.close()

    @property
    def beyond(self) -> bool:
        """Whether so much is new to the generator that a person should know."""
        return self.share is not None and self.share > MANY

    def _follow(self, _: object = None) -> None:
        self._leave()
        opened = self._bench.open
        if opened is not None:
            self._editor = opened.editor
            self._editor.changed.connect(self._on_cells)
        self._look()

    def _leave(self) -> None:
        if self._editor is not None:
            self._editor.changed.disconnect(self._on_cells, missing_ok=True)
            self._editor = None

    def _on_cells(self, change: CellsChanged) -> None:
        if not change.provisional and self.support is not None:
            self._look()

    def _look(self, _: object = None) -> None:
        model = self._rendering.generator()
        if self._editor is None or model is None:
            self._take("", None, None)
            return
        grid, folder = self._editor.grid, model.folder
        known = self.support if folder == self._folder else None

        def work() -> Callable[[], None]:
            support = known or read_support(Path(folder))
            if support is not None and support.vectors.shape[1] != grid.dim:
                support = None
            share = None if support is None else support.beyond(grid)
            return lambda: self._take(folder, support, share)

        self._jobs.start("compare with the training", work)

    def _take(self, folder: str, support: Support | None, share: float | None) -> None:
        before = (self.support, self.share)
        self._folder, self.support, self.share = folder, support, share
        if before != (support, share):
            self.changed.emit()
