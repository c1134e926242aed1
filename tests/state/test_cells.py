"""What is shown of cells: fitted once, kept up with every edit, stale answers dropped."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssldiff_gui.core.edits import Clear, Edit, Paint, Rectangle, Sample, Stroke, Vary, Whole
from ssldiff_gui.core.errors import BadEdits, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.grid_colours import GridColours, grid_colours
from ssldiff_gui.state import cell_maps
from ssldiff_gui.state.cell_maps import CLUSTER_COLOURS, LETTERS, ClusterMap, nearest_cells
from ssldiff_gui.state.cell_selection import likeness
from ssldiff_gui.state.cells import CellAnalysis, CellsShown, Overlay
from ssldiff_gui.state.grid_editor import GridEditor
from tests.state.grid_cases import editor_of, kinds

Call = Callable[[], None]

PAINT = Paint(
    where=Stroke(points=((2, 2), (3, 5)), radius=1.5), embedding=Sample(cells=((10, 14),))
)


class Later:
    """Work that is done when a test says so."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def run(self, call: Call, _name: str) -> None:
        self.calls.append(call)

    def do(self, place: int = 0) -> None:
        self.calls.pop(place)()


class Watched:
    """An analysis and the picture that a view of it would show."""

    def __init__(self, editor: GridEditor, later: Later | None = None) -> None:
        run = (lambda call, _name: call()) if later is None else later.run
        self.cells = CellAnalysis(editor, run=run)
        self.picture: Any = None
        self.overlays: list[Overlay] = []
        self.parts: list[CellsShown] = []
        self.cells.overlay_changed.connect(self._all)
        self.cells.cells_changed.connect(self._some)

    def _all(self, overlay: Overlay) -> None:
        self.overlays.append(overlay)
        self.picture = None if overlay.colours is None else overlay.colours.copy()

    def _some(self, part: CellsShown) -> None:
        self.parts.append(part)
        self.picture[part.rows, part.columns] = part.colours


def test_colours_are_those_of_the_grid_and_stay_while_it_is_edited() -> None:
    editor = editor_of()
    seen = Watched(editor)
    seen.cells.show("colours")
    original = grid_colours(editor.original)
    mask = editor.original.mask
    np.testing.assert_array_equal(seen.picture[mask][:, :3], original[mask])
    assert (seen.picture[..., 3] == np.where(mask, 255, 0)).all(), "glass is transparent"
    editor.do(PAINT)
    changed = (editor.grid.vectors != editor.original.vectors).any(2)
    assert (seen.picture[changed][:, :3] == original[10, 14]).all()
    np.testing.assert_array_equal(seen.picture[mask & ~changed][:, :3], original[mask & ~changed])
    editor.history.undo()
    np.testing.assert_array_equal(seen.picture[mask][:, :3], original[mask])
    assert len(seen.overlays) == 1


@settings(max_examples=25, deadline=None)
@given(data=st.data(), mode=st.sampled_from(["colours", "clusters", "likeness"]))
def test_what_is_kept_up_is_what_would_be_made_anew(data: st.DataObject, mode: Any) -> None:
    editor = editor_of(kinds(8, 9, 6))
    seen = Watched(editor)
    seen.cells.show(mode, clusters=4, cell=(5, 2))
    places = st.tuples(st.integers(0, 7), st.integers(0, 6))
    for _ in range(data.draw(st.integers(1, 5))):
        (row, column), (r, c) = data.draw(places), data.draw(places)
        where = Rectangle(row=row, column=column, rows=3, columns=3)
        made: list[Edit] = [
            Paint(where=where, embedding=Sample(cells=((max(r, 2), c),))),
            Vary(where=where, amount=2, seed=r),
            Clear(where=where),
        ]
        edit = made[data.draw(st.integers(0, 2))]
        kind = data.draw(st.sampled_from(["do", "preview", "undo", "call off"]))
        try:
            if kind == "do":
                editor.do(edit)
            elif kind == "preview":
                editor.preview(edit)
            elif kind == "undo":
                editor.history.undo()
            else:
                editor.preview(None)
        except BadEdits:
            editor.preview(None)  # a sample has become glass
    editor.preview(None)
    kept = seen.picture.copy()
    seen.cells.show(mode)
    np.testing.assert_array_equal(kept, seen.picture)
    clusters = seen.cells.clusters
    if clusters is not None:
        assert sum(clusters.counts) == editor.grid.mask.sum()
        np.testing.assert_array_equal(seen.overlays[-1].labels, clusters.labels)


def test_a_stroke_in_progress_is_seen_and_goes_when_called_off() -> None:
    editor = editor_of()
    seen = Watched(editor)
    seen.cells.show("colours")
    before = seen.picture.copy()
    editor.preview(PAINT)
    assert not np.array_equal(seen.picture, before)
    editor.preview(None)
    np.testing.assert_array_equal(seen.picture, before)
    seen.cells.close()
    editor.do(PAINT)
    np.testing.assert_array_equal(seen.picture, before)


