"""What is wrong with a configuration, in words: which key, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from ssldiff_gui.core.errors import BadRequest

_MOST = 4
_PLAINLY = {
    "too_short": "is empty",
    "string_pattern_mismatch": "should be small letters, digits, dots, dashes",
    "model_type": "should be a table",
    "dict_type": "should be a table",
    "tuple_type": "should be a list",
}

Place = tuple[int | str, ...]


def bad_settings(
    where: str, errors: Sequence[Any], whole: type[BaseModel], model: type[BaseModel]
) -> BadRequest:
    """Return the error that names every wrong key.

    Parameters
    ----------
    where
        The name of the file.
    errors
        As pydantic lists them.
    whole
        What was to be filled.
    model
        What its table `model` was to be.
    """
    places = [each["loc"] for each in errors]
    named = [  # an empty list is told of only where none of its items is
        each
        for each in errors
        if not any(place[: len(each["loc"])] == each["loc"] != place for place in places)
    ]
    said = [_said(each) for each in named[:_MOST]]
    if len(named) > _MOST:
        said.append(f"and {len(named) - _MOST} more")
    return BadRequest(f"{where}: {'; '.join(said)}.", _hint(named[0], whole, model))


def near(word: str, known: Iterable[str]) -> list[str]:
    """Return the few known words that are like one."""
    return difflib.get_close_matches(word, [*known], 3, 0.6)


def _said(error: Any) -> str:
    key = _key(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{key} is unknown"
    if error["type"] == "missing":
        return f"{key} is missing"
    what = _PLAINLY.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    shown = f" = {given!r}" if isinstance(given, str | int | float) else ""
    return f"{key}{shown}: {what.replace('Input should', 'should')}"


def _hint(error: Any, whole: type[BaseModel], model: type[BaseModel]) -> str:
    place: Place = error["loc"]
    table = _table(place[:-1], whole, model)
    if error["type"] not in ("extra_forbidden", "missing") or table is None:
        return f"Correct {_key(place)} in the file, or with --set."
    names = [name for name in table.model_fields if table is not whole or name != "kind"]
    like = near(str(place[-1]), names) if error["type"] == "extra_forbidden" else []
    meant = f"Did you mean {like[0]}? " if like else ""
    return f"{meant}Allowed here are: {', '.join(names)}."


def _key(place: Place) -> str:
    return ".".join(map(str, place)) or "the file"


def _table(place: Place, whole: type[BaseModel], model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the table that a key stands in."""
    table: type[BaseModel] | None = whole
    for part in place:
        if isinstance(part, int):
            continue
        if table is whole and part == "model":
            table = model
        elif table is None or part not in table.model_fields:
            return None
        else:
            table = _inner(table.model_fields[part].annotation)
    return table


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Return the table within a type: of ``tuple[Source, ...]``, `Source`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (found := _inner(part)) is not None:
            return found
    return None
