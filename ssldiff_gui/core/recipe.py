"""How a picture was made, so that it can be made again: part of every canvas and export."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from ssldiff_gui.core.requests import Corner
from ssldiff_gui.core.specs import Frozen

SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


class Recipe(Frozen):
    """All that the pixels of a canvas depend on, but for the grid itself, which goes with it.

    Parameters
    ----------
    format
        Version of this record.
    source_type
        IPTC's word for what the picture is.
    model, model_spec, model_files
        Name of the generator, SHA-256 of its description, and of each of its files.
    grid
        `EmbeddingGrid.digest()`.
    edits
        The script of edits that led to the grid, when it is known.
    seed, steps, guidance, batch, precision, compiled
        As they were resolved.
    preset
        Every parameter of the way it was rendered.
    width, height
        Of the canvas, in pixels.
    device
        What computed it, in words; another device may differ in the last bits.
    versions
        Of the packages that matter.
    """

    format: Literal[1] = 1
    source_type: str = SYNTHETIC
    model: str
    model_spec: str = ""
    model_files: dict[str, str] = Field(default={})
    grid: str
    edits: list[JsonValue] = Field(default=[])
    seed: int
    steps: int
    guidance: float
    batch: int
    precision: str
    compiled: bool = False
    preset: dict[str, JsonValue]
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    region: Corner | None = None
    device: str = ""
    versions: dict[str, str] = Field(default={})
