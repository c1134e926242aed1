"""What is to be measured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen

Measurable = Literal["encoder", "autoencoder", "generator", "canvas", "prior"]


class EvaluateRequest(Frozen):
    """Measure a model on pictures that it was not trained on.

    Parameters
    ----------
    what
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
    output
        Folder for figures and pictures; None writes none.
    """

    kind: Literal["evaluate"] = "evaluate"
    what: Measurable
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
    output: str | None = None

    def settle(self, given: int | None, usual: int, quick: int) -> int:
        """Return what was given, or what suits."""
        return given if given is not None else (quick if self.quick else usual)
