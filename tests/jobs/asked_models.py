"""Models that are told more than embeddings: quick, and every answer depends on all of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ssldiff_gui.core.protocols import Condition
from ssldiff_gui.core.specs import GeneratorSpec, Licence, ModelFile, PartSpec
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators import save_generator
from ssldiff_gui.models.generators.conditioners import build_conditioner
from ssldiff_gui.models.generators.hashed_words import tower_of, words_as_numbers
from ssldiff_gui.models.weights import load_tensors
from tests.models.tiny import WIDTH, tiny_generator_folder
from tests.sampling.fakes import ENCODER, FakeGenerator, fake_spec

TEXT = PartSpec(
    type="text", config={"config": tower_of(64, 8), "empty": words_as_numbers([""], 8)[0].tolist()}
)
CLASS = PartSpec(type="class", config={"classes": 3, "width": 8})
NOTHING = {"encoder": None, "dim": None}

KINDS = {
    "nothing": {**NOTHING},
    "text": {**NOTHING, "conditioner": TEXT, "layout": ("tumour", "stroma")},
    "class": {**NOTHING, "conditioner": CLASS, "classes": ("tumour", "stroma")},
    "boxes": {
        **NOTHING, "conditioner": PartSpec(type="maps", config={"channels": 1}),
        "layout": ("",), "layout_form": "boxes",
    },
    "embeddings": {"conditioner": PartSpec(type="embedding"), "dim": 8},
    "masked embeddings": {
        "conditioner": PartSpec(type="embedding", config={"maps": 1}), "layout": ("tumour",)
    },
}  # fmt: skip


class Told(FakeGenerator):
    """Sees what it is told, each window for itself."""

    def condition(self, given):
        batch = next(
            (
                len(a)
                for a in (given.vectors, given.classes, given.text, given.maps)
                if a is not None
            ),
            1,
        )
        tokens = torch.zeros(batch, 1, self.spec.dim or 1)
        if given.vectors is not None:
            tokens = tokens + torch.from_numpy(np.array(given.vectors))
        if given.classes is not None:
            tokens = tokens + torch.from_numpy(given.classes)[:, None, None] / 2
        if given.text is not None:
            tokens = tokens + torch.from_numpy(given.text).double().sin().mean(1)[:, None, None]
        maps = None if given.maps is None else torch.from_numpy(np.array(given.maps))
        return Condition(tokens=tokens.float(), maps=maps)

    def null(self, given):
        told = self.condition(given)
        maps = None if told.maps is None else torch.zeros_like(told.maps)
        return Condition(tokens=torch.zeros_like(told.tokens), maps=maps)

    def denoise(self, x, sigma, condition, *, shift=0):
        seen = super().denoise(x, sigma, condition, shift=shift)
        if condition.maps is not None:
            weights = torch.arange(1, 1 + condition.maps.shape[1])[None, :, None, None]
            seen = seen + (condition.maps * weights).sum(1, keepdim=True) / 2
        return seen


def asked_folder(path: Path, kind: str, **changes) -> Path:
    """Write a model folder that only says what it is; `loaded` makes the model."""
    spec = GeneratorSpec.model_validate(
        {**fake_spec(dim=3).model_dump(), "encoder": ENCODER, **KINDS[kind], **changes}
    )
    model = ModelFile(kind="generator", generator=spec, licence=Licence(name="CC0-1.0"))
    path.mkdir(parents=True)
    (path / "model.json").write_text(model.model_dump_json(), "utf-8")
    return path


def loaded(folder, *_, **__):
    """Stand in for `load_generator`."""
    return Told(read_model(folder).generator)


def real_folder(path: Path, kind: str) -> Path:
    """Make a tiny generator of real networks that is told classes, texts or maps."""
    made = tiny_generator_folder(path / "made", conditioner="maps" if kind == "maps" else "class")
    model = read_model(made)
    told = {
        "class": {}, "maps": {"layout": ("tumour", "stroma")},
        "text": {"conditioner": TEXT.model_copy(update={"config": {**TEXT.config, "config":
                 tower_of(WIDTH, 8)}})},
    }[kind]  # fmt: skip
    spec = model.generator.model_copy(update=told)
    network, autoencoder = (
        load_tensors(made / str(part.file)) for part in (spec.network, spec.autoencoder)
    )
    torch.manual_seed(0)
    teller = build_conditioner(spec).module
    state = None if teller is None else teller.state_dict()
    save_generator(path / kind, spec, network, autoencoder, state, licence=model.licence)
    return path / kind
