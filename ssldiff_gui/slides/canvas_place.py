"""Scale and place of a canvas that was made here: OME-Zarr has words for lengths, none for maps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.slides.zarr_metadata import read_json

LONGEST = 1 << 16
NAME = re.compile(r"EPSG:\d{1,7}|[A-Z_]{4,20}\[.*\]", re.DOTALL)
"""A code or WKT: PROJ's own language, which can name files, is not read."""

_SCALE, _PLACE = TypeAdapter(Scale), TypeAdapter(Georeference)


def stated_place(folder: Path) -> tuple[Scale | None, Georeference | None]:
    """Return what a canvas says of its level 0; None for each thing that makes no sense.

    Parameters
    ----------
    folder
        Of an OME-Zarr image, of whatever origin.
    """
    attributes = read_json(folder / "zarr.json").get("attributes")
    own = attributes.get("ssldiff") if isinstance(attributes, dict) else None
    if not isinstance(own, dict):
        return None, None
    return _scale(own), _georeference(own)


def _scale(own: Mapping[str, Any]) -> Scale | None:
    with suppress(ValidationError, OverflowError):
        return _SCALE.validate_python(own.get("scale"))
    return None


def _georeference(own: Mapping[str, Any]) -> Georeference | None:
    try:
        found = _PLACE.validate_python(own.get("georeference"))
    except (ValidationError, OverflowError):
        return None
    a, b, _, d, e, _ = found.affine
    area = a * e - b * d
    if not all(map(math.isfinite, (*found.affine, area))) or area == 0:
        return None
    return found if _is_known(found.crs) else None


def _is_known(crs: str) -> bool:
    if len(crs) > LONGEST or NAME.fullmatch(crs) is None:
        return False
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    from ssldiff_gui.slides.raster_source import gdal

    try:
        with gdal(""):  # outside its settings GDAL prints what it thinks
            return bool(CRS.from_user_input(crs).to_wkt())
    except CRSError:
        return False
