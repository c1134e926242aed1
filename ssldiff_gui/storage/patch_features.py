"""Embeddings of patches as CLAM and TRIDENT keep them in HDF5, in and out of grids.

A patch's place is that of its upper left corner in level-0 pixels. TRIDENT says how large a patch
is: ``patch_size_level0`` there, ``patch_size`` where it was read. CLAM's features say nothing but
places, so whoever reads them tells the rest. What is written here comes back as it was: an
attribute of the file, which other programs do not look at, holds the facts of the grid.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue, ValidationError

from ssldiff_gui.core.errors import BadGrid, BadRequest
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.slides.problems import broken, naming
from ssldiff_gui.storage.atomic import write_bytes
from ssldiff_gui.storage.grid_facts import GridFacts
from ssldiff_gui.storage.grids import FACTS, GridRecord
from ssldiff_gui.storage.lattice import Fit, lay, on
from ssldiff_gui.storage.patch_files import FARTHEST, LARGEST, Patches, read_patches, too_large

Form = Literal["clam", "trident"]

SMALLEST = 3
"""Pixels of the full resolution that a patch is wide, at least: places are whole pixels."""

SPARSEST = 10_000
"""Cells for each patch: tissue is rarely so scarce, coordinates that went wrong soon are."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the caller says about patches when their file does not, or says wrongly.

    Parameters
    ----------
    encoder
        Id of the encoder.
    cell
        Side of a patch in pixels, where it was read.
    downsample
        Level-0 pixels for each of those pixels.
    pixel
        Size of a level-0 pixel.
    """

    encoder: str | None = None
    cell: int | None = None
    downsample: float | None = None
    pixel: Scale | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A grid from patches.

    Parameters
    ----------
    record
        The grid; its past, too, when the file was written here.
    moved
        Greatest distance that a patch was moved, in level-0 pixels.
    left_out
        Patches that came into no cell.
    """

    record: GridRecord
    moved: float = 0.0
    left_out: int = 0


def load_features(path: Path, told: Told | None = None, *, fit: Fit = "exact") -> Imported:
    """Read a file of CLAM's or TRIDENT's.

    Parameters
    ----------
    path
        The file.
    told
        What the file does not say.
    fit
        What to do with patches that do not lie side by side.

    Raises
    ------
    MissingFile, BrokenFile, OversizedFile
        When the file is not there, damaged, or claims too much.
    BadGrid
        When it holds no features, or its patches make no grid.
    BadRequest
        When something has to be told.
    """
    path, told = Path(path), told or Told()
    with naming(path):
        try:
            patches = read_patches(path)
            known = _known(path, patches)
            return known if known is not None else _grid(path, patches, told, fit)
        except BadGrid as error:
            raise BadGrid(f"{path.name}: {error.message}", error.hint) from error


