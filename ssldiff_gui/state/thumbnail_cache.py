"""Small pictures on disk, under a cap; the least lately used ones go first."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from ssldiff_gui.core.errors import FileProblem
from ssldiff_gui.storage.atomic import write_bytes

RGB = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, 0–255, sRGB."""

QUALITY = 88

log = logging.getLogger(__name__)


def key_of(path: Path, size: int) -> str:
    """Name the thumbnail of a file as it is now: another content gets another name."""
    status = path.stat()
    text = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{size}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class ThumbnailCache:
    """JPEG files named by keys.

    Parameters
    ----------
    folder
        Where they lie; made when needed.
    limit_bytes
        About how much they may take.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._guard = threading.Lock()
        self._total: int | None = None

    def get(self, key: str) -> RGB | None:
        """Return a picture, or None."""
        path = self._folder / f"{key}.jpg"
        try:
            with Image.open(path) as image:
                picture = np.asarray(image.convert("RGB"), dtype=np.uint8)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, UnidentifiedImageError, ValueError):
            with suppress(OSError):
                path.unlink()
            return None
        return picture

    def put(self, key: str, picture: RGB) -> None:
        """Keep a picture; what cannot be kept is not worth an error."""
        encoded = io.BytesIO()
        Image.fromarray(picture).save(encoded, "JPEG", quality=QUALITY)
        content = encoded.getvalue()
        if len(content) > self._limit:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._guard:
                write_bytes(self._folder / f"{key}.jpg", content)
                self._total = self._size() if self._total is None else self._total + len(content)
                if self._total > self._limit:
                    self._prune()
        except (OSError, FileProblem) as error:
            log.info("thumbnail not kept: %s", error)

    def _size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob("*.jpg"))

    def _prune(self) -> None:
        """Remove the least lately used pictures until a fifth of the room is free."""
        found = []
        for path in self._folder.glob("*.jpg"):
            with suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self._limit * 0.8:
                break
            with suppress(OSError):
                path.unlink()
                total -= size
        self._total = total
