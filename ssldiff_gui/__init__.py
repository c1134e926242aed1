"""SSLDiff Studio: see a slide or a scene as a grid of embeddings, edit the grid, render it back.

The names below are loaded when they are first used, so that importing the package costs nothing
and brings neither torch nor Qt nor numpy with it.

Examples
--------
>>> from ssldiff_gui import open_slide
>>> with open_slide("slide.svs") as slide:  # doctest: +SKIP
...     print(slide.kind, slide.scenes[0].levels)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssldiff_gui.core.errors import (
        BadAnnotations,
        BrokenFile,
        ChangedFile,
        EncryptedFile,
        FileProblem,
        MissingFile,
        OversizedFile,
        OversizedRequest,
        RemoteFile,
        UnsupportedFile,
        UserError,
    )
    from ssldiff_gui.slides import open_slide

    __version__: str

__all__ = [
    "BadAnnotations",
    "BrokenFile",
    "ChangedFile",
    "EncryptedFile",
    "FileProblem",
    "MissingFile",
    "OversizedFile",
    "OversizedRequest",
    "RemoteFile",
    "UnsupportedFile",
    "UserError",
    "__version__",
    "open_slide",
]

_HOMES = {"open_slide": "ssldiff_gui.slides"}
"""Where a public name lives; the errors, which are all the others, live in `core.errors`."""


def _version() -> str:
    """Return the installed version; a checkout that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ssldiff-gui")
    except PackageNotFoundError:
        return "0+unknown"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        value: Any = _version()
    else:
        value = getattr(import_module(_HOMES.get(name, "ssldiff_gui.core.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
