"""The network that printed FIDs are measured with: Inception of 2015-12-05, as TensorFlow ran it.

It is torchvision's, but for pooling that leaves out the padding, a maximum in its last block, and
the way pictures are enlarged. Its weights are nobody's to bring: see `load_inception`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import DamagedModel, MissingModel
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.models import devices
from ssldiff_gui.models.folders import installed_folder
from ssldiff_gui.models.weights import load_tensors

Vectors = npt.NDArray[np.float32]

FILE = "inception-2015-12-05.safetensors"
SOURCE = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
SIDE, SEEN, VALUES = 299, 256, 2048


@dataclass(frozen=True, slots=True)
class InceptionJudge:
    """Its 2,048 features, which papers' FID and KID are of."""

    network: nn.Module
    device: torch.device
    name: str = "inception"
    pixel: PixelSize | None = None
    common: bool = True

    def side(self, shortest: int) -> int:
        """Return the side of the squares it looks at."""
        return min(shortest, SEEN)

    def features(self, pictures: npt.NDArray[np.uint8]) -> Vectors:
        """Return (n, 2048) of (n, side, side, 3)."""
        values = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            seen = (enlarged(values.to(self.device), SIDE) - 128) / 128
            found: Vectors = self.network(seen).float().cpu().numpy()
        return found


def load_inception(device: str = "auto", folder: Path | None = None) -> InceptionJudge:
    """Load the network, when somebody has put its weights there.

    Parameters
    ----------
    device
        See `models.devices.choose`.
    folder
        Where the file is; None looks among the installed models.

    Raises
    ------
    MissingModel
        They are not there; the hint says where they are to be put.
    DamagedModel
        They are another network's.
    """
    path = (folder or installed_folder()) / FILE
    if not path.is_file():
        raise MissingModel(
            "The weights of the Inception network that FID is measured with are not there.",
            f"Get {SOURCE}, then `ssldiff models convert` that file to {path}; or judge by an "
            "encoder: --judge NAME.",
        )
    network = make_network()
    tensors = {
        name: value for name, value in load_tensors(path).items() if not name.startswith("fc.")
    }
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise DamagedModel(
            f"{path.name} does not hold the weights of that network.", f"Get {SOURCE} again."
        ) from error
    where = devices.choose(device)
    return InceptionJudge(network.to(where).eval().requires_grad_(requires_grad=False), where)


def make_network() -> nn.Module:
    """Return the network without weights and without its last layer."""
    from torchvision.models import inception

    kinds = inception.InceptionA, inception.InceptionC, inception.InceptionE
    first, middle, last = (_pooled(kind, _mean) for kind in kinds)
    made: Any = inception.Inception3(
        aux_logits=False,
        init_weights=False,
        inception_blocks=[
            inception.BasicConv2d, first, inception.InceptionB, middle, inception.InceptionD,
            last, inception.InceptionAux,
        ],
    )  # fmt: skip
    made.Mixed_7c = _pooled(inception.InceptionE, _most)(2048)
    made.fc = nn.Identity()
    network: nn.Module = made
    return network


def _pooled(kind: Any, pool: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Return a kind of block whose last branch pools another way."""

    class Block(kind):  # type: ignore[misc]
        def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            found: list[torch.Tensor] = super()._forward(x)
            return [*found[:-1], self.branch_pool(pool(x))]

    return Block


def _mean(x: torch.Tensor) -> torch.Tensor:
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _most(x: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(x, 3, stride=1, padding=1)


def enlarged(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """Resize as TensorFlow 1 did: bilinear, from corner to corner but one pixel."""
    height, width = pictures.shape[2:]
    down, across = (
        torch.arange(side, dtype=torch.float32, device=pictures.device) * (length / side)
        for length in (height, width)
    )
    for axis, places in ((2, down), (3, across)):
        length = pictures.shape[axis]
        low = places.floor().long().clamp(max=length - 1)
        high = (low + 1).clamp(max=length - 1)
        share = places - low
        share = share[:, None] if axis == 2 else share
        before = pictures.index_select(axis, low)
        pictures = before + (pictures.index_select(axis, high) - before) * share
    return pictures
