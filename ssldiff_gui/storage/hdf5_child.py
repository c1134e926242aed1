"""Read patches from HDF5 in a process of its own; nothing of ours is imported here.

Over a damaged file the library can crash, or loop for ever without giving Python a turn. Run with
the file's path: says in a line of JSON what is there, waits for a line, and sends the arrays.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np

PATIENCE = 30
"""Seconds for one piece of work; a clock outside Python ends the process after them."""

ROWS = 4096
"""Patches in one piece."""

ATTRIBUTES = ("patch_size", "patch_size_level0", "downsample", "target_magnification", "name")


def describe(file: h5py.File, facts: str) -> dict[str, Any]:
    """Return what a file claims to hold.

    Parameters
    ----------
    file
        An opened file.
    facts
        Name of the attribute in which our own facts are.
    """
    found: dict[str, Any] = {name: _claim(file, name) for name in ("features", "coords")}
    if all(isinstance(found[name], dict) for name in found):
        about = file["coords"].attrs
        found["about"] = {name: _plain(about[name]) for name in ATTRIBUTES if name in about}
        found["encoder"] = _plain(file["features"].attrs.get("encoder"))
    found["facts"] = _plain(file.attrs.get(facts))
    return found


def _claim(file: h5py.File, name: str) -> dict[str, Any] | str:
    """Return shape and kind of an array; HDF5 can also point at any file of this machine."""
    if name not in file:
        return "absent"
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return "elsewhere"
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        return "absent"
    if found.external or found.is_virtual:
        return "elsewhere"
    return {"shape": list(found.shape or ()), "kind": found.dtype.kind}


def _plain(value: Any) -> Any:
    """Return an attribute as JSON has it; None when it is neither a number nor a text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    found = np.asarray(value if value is not None else [])
    return found.tolist() if found.dtype.kind in "iuf" and found.size <= 16 else None


def _send(array: h5py.Dataset, dtype: str) -> None:
    for start in range(0, array.shape[0], ROWS):
        piece = np.ascontiguousarray(array[start : start + ROWS], dtype)
        sys.stdout.buffer.write(piece.data)
        sys.stdout.buffer.flush()
        _wind()


def _wind() -> None:
    """Set the clock anew."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=nowhere)


def main() -> None:
    """Read the file that the command line names."""
    path, facts = sys.argv[1:3]
    _wind()
    with h5py.File(Path(path), "r") as file:
        line = json.dumps(describe(file, facts)) + "\n"
        sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
        if sys.stdin.readline():
            _send(file["coords"], "<f8")
            _send(file["features"], "<f4")


if __name__ == "__main__":
    main()
