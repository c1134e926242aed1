"""Words as numbers without a vocabulary: what the small text towers that we train read."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

VOCABULARY = 4096
EMPTY = 1  # words begin at 2; 0 fills up
LENGTH = 32


def words_as_numbers(texts: Sequence[str], length: int = LENGTH) -> npt.NDArray[np.int64]:
    """Return (n, length) int64: a number for each word, from its letters; the same everywhere."""
    found = np.zeros((len(texts), length), np.int64)
    for line, text in zip(found, texts, strict=True):
        words = text.casefold().split()[: length - 1]
        numbers = [EMPTY, *(2 + zlib.crc32(word.encode()) % (VOCABULARY - 2) for word in words)]
        line[: len(numbers)] = numbers
    return found


def tower_of(width: int, length: int) -> dict[str, Any]:
    """Return the settings of a small text tower that reads such numbers."""
    return {
        "vocab_size": VOCABULARY, "hidden_size": width, "intermediate_size": 4 * width,
        "num_hidden_layers": 2, "num_attention_heads": max(1, width // 64),
        "max_position_embeddings": length, "bos_token_id": EMPTY, "eos_token_id": EMPTY,
        "pad_token_id": 0,
    }  # fmt: skip


def reads_hashed_words(config: Mapping[str, Any]) -> bool:
    """Whether a conditioner of the type "text" reads such numbers, by what it is made with."""
    tower, empty = config.get("config"), config.get("empty")
    known = isinstance(tower, Mapping) and tower.get("vocab_size") == VOCABULARY
    return known and isinstance(empty, Sequence) and [*empty[:2]] == [EMPTY, 0]
