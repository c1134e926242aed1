"""Small labelled folders, and what an augmentation leaves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from ssldiff_gui.jobs.labelled import read_labelled, split_of


def picture(label: int, seed: int, side: int = 24) -> np.ndarray:
    """Noise of a class's colour and grain: no two are alike in detail."""
    random = np.random.default_rng([label, seed])
    grain = random.normal(0, 40, (side // 2, side // 2, 3)).repeat(2, 0).repeat(2, 1)
    colour = np.array([(200, 90, 90), (90, 200, 90), (90, 90, 200)][label % 3])
    shade = random.uniform(0.6, 1.2)
    return np.clip(colour * shade + grain + random.normal(0, 8, (side, side, 3)), 0, 255).astype(
        np.uint8
    )


def save(path: Path, pixels: np.ndarray, **how) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **how)
    return path


def class_folder(root: Path, each=8, classes=("red", "green"), side: int = 24) -> Path:
    """`each` pictures of every class, or so many of each."""
    counts = each if isinstance(each, tuple) else (each,) * len(classes)
    for label, (name, count) in enumerate(zip(classes, counts, strict=True)):
        for k in range(count):
            save(root / name / f"{k:02d}.png", picture(label, k, side))
    return root


def augmented_folder(root: Path, real: Path, kept: int = 3, drawn: int = 5, **split) -> Path:
    """What `ssldiff augment` leaves, without a generator."""
    labelled = read_labelled(real)
    split_of(labelled, **({"held_out": 0.25, "groups": "file"} | split)).write(
        _made(root) / "split.json", labelled
    )
    pictures = []
    for label, name in enumerate(labelled.classes):
        for k in range(drawn):
            path = f".drawn/{name}/{k:04d}.synthetic.png"
            save(root / path, picture(label, 900 + k))
            file = f"{name}/{k:04d}.synthetic.png" if k < kept else None
            if file:
                save(root / file, picture(label, 900 + k))
            pictures.append({"drawn": path, "file": file, "kept": k < kept})
    facts = {"format": "ssldiff augmentation", "method": "class", "pictures": pictures}
    (root / "augment.json").write_text(json.dumps(facts), "utf-8")
    return root


def _made(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    return root
