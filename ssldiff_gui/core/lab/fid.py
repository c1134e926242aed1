"""Two sets of pictures whose distance is asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen, PixelSize


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
    blocks
        Parts of each set that are left out in turn, for the intervals; 0 gives none. (Samples
        drawn twice, as a bootstrap has them, would make a set look narrower than it is.)
    pixel
        Width of a pixel in images that do not say it.
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
    blocks: int = Field(default=10, ge=0, le=100)
    pixel: PixelSize | None = None
    seed: int = Field(default=0, ge=0, lt=2**63)
    device: str = "auto"
