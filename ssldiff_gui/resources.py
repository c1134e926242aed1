"""Where icons, styles and samples are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    """Return the folder of resources of this installation.

    A wheel carries them inside the package. The folder has no `__init__.py`, so it does not hide
    this module, which has the same name.
    """
    inside = _PACKAGE / "resources"
    return inside if inside.is_dir() else _PACKAGE.parent / "resources"


def resource_path(*parts: str) -> Path:
    """Return the path of a file or folder among the resources.

    Parameters
    ----------
    *parts
        The path below the folder of resources: ``resource_path("samples", "sample-slide.tif")``.

    Returns
    -------
    Path
        An existing file or folder.

    Raises
    ------
    FileNotFoundError
        The installation does not carry it, which is a mistake in how it was made.
    """
    path = _root().joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"This installation has no resource {'/'.join(parts)} ({path}).")
    return path
