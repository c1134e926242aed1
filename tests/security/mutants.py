"""Valid files made invalid, in ways that a seed decides."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)


def mutant(data: bytes, seed: int) -> bytes:
    """Return a damaged copy: one to three acts out of bit flips, cuts, swaps and edited fields."""
    chance = random.Random(seed)
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if len(content) > 8:
            chance.choice(ACTS)(content, chance)
    return bytes(content)


def _flip(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 8, 64))):
        content[_somewhere(content, chance)] ^= 1 << chance.randrange(8)


def _cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def _swap(content: bytearray, chance: random.Random) -> None:
    size = min(len(content) // 2, chance.choice((4, 16, 256)))
    a, b = (chance.randrange(len(content) - size + 1) for _ in range(2))
    content[a : a + size], content[b : b + size] = content[b : b + size], content[a : a + size]


def _edit(content: bytearray, chance: random.Random) -> None:
    """Put an extreme number where a header may keep one."""
    at = _somewhere(content, chance) & ~1
    code = chance.choice(("<H", ">H", "<I", ">I"))
    value = chance.choice(EDGES) & (0xFFFF if code[1] == "H" else 0xFFFF_FFFF)
    if at + struct.calcsize(code) <= len(content):
        struct.pack_into(code, content, at, value)


def _digits(content: bytearray, chance: random.Random) -> None:
    """Change a number that is written as text, as in XML and JSON."""
    places = [index for index, byte in enumerate(content[:8192]) if 0x30 <= byte <= 0x39]
    if places:
        at = chance.choice(places)
        content[at : at + 1] = chance.choice((b"-1", b"0", b"9999999999", b"1e99", b"[]", b'"'))


def _repeat(content: bytearray, chance: random.Random) -> None:
    at, size = chance.randrange(len(content)), chance.choice((1, 64, 512))
    content[at:at] = content[at : at + size]


def _somewhere(content: bytearray, chance: random.Random) -> int:
    """Return a place, half of the time near an end, where headers lie."""
    size, near = len(content), min(512, len(content))
    if chance.random() < 0.5:
        return chance.randrange(size)
    place = chance.randrange(near)
    return place if chance.random() < 0.7 else size - near + place


ACTS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _cut,
    _swap,
    _edit,
    _edit,
    _digits,
    _repeat,
)
