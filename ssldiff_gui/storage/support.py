"""The file of a model folder that says what its generator has seen; safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import DamagedModel
from ssldiff_gui.core.support import Support

SUPPORT = "support.safetensors"
_LARGEST = 64 * 2**20


def support_arrays(support: Support) -> dict[str, npt.NDArray[np.generic]]:
    """Return what is written of it: half precision is enough for distances."""
    return {
        "vectors": support.vectors.astype(np.float16),
        "centre": support.centre.astype(np.float32),
        "axes": support.axes.astype(np.float16),
        "far": np.array(support.far, np.float32),
    }


def read_support(folder: str | Path) -> Support | None:
    """Return what a model's generator has seen; None when its folder does not say it.

    Raises
    ------
    DamagedModel
        The file is not what it should be.
    """
    path = Path(folder) / SUPPORT
    if not path.is_file():
        return None
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        if path.stat().st_size > _LARGEST:
            raise _damaged(path)
        return _support(load_file(path))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise _damaged(path) from error


def _support(found: Mapping[str, npt.NDArray[np.generic]]) -> Support:
    vectors, centre, axes = (
        np.asarray(found[name], np.float32) for name in ("vectors", "centre", "axes")
    )
    plain, narrow = (float(n) for n in np.asarray(found["far"], np.float32))
    count, dim = vectors.shape
    whole = all(np.isfinite(part).all() for part in (vectors, centre, axes))
    if not whole or not count or centre.shape != (dim,) or axes.shape[0] != dim:
        raise ValueError("its arrays do not fit each other")
    if min(plain, narrow) <= 0:
        raise ValueError("its distances are no distances")
    return Support(vectors, centre, axes, (plain, narrow))


def _damaged(path: Path) -> DamagedModel:
    return DamagedModel(
        f"{path.name} of {path.parent.name} is damaged.", "Get the model again, or train it again."
    )
