"""Reading slides and scenes: one surface, `open_slide`, over lazy readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssldiff_gui.slides.open import open_slide as open_slide
    from ssldiff_gui.slides.scene import Scene as Scene
    from ssldiff_gui.slides.slide import Slide as Slide

_HOMES = {"open_slide": "open", "Scene": "scene", "Slide": "slide"}

__all__ = ["Scene", "Slide", "open_slide"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only then."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
