"""The short forms of edits on the command line, such as ``2,3=5,6``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from ssldiff_gui.core.edits import (
    Cells,
    Cluster,
    Edit,
    Interpolate,
    Paint,
    Replace,
    Sample,
    Steer,
    Stroke,
    Transplant,
    Vary,
    Whole,
)

FORMS = {
    "--paint": "ROW,COL=ROW2,COL2[@FILE]",
    "--transplant": "ROW,COL,HEIGHT,WIDTH=ROW2,COL2[@FILE]",
    "--interpolate": "ROW,COL=ROW2,COL2[,RADIUS]",
    "--steer": "ROW,COL=ROW2,COL2,AMOUNT",
    "--replace-cluster": "ROW,COL=ROW2,COL2[,CLUSTERS]",
    "--vary": "STRENGTH[,SEED]",
}


@dataclass
class Words:
    """Edits from short forms, and the grids that they name.

    Parameters
    ----------
    edits
        In their order.
    sources
        Files by the names that the edits call them.
    """

    edits: list[Edit] = field(default_factory=list)
    sources: dict[str, Path] = field(default_factory=dict)

    def add(self, option: str, texts: Sequence[str]) -> None:
        """Take the values of one option.

        Raises
        ------
        typer.BadParameter
            When one of them is not of its form.
        """
        for text in texts:
            try:
                self.edits.append(_MAKERS[option](self, text))
            except ValidationError as error:
                first = error.errors(include_url=False, include_context=False)[0]
                raise typer.BadParameter(f"{option} {text!r}: {first['msg']}.") from error
            except (ValueError, TypeError) as error:
                raise typer.BadParameter(
                    f"{option} {text!r} is not of the form {FORMS[option]}."
                ) from error

    def source(self, name: str) -> str | None:
        """Return what edits call a file; nothing is the grid that is edited."""
        if not name:
            return None
        path = Path(name)
        called = path.stem
        number = 2
        while self.sources.get(called, path) != path or called == "original":
            called, number = f"{path.stem}-{number}", number + 1
        self.sources[called] = path
        return called


def _pair(text: str) -> tuple[list[str], list[str]]:
    before, after = text.split("=")
    return before.split(","), after.split(",")


def _cell(parts: Sequence[str]) -> tuple[int, int]:
    row, column = parts
    return int(row), int(column)


def _paint(words: Words, text: str) -> Paint:
    said, _, file = text.partition("@")
    to, taken = (_cell(parts) for parts in _pair(said))
    embedding = Sample(cells=(taken,), grid=words.source(file))
    return Paint(where=Cells(cells=(to,)), embedding=embedding)


def _transplant(words: Words, text: str) -> Transplant:
    said, _, file = text.partition("@")
    taken, to = _pair(said)
    row, column, rows, columns = (int(part) for part in taken)
    return Transplant(
        row=row, column=column, rows=rows, columns=columns, to=_cell(to), grid=words.source(file)
    )


def _interpolate(_words: Words, text: str) -> Interpolate:
    start, rest = _pair(text)
    end, radius = rest[:2], rest[2:]
    points = _cell(start), _cell(end)
    return Interpolate(along=Stroke(points=points, radius=_one(radius, float, 0.5)))


def _steer(_words: Words, text: str) -> Steer:
    start, (row, column, amount) = _pair(text)
    return Steer(
        where=Whole(),
        away=Sample(cells=(_cell(start),)),
        towards=Sample(cells=(_cell((row, column)),)),
        amount=float(amount),
    )


def _replace(_words: Words, text: str) -> Replace:
    cell, rest = _pair(text)
    count = _one(rest[2:], int, 8)
    return Replace(
        where=Cluster(cell=_cell(cell), clusters=count),
        by=Sample(where=Cluster(cell=_cell(rest[:2]), clusters=count)),
    )


def _vary(_words: Words, text: str) -> Vary:
    amount, *seed = text.split(",")
    return Vary(where=Whole(), amount=float(amount), seed=_one(seed, int, 0))


def _one(parts: Sequence[str], kind: Callable[[str], Any], otherwise: Any) -> Any:
    """Return the last part of a form, which may be left out."""
    if not parts:
        return otherwise
    (part,) = parts
    return kind(part)


_MAKERS: dict[str, Callable[[Words, str], Edit]] = {
    "--paint": _paint,
    "--transplant": _transplant,
    "--interpolate": _interpolate,
    "--steer": _steer,
    "--replace-cluster": _replace,
    "--vary": _vary,
}
