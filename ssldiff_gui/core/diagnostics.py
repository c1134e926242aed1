"""What "Copy details" puts on the clipboard: enough to find a fault, nothing private."""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.logs import log_path, without_secrets

PACKAGES = (
    "ssldiff-gui", "napari", "vispy", "PySide6", "PyQt6", "numpy", "openslide-python", "tiffslide",
    "tifffile", "imagecodecs", "rasterio", "zarr", "shapely",
)  # fmt: skip


def details(error: BaseException | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Describe this program, this machine and what went wrong.

    Parameters
    ----------
    error
        What went wrong, with its traceback.
    extra
        What only the caller knows: "OpenGL", "Screen".

    Returns
    -------
    str
        Plain text of a few lines, without secrets and with the user's folder as "~".
    """
    lines = [f"{name} {found}" for name in PACKAGES if (found := _version(name))]
    lines.append(f"Python {platform.python_version()} ({sys.implementation.name})")
    lines.append(f"{platform.system()} {platform.release()} ({platform.machine()})")
    lines.extend(f"{name}: {value}" for name, value in (extra or {}).items())
    lines.append(f"Log: {log_path()}")
    if error is not None:
        lines.append("")
        if isinstance(error, UserError):
            lines.append(str(error))
        lines.append("".join(traceback.format_exception(error)).rstrip())
    return without_secrets("\n".join(lines)).replace(str(Path.home()), "~")


def _version(name: str) -> str:
    """Return the version of a package that is loaded or ours; loading none to find out."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
