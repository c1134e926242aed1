"""What is to be trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from ssldiff_gui.core.specs import Frozen, PixelSize

Trainable = Literal["encoder", "autoencoder", "diffusion", "prior", "classifier"]


class TrainRequest(Frozen):
    """Train a model, or go on where the same request was stopped.

    Parameters
    ----------
    what
        What is trained; "all" trains a family in turn.
    config
        A TOML file, a folder of them, or a recipe that the package carries.
    data
        What the configuration's paths are relative to, or pictures in place of its own.
    out
        Folder of the run; None takes one below `runs`.
    changes
        Values instead of the configuration's, by dotted keys.
    minutes
        After which it stops, with a checkpoint; None takes all steps.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    pixel
        Width of a pixel in files that do not say it.
    install
        Whether the finished model is put among the installed ones.
    """

    kind: Literal["train"] = "train"
    what: Trainable | Literal["all"]
    config: str
    data: str | None = None
    out: str | None = None
    changes: dict[str, JsonValue] = Field(default={})
    minutes: float | None = Field(default=None, ge=0)
    device: str = "auto"
    pixel: PixelSize | None = None
    install: bool = False
