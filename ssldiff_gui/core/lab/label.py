"""Labels that the machine is to make itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import Frozen, PixelSize


class LabelRequest(Frozen):
    """Label pictures without any labels: clusters, boxes or masks.

    Parameters
    ----------
    source
        A folder of pictures, or a slide or scene.
    output
        For a slide or scene: GeoJSON of annotations. For a folder: a folder with `labels.json`
        and, for masks, pictures of them.
    method
        "clusters" of whole pictures' embeddings (of cells, on a slide), "boxes" by LOST's rule
        over patch tokens, "masks" by clusters of dense tokens.
    encoder
        Name or folder.
    count
        Of clusters, or of classes of masks.
    region, scene
        Of the slide.
    seed
        Of the clustering.
    pixel
        Size of a pixel, when the file does not say.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["label"] = "label"
    source: str
    output: str
    method: Literal["clusters", "boxes", "masks"] = "clusters"
    encoder: str
    count: int = Field(default=8, gt=1)
    region: tuple[int, int, int, int] | None = None
    scene: int = 0
    seed: int = Field(default=0, ge=0, lt=2**31)
    pixel: PixelSize | None = None
    device: str = "auto"
