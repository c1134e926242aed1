"""Files that the lab reads: requests, and the pictures of reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.requests import AnyRequest, parse_request

if TYPE_CHECKING:
    from ssldiff_gui.widgets.shown import RGB


def read_request(path: Path) -> AnyRequest:
    """Read a request's file.

    Raises
    ------
    BadRequest
        It holds none.
    """
    try:
        return parse_request(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise BadRequest(
            f"{path.name} cannot be read.", "Choose a request that the lab or a job has written."
        ) from error


def read_picture(path: Path) -> RGB | None:
    """Return the pixels of a picture, or None when there are none."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
