"""A reader of texts around the frozen tower of a CLIP: its embedding, and a layer that is trained.

For CLIP, PLIP and others of their layout. The tower's description lies in `model.json`, its
weights and its tokeniser beside it, so that a prior works without the folder it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingFile, MissingPart, UnsafeFile
from ssldiff_gui.models.generators.tokens import TOWER_SETTINGS
from ssldiff_gui.models.weights import load_into, load_tensors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
_PICKLES = ("pytorch_model.bin", "open_clip_pytorch_model.bin", "model.pt", "model.ckpt")
_SETTINGS = TOWER_SETTINGS | {"projection_dim"}
_KINDS = {"clip", "clip_text_model"}
_MOST = {
    "vocab_size": 1 << 20, "hidden_size": 4096, "intermediate_size": 1 << 15,
    "num_hidden_layers": 64, "max_position_embeddings": 4096, "projection_dim": 4096,
}  # fmt: skip
_KEPT = 4096
"""Texts whose embeddings are remembered."""


class ClipReader(nn.Module):
    """A text → a vector, in the same terms as the classes of a `PriorNetwork`.

    Parameters
    ----------
    width
        Of the vector.
    config
        Of transformers' CLIPTextConfig.
    end
        Number of the token that ends a text.
    origin
        Name of the folder that the tower came from.
    words
        Of the captions that it was trained with; it knows others, too.
    """

    words: tuple[str, ...]
    centre: torch.Tensor
    spread: torch.Tensor

    def __init__(
        self, width: int, config: Mapping[str, Any], end: int, origin: str = "",
        words: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        if not 0 < width <= 4096 or not isinstance(end, int):
            raise ValueError("a reader of such a size")
        told = {**config, "eos_token_id": end, "bos_token_id": None, "pad_token_id": None}
        self.width, self.end, self.origin, self.words = width, end, origin, tuple(words)
        self.tower = _tower(told)
        dim = self.tower.config.projection_dim
        self.register_buffer("centre", torch.zeros(dim))
        self.register_buffer("spread", torch.ones(()))
        self.project = nn.Linear(dim, width)
        self.tower.requires_grad_(requires_grad=False)
        self.tokenizer: Tokenizer | None = None
        self._known: dict[str, torch.Tensor] = {}

    @property
    def longest(self) -> int:
        """Tokens of a text that are read, its beginning and its end among them."""
        return int(self.tower.config.max_position_embeddings)

    def take_tokenizer(self, path: Path) -> None:
        """Read a file of the tokenizers library; it holds rules, and runs no code."""
        self.tokenizer = read_tokenizer(path)

    def tokens(self, text: str) -> list[int]:
        """Return all tokens of a text, however many."""
        assert self.tokenizer is not None  # noqa: S101 - those who make one see to it
        found: list[int] = self.tokenizer.encode(text).ids
        return found

    def forward(self, texts: Sequence[str]) -> torch.Tensor:
        """Return (texts, width)."""
        apart = (self.embedded(texts) - self.centre) / self.spread
        return self.project(apart)  # type: ignore[no-any-return]

    def measure(self, texts: Sequence[str]) -> None:
        """Take the middle and the spread of texts as that of all: a CLIP's lie close together."""
        found = self.embedded(texts)
        self.centre.copy_(found.mean(0))
        if len(found) > 1:
            self.spread.copy_((found - self.centre).square().mean().sqrt().clamp(min=1e-4))

    def embedded(self, texts: Sequence[str]) -> torch.Tensor:
        """Return (texts, projection): what the tower says of each, of unit length."""
        if len(self._known) > _KEPT:
            self._known.clear()
        for text in texts:
            if text not in self._known:
                self._known[text] = self._said(text)
        place = self.project.weight.device
        return torch.stack([self._known[text].to(place) for text in texts])

    def _said(self, text: str) -> torch.Tensor:
        """Return (projection,) for a text by itself: the same whatever it is read together with."""
        ids = self.tokens(text)
        ids = ids if len(ids) <= self.longest else [*ids[: self.longest - 1], self.end]
        place = next(self.tower.parameters()).device
        with torch.inference_mode(mode=False), torch.no_grad():
            states = self.tower.text_model(input_ids=torch.tensor([ids], device=place))
            said = self.tower.text_projection(states.last_hidden_state[:, -1])[0].float()
            return nn.functional.normalize(said, dim=0)


