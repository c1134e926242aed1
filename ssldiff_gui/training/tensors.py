"""Pictures as networks take them, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image


def as_tensor(pictures: np.ndarray) -> torch.Tensor:
    """Return (n, 3, height, width) from 0 to 1, of (n, height, width, 3) uint8."""
    return torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 255


def write_picture(path: Path, picture: torch.Tensor) -> None:
    """Write (3, height, width) from 0 to 1."""
    pixels = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(path)
