"""What a file of patches holds, read by a child process that a damaged file may take down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadGrid, OversizedFile
from ssldiff_gui.slides.problems import broken, unsupported
from ssldiff_gui.storage import hdf5_child
from ssldiff_gui.storage.grids import FACTS

LARGEST = 4 * 2**30
"""Bytes of a grid's values."""

DENSEST = 64
"""Times that the features may be larger than their file: embeddings hardly shrink."""

FARTHEST = 2**40
"""Pixels from the origin."""

_CHILD = Path(hdf5_child.__file__ or "")


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Patches and their features.

    Parameters
    ----------
    coords
        (n, 2) int64: x and y of the corners, in level-0 pixels.
    features
        (n, dim) float32.
    about
        Attributes of the places.
    encoder, name
        Of the features and of the slide, when the file says them.
    facts
        JSON that we wrote ourselves.
    """

    coords: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    about: Mapping[str, Any]
    encoder: str
    name: str
    facts: str | None


def read_patches(path: Path) -> Patches:
    """Read a file of CLAM's or TRIDENT's.

    Raises
    ------
    BrokenFile, OversizedFile, UnsupportedFile
        When the file is damaged, claims too much, or leads to other files.
    BadGrid
        When it holds no features with places.
    """
    with path.open("rb"):
        pass  # the child's words for a file that is not there would be its own
    command = [sys.executable, "-I", str(_CHILD), str(path.resolve()), FACTS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes) as child:  # type: ignore[call-overload]  # noqa: S603
        try:
            return _received(path, child.stdin, child.stdout)
        finally:
            child.kill()


def _received(path: Path, to: IO[bytes], back: IO[bytes]) -> Patches:
    line = back.readline()
    if not line:
        raise broken(path, "HDF5 cannot read it")
    found = json.loads(line)
    count, dim = _checked(path, found)
    to.write(b"go\n")
    to.flush()
    coords, features = np.empty((count, 2), "<f8"), np.empty((count, dim), "<f4")
    for array in (coords, features):
        view = array.data.cast("B")
        while view:
            arrived = back.readinto(view)  # type: ignore[attr-defined]
            if not arrived:
                raise broken(path, "HDF5 cannot read all of it")
            view = view[arrived:]
    if not (np.abs(coords) <= FARTHEST).all() or (coords != np.round(coords)).any():
        raise broken(path, "its coordinates are no pixels of a slide")
    about = found["about"]
    name, facts = _text(about.get("name")), _text(found["facts"])
    encoder = _text(found["encoder"])
    return Patches(
        coords.astype(np.int64), features, about, encoder, name or path.stem, facts or None
    )


def _checked(path: Path, found: Mapping[str, Any]) -> tuple[int, int]:
    """Return the number of patches and the length of an embedding, when they can be believed."""
    features, coords = found["features"], found["coords"]
    if "elsewhere" in {str(features), str(coords)}:
        raise unsupported(path, "its content lies in other files", "Copy it into one file.")
    if not isinstance(features, dict):
        raise BadGrid(
            "The file holds no features, only the places of patches at most.",
            "Take the file that the feature extraction wrote, or embed the slide here.",
        )
    if not isinstance(coords, dict):
        raise BadGrid(
            "The file does not say where its patches are: it has no coords.",
            "Take the file with features and coords.",
        )
    shape, places = features["shape"], coords["shape"]
    if len(shape) != 2 or places != [shape[0], 2]:
        raise BadGrid(
            f"Its arrays do not go together: features {shape}, coords {places}.",
            "There has to be one row of features for each pair of coordinates.",
        )
    if 0 in shape:
        raise BadGrid("The file lists no patch.", "Look for tissue with other settings.")
    if features["kind"] != "f" or coords["kind"] not in {"i", "u", "f"}:
        raise broken(path, "its features or its coordinates are no numbers")
    if 4 * shape[0] * (shape[1] + 4) > min(LARGEST, DENSEST * path.stat().st_size + 2**20):
        raise too_large(path, f"it claims {shape[0]} patches of {shape[1]} values")
    return shape[0], shape[1]


def too_large(path: Path, why: str) -> OversizedFile:
    """Return the error for a file that would make too great a grid."""
    return OversizedFile(
        path,
        f"{path.name} is too large to read: {why}.",
        "Check that its patches belong to one slide, and that the file is whole.",
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
