"""Priors small enough for tests: random networks, and readers that were taught for a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ssldiff_gui.core.specs import Licence, PartSpec, PixelSize, PriorSpec, ScheduleSpec
from ssldiff_gui.models.priors import save_prior
from ssldiff_gui.models.priors.loading import build_parts
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.reader import WordReader, nearness
from ssldiff_gui.models.priors.words import known_words
from ssldiff_gui.training.captions import captions_of, varied

TEXTS = {
    "colonca": ["adenocarcinoma of the colon", "tumour, colon", "bowel cancer"],
    "colonn": ["normal colon mucosa", "healthy bowel, crypts"],
    "lungn": ["normal lung", "healthy alveoli"],
    "Non-Viable": ["necrotic bone tumor", "dead osteosarcoma, not viable"],
}
WIDTH, CHANNELS, WINDOW = 16, 6, 4


def tiny_prior_spec(encoder: str, dim: int, pixel: PixelSize | None = None, **changes) -> PriorSpec:
    classes = [*TEXTS]
    words = known_words([text for texts in captions_of(classes, TEXTS) for text in texts])
    facts = {
        "name": "tiny-prior", "title": "Tiny prior", "encoder": encoder, "dim": dim, "cell": 32,
        "pixel": pixel or PixelSize(size=0.5, unit="µm"), "window": WINDOW, "classes": classes,
        "captions": [texts[0] for texts in TEXTS.values()], "guidance": 1.5,
        "schedule": ScheduleSpec(kind="squaredcos_cap_v2"),
        "network": PartSpec(
            type="PriorNetwork",
            config={"channels": CHANNELS, "dim": dim, "width": WIDTH, "depth": 2,
                    "classes": len(classes)},
        ),
        "reader": PartSpec(
            type="WordReader", config={"width": WIDTH, "buckets": 2048, "inner": 32, "words": words}
        ),
    }  # fmt: skip
    return PriorSpec.model_validate(facts | changes)


def tiny_prior_folder(
    path: Path, encoder: str = "tiny@000000000000", dim: int = 24, **changes
) -> PriorSpec:
    """Write a model folder with a prior; its texts are read, its grids mean nothing."""
    spec = tiny_prior_spec(encoder, dim, **changes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = PriorNetwork(**spec.network.config)
        for value in network.parameters():
            if value.ndim > 1:
                value.data.normal_(std=0.2)
        network.mean.normal_()
        network.components.copy_(torch.linalg.qr(torch.randn(dim, CHANNELS))[0].T)
        reader = _taught(WordReader(**spec.reader.config), network) if spec.reader else None
    save_prior(
        path, spec, network.state_dict(), reader.state_dict() if reader else None,
        licence=Licence(name="CC0-1.0", commercial=True),
    )  # fmt: skip
    return spec


def tiny_table_folder(path: Path, encoder: str = "tiny@000000000000", dim: int = 24) -> PriorSpec:
    """Write a model folder with a prior that reads tables; its grids mean nothing."""
    table = PartSpec(
        type="TableReader",
        config={"width": WIDTH, "columns": ["TP53", "KRAS"], "means": [0.5, 2.0],
                "deviations": [2.0, 1.0]},
    )  # fmt: skip
    spec = tiny_prior_spec(encoder, dim, name="tiny-table", classes=[], captions=[], reader=None,
                           table=table)  # fmt: skip
    spec.network.config["classes"] = 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        parts = build_parts(spec)
        for value in parts.network.parameters():
            if value.ndim > 1:
                value.data.normal_(std=0.2)
    save_prior(
        path, spec, parts.network.state_dict(), table=parts.table.state_dict(),
        licence=Licence(name="CC0-1.0", commercial=True),
    )  # fmt: skip
    return spec


def _taught(reader: WordReader, network: PriorNetwork) -> WordReader:
    """Teach a reader what its captions mean."""
    captions = captions_of([*TEXTS], TEXTS)
    random = np.random.default_rng(0)
    meant = network.classes.detach()
    optimiser = torch.optim.Adam(reader.parameters(), 0.02)
    for _ in range(60):
        numbers = random.integers(0, len(captions), 24)
        texts = [varied(captions[n][random.integers(len(captions[n]))], random) for n in numbers]
        said = reader(*reader.features(texts))
        target = torch.from_numpy(numbers)
        wrong = torch.nn.functional.cross_entropy(nearness(said, meant), target)
        (wrong + (said - meant[target]).square().mean()).backward()
        optimiser.step()
        optimiser.zero_grad()
    return reader
