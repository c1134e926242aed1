"""Where a grid goes: safetensors with all of its facts, or an h5 file as CLAM and TRIDENT have."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.patch_features import save_features

GRIDS, FEATURES = frozenset({".safetensors"}), frozenset({".h5", ".hdf5"})


def check_output(path: Path) -> Path:
    """Return a path that a grid can be written to, before hours are spent on the grid.

    Raises
    ------
    BadRequest
        Its folder is not there, or its suffix says no format of grids.
    """
    if path.suffix.lower() not in GRIDS | FEATURES:
        raise BadRequest(
            f"{path.name} has no suffix that says how to write a grid.",
            "End it in .safetensors, or in .h5 for CLAM and TRIDENT.",
        )
    if path.is_dir():
        raise BadRequest(f"{path.name} is a folder.", "Choose another output.")
    if not path.parent.is_dir():
        raise BadRequest(
            f"There is no folder {path.parent}.", "Make it first, or choose another output."
        )
    return path


def save_output(path: Path, grid: EmbeddingGrid, request: EmbedRequest) -> None:
    """Write a grid in the format that its file's suffix says.

    Parameters
    ----------
    path
        As `check_output` took it.
    grid
        What to write.
    request
        What it was made from; kept with it, but for the folders of this machine.
    """
    told = request.model_dump(mode="json", exclude={"output"})
    told["slide"], told["model"] = Path(request.slide).name, Path(request.model).name
    if path.suffix.lower() in GRIDS:
        save_grid(path, grid, notes={"request": told})
    else:
        save_features(path, grid, notes={"request": told})
