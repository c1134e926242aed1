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
    from ssldiff_gui.core.edits import Script
    from ssldiff_gui.core.edits import apply as apply_edits
    from ssldiff_gui.core.errors import FileProblem, UserError
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.core.lab.augment import AugmentRequest
    from ssldiff_gui.core.lab.evaluate import EvaluateRequest
    from ssldiff_gui.core.lab.fid import FidRequest
    from ssldiff_gui.core.lab.fit_map import MapRequest
    from ssldiff_gui.core.lab.label import LabelRequest
    from ssldiff_gui.core.lab.study import StudyRequest
    from ssldiff_gui.core.lab.train import TrainRequest
    from ssldiff_gui.core.layout import Layout
    from ssldiff_gui.core.requests import (
        EmbedRequest,
        ExportRequest,
        GenerateRequest,
        PriorRequest,
    )
    from ssldiff_gui.jobs.embed import embed
    from ssldiff_gui.jobs.export import export_canvas as export
    from ssldiff_gui.jobs.generate import generate
    from ssldiff_gui.jobs.inline import do
    from ssldiff_gui.jobs.replay import replay
    from ssldiff_gui.models.encoders import load_encoder
    from ssldiff_gui.models.generators import load_generator
    from ssldiff_gui.slides import open_slide
    from ssldiff_gui.storage.canvas import Canvas
    from ssldiff_gui.storage.grids import load_grid, save_grid

    __version__: str

_HOMES = {
    "AugmentRequest": "core.lab.augment",
    "Canvas": "storage.canvas",
    "EmbedRequest": "core.requests",
    "EmbeddingGrid": "core.grid",
    "EvaluateRequest": "core.lab.evaluate",
    "ExportRequest": "core.requests",
    "FidRequest": "core.lab.fid",
    "FileProblem": "core.errors",
    "GenerateRequest": "core.requests",
    "LabelRequest": "core.lab.label",
    "Layout": "core.layout",
    "MapRequest": "core.lab.fit_map",
    "PriorRequest": "core.requests",
    "Script": "core.edits",
    "StudyRequest": "core.lab.study",
    "TrainRequest": "core.lab.train",
    "UserError": "core.errors",
    "apply_edits": "core.edits:apply",
    "do": "jobs.inline",
    "embed": "jobs.embed",
    "export": "jobs.export:export_canvas",
    "generate": "jobs.generate",
    "load_encoder": "models.encoders",
    "load_generator": "models.generators",
    "load_grid": "storage.grids",
    "open_slide": "slides",
    "replay": "jobs.replay",
    "save_grid": "storage.grids",
}
"""Where each public name lives in the package, and what it is called there when that differs."""

__all__ = [
    "AugmentRequest",
    "Canvas",
    "EmbedRequest",
    "EmbeddingGrid",
    "EvaluateRequest",
    "ExportRequest",
    "FidRequest",
    "FileProblem",
    "GenerateRequest",
    "LabelRequest",
    "Layout",
    "MapRequest",
    "PriorRequest",
    "Script",
    "StudyRequest",
    "TrainRequest",
    "UserError",
    "__version__",
    "apply_edits",
    "do",
    "embed",
    "export",
    "generate",
    "load_encoder",
    "load_generator",
    "load_grid",
    "open_slide",
    "replay",
    "save_grid",
]


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
        home, _, there = _HOMES[name].partition(":")
        value = getattr(import_module(f"{__name__}.{home}"), there or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
