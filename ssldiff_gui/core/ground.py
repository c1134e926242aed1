"""How large a pixel of a scene truly is, on the glass or on the ground.

Degrees become metres on a sphere of the Earth's mean radius, at the latitude of the thing
measured: within 0.6 % of the ellipsoid, for things much smaller than the Earth. Web Mercator's
metres are true at the equator only; they are corrected in the same way.
"""

from __future__ import annotations

import math

from ssldiff_gui.core.geometry import Georeference, Scale

EARTH_RADIUS = 6_371_008.8
MERCATOR_RADIUS = 6_378_137.0
WEB_MERCATOR = frozenset({"EPSG:3857", "EPSG:900913", "EPSG:3785"})


def on_the_ground(
    scale: Scale, georeference: Georeference | None, x: float, y: float
) -> Scale | None:
    """Return the true size of the pixel at (x, y), in µm or m; None when it cannot be told."""
    if scale.unit == "px":
        return None
    if scale.unit == "°":
        if georeference is None:
            return None
        degree = math.radians(1) * EARTH_RADIUS
        latitude = georeference.to_crs(x, y)[1]
        return _shrunk(Scale(scale.x * degree, scale.y * degree, "m"), latitude, both=False)
    if georeference is not None and georeference.crs.upper() in WEB_MERCATOR:
        northing = georeference.to_crs(x, y)[1]
        latitude = math.degrees(2 * math.atan(math.exp(northing / MERCATOR_RADIUS))) - 90
        return _shrunk(scale, latitude, both=True)
    return scale


def _shrunk(scale: Scale, latitude: float, *, both: bool) -> Scale | None:
    """Return a scale at the equator as it is at a latitude; None at the poles and beyond."""
    shrink = math.cos(math.radians(latitude))
    if not 0 < shrink <= 1 or abs(latitude) >= 90:
        return None
    return Scale(scale.x * shrink, scale.y * (shrink if both else 1.0), scale.unit)
