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
    form
        Of the clusters of pictures and cells: "consistent" compares directions of embeddings;
        "published" fits to directions and assigns embeddings as they are, as the code of
        self-guided diffusion does.
    boxes
        Most boxes for each picture, or for each window of a slide; 1 as published.
    expansion
        How many patches may help a box's seed; 100 as published.
    edges
        Whether the borders of masks are moved to where the colour changes.
    region, scene
        Of the slide.
    seed
        Of the clustering.
    pixel
        Size of a pixel, when the file does not say. Pictures of a folder are taken to be at the
        encoder's scale when nothing is said.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["label"] = "label"
    source: str
    output: str
    method: Literal["clusters", "boxes", "masks"] = "clusters"
    encoder: str
    count: int = Field(default=8, gt=1)
    form: Literal["consistent", "published"] = "consistent"
    boxes: int = Field(default=1, gt=0, le=100)
    expansion: int = Field(default=100, gt=0)
    edges: bool = True
    region: tuple[int, int, int, int] | None = None
    scene: int = 0
    seed: int = Field(default=0, ge=0, lt=2**31)
    pixel: PixelSize | None = None
    device: str = "auto"
