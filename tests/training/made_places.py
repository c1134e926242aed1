"""Folders that training tests start from: pictures of two classes, an encoder, an autoencoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.specs import Licence
from ssldiff_gui.training.autoencoder import AutoencoderTask
from ssldiff_gui.training.diffusion import DiffusionTask
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import Settings, settings_of
from tests.models.tiny_encoders import tiny_encoder_folder

DATA = {
    "pixel": {"size": 0.5, "unit": "µm"}, "smallest": 64,
    "sources": [{"path": "pictures", "pixel": 0.5, "share": 0.3}],
}  # fmt: skip
CODER = {"factor": 8, "channels": 6, "width": 16, "side": 32}
SMALL = {"widths": [16, 32], "blocks": 1, "groups": 8}


def made_place(root: Path) -> Path:
    """Return a folder with pictures that have a bright square each, and two models."""
    random = np.random.default_rng(0)
    for label, colour in (("dark", 60), ("light", 160)):
        folder = root / "pictures" / label
        folder.mkdir(parents=True)
        for k in range(5):
            coarse = random.normal(colour, 20, (12, 12, 3)).clip(0, 255).astype(np.uint8)
            picture = np.array(Image.fromarray(coarse).resize((96, 96)))
            picture[16 + 8 * k : 48 + 8 * k, 8:40] = 240
            Image.fromarray(picture).save(folder / f"{k}.png")
    tiny_encoder_folder(root / "encoder", dim=12)
    told = settings("autoencoder", CODER)
    task = AutoencoderTask(told, pictures(root, told), root, find=root.joinpath, progress=Silent())
    task.save(root / "autoencoder", task.modules.state_dict(), "# A card\n", {})
    return root


def settings(kind: str, model: dict[str, Any], **changes: Any) -> Settings:
    """Return settings of a run of three steps."""
    told = {"steps": 3, "batch": 4, "show_every": 3, "warm_up": 0, "rate": 1e-3} | changes
    card = {"title": "Tiny", "licence": Licence(name="CC0-1.0").model_dump()}
    return settings_of(
        {"name": "tiny", "kind": kind, "data": DATA, "run": told, "model": model, "card": card}
    )


def pictures(root: Path, told: Settings) -> Pictures:
    """Return the pictures of a run."""
    return gather(told.data, root, root / "gathered")


def diffusion(root: Path, folder: Path, **model: Any) -> tuple[Settings, DiffusionTask]:
    """Return a run of a tiny network, before its first step."""
    found = {"autoencoder": "autoencoder", "encoder": "encoder", "views": 1, "tokens": 2,
             "window": 8, "arguments": SMALL} | model  # fmt: skip
    told = settings("diffusion", found)
    return told, DiffusionTask(
        told, pictures(root, told), folder, find=root.joinpath, progress=Silent()
    )