def test_edits_during_the_computation_are_not_lost() -> None:
    editor, later = editor_of(), Later()
    seen = Watched(editor, later)
    seen.cells.show("colours")
    assert seen.cells.busy
    editor.do(PAINT)
    editor.preview(Vary(where=Rectangle(row=7, column=7, rows=2, columns=2), amount=3))
    later.do()
    assert not seen.cells.busy
    fitted = GridColours.fitted(editor.original)
    expected = grid_colours(editor.shown, fitted)
    mask = editor.grid.mask
    np.testing.assert_array_equal(seen.picture[mask][:, :3], expected[mask])


def test_answers_that_nobody_waits_for_are_dropped_and_the_latest_comes() -> None:
    editor, later = editor_of(), Later()
    seen = Watched(editor, later)
    seen.cells.show("colours")
    seen.cells.show("likeness", cell=(3, 3))
    seen.cells.show("clusters", clusters=3)
    assert seen.cells.mode == "clusters"
    assert len(later.calls) == 1, "one at a time"
    later.do()
    assert seen.overlays == []
    later.do()
    assert [overlay.mode for overlay in seen.overlays] == ["clusters"]
    assert later.calls == []
    busy: list[bool] = []
    seen.cells.busy_changed.connect(busy.append)
    seen.cells.ask_scatter()
    seen.cells.show("lines")
    later.do()
    assert busy == [True]
    later.do()
    assert busy == [True, False]
    seen.cells.show("colours")
    seen.cells.show("likeness")
    seen.cells.close()
    later.do()
    assert later.calls == []
    assert len(seen.overlays) == 2


def test_what_cannot_be_computed_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([ImportError("no numba"), MemoryError(), BadEdits("No.", "Yes.")])

    def fail(*_parts: Any) -> Any:
        raise next(faults)

    monkeypatch.setattr("ssldiff_gui.state.cells.scatter", fail)
    seen = Watched(editor_of())
    problems: list[UserError] = []
    seen.cells.problem.connect(problems.append)
    for _ in range(3):
        seen.cells.ask_scatter("umap")
        assert not seen.cells.busy
    assert [one.message for one in problems] == [
        "It was not possible to lay out cells: no numba.",
        "There is not enough memory to lay out cells.",
        "No.",
    ]
    assert all(one.hint for one in problems)
    assert len(caplog.records) == 3


def test_clusters_have_letters_colours_and_counts_the_largest_first() -> None:
    editor = editor_of()
    seen = Watched(editor)
    told: list[Any] = []
    seen.cells.clusters_changed.connect(told.append)
    seen.cells.show("clusters", clusters=4)
    clusters = seen.cells.clusters
    assert clusters is not None
    assert clusters.letters == ("A", "B", "C", "D")
    assert clusters.counts == (48, 48, 48, 44)
    overlay = seen.overlays[-1]
    assert overlay.words == clusters.letters == overlay.legend.words
    assert overlay.labels is not None
    assert (overlay.labels == -1).sum() == 4
    first, second = seen.cells.cluster_of((10, 14)), seen.cells.cluster_of((2, 2))
    assert first is not None
    assert first != second
    assert clusters.mask(first).sum() == 48
    assert tuple(seen.picture[10, 14][:3]) == CLUSTER_COLOURS[first]
    assert seen.cells.cluster_of((0, 15)) is None
    changed = editor.do(PAINT)
    assert told[-1].counts[first] == 48 + changed
    assert seen.parts[-1].labels is not None
    seen.cells.show("clusters", clusters=50)
    assert seen.cells.clusters is not None
    assert len(seen.cells.clusters.letters) == len(LETTERS) == 12


def test_likeness_has_a_legend_of_values_and_follows_its_cell() -> None:
    editor = editor_of()
    seen = Watched(editor)
    seen.cells.show("likeness", cell=(2, 2))
    legend = seen.overlays[-1].legend
    assert legend.even
    assert legend.words[-1] == "1.00"
    values = [float(word) for word in legend.words]
    assert np.allclose(np.diff(values), np.diff(values)[0], atol=0.011)
    assert tuple(seen.picture[2, 2][:3]) == legend.colours[-1]
    far, near = seen.picture[10, 14].astype(int), seen.picture[3, 3].astype(int)
    assert near[:3].sum() > far[:3].sum()
    editor.do(PAINT)
    assert len(seen.overlays) == 2, "the cell itself changed: all are compared anew"
    assert tuple(seen.picture[10, 14][:3]) == legend.colours[-1]


