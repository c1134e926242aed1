"""Two sets of pictures whose distance is asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen


class FidRequest(Frozen):
    """Measure how far made pictures are from real ones, as sets.

    Parameters
    ----------
    real, fake
        Folders of pictures, or large images and canvases, of which crops are taken.
    output
        Folder for the report; None writes none.
    judge
        Whose features are compared: "inception" (when its weights are there), or the name or
        folder of an encoder; None takes the encoder that fits, and says so.
    crop
        Side in pixels of the crops of large images; None takes what the judge sees.
    samples
        Pictures, or crops, of each set, at most.
    neighbours
        For precision, recall, density and coverage.
    bootstraps
        How often samples are drawn anew, for the intervals.
    seed
        Of all that is drawn.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["fid"] = "fid"
    real: str
    fake: str
    output: str | None = None
    judge: str | None = None
    crop: int | None = Field(default=None, gt=0)
    samples: int = Field(default=5000, gt=1)
    neighbours: int = Field(default=5, gt=0)
    bootstraps: int = Field(default=100, ge=0)
    seed: int = Field(default=0, ge=0, lt=2**63)
    device: str = "auto"
