"""Small pictures with classes, and tiny models, for those who are measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ssldiff_gui.core.specs import Licence, PartSpec, PixelSize, PriorSpec
from ssldiff_gui.models.priors import save_prior
from ssldiff_gui.models.priors.loading import build_parts
from ssldiff_gui.training.pictures import Pictures, write_pictures
from tests.models.tiny import tiny_generator_folder
from tests.models.tiny_encoders import tiny_encoder_folder

PIXEL = PixelSize(size=0.5, unit="µm")
CLASSES = ("dots", "rows", "waves")
LICENCE = Licence(name="CC0-1.0", commercial=True)


def texture(label: str, seed: int, side: int = 128) -> np.ndarray:
    """A picture of a class: what it looks like differs, its colours hardly do."""
    random = np.random.default_rng([CLASSES.index(label), seed])
    y, x = np.mgrid[:side, :side] + random.uniform(0, 40, (2, 1, 1))
    plane = {
        "dots": np.sin(x / 3) * np.sin(y / 3),
        "rows": np.sin(y / 2.5),
        "waves": np.sin((x + y) / 9),
    }[label]
    light = 128 + 70 * plane[..., None] + random.normal(0, 12, (side, side, 3))
    return np.clip(light * (1, 0.9, 1.1), 0, 255).astype(np.uint8)


def picture_folder(path: Path, each: int = 6, side: int = 128) -> Path:
    """Gathered pictures, a half of each class held out."""
    found = [
        (
            {"name": f"{label}/{k}.png", "source": 0, "label": label, "group": f"{label}{k}",
             "held_out": k % 2 == 0},
            texture(label, k, side),
        )
        for label in CLASSES for k in range(each)
    ]  # fmt: skip
    facts = {"wanted": {"pixel": PIXEL.model_dump()}, "skipped": {"unreadable": [], "small": []}}
    write_pictures(path, found, facts)
    return path


def class_folders(path: Path, each: int = 4, side: int = 128) -> Path:
    """The same as image files, a folder a class."""
    for label in CLASSES:
        (path / label).mkdir(parents=True)
        for k in range(each):
            Image.fromarray(texture(label, 50 + k, side)).save(path / label / f"{k}.png")
    return path


def tiny_models(path: Path) -> Path:
    """An encoder, a generator and a prior that belong together."""
    spec = tiny_encoder_folder(path / "encoder", dim=24, cell=32, pixel=PIXEL)
    tiny_generator_folder(
        path / "generator", name="generator", encoder=spec.id, pixel=PIXEL, dim=24, window=16,
        cell=4, factor=8, tokens=4, conditioner="embeddings", autoencoder="patch",
    )  # fmt: skip
    config = {"channels": 4, "dim": 24, "width": 16, "depth": 1, "classes": len(CLASSES)}
    prior = PriorSpec(
        name="prior", title="Tiny prior", encoder=spec.id, dim=24, cell=32, pixel=PIXEL, window=4,
        classes=CLASSES, network=PartSpec(type="PriorNetwork", config=config),
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_parts(prior).network
    save_prior(path / "prior", prior, network.state_dict(), licence=LICENCE)
    return path


def opened(path: Path) -> Pictures:
    return Pictures(path)