def test_a_canvas_from_nothing_has_colours_all_the_same() -> None:
    blank = EmbeddingGrid(np.ones((6, 6, 4), np.float32), "tiny-1", 16)
    editor = editor_of(blank)
    chance = np.random.default_rng(0).normal(size=(3, 3, 4)).astype(np.float32)
    editor.add_source("clip", EmbeddingGrid(chance, "tiny-1", 16))
    sample = [Sample(cells=((n, n),), grid="clip") for n in range(3)]
    for number in range(3):
        where = Rectangle(row=2 * number, column=0, rows=2, columns=6)
        editor.do(Paint(where=where, embedding=sample[number]))
    seen = Watched(editor)
    seen.cells.show("colours")
    assert len(np.unique(seen.picture.reshape(-1, 4), axis=0)) == 3
    empty = editor_of(blank.with_vectors(blank.vectors, np.zeros((6, 6), np.bool_)))
    hollow = Watched(empty)
    for mode in ("colours", "clusters", "likeness"):
        hollow.cells.show(mode)
        assert not hollow.picture.any()
    hollow.cells.ask_scatter()


def test_neighbours_are_the_most_alike() -> None:
    grid = kinds()
    found = nearest_cells(grid, (2, 2), 9)
    cosines = likeness(grid, ((2, 2),))
    assert len(found) == 9
    assert (2, 2) not in {(one.row, one.column) for one in found}
    assert [one.cosine for one in found] == sorted((one.cosine for one in found), reverse=True)
    others = np.sort(np.delete(cosines.ravel(), 2 * 16 + 2))[::-1][:9]
    np.testing.assert_allclose([one.cosine for one in found], others)
    assert nearest_cells(grid, (0, 15)) == ()
    assert len(nearest_cells(kinds(1, 3, glass=False), (0, 0), 20)) == 2


def test_cells_are_laid_out_in_a_plane() -> None:
    seen = Watched(editor_of())
    found: list[Any] = []
    seen.cells.scatter_changed.connect(found.append)
    seen.cells.ask_scatter()
    (points,) = found
    assert points.points.shape == (188, 2)
    assert (0, 15) not in set(zip(points.rows.tolist(), points.columns.tolist(), strict=True))
    assert seen.cells.methods()[0] == "pca"


def test_umap_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Umap:
        def __init__(self, **_settings: Any) -> None:
            pass

        def fit_transform(self, vectors: Any) -> Any:
            return vectors[:, :2] * 2

    class Module:
        UMAP = Umap

    monkeypatch.setattr(cell_maps.importlib, "import_module", lambda _name: Module)
    monkeypatch.setattr(cell_maps.importlib.util, "find_spec", lambda _name: object())
    seen = Watched(editor_of())
    found: list[Any] = []
    seen.cells.scatter_changed.connect(found.append)
    assert seen.cells.methods() == ("pca", "umap")
    seen.cells.ask_scatter("umap")
    np.testing.assert_array_equal(
        found[0].points, found[0].points * 0 + kinds().vectors[kinds().mask][:, :2] * 2
    )


def test_a_large_grid_is_laid_out_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_maps, "SCATTERED", 50)
    grid = kinds()
    found = cell_maps.scatter(grid, "pca", GridColours.fitted(grid))
    assert len(found.rows) == 50
    assert grid.mask[found.rows, found.columns].all()


def test_a_hundred_changed_cells_are_coloured_in_no_time() -> None:
    chance = np.random.default_rng(0)
    grid = EmbeddingGrid(chance.normal(size=(64, 64, 384)).astype(np.float32), "tiny-1", 16)
    editor = editor_of(grid)
    seen = Watched(editor)
    for mode in ("colours", "clusters", "likeness"):
        seen.cells.show(mode, cell=(60, 60))
        took = []
        for number in range(10):
            rows, columns = np.indices((10, 10)).reshape(2, -1)
            began = time.perf_counter()
            seen.cells._coloured(rows + number, columns)
            took.append(1000 * (time.perf_counter() - began))
        print(f"100 changed cells as {mode}: {np.median(took):.2f} ms")
    clusters = ClusterMap.fitted(grid, 8)
    assert sum(clusters.counts) == 4096


def test_many_changed_cells_are_coloured_in_the_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssldiff_gui.state.cells.AT_ONCE", 10)
    editor, later = editor_of(), Later()
    seen = Watched(editor, later)
    seen.cells.show("colours")
    later.do()
    editor.do(Vary(where=Whole(), amount=2))
    assert seen.parts == []
    later.do()
    expected = grid_colours(editor.grid, GridColours.fitted(editor.original))
    mask = editor.grid.mask
    np.testing.assert_array_equal(seen.picture[mask][:, :3], expected[mask])


def test_real_threads_answer_where_they_are_told_to() -> None:
    calls: queue.Queue[Call] = queue.Queue()
    editor = editor_of()
    cells = CellAnalysis(editor, calls.put)
    found: list[Overlay] = []
    cells.overlay_changed.connect(found.append)
    for number in range(20):
        cells.show("likeness", cell=(number % 10, 3))
        editor.do(Vary(where=Whole(), amount=1, seed=number))
    while cells.busy:
        calls.get(timeout=20)()
    assert len(found) == 1
    fresh = CellAnalysis(editor, run=lambda call, _name: call())
    fresh.show("likeness", cell=(9, 3))
    assert fresh.overlay.colours is not None
    assert found[0].colours is not None
    np.testing.assert_array_equal(found[0].colours[9, 3], fresh.overlay.colours[9, 3])
    cells.close()
