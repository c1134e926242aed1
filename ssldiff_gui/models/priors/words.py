"""Texts as numbers: words, their pairs and their letters, hashed; and which words are known."""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
import zlib
from collections.abc import Collection, Sequence

_WORD = re.compile(r"[^\W_]+")
_NEAR = 0.75
_SHORT = 4
_LONGEST = 64
"""Letters of a word, and words of a text, that are read."""

_SILENT = """
a an and another any are as at be been beside between both but by can could draw for from give
half has have i image images in into is it its just kind like make many me much near next of on
one only or other our part photo photograph picture pictures please quarter section show showing
slide small some that the their there these this those tile to top up us very view want was we
where which whole will with would you your
"""

STOP_WORDS = frozenset(_SILENT.split())
"""Words that say nothing about what is to be seen."""


def words_of(text: str) -> list[str]:
    """Return the words of a text, small and without accents: "Tumeur rénale" has two."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:_LONGEST] for word in _WORD.findall(bare)][:_LONGEST]


def content_of(text: str) -> list[str]:
    """Return the words that say what is to be seen."""
    return [word for word in words_of(text) if word not in STOP_WORDS and not word.isdigit()]


def known_words(texts: Collection[str]) -> list[str]:
    """Return all words that say something in any of the texts, sorted."""
    return sorted({word for text in texts for word in content_of(text)})


def unknown_in(text: str, known: Sequence[str]) -> list[str]:
    """Return the words of a text that are not among the known ones, nor nearly.

    A slip of the pen is near, and so is another ending of the same word.
    """
    return [word for word in content_of(text) if not _is_known(word, known)]


def _is_known(word: str, known: Sequence[str]) -> bool:
    if word in known:
        return True
    if len(word) < _SHORT:
        return False
    return bool(difflib.get_close_matches(word, known, 1, _NEAR))


def features_of(text: str, buckets: int) -> list[int]:
    """Return the numbers of what a text is made of, from 0 to ``buckets - 1``.

    Each word counts by itself, with the word before it, and by all runs of three to five of its
    letters: so that a misspelt word still shares most of what it is made of.
    """
    words = [word for word in words_of(text) if word not in STOP_WORDS]
    parts = [f"w {word}" for word in words for _ in range(2)]
    parts += [f"p {a} {b}" for a, b in itertools.pairwise(words)]
    for word in words:
        edged = f"<{word}>"
        parts += [
            f"l {edged[k : k + size]}" for size in (3, 4, 5) for k in range(len(edged) - size + 1)
        ]
    return [zlib.crc32(part.encode()) % buckets for part in parts] or [0]
