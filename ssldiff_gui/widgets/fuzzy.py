"""Finding what was meant from a few typed letters."""

from __future__ import annotations

from collections.abc import Sequence


def score(query: str, text: str) -> float | None:
    """Say how well a text answers a query.

    Parameters
    ----------
    query
        Letters that must all occur, in order; spaces and case do not matter.
    text
        What is searched.

    Returns
    -------
    float or None
        More is better; None when a letter is missing. Letters that start words, and runs of
        letters, count more.
    """
    wanted = "".join(query.lower().split())
    text = text.lower()
    if not wanted:
        return 0.0
    best: float | None = None
    for start in (i for i, letter in enumerate(text) if letter == wanted[0]):
        found = _from(wanted, text, start)
        if found is not None and (best is None or found > best):
            best = found
    return best


def _from(wanted: str, text: str, start: int) -> float | None:
    total, place, previous = 0.0, start, start - 2
    for letter in wanted:
        place = text.find(letter, place)
        if place < 0:
            return None
        total += 1.0
        if place == 0 or not text[place - 1].isalnum():
            total += 2.0
        if place == previous + 1:
            total += 1.5
        previous, place = place, place + 1
    spread = (previous - start + 1) - len(wanted)
    return total - 0.1 * spread - 0.01 * start


def ranked(query: str, texts: Sequence[str]) -> list[int]:
    """Return the places of the texts that answer a query, best first, ties in their order.

    Parameters
    ----------
    query
        What was typed.
    texts
        What is searched, in the order that is right when nothing was typed.
    """
    scored = ((score(query, text), place) for place, text in enumerate(texts))
    return [
        place
        for _, place in sorted(
            ((value, place) for value, place in scored if value is not None),
            key=lambda pair: (-pair[0], pair[1]),
        )
    ]