def save_features(
    path: Path,
    grid: EmbeddingGrid,
    form: Form = "trident",
    *,
    edits: Sequence[JsonValue] = (),
    notes: Mapping[str, JsonValue] | None = None,
) -> None:
    """Write the cells that have an embedding as CLAM or TRIDENT would, whole or not at all.

    TRIDENT's attributes that a grid does not know, such as the slide's size, are left out.

    Raises
    ------
    BadGrid
        When no cell has an embedding.
    FileProblem
        When the file cannot be written.
    """
    import h5py

    path = Path(path)
    rows, columns = np.nonzero(grid.mask)
    if not len(rows):
        raise BadGrid("No cell of this grid has an embedding.", "Embed a region with tissue.")
    if grid.footprint < SMALLEST:
        raise BadGrid(
            f"Cells of {grid.footprint:g} pixels are too small: places are whole pixels.",
            "Save the grid as .safetensors.",
        )
    boxes = [
        grid.box_of(row, column)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    coords = np.array([(box.x, box.y) for box in boxes], np.int64)
    said: dict[str, Any] = {}
    if form == "trident":
        name = path.stem if grid.source is None else Path(grid.source.name).stem
        said = {"name": name, "savetodir": path.resolve().parent.name}
    content = io.BytesIO()
    with h5py.File(content, "w", libver="v108") as file:
        file.attrs[FACTS] = _own_facts(grid, edits, notes)
        vectors = grid.vectors[rows, columns]
        chunks = (min(len(vectors), 256), grid.dim)
        features = file.create_dataset("features", data=vectors, chunks=chunks, fletcher32=True)
        places = file.create_dataset("coords", data=coords, chunks=True, fletcher32=True)
        if said:
            features.attrs.update({**said, "encoder": grid.encoder})
            places.attrs.update({**said, **_trident(grid)})
    write_bytes(path, content.getvalue())


def _own_facts(
    grid: EmbeddingGrid, edits: Sequence[JsonValue], notes: Mapping[str, JsonValue] | None
) -> str:
    facts = GridFacts.of(grid, list(edits), dict(notes or {}))
    return f'{{"rows":{grid.rows},"columns":{grid.columns},"facts":{facts.model_dump_json()}}}'


def _trident(grid: EmbeddingGrid) -> dict[str, Any]:
    """Return TRIDENT's attributes of places, as far as a grid knows them."""
    side = grid.footprint
    found: dict[str, Any] = {
        "patch_size": grid.cell,
        "patch_size_level0": int(side) if side == int(side) else side,
        "overlap": 0,
    }
    if grid.scale is not None and grid.scale.unit == "µm":
        found["target_magnification"] = _magnification(grid.scale.x)
        found["level0_magnification"] = _magnification(grid.scale.x * grid.cell / side)
    return found


def _magnification(width: float) -> int | float:
    """Return the magnification that pixels of that width, in µm, are said to have."""
    found = 10 / width
    return round(found) if abs(found - round(found)) < 0.02 * found else found


def _known(path: Path, patches: Patches) -> Imported | None:
    """Return the grid as it was, when the file was written here and its places are still so."""
    if patches.facts is None:
        return None
    try:
        rows, columns, facts = _own(patches.facts)
        empty = facts.grid(np.zeros((1, 1, 1), np.float32), np.ones((1, 1), np.bool_))
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise broken(path, "the facts of its grid do not hold together") from error
    if empty.footprint < SMALLEST:
        raise broken(path, "the facts of its grid do not hold together")
    corner = (0, 0) if empty.region is None else (empty.region.box.x, empty.region.box.y)
    cells = on(patches.coords, corner, empty.footprint)
    if cells is None or (cells[0] >= rows).any() or (cells[1] >= columns).any():
        return None
    if (cells[0] < 0).any() or (cells[1] < 0).any():
        return None
    vectors, valid = _filled(path, (rows, columns), cells, patches.features)
    grid = facts.grid(vectors, valid)
    same = facts.digest == grid.digest()
    return Imported(GridRecord(grid, facts.edits if same else [], facts.notes if same else {}))


def _own(text: str) -> tuple[int, int, GridFacts]:
    from pydantic_core import from_json, to_json

    data = from_json(text)
    facts = GridFacts.model_validate_json(to_json(data["facts"]), strict=True)
    rows, columns = data["rows"], data["columns"]
    if type(rows) is not int or type(columns) is not int or min(rows, columns) < 1:
        raise ValueError("rows and columns are counts")
    return rows, columns, facts


def _grid(path: Path, patches: Patches, told: Told, fit: Fit) -> Imported:
    """Return the grid of a file of another program."""
    cell, downsample = _sizes(path, patches.about, told)
    encoder = told.encoder or patches.encoder
    if not encoder:
        raise _tell(path, "which encoder its features are of", "--encoder ID")
    lattice = lay(patches.coords, cell * downsample, fit)
    rows, columns = lattice.shape
    cells = lattice.rows, lattice.columns
    vectors, valid = _filled(path, (rows, columns), cells, patches.features[lattice.patches])
    side = cell * downsample
    box = Box(round(lattice.x), round(lattice.y), round(columns * side), round(rows * side))
    grid = EmbeddingGrid(
        vectors,
        encoder,
        cell,
        scale=_scale(patches.about, told.pixel, downsample),
        valid=valid,
        region=Region(box, downsample),
        source=Source(patches.name, ""),
    )
    return Imported(GridRecord(grid), lattice.moved, len(patches.coords) - len(lattice.patches))


def _sizes(path: Path, about: Mapping[str, Any], told: Told) -> tuple[int, float]:
    """Return the side of a patch where it was read, and the downsample there."""
    size, there = _number(about.get("patch_size")), _number(about.get("patch_size_level0"))
    cell = told.cell if told.cell is not None else size
    if cell is None:
        raise _tell(path, "how large its patches are", "--cell PIXELS and --downsample FACTOR")
    downsample = told.downsample
    if downsample is None and there is not None:
        downsample = there / cell
    if downsample is None:
        downsample = _number(about.get("downsample"))
    if downsample is None:
        raise _tell(path, "at what downsample its patches were read", "--downsample FACTOR")
    if not (1 <= cell <= 2**31 and cell == int(cell) and SMALLEST <= cell * downsample <= FARTHEST):
        raise broken(path, f"patches of {cell:g} pixels at a downsample of {downsample:g}")
    return int(cell), downsample


def _filled(
    path: Path,
    shape: tuple[int, int],
    cells: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    features: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return values and mask of a grid with features in some cells."""
    count = shape[0] * shape[1]
    if count > min(LARGEST // (4 * features.shape[1]), SPARSEST * len(features)):
        raise too_large(path, f"its patches are spread over {shape[0]} × {shape[1]} cells")
    vectors = np.zeros((*shape, features.shape[1]), np.float32)
    valid = np.zeros(shape, np.bool_)
    vectors[cells], valid[cells] = features, True
    return vectors, valid


def _scale(about: Mapping[str, Any], pixel: Scale | None, downsample: float) -> Scale | None:
    """Return the size of a pixel as read: as told, or by TRIDENT's rule that 10× is 1 µm."""
    if pixel is not None:
        return Scale(pixel.x * downsample, pixel.y * downsample, pixel.unit)
    magnification = _number(about.get("target_magnification"))
    if magnification is None or not 0 < magnification <= 1000:
        return None
    return Scale(10 / magnification, 10 / magnification, "µm")


def _number(value: Any) -> float | None:
    """Return an attribute as a number; CLAM writes pairs, one for each axis."""
    found = np.asarray(value if value is not None else [])
    if found.dtype.kind not in "iuf" or found.size == 0 or (found != found.flat[0]).any():
        return None
    number = float(found.flat[0])
    return number if np.isfinite(number) and number > 0 else None


def _tell(path: Path, what: str, option: str) -> BadRequest:
    return BadRequest(f"{path.name} does not say {what}.", f"Tell it with {option}.")
