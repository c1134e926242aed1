"""Names of files inside a folder: what cannot lead out of it, on any system."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

LONGEST, LONGEST_NAME = 200, 1000
"""Characters of one part of a name, and of all; every system allows so many."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def inside(name: str) -> str:
    """Return a name that stays inside its folder, as it is; raise ValueError for any other.

    Parameters
    ----------
    name
        Parts with "/" between them, as on every system: no drive, no share, no "..", nothing
        that one system would take for a device or a stream, or would write in another way.
    """
    if not name or name.startswith("/") or len(name) > LONGEST_NAME:
        raise ValueError(f"{name!r:.80} is not the name of a file in the project")
    for part in name.split("/"):
        bad = (
            part in {"", ".", ".."}
            or len(part) > LONGEST
            or part != part.strip()
            or part.endswith(".")
            or _FORBIDDEN.search(part)
            or _DEVICES.fullmatch(part)
        )
        if bad:
            raise ValueError(f"{name!r:.80} is not the name of a file in the project")
    return name


def _inside_or_empty(name: str) -> str:
    return inside(name) if name else name


Inside = Annotated[str, AfterValidator(inside)]
"""The name of a file inside the project's folder."""

MaybeInside = Annotated[str, AfterValidator(_inside_or_empty)]
"""The same, or nothing."""
