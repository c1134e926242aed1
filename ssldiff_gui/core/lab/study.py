"""Experiments that compare methods: what is tried, on what, how often."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen, PixelSize

Subject = Literal["augmentation", "guidance"]


class StudyRequest(Frozen):
    """Compare ways to train, on one set of pictures, over several seeds.

    Parameters
    ----------
    subject
        "augmentation": a classifier of few labels, without augmentation, with the classic one,
        with synthetic pictures unselected and selected. "guidance": a generator that is told
        nothing, labels it made itself, and true labels, on a balanced and an unbalanced set.
    folder
        Real pictures, one folder a class.
    output
        Folder of the report.
    augmented
        Folders that `ssldiff augment` made of the same pictures, for "augmentation".
    labels_fraction
        Share of the training pictures whose labels may be seen.
    seeds
        How many.
    budget
        "minutes" on two cores, or "gpu".
    backbone
        timm's network; None takes what suits the budget.
    steps
        Of each training; None takes the budget's.
    side
        Pictures are brought to this many pixels; None takes the budget's.
    held_out, groups, split
        As `AugmentRequest` has them; the split of the augmented folders comes before them.
    judge
        Name or folder of the encoder whose features measure distances.
    autoencoder
        For "guidance": name or folder of the generator, or autoencoder, in whose latents pictures
        are drawn; None takes the installed generator that goes with the judge.
    pixel
        Width of a pixel of the pictures.
    seed
        First of the seeds.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["study"] = "study"
    subject: Subject
    folder: str
    output: str
    augmented: tuple[str, ...] = ()
    labels_fraction: float = Field(default=0.05, gt=0, le=1)
    seeds: int = Field(default=3, gt=0, le=20)
    budget: Literal["minutes", "gpu"] = "minutes"
    backbone: str | None = None
    steps: int | None = Field(default=None, gt=0)
    side: int | None = Field(default=None, gt=0)
    held_out: float = Field(default=0.2, gt=0, lt=0.5)
    groups: str = "alike"
    split: str | None = None
    judge: str | None = None
    autoencoder: str | None = None
    pixel: PixelSize | None = None
    seed: int = Field(default=0, ge=0, lt=2**31)
    device: str = "auto"
