"""Captions of classes, said in other ways: other orders, other frames, slips of the pen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ssldiff_gui.core.errors import BadRequest

_FRAMES = (
    "{}", "{}", "{}", "a picture of {}", "an image of {}", "{} please", "show {}", "a photo of {}",
    "some {}", "this is {}", "a section of {}", "a tile of {}", "{} seen from above", "draw {}",
)  # fmt: skip
_DECIDING = {"no", "non", "not", "without", "normal", "benign", "free", "healthy", "dead"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def captions_of(classes: Sequence[str], texts: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the captions of each class: those it is given, and its name in words.

    Raises
    ------
    BadRequest
        Texts are given to a class that there is not.
    """
    for name in texts:
        if name not in classes:
            raise BadRequest(
                f"model.texts: the pictures have no class {name!r}.",
                f"There are: {', '.join(classes)}." if classes else "They have no classes at all.",
            )
    return [[*texts.get(name, ()), in_words(name)] for name in classes]


def in_words(name: str) -> str:
    """Return the words of a name: "Non-Viable-Tumor" and "parkingLot" as one would say them."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[-_.\s]+", " ", parted).strip().lower()


def varied(caption: str, random: np.random.Generator) -> str:
    """Return a caption as somebody else would have written it."""
    words = caption.split()
    if len(words) > 2 and random.random() < 0.15:
        words = _without_one(words, random)
    if random.random() < 0.25:
        words = [words[k] for k in random.permutation(len(words))]
    words = [_slipped(word, random) if random.random() < 0.12 else word for word in words]
    if random.random() < 0.5:
        return " ".join(words)
    return _FRAMES[random.integers(len(_FRAMES))].format(" ".join(words))


def framed(caption: str, random: np.random.Generator) -> str:
    """Return a caption as part of a sentence, its own words unchanged."""
    return _FRAMES[random.integers(len(_FRAMES))].format(caption)


def _without_one(words: list[str], random: np.random.Generator) -> list[str]:
    """Leave out a word, but none that turns the meaning."""
    chosen = int(random.integers(len(words)))
    if words[chosen].lower() in _DECIDING:
        return words
    return words[:chosen] + words[chosen + 1 :]


def _slipped(word: str, random: np.random.Generator) -> str:
    """Return a word with one letter left out, doubled, changed, or before its time."""
    if len(word) < 4:
        return word
    k, way = int(random.integers(1, len(word) - 1)), int(random.integers(4))
    if way == 0:
        return word[:k] + word[k + 1 :]
    if way == 1:
        return word[:k] + word[k] + word[k:]
    if way == 2:
        return word[:k] + _LETTERS[random.integers(26)] + word[k + 1 :]
    return word[:k] + word[k + 1] + word[k] + word[k + 2 :]
