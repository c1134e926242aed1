"""What a network is fed with, against torchvision's transforms over Pillow pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from ssldiff_gui.core.errors import BadRequest, DamagedModel
from ssldiff_gui.models.preprocessing import Preprocessing
from tests.models.tiny_encoders import tiny_encoder_spec

CPU = torch.device("cpu")
MEAN, STD = (0.7, 0.5, 0.3), (0.2, 0.25, 0.3)
LEVEL = 1 / 255 / min(STD)
"""One step of 8-bit values, after the normalisation."""


def cells(side: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Noise, which resizes differ most on, and a smooth ramp."""
    noise = np.random.default_rng(seed).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    ramp = np.linspace(0, 255, side * side * 3).reshape(1, side, side, 3).astype(np.uint8)
    return np.concatenate([noise, ramp])


def reference(pictures: np.ndarray[Any, Any], resized: int, crop: int, kind: str) -> torch.Tensor:
    steps = transforms.Compose([
        transforms.Resize(resized, transforms.InterpolationMode(kind), antialias=True),
        transforms.CenterCrop(crop),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
    ])  # fmt: skip
    return torch.stack([steps(Image.fromarray(picture)) for picture in pictures])


@pytest.mark.parametrize("kind", ["bilinear", "bicubic", "lanczos", "nearest"])
@pytest.mark.parametrize(
    ("cell", "side", "crop"),
    [(64, 56, 1.0), (64, 56, 0.875), (50, 56, 0.9), (256, 224, 1.0), (61, 32, 0.95)],
)
def test_it_is_what_torchvision_does(kind: str, cell: int, side: int, crop: float) -> None:
    spec = tiny_encoder_spec(
        cell=cell, input=side, crop=crop, interpolation=kind, mean=MEAN, std=STD
    )
    steps = Preprocessing.of(spec)
    given = cells(cell)
    found = steps.normalised(steps.pictures(given), CPU)
    expected = reference(given, int(side / crop), side, kind)
    assert found.shape == expected.shape
    difference = (found - expected).abs()
    assert difference.max() <= 1.01 * LEVEL
    assert (difference > LEVEL / 2).float().mean() < 0.02


def test_a_cell_of_the_right_size_is_not_touched() -> None:
    steps = Preprocessing.of(tiny_encoder_spec(cell=40))
    given = cells(40)
    assert np.array_equal(steps.pictures(given).permute(0, 2, 3, 1).numpy(), given)


def test_only_the_crop_is_taken_when_the_size_fits_before_it() -> None:
    steps = Preprocessing.of(tiny_encoder_spec(cell=64, input=56, crop=0.875))
    given = cells(64)
    found = steps.pictures(given).permute(0, 2, 3, 1).numpy()
    assert np.array_equal(found, given[:, 4:60, 4:60])


@pytest.mark.parametrize("shape", [(1, 31, 32, 3), (1, 32, 32, 4), (32, 32, 3)])
def test_other_sizes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadRequest, match="32 × 32"):
        Preprocessing.of(tiny_encoder_spec()).pictures(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("change", [{"crop": 1e-6}, {"cell": 10**6}, {"input": 10**5}])
def test_absurd_sizes_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DamagedModel, match=r"model\.json|resized to"):
        Preprocessing.of(tiny_encoder_spec(**change))
