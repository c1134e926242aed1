"""A text tower that stays as it is: every text is read once, and what it said is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import DamagedModel, MissingModel
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.models.folder_writing import save_tensors
from ssldiff_gui.models.generators.conditioners import Conditioner
from ssldiff_gui.models.generators.tokens import TOWER_SETTINGS, TextTokens
from ssldiff_gui.models.weights import load_tensors

_WEIGHTS = ("model.safetensors", "pytorch_model.safetensors")
_PLACES = "embeddings.position_embedding.weight"
_TOGETHER = 32

Numbers = npt.NDArray[np.int64]


class TextReader:
    """A CLIP-like text tower and its tokenizer, from a folder in transformers' form.

    Parameters
    ----------
    folder
        With `config.json`, `model.safetensors` and `tokenizer.json`.
    budget
        Tokens of a text. A tower with fewer places begins them anew, as PathLDM does: 154 tokens
        are two times 77 places, under one causal mask.

    Raises
    ------
    MissingModel
        A file of them is not there.
    DamagedModel
        They do not fit each other.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder, self.budget = folder, budget
        self.tokenizer_file = _there(folder, "tokenizer.json")
        self.config = _config(_there(folder, "config.json"), budget)
        self.width = int(self.config["hidden_size"])
        self._tokenizer = _tokenizer(self.tokenizer_file, budget, self.config)
        self._tower: TextTokens | None = None

    def tokens(self, texts: Sequence[str]) -> Numbers:
        """Return (n, budget) numbers of tokens: a beginning, the text, an end, and filling."""
        if not texts:
            return np.zeros((0, self.budget), np.int64)
        return np.array([one.ids for one in self._tokenizer.encode_batch([*texts])], np.int64)

    def read(self, numbers: Numbers) -> torch.Tensor:
        """Return (n, budget, width) of what the tower says, float32."""
        if self._tower is None:
            empty = self.tokens([""])[0].tolist()
            self._tower = TextTokens(dict(self.config), empty).requires_grad_(requires_grad=False)
            self._tower.load_state_dict(self.weights())
            self._tower.eval()
        with torch.no_grad():
            said: torch.Tensor = self._tower({"text": torch.from_numpy(numbers)})
        return said

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the tower's weights, by the names of the conditioner "text"."""
        for name in _WEIGHTS:
            if (path := self.folder / name).is_file():
                return _renamed(load_tensors(path), self.budget, path)
        raise _missing(self.folder, _WEIGHTS[0])

    def release(self) -> None:
        """Let the tower go."""
        self._tower = None


class Said:
    """What a tower has said of all texts that will be asked for.

    Parameters
    ----------
    numbers
        (n, length) tokens of the texts; the first is the empty one.
    reader
        The tower; it reads what `folder` does not hold yet.
    folder
        Where it is kept.
    """

    def __init__(self, numbers: Numbers, reader: TextReader, folder: Path) -> None:
        self._rows = {line.tobytes(): row for row, line in enumerate(numbers)}
        self._kept = _kept(numbers, reader, folder)

    def of(self, numbers: Numbers) -> torch.Tensor:
        """Return (n, length, width) float32 for (n, length) tokens."""
        rows = [self._rows[np.ascontiguousarray(line).tobytes()] for line in numbers]
        return self._kept[rows].float()

    def nothing(self, count: int) -> torch.Tensor:
        """Return what was said of the empty text."""
        return self._kept[[0] * count].float()


class Remembered(Conditioner):
    """Tells a network what a tower has said of texts; nothing of it is trained.

    Parameters
    ----------
    said
        By the tower.
    maps, window
        As every conditioner has them.
    """

    def __init__(self, said: Said, maps: int, window: int) -> None:
        super().__init__(None, "text", "tokens", maps, window)
        self._said = said

    def condition(self, given: Given, device: torch.device) -> Condition:
        """Look up what was said of texts."""
        beside = super().condition(given, device)
        assert given.text is not None  # noqa: S101 - the call above has seen to it
        return replace(beside, tokens=self._said.of(given.text).to(device))

    def null(self, given: Given, device: torch.device) -> Condition:
        """Return what was said of the empty text."""
        beside = super().null(given, device)
        count = 1 if given.text is None else len(given.text)
        return replace(beside, tokens=self._said.nothing(count).to(device))


def _kept(numbers: Numbers, reader: TextReader, folder: Path) -> torch.Tensor:
    """Return (n, length, width) float16, from the folder or read anew."""
    digest = hashlib.sha256(numbers.tobytes())
    digest.update(str(reader.folder.resolve()).encode())
    path = folder / f"texts-{digest.hexdigest()[:16]}.safetensors"
    if not path.is_file():
        parts = [
            reader.read(numbers[start : start + _TOGETHER]).half()
            for start in range(0, len(numbers), _TOGETHER)
        ]
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        save_tensors(fresh, {"said": torch.cat(parts)})
        fresh.replace(path)
    return load_tensors(path)["said"]


def _config(path: Path, budget: int) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
        text = found.get("text_config") or found
        config = {name: value for name, value in text.items() if name in TOWER_SETTINGS}
        config["max_position_embeddings"] = budget
        int(config["hidden_size"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedModel(
            f"{path} describes no text tower.", "Name the folder of a CLIP-like text model."
        ) from error
    return config


def _tokenizer(path: Path, budget: int, config: Mapping[str, Any]) -> Any:
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_file(str(path))
    except Exception as error:
        raise DamagedModel(f"{path} is no tokenizer: {error}.", "Get the model again.") from error
    filling = (made.padding or {}).get("pad_id", config.get("pad_token_id"))
    if filling is None:
        filling = config.get("eos_token_id") or 0
    word = made.id_to_token(int(filling)) or ""
    made.enable_truncation(budget)
    made.enable_padding(length=budget, pad_id=int(filling), pad_token=word)
    return made


def _renamed(found: Mapping[str, torch.Tensor], budget: int, path: Path) -> dict[str, torch.Tensor]:
    """Return a tower's weights by our names, with as many places as there are tokens."""
    start = "text_model."
    taken = {k.removeprefix(start): v for k, v in found.items() if k.startswith(start)}
    taken = {k: v for k, v in taken.items() if not k.endswith("position_ids")}
    if _PLACES not in taken:
        raise DamagedModel(f"{path.name} holds no text tower.", "Name the folder of another one.")
    places = taken[_PLACES]
    times = -(-budget // len(places))
    taken[_PLACES] = places.repeat(times, 1)[:budget].clone()
    return {f"tower.{name}": value.float() for name, value in taken.items()}


def _there(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise _missing(folder, name)
    return path


def _missing(folder: Path, name: str) -> MissingModel:
    return MissingModel(
        f"{folder} is no folder of a text tower: it has no {name}.",
        "Name a folder with config.json, model.safetensors and tokenizer.json of a CLIP-like "
        "text model: model.reader.",
    )
