"""Labels that the machine makes itself: clusters of pictures, boxes around things, masks."""

from ssldiff_gui.training.self_labels.clusters import Clusters
from ssldiff_gui.training.self_labels.labelled import (
    NOWHERE,
    Labelled,
    PictureLabels,
    read_labels,
    write_labels,
)
from ssldiff_gui.training.self_labels.lost import box_map, boxes
from ssldiff_gui.training.self_labels.masks import MaskMaker

__all__ = [
    "NOWHERE",
    "Clusters",
    "Labelled",
    "MaskMaker",
    "PictureLabels",
    "box_map",
    "boxes",
    "read_labels",
    "write_labels",
]
