"""The token ids of texts, as the generator that reads them was trained to see them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingPart
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.models.generators.hashed_words import reads_hashed_words, words_as_numbers

Ids = npt.NDArray[np.int64]

TOKENIZER = "tokenizer.json"

_PLUGIN = ("start", "end", "padding", "length")
"""How a plugin's text tower says what the ids of an empty text are."""


def takes_text(spec: GeneratorSpec) -> bool:
    """Whether a generator is told what to show in words."""
    return _empty(spec.conditioner) is not None


def ids_of(spec: GeneratorSpec, folder: Path, texts: Sequence[str]) -> Ids:
    """Return (n, length) ids of texts; what is too long is cut off.

    Parameters
    ----------
    spec
        Of a generator that takes texts.
    folder
        Its own; "tokenizer.json" lies in it, unless its words are hashed ones.
    texts
        What to show; "" is the empty prompt.

    Raises
    ------
    BadRequest
        The model takes no text.
    MissingPart, DamagedModel
        Its tokenizer is missing, or no tokenizer.
    """
    empty = _empty(spec.conditioner)
    if empty is None:
        raise BadRequest(f"{spec.title} takes no text.", "Choose a model that takes one.")
    if (folder / TOKENIZER).is_file():
        return _by_tokenizer(folder / TOKENIZER, empty, texts)
    if not reads_hashed_words(spec.conditioner.config):
        raise MissingPart(
            f"The folder of {spec.title} has no {TOKENIZER}: nothing says how it reads a text.",
            "Convert or train it again with its tokenizer beside its weights.",
        )
    return words_as_numbers(texts, len(empty))


def _by_tokenizer(path: Path, empty: list[int], texts: Sequence[str]) -> Ids:
    """Return ids between the marks that the empty prompt has, filled up as it is."""
    from tokenizers import Tokenizer

    try:
        reader: Any = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises the bare class
        raise DamagedModel(
            f"{path.name} of {path.parent.name} is no tokenizer.", "Get the model again."
        ) from error
    reader.enable_truncation(len(empty))
    reader.enable_padding(length=len(empty), pad_id=empty[-1])
    if reader.encode("").ids == empty:  # it sets the very marks by itself
        return _stacked([one.ids for one in reader.encode_batch([*texts])], len(empty))
    reader.no_padding()
    reader.enable_truncation(len(empty) - 2)
    read = (one.ids for one in reader.encode_batch([*texts], add_special_tokens=False))
    lines = [[empty[0], *ids, empty[1]] for ids in read]
    return _stacked([[*ids, *empty[len(ids) :]] for ids in lines], len(empty))


def _stacked(lines: list[list[int]], length: int) -> Ids:
    return np.array(lines, np.int64).reshape(len(lines), length)


def _empty(part: PartSpec) -> list[int] | None:
    """Return the ids of the empty prompt; None when a conditioner takes no text."""
    told = part.config.get("empty")
    if isinstance(told, list) and len(told) > 2:
        return [n for n in told if isinstance(n, int)]
    start, end, padding, length = (part.config.get(name) for name in _PLUGIN)
    if (
        isinstance(start, int)
        and isinstance(end, int)
        and isinstance(padding, int)
        and isinstance(length, int)
        and length > 2
    ):
        return [start, end, *[padding] * (length - 2)]
    return None
