"""Small pictures in a project's folder."""

from __future__ import annotations

import logging
from pathlib import Path

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.storage.atomic import write_bytes

LARGEST = 4 << 20
SIGNATURE = b"\x89PNG\r\n\x1a\n"

log = logging.getLogger(__name__)


def write_thumbnail(path: Path, png: bytes) -> bool:
    """Write a picture, whole or not at all; one that cannot be kept is not worth an error."""
    if not png.startswith(SIGNATURE) or len(png) > LARGEST:
        log.warning("%s is no small PNG", path.name)
        return False
    try:
        path.parent.mkdir(exist_ok=True)
        write_bytes(path, png)
    except (OSError, FileProblem) as error:
        log.info("thumbnail not kept: %s", error)
        return False
    return True


def read_thumbnail(path: Path) -> bytes | None:
    """Return a picture's file, or None when there is none that could be one."""
    try:
        with path.open("rb") as file:
            png = file.read(LARGEST + 1)
    except OSError:
        return None
    return png if png.startswith(SIGNATURE) and len(png) <= LARGEST else None
