"""From what is given to what a network takes: tokens, labels and maps, and the null of each.

The conditioner always computes in float32. Types and their settings in `model.json`:

- "none".
- "embedding": `dim`, `width`, `normalise`, `null` ("bias", "zeros" or "stored"), `positions`,
  `linear` (true); weights `linear.weight` and `linear.bias`.
- "embeddings": `dims`, and the rest of `tokens.Embeddings`.
- "class": `classes`, and `form`: "token" (with `width`), "number" or "one_hot".
- "text": `config` of transformers' CLIPTextConfig and `empty`, the ids of the empty prompt.
- "maps": `channels`.
- a plugin's: ``callable(**settings) -> nn.Module`` with ``forward(given: dict[str, Tensor])`` and
  ``null(batch: int)``, both of which return tokens.

All of them also take `place`, "tokens" or "labels", which says whether the network attends to the
result or adds it to its time embedding; and `maps`, the number of channels put beside the latents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest, DamagedModel
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.models.generators import plugins, tokens
from ssldiff_gui.models.generators.networks import make_module

_WANTED = {"embedding": "vectors", "embeddings": "vectors", "class": "classes", "text": "text"}
_WORDS = {"vectors": "embeddings", "classes": "classes", "text": "a text", "maps": "maps"}


class Conditioner:
    """What a network is told, and how it is told nothing.

    Parameters
    ----------
    module
        Given tensors → tokens; None when the condition is maps only, or nothing.
    wanted
        Which of `Given`'s fields the module cannot do without; None when only it knows.
    place
        "tokens" or "labels".
    maps
        Channels put beside the latents.
    window
        Side of the maps in latents.
    """

    def __init__(
        self, module: nn.Module | None, wanted: str | None, place: str, maps: int, window: int
    ) -> None:
        self.module = module
        self.maps = maps
        self._wanted, self._place, self._window = wanted, place, window
        self._null: torch.Tensor | None = None

    def condition(self, given: Given, device: torch.device) -> Condition:
        """Turn what is given into what the network takes; float32, on `device`."""
        tensors = _tensors(given, device)
        batch = _batch(given)
        if self._wanted is not None and self._wanted not in tensors:
            raise BadRequest(
                f"This model is conditioned on {_WORDS[self._wanted]}, and none were given.",
                "Give them, or choose a model that needs none.",
            )
        if self.module is None:
            return Condition(maps=self._maps(tensors.get("maps"), batch, device))
        answer: torch.Tensor = self.module(tensors)
        return self._placed(answer, self._maps(tensors.get("maps"), batch, device))

    def null(self, given: Given, device: torch.device) -> Condition:
        """Return the condition that says nothing, for as many windows as `given` has."""
        batch = _batch(given)
        maps = self._maps(None, batch, device)
        if self.module is None:
            return Condition(maps=maps)
        if self._null is None or self._null.device != device:
            # it is kept, so it must not be bound to the caller's inference mode
            with torch.inference_mode(mode=False), torch.no_grad():
                self._null = self.module.null(1).to(device)  # type: ignore[operator]
        return self._placed(self._null.expand(batch, *self._null.shape[1:]), maps)

    def _placed(self, answer: torch.Tensor, maps: torch.Tensor | None) -> Condition:
        if self._place == "labels":
            return Condition(labels=answer.flatten(1), maps=maps)
        return Condition(tokens=answer, maps=maps)

    def _maps(
        self, maps: torch.Tensor | None, batch: int, device: torch.device
    ) -> torch.Tensor | None:
        if self.maps == 0:
            return None
        shape = (batch, self.maps, self._window, self._window)
        if maps is None:
            return torch.zeros(shape, device=device)
        if maps.shape != shape:
            raise BadRequest(
                f"This model takes maps of the shape {shape[1:]}, not {tuple(maps.shape[1:])}.",
                "Draw as many kinds of maps as the model knows.",
            )
        return maps


def build_conditioner(spec: GeneratorSpec) -> Conditioner:
    """Make a model's conditioner; its weights are whatever is there.

    Raises
    ------
    MissingPart
        It is a plugin's, and that is not installed.
    DamagedModel
        The description does not fit its type.
    """
    part = spec.conditioner
    config = dict(part.config)
    maps = config.pop("channels" if part.type == "maps" else "maps", 0)
    place = config.pop("place", "labels" if _is_label(part) else "tokens")
    if not isinstance(maps, int) or maps < 0 or place not in ("tokens", "labels"):
        raise DamagedModel(
            f"The conditioner of {spec.title} has {maps!r} maps, and goes to {place!r}.",
            "Get the model again, or update the studio when a newer version has written it.",
        )
    if part.type in ("none", "maps"):
        return Conditioner(None, None, "tokens", maps, spec.window)
    make = _MAKERS.get(part.type) or plugins.find_maker(plugins.CONDITIONERS, part.type)
    module = make_module(make, part.model_copy(update={"config": config}))
    return Conditioner(module, _WANTED.get(part.type), str(place), maps, spec.window)


def _is_label(part: PartSpec) -> bool:
    return part.type == "class" and part.config.get("form", "token") != "token"


def _embedding(dim: int, *, linear: bool = True, **config: Any) -> nn.Module:
    return tokens.Embeddings([dim], linear="shared" if linear else "none", **config)


def _class(classes: int, form: str = "token", width: int | None = None) -> nn.Module:
    if form == "number":
        return tokens.ClassNumbers(classes)
    if form == "one_hot":
        return tokens.ClassVectors(classes)
    if form != "token" or width is None:
        raise ValueError(f"a class is a token with a width, a number or one_hot, not {form!r}")
    return tokens.ClassTokens(classes, width)


_MAKERS: dict[str, Callable[..., nn.Module]] = {
    "embedding": _embedding,
    "embeddings": tokens.Embeddings,
    "class": _class,
    "text": tokens.TextTokens,
}


def _tensors(given: Given, device: torch.device) -> dict[str, torch.Tensor]:
    """Return what is given as tensors, by name."""
    arrays = {
        "vectors": (given.vectors, np.float32),
        "classes": (given.classes, np.int64),
        "text": (given.text, np.int64),
        "maps": (given.maps, np.float32),
    }
    return {
        name: torch.tensor(np.asarray(array, kind), device=device)
        for name, (array, kind) in arrays.items()
        if array is not None
    }


def _batch(given: Given) -> int:
    """Return the number of windows; 1, which fits any number, when nothing says it."""
    for array in (given.vectors, given.classes, given.text, given.maps):
        if array is not None:
            return len(array)
    return 1
