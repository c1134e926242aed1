"""Which labelled pictures are to be made more of, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen, PixelSize

Method = Literal["representation", "guided", "class", "text"]
Choice = Literal["none", "centroid", "confidence", "both"]


class AugmentRequest(Frozen):
    """Make synthetic pictures for a labelled folder; only its training part is looked at.

    Parameters
    ----------
    folder
        Pictures, one folder a class.
    output
        Folder to make: pictures by class, `augment.json`, `request.json`.
    method
        "representation" varies real pictures through their grids; "guided" leads an unconditional
        generator by a classifier's gradient; "class" and "text" ask a conditional one.
    model
        Name or folder of the generator; None takes the installed one that fits.
    classifier
        For "guided": the latent classifier's name or folder; None trains one on the pictures that
        may be seen, and on no others.
    classifier_steps, noise_aware
        Of that training: how long, and whether on noisy latents too; without, on clean latents
        only, as published.
    captions
        For "text": a sentence for each class.
    count
        Synthetic pictures of each class that are kept, at most.
    draw
        How many are made for each one that is kept; the selection chooses among them.
    strength
        For "representation": 0 repeats the picture's grid, 1 goes as far as another of its class.
    scale
        For "guided": of the classifier's gradient.
    select
        What has to agree with the class: nearest centroid, the classifier's confidence, both.
    judge
        Name or folder of the encoder whose features decide; None takes the model's.
    split
        File that says what is for training; None splits the folder here, by the next fields.
    held_out
        Share of the cases for test; as much again is for validation.
    groups
        As in a training's sources: "alike", "file", or a pattern that finds the case in a name.
    labels_fraction
        Share of the training pictures whose labels may be seen.
    large
        Side in pixels of the pictures to make; None makes them as large as the real ones.
    pixel
        Width of a pixel of the pictures; None takes the model's.
    steps, guidance, preset
        As `GenerateRequest` has them.
    seed
        Of all that is drawn.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["augment"] = "augment"
    folder: str
    output: str
    method: Method = "representation"
    model: str | None = None
    classifier: str | None = None
    classifier_steps: int = Field(default=600, gt=0)
    noise_aware: bool = True
    captions: dict[str, str] = Field(default={})
    count: int = Field(default=50, gt=0)
    draw: float = Field(default=2.0, ge=1)
    strength: float = Field(default=0.3, ge=0, le=1)
    scale: float = Field(default=10.0, ge=0)
    select: Choice = "centroid"
    judge: str | None = None
    split: str | None = None
    held_out: float = Field(default=0.2, ge=0, lt=0.5)
    groups: str = "alike"
    labels_fraction: float = Field(default=1.0, gt=0, le=1)
    large: int | None = Field(default=None, gt=0)
    pixel: PixelSize | None = None
    steps: int | None = Field(default=None, gt=0, le=1000)
    guidance: float | None = None
    preset: str = "default"
    seed: int = Field(default=0, ge=0, lt=2**63)
    device: str = "auto"
