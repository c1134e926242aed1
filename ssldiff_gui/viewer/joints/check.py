"""Judging a result: the check map, its numbers, and ways to compare it with the original."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Region
from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.result_keeping import DOUBT
from ssldiff_gui.storage.check_files import load_check
from ssldiff_gui.storage.growing import GrowingCanvas
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.joints.cells import on_canvas
from ssldiff_gui.viewer.joints.host import Host, Ties
from ssldiff_gui.viewer.joints.words import work_of
from ssldiff_gui.widgets.shown import CheckShown, CompareMode

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image

    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.check_overlay import CheckOverlay
    from ssldiff_gui.viewer.compare import Compare
    from ssldiff_gui.viewer.joints.made import Beside, Made
    from ssldiff_gui.viewer.scene_view import SceneView
    from ssldiff_gui.viewer.shown_view import ShownView

THRESHOLD = 0.5


class CheckJoint:
    """Joins the inspector's fourth page, the check map and the compare modes to a result.

    Parameters
    ----------
    host
        Where the pages and views are.
    beside
        Knows which canvas is shown.
    """

    def __init__(self, host: Host, beside: Beside) -> None:
        self._host, self._beside = host, beside
        self._page = host.parts.check
        self._ties = Ties()
        self._place: Workplace | None = None
        self._map: CheckOverlay | None = None
        self._compare: Compare | None = None
        self._pair: Compare | None = None
        """Two results, in the synthetic view."""
        self._likeness: npt.NDArray[np.float32] | None = None
        self._read_of = ""
        self._job: Job | None = None
        self._paired: GrowingCanvas | None = None
        self.threshold = THRESHOLD
        self.map_shown = False
        self.mode: CompareMode = "side"
        beside.followers.append(self._on_made)
        page = self._page
        page.check_requested.connect(self.check)
        page.threshold_changed.connect(self._set_threshold)
        page.map_toggled.connect(self.show_map)
        page.compare_chosen.connect(self.choose)
        page.weakest_requested.connect(self.weakest)
        page.work.cancel_requested.connect(self._cancel)

    def attach(self, original: SceneView, synthetic: SceneView) -> None:
        """Take the views, once they have been made."""
        from ssldiff_gui.viewer.compare import Compare

        self.attach_map(synthetic)
        self._compare = Compare(original)
        self._pair = Compare(synthetic)
        for compare in (self._compare, self._pair):
            compare.failed.connect(self._host.reporter.problem)
        original.shown.connect(self._lay_compare)

    def attach_map(self, synthetic: ShownView) -> None:
        """Take the view of the result only, where nothing is compared."""
        from ssldiff_gui.viewer.check_overlay import CheckOverlay

        self._map = CheckOverlay(synthetic)
        synthetic.shown.connect(self._lay_map)

    @property
    def map_layer(self) -> Image | None:
        """The check map's layer, while it is shown."""
        return None if self._map is None else self._map.layer

    def detach(self) -> None:
        """Let go of them."""
        if self._map is not None:
            self._map.close()
        for compare in (self._compare, self._pair):
            if compare is not None:
                compare.close()
        self._map = self._compare = self._pair = None

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie = self._ties.tie
        tie(place.keeping.checked, self._on_checked)
        tie(place.bench.result_changed, lambda _: self._read())
        tie(place.queue.progressed, self._on_progress)
        tie(place.queue.failed, self._on_failed)
        self._read()

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._forget()

    def refresh(self) -> None:
        """Show what holds now."""
        place, page = self._place, self._page
        entry = None if place is None else place.bench.result
        if place is None or entry is None:
            page.show_result(None)
            return
        whole = entry.status == "done"
        page.show_result(entry.name, missing="" if whole else "It is not finished yet.")
        self._job = next((j for j in place.queue.of(entry.id) if j.kind == "check"), None)
        page.show_work(None if self._job is None else work_of(self._job))
        page.show_map_shown(self.map_shown)
        page.show_compare(self.mode)
        known = None if self._likeness is None else self._shown(self._likeness)
        page.show_check(known)

    # -- acts --------------------------------------------------------------------------------------

    def check(self) -> None:
        """Embed the result again and compare."""
        entry = None if self._place is None else self._place.bench.result
        if self._place is not None and entry is not None:
            self._page.show_problem(None)
            self._place.keeping.check(entry.id)
            self._host.turn_to("Check")

    def map(self) -> None:
        """Show or hide the check map."""
        self.show_map(not self.map_shown)

    def weakest(self) -> None:
        """Look at the cell that shows the least of what was asked."""
        place, view = self._place, self._host.parts.original.view
        opened = None if place is None else place.bench.open
        if opened is None or view is None or self._likeness is None:
            return
        row, column = np.unravel_index(int(np.nanargmin(self._likeness)), self._likeness.shape)
        box = opened.editor.original.box_of(int(row), int(column))
        side = max(box.width, box.height)
        view.zoom_to((box.x - 3 * side, box.y - 3 * side, box.x2 + 3 * side, box.y2 + 3 * side))

    def side(self) -> None:
        """Show both side by side."""
        self.choose("side")

    def curtain(self) -> None:
        """Draw the synthetic picture over the original like a curtain, or away."""
        self._turn("curtain")

    def blink(self) -> None:
        """Show one after the other, by turns."""
        self._turn("blink")

    def difference(self) -> None:
        """Show how far the two are apart."""
        self._turn("difference")

    def choose(self, mode: CompareMode) -> None:
        """Compare in a way."""
        self.mode = mode
        self._unpair()
        if self._compare is not None:
            self._compare.mode = mode
        self._host.on_change()

    def compare_results(self, shown: str, other: str) -> None:
        """Draw one result over another, behind a curtain in the synthetic view."""
        place = self._place
        entry = None if place is None else place.project.get(other)
        if place is None or not isinstance(entry, ResultEntry):
            return
        place.bench.show_result(shown)
        path = place.bench.path(entry.canvas)

        def read() -> None:
            try:
                canvas = GrowingCanvas.of(path)
            except UserError as error:
                on_gui_thread(self._host.reporter.problem, error)
            else:
                on_gui_thread(self._pair_with, other, canvas)

        in_background(read, f"open {path.name}")

    def _pair_with(self, other: str, canvas: GrowingCanvas) -> None:
        opened = None if self._place is None else self._place.bench.open
        if self._pair is None or opened is None or self._beside.made is None:
            return
        box = on_canvas(opened.editor.original)
        self._pair.show(canvas.slide, None if box is None else Region(box))
        self._pair.mode = "curtain"
        self._paired = canvas
        self._host.parts.strip.mark(self._beside.made.id, other)

    def _unpair(self) -> None:
        """Let the synthetic view show one result alone again."""
        paired, self._paired = self._paired, None
        if self._pair is not None:
            self._pair.mode = "side"
            self._pair.show(None)
        if paired is not None:
            in_background(paired.slide.close, "close a canvas")

    def _turn(self, mode: CompareMode) -> None:
        self.choose("side" if self.mode == mode else mode)

    def show_map(self, shown: bool) -> None:
        """Show the check map, or not."""
        self.map_shown = shown
        self._lay_map()
        self._host.on_change()

    def _set_threshold(self, threshold: float) -> None:
        self.threshold = threshold
        if self._map is not None and self.map_shown:
            self._map.set_threshold(threshold)
        if self._likeness is not None:
            self._page.show_check(self._shown(self._likeness))

    def _cancel(self) -> None:
        if self._place is not None and self._job is not None:
            self._place.queue.cancel(self._job.id)

    # -- what is shown -----------------------------------------------------------------------------

    def _shown(self, likeness: npt.NDArray[np.float32]) -> CheckShown:
        known = np.isfinite(likeness)
        weakest = ""
        if known.any():
            row, column = np.unravel_index(int(np.nanargmin(likeness)), likeness.shape)
            weakest = f"row {row + 1}, column {column + 1}"
        return CheckShown(likeness[known].astype(np.float32), self.threshold, weakest)

    def _on_made(self, made: Made | None) -> None:
        del made
        self._unpair()
        self._lay_compare()
        self._lay_map()

    def _lay_compare(self, _: object = None) -> None:
        if self._compare is None:
            return
        made = self._beside.made
        if made is None:
            self._compare.show(None)
        else:
            self._compare.show(made.canvas.slide, made.region)

    def _lay_map(self, _: object = None) -> None:
        place = self._place
        opened = None if place is None else place.bench.open
        if self._map is None:
            return
        if opened is None or self._likeness is None or not self.map_shown:
            self._map.show(None)
            return
        grid = opened.editor.original
        self._map.show(self._likeness, on_canvas(grid), grid.cell, self.threshold)

    def _forget(self) -> None:
        self._likeness, self._read_of = None, ""
        self._lay_map()

    # -- reading -----------------------------------------------------------------------------------

    def _read(self) -> None:
        place = self._place
        entry = None if place is None else place.bench.result
        live = place is not None and place.rendering.settings.live
        if live and entry is not None and not entry.check and self._likeness is not None:
            return  # the map of a moment ago stays until the next one comes
        if place is None or entry is None or not entry.check:
            self._forget()
            self._host.on_change()
            return
        key = f"{entry.id} {entry.likeness}"
        if key == self._read_of:
            return
        self._read_of = key
        path: Path = place.bench.path(entry.check)

        def read() -> None:
            try:
                likeness = load_check(path).centred
            except UserError as error:
                on_gui_thread(self._page.show_problem, error)
            else:
                on_gui_thread(self._arrived, key, likeness)

        in_background(read, f"read {path.name}")

    def _arrived(self, key: str, likeness: npt.NDArray[np.float32]) -> None:
        if key == self._read_of:
            self._likeness = likeness
            self._lay_map()
            self._host.on_change()

    def _on_checked(self, entry: ResultEntry) -> None:
        """Open by itself when the result does not show what was asked."""
        shown = None if self._place is None else self._place.bench.result
        painting = self._place is not None and self._place.rendering.settings.live
        if shown is None or shown.id != entry.id or painting:
            return
        if entry.low is not None and entry.low >= DOUBT:
            self.map_shown = True
            self._host.turn_to("Check")
            self._host.reporter.tell(
                f"{entry.low:.0%} of the cells do not show what was asked.",
                "They are hatched on the check map.",
            )

    def _on_progress(self, job: Job) -> None:
        if self._job is not None and job.id == self._job.id:
            self._page.show_work(work_of(job))

    def _on_failed(self, job: Job, problem: UserError) -> None:
        if job.kind == "check":
            self._page.show_problem(problem)
