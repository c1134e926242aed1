"""Swatches of embeddings, and the palette of a project that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.edit_clusters import directions
from ssldiff_gui.core.edits import Paint, Rectangle, apply
from ssldiff_gui.core.errors import BadEdits, UserError
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.project import PaletteEntry
from ssldiff_gui.state.palette import Palette
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.swatches import (
    KIN,
    swatch_of_cells,
    swatch_of_mask,
    swatches_of_clusters,
)
from tests.state.grid_cases import kinds

GRID = kinds()


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_a_swatch_is_a_cell_and_those_most_like_it() -> None:
    found = swatch_of_cells(GRID, [(2, 3)], "Stroma")
    assert (found.grid.rows, found.grid.columns) == (1, KIN)
    np.testing.assert_array_equal(found.grid.vectors[0, 0], GRID.vectors[2, 3])
    likeness = [cosine(vector, GRID.vectors[2, 3]) for vector in found.grid.vectors[0]]
    assert likeness == sorted(likeness, reverse=True)
    assert found.cell == (2, 3)
    assert found.name == found.grid.digest()[:16]
    assert swatch_of_cells(GRID, [(2, 3)]).name == found.name
    assert found.grid.region is None


def test_a_swatch_of_several_cells_is_their_mean() -> None:
    cells = [(2, 3), (2, 4), (3, 3), (0, 15)]
    found = swatch_of_cells(GRID, cells)
    vectors = directions(GRID.vectors[[2, 2, 3], [3, 4, 3]])
    assert cosine(found.grid.vectors[0, 0], vectors.mean(0)) > 0.99999
    assert found.cell in cells
    with pytest.raises(BadEdits, match="holds no embedding"):
        swatch_of_cells(GRID, [(0, 15)])
    with pytest.raises(BadEdits, match="There is no cell"):
        swatch_of_cells(GRID, [(99, 0)])


def test_a_swatch_of_a_selection_has_its_most_central_cell_first_and_no_others() -> None:
    mask = np.zeros((12, 16), np.bool_)
    mask[:6, 12:] = True
    found = swatch_of_mask(GRID, mask)
    assert found.grid.columns == 20
    inside = {vector.tobytes() for vector in GRID.vectors[mask & GRID.mask]}
    assert {vector.tobytes() for vector in found.grid.vectors[0]} == inside
    assert found.cell is not None
    assert mask[found.cell]
    np.testing.assert_array_equal(found.grid.vectors[0, 0], GRID.vectors[found.cell])
    with pytest.raises(BadEdits):
        swatch_of_mask(GRID, ~GRID.mask)


def test_clusters_make_a_palette_the_largest_first() -> None:
    found = swatches_of_clusters(GRID, 4, origin="colon.svs")
    assert [one.label for one in found] == ["Kind A", "Kind B", "Kind C", "Kind D"]
    assert len({one.cell for one in found}) == 4
    assert all(one.origin == "colon.svs" for one in found)
    labels = np.full((12, 16), -1, np.intp)
    labels[:3, :3], labels[6:, 8:] = 5, 2
    given = swatches_of_clusters(GRID, labels=labels)
    assert [one.cell is not None and labels[one.cell] for one in given] == [2, 5]
    assert swatches_of_clusters(GRID.with_vectors(GRID.vectors, GRID.mask & False)) == ()


def test_a_swatch_paints() -> None:
    found = swatch_of_cells(GRID, [(9, 12)])
    where = Rectangle(row=0, column=0, rows=3, columns=3)
    edit = Paint(where=where, embedding=found.sample, spread=4, seed=1)
    after = apply(GRID, [edit], {found.name: found.grid})
    kin = {vector.tobytes() for vector in found.grid.vectors[0, :4]}
    assert {vector.tobytes() for vector in after.vectors[:3, :3].reshape(9, -1)} <= kin


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "p.ssldiff")
    yield made
    made.close()


def palette_of(project: Project) -> Palette:
    return Palette(project, run=lambda call, _name: call())


def names(palette: Palette) -> list[str]:
    return [entry.name for entry in palette.entries]


def test_entries_are_kept_named_ordered_and_removed(project: Project) -> None:
    palette = palette_of(project)
    told: list[None] = []
    added: list[tuple[PaletteEntry, ...]] = []
    palette.changed.connect(lambda: told.append(None))
    palette.added.connect(added.append)
    palette.add(*swatches_of_clusters(GRID, 4))
    assert len(told) == 1
    assert [entry.name for entry in added[0]] == names(palette)
    for entry in palette.entries:
        assert project.path(entry.file).is_file()
        assert Path(entry.file).stem == palette.swatch(entry.id).name
    first, second, third, fourth = palette.entries
    palette.rename(first.id, "  Gland ")
    assert palette.labels[Path(first.file).stem] == "Gland"
    assert palette.swatch(first.id).label == "Gland"
    palette.move(fourth.id, 1)
    assert names(palette) == ["Gland", "Kind D", "Kind B", "Kind C"]
    palette.move(first.id, 99)
    assert names(palette) == ["Kind D", "Kind B", "Kind C", "Gland"]
    gone = palette.remove(second.id, third.id)
    assert names(palette) == ["Kind D", "Gland"]
    assert project.path(second.file).is_file(), "edits may take from it"
    palette.put_back(gone)
    assert names(palette) == ["Kind D", "Kind B", "Kind C", "Gland"]
    palette.set_thumbnail(first.id, "thumbnails/x.png")
    assert palette.get(first.id) is not None
    with pytest.raises(UserError, match="no longer in the palette"):
        palette.swatch("gone")
    palette.rename("gone", "x")
    palette.move("gone", 0)
    count = len(told)
    palette.rename(first.id, "Gland")
    assert len(told) == count
    palette.close()
    palette.add(swatch_of_cells(GRID, [(1, 1)]))
    assert len(told) == count


def test_the_palette_is_there_when_the_project_is_opened_again(tmp_path: Path) -> None:
    folder = tmp_path / "p.ssldiff"
    project = Project.create(folder)
    palette = palette_of(project)
    palette.add(*swatches_of_clusters(GRID, 3, origin="colon.svs"))
    entry = palette.entries[1]
    palette.move(entry.id, 0)
    before = palette.swatch(entry.id)
    project.close()
    again = Project.open(folder)
    found = palette_of(again)
    assert [one.id for one in found.entries] == [one.id for one in palette.entries]
    assert found.swatch(entry.id).grid.digest() == before.grid.digest()
    assert found.swatch(entry.id).origin == "colon.svs"
    again.path(entry.file).unlink()
    fresh = palette_of(again)
    with pytest.raises(UserError) as caught:
        fresh.swatch(entry.id)
    assert caught.value.hint
    again.close()


def test_what_cannot_be_written_is_told(project: Project) -> None:
    palette = palette_of(project)
    problems: list[UserError] = []
    palette.problem.connect(problems.append)
    project.path("palette").rmdir() if project.path("palette").is_dir() else None
    project.path("palette").write_bytes(b"a file where a folder should be")
    palette.add(swatch_of_cells(GRID, [(1, 1)]))
    assert len(problems) == 1
    assert palette.entries == ()


def test_large_grids_are_searched_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssldiff_gui.state.swatches.SEARCHED", 20)
    found = swatch_of_cells(GRID, [(2, 3)])
    assert found.grid.columns <= 21
    np.testing.assert_array_equal(found.grid.vectors[0, 0], GRID.vectors[2, 3])
    one = EmbeddingGrid(np.ones((1, 1, 3), np.float32), "tiny-1", 16)
    assert swatch_of_cells(one, [(0, 0)]).grid.columns == 1
