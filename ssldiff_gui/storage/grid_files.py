"""Grids in whichever format a file's name says: our own, or CLAM's and TRIDENT's."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import MissingFile, UnsupportedFile
from ssldiff_gui.storage.grids import GridRecord, load_grid_record, save_grid
from ssldiff_gui.storage.lattice import Fit
from ssldiff_gui.storage.patch_features import Form, Imported, Told, load_features, save_features

OWN = frozenset({".safetensors"})
FEATURES = frozenset({".h5", ".hdf5"})


def read_grid(path: Path, told: Told | None = None, fit: Fit = "exact") -> Imported:
    """Read a grid; see `load_grid_record` and `load_features`."""
    if _is_features(path):
        return load_features(path, told, fit=fit)
    return Imported(load_grid_record(path))


def write_grid(path: Path, record: GridRecord, form: Form = "trident") -> None:
    """Write a grid and its past; see `save_grid` and `save_features`."""
    if _is_features(path):
        save_features(path, record.grid, form, edits=record.edits, notes=record.notes)
    else:
        save_grid(path, record.grid, edits=record.edits, notes=record.notes)


def check_output(path: Path) -> None:
    """Refuse what no grid can be written to, before any work is done for it.

    Raises
    ------
    UnsupportedFile
        Its suffix says no format of grids, or it is a folder.
    MissingFile
        Its folder is not there.
    """
    _is_features(path)
    if path.is_dir():
        raise UnsupportedFile(path, f"{path} is a folder.", "Choose another output.")
    if not path.parent.is_dir():
        raise MissingFile(
            path.parent,
            f"There is no folder {path.parent}.",
            "Make it first, or choose another output.",
        )


def _is_features(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix not in OWN | FEATURES:
        raise UnsupportedFile(
            path,
            f"{path.name} is no name for a grid.",
            "End it in .safetensors, or in .h5 for CLAM and TRIDENT.",
        )
    return suffix in FEATURES
