"""What is asked when a model is to be measured, and what comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import Field

from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.evaluation.figures import Figure

FIGURES = "figures.json"
HELD_OUT = "held out"

Measurable = Literal["encoder", "autoencoder", "generator", "canvas", "prior"]
RGB = npt.NDArray[np.uint8]


class EvaluateRequest(Frozen):
    """Measure a model on pictures that it was not trained on.

    Parameters
    ----------
    kind
        What is measured: a canvas is a generator's large picture.
    model
        Name of an installed model, or a folder.
    encoder
        Name or folder of the encoder whose features judge; None takes the model's own.
    pictures
        Folder of a run's gathered pictures.
    data, config
        Instead of it: where the sources are, and the configuration that says which.
    samples
        How many pictures, or parts of pictures, are looked at; None takes what suits.
    seed
        Of all that is drawn.
    device
        As for `embed`.
    quick
        Fewer samples and steps: about three minutes on two cores.
    unseen, unseen_pixel, unseen_held_out
        A folder of pictures of a source that the model never saw, one folder a class; the width
        of their pixels in the model's unit; and a pattern for those that a probe is tried on.
    supervised_steps
        Of the supervised network that an encoder is compared with; None takes what suits.
    seeds
        How often one grid is rendered, to see how much the pictures differ.
    size
        Side of the canvas in pixels.
    published, published_size
        The ways to render that ours is compared with, and the side of their canvas: they are
        many times dearer.
    image
        A picture large enough for the canvas; None continues a held-out one by its mirror image.
    preset
        How a generator renders.
    """

    kind: Measurable
    model: str
    encoder: str | None = None
    pictures: str | None = None
    data: str | None = None
    config: str | None = None
    samples: int | None = Field(default=None, gt=1)
    seed: int = Field(default=0, ge=0)
    device: str = "auto"
    quick: bool = False
    unseen: str | None = None
    unseen_pixel: float | None = Field(default=None, gt=0)
    unseen_held_out: str | None = None
    supervised_steps: int | None = Field(default=None, ge=0)
    seeds: int | None = Field(default=None, gt=1)
    size: int | None = Field(default=None, gt=0)
    published: tuple[str, ...] = ("pixcell-4k",)
    published_size: int | None = Field(default=None, gt=0)
    image: str | None = None
    preset: str = "default"

    def settle(self, given: int | None, usual: int, quick: int) -> int:
        """Return what was given, or what suits."""
        return given if given is not None else (quick if self.quick else usual)


@dataclass(slots=True)
class Report:
    """What was measured.

    Parameters
    ----------
    request
        What was asked.
    title
        Of the model, for people.
    settings
        How it was measured, beyond the request.
    figures
        For each source of pictures, the held-out ones first.
    warnings
        What a reader must know.
    sheets
        Pictures to look at, by name.
    seconds
        How long it took.
    """

    request: EvaluateRequest
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    sheets: dict[str, RGB] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, source: str, figures: list[Figure]) -> None:
        """Add figures of a source."""
        self.figures.setdefault(source, []).extend(figures)

    def warn(self, words: str | None) -> None:
        """Add a warning, once."""
        if words and words not in self.warnings:
            self.warnings.append(words)

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON takes it; folders of this machine are called by their names."""
        asked = self.request.model_dump(mode="json")
        for key in ("model", "encoder", "pictures", "data", "config", "unseen", "image"):
            if asked[key] is not None:
                asked[key] = "/".join(Path(asked[key]).parts[-2:])
        return {
            "kind": self.request.kind,
            "model": self.title,
            "request": asked,
            "settings": self.settings,
            "figures": {
                source: [figure.facts() for figure in found]
                for source, found in self.figures.items()
            },
            "warnings": self.warnings,
            "seconds": round(self.seconds, 1),
        }

    def write(self, folder: Path) -> list[Path]:
        """Write figures and sheets into a folder; return the files."""
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / FIGURES]
        text = json.dumps(self.facts(), indent=2, ensure_ascii=False, allow_nan=False)
        files[0].write_text(text + "\n", "utf-8")
        for name, sheet in self.sheets.items():
            files.append(folder / f"{name}.png")
            Image.fromarray(sheet).save(files[-1])
        return files