def read_clip(folder: str | Path, width: int, words: Sequence[str] = ()) -> tuple[ClipReader, Path]:
    """Make a reader from a folder in transformers' layout; return its tokeniser's file as well.

    Parameters
    ----------
    folder
        With `config.json`, `model.safetensors` and `tokenizer.json`; of a whole CLIP, the
        picture's half is left aside.
    width
        Of what the reader says.
    words
        Of the captions that it is to be trained with.

    Raises
    ------
    MissingFile
        A file is not there.
    UnsafeFile
        The weights are a pickle.
    BadRequest
        It is no CLIP.
    DamagedModel
        Its files do not fit each other.
    MissingPart
        transformers is not installed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFile(
            folder,
            f"There is no text model {folder}.",
            'Name a folder with config.json, model.safetensors and tokenizer.json, or "words".',
        )
    config = _config(folder)
    weights = _weights(folder)
    tokenizer = read_tokenizer(folder / TOKENIZER)
    end = tokenizer.encode("tissue").ids[-1:]
    if not end or tokenizer.encode("").ids[-1:] != end:
        raise BadRequest(
            f"The tokeniser of {folder.name} does not mark the end of a text.",
            "Take a CLIP's own tokenizer.json.",
        )
    try:
        reader = ClipReader(width, config, end[0], folder.name, words)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DamagedModel(
            f"The text model {folder.name} cannot be made from its {CONFIG}: {error}.",
            "Get the model again.",
        ) from error
    # rounded now to what the prior's folder will hold, so that it is trained on just that
    rounded = {name: value.half().float() for name, value in _of_tower(weights).items()}
    load_into(reader.tower, rounded)
    reader.tokenizer = tokenizer
    return reader, folder / TOKENIZER


def config_of(reader: ClipReader) -> dict[str, Any]:
    """Return what a reader is made with again."""
    told = reader.tower.config.to_dict()
    kept = {name: told[name] for name in sorted(_SETTINGS & told.keys())}
    return {
        "width": reader.width, "config": kept, "end": reader.end, "origin": reader.origin,
        "words": [*reader.words],
    }  # fmt: skip


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokeniser's file.

    Raises
    ------
    MissingFile, DamagedModel
        It is not there, or no such file.
    MissingPart
        The library is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise _not_installed("tokenizers") from error
    if not path.is_file():
        raise MissingFile(
            path,
            f"The text model {path.parent.name} has no {TOKENIZER}.",
            "Save its tokeniser there with transformers' `save_pretrained`.",
        )
    try:
        made = Tokenizer.from_str(path.read_text("utf-8"))
    except Exception as error:  # the library raises no kind of its own
        raise DamagedModel(
            f"{path.name} of {path.parent.name} is no tokeniser: {error}.", "Get the model again."
        ) from error
    made.no_truncation()
    made.no_padding()
    return made


def _tower(config: Mapping[str, Any]) -> Any:
    try:
        from transformers import CLIPTextConfig, CLIPTextModelWithProjection
    except ModuleNotFoundError as error:
        raise _not_installed("transformers") from error
    # transformers would fetch and run code for some of the other settings
    told = {name: value for name, value in config.items() if name in _SETTINGS}
    for name, most in _MOST.items():
        value = told.get(name, 1)
        if not isinstance(value, int) or not 0 < value <= most:
            raise ValueError(f"{name} of {value!r}")
    settings: dict[str, Any] = {**told, "attn_implementation": "sdpa"}
    return CLIPTextModelWithProjection(CLIPTextConfig(**settings))


def _config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MissingFile(
            path, f"The text model {folder.name} has no {CONFIG}.", "Get the whole folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DamagedModel(
            f"{CONFIG} of {folder.name} is no JSON: {error}.", "Get the model again."
        ) from error
    kind = found.get("model_type") if isinstance(found, dict) else None
    if kind not in _KINDS:
        raise BadRequest(
            f"{folder.name} is a model of the kind {kind!r}, and no CLIP.",
            "Texts are read by CLIP and models of its layout, such as PLIP.",
        )
    told: dict[str, Any] = found
    if kind == "clip":
        inner = found.get("text_config")
        told = dict(inner) if isinstance(inner, dict) else {}
        told["projection_dim"] = found.get("projection_dim", 512)
    return {name: told[name] for name in _SETTINGS & told.keys()}


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / WEIGHTS
    if not path.is_file():
        pickles = [name for name in _PICKLES if (folder / name).is_file()]
        pickles += sorted(p.name for p in folder.glob("*.bin") if p.name not in pickles)
        if pickles:
            raise UnsafeFile(
                folder / pickles[0],
                f"{folder.name} holds {pickles[0]} only, a pickle: it could run code when it is "
                "read, and was not.",
                f"Turn it into safetensors with `ssldiff convert {folder / pickles[0]} -o {path}`.",
            )
        raise MissingFile(
            path, f"The text model {folder.name} has no {WEIGHTS}.", "Get the whole folder."
        )
    return load_tensors(path)


def _of_tower(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the text's half, without what older versions wrote beside the weights."""
    return {
        name: value
        for name, value in weights.items()
        if name.startswith(("text_model.", "text_projection."))
        and not name.endswith(".position_ids")
    }


def _not_installed(package: str) -> MissingPart:
    return MissingPart(
        f"The package {package} is not installed: a CLIP's texts cannot be read without it.",
        'Install what models need: pip install "ssldiff-gui[models]".',
    )
