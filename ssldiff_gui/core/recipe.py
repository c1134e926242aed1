"""How a picture was made, so that it can be made again: part of every canvas and export."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import Field, JsonValue

from ssldiff_gui.core.requests import Corner
from ssldiff_gui.core.specs import Frozen

SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


class LedBy(Frozen):
    """The classifier that led to a class.

    Parameters
    ----------
    classifier, files
        Its name, and the SHA-256 of each of its files.
    label
        The class.
    scale
        Of the gradient.
    """

    classifier: str
    files: dict[str, str] = Field(default={})
    label: str
    scale: float


class Recipe(Frozen):
    """All that the pixels of a canvas depend on, but for the grid and the layout, which go with it.

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
    prior
        How the grid was drawn, when a prior drew it.
    text, label
        What the generator itself is told.
    layout
        `Layout.digest()` of the areas that it is told of; "" without.
    lead
        The classifier that leads it.
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
    prior: dict[str, JsonValue] = Field(default={})
    text: str | None = None
    label: str | None = None
    layout: str = ""
    lead: LedBy | None = None
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

    @property
    def asked(self) -> str:
        """Digest of what the picture shall show: grid, text, class and layout.

        Where it alone differs, a canvas can be gone on with; without a text, a class and a layout
        it is the grid's.
        """
        beside = [self.text, self.label, self.layout]
        if not any(beside):
            return self.grid
        return hashlib.sha256(json.dumps([self.grid, *beside]).encode()).hexdigest()
