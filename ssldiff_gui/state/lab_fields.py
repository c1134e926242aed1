"""What a person is asked before an experiment begins, as data: fields, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue, ValidationError

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.requests import AnyRequest

Values = Mapping[str, JsonValue]
"""What stands in the fields, by their keys."""

Budget = Literal["minutes", "gpu"]
FieldKind = Literal[
    "folder", "file", "files", "model", "choice", "number", "text", "flag", "pixel", "captions"
]
Group = Literal["Train", "Make and label", "Measure and compare"]

MINUTES = "Minutes"
GPU = "GPU"


@dataclass(frozen=True, slots=True)
class LabField:
    """One question.

    Parameters
    ----------
    key, title
        Of it in the values; and for people.
    kind
        How it is answered: "folder" takes anything that holds pictures, "files" a list of paths,
        "pixel" a width with its unit, "captions" a text for each class.
    note
        A sentence about it.
    default
        Its answer at first; None leaves it to the program.
    needed
        Whether there is no beginning without it.
    advanced
        Whether few people change it.
    choices
        For "choice": what is written, and what is read.
    models
        For "model": kinds of which one is taken.
    low, high, decimals, unit
        For "number".
    when
        Another field, and its answers with which this one is asked.
    """

    key: str
    title: str
    kind: FieldKind
    note: str = ""
    default: JsonValue = None
    needed: bool = False
    advanced: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1e6
    decimals: int = 0
    unit: str = ""
    when: tuple[str, tuple[str, ...]] | None = None

    def asked(self, values: Values) -> bool:
        """Whether it is asked, after what was answered so far."""
        return self.when is None or str(values.get(self.when[0])) in self.when[1]


@dataclass(frozen=True, slots=True)
class LabMethod:
    """One thing that can be tried.

    Parameters
    ----------
    key, title
        In entries; and for people.
    group
        Under which heading it stands.
    glyph
        Icon.
    about
        What it does, in one sentence.
    fields
        What is asked, the data first.
    make
        From the answers and the budget to a request, whose output is set later.
    budgets
        What the two budgets mean here, in a sentence each.
    """

    key: str
    title: str
    group: Group
    glyph: str
    about: str
    fields: tuple[LabField, ...]
    make: Callable[[Values, Budget], AnyRequest] = field(repr=False)
    budgets: tuple[str, str] = ("", "")

    @property
    def defaults(self) -> dict[str, JsonValue]:
        """The answers at first."""
        return {"budget": "minutes", **{field.key: field.default for field in self.fields}}

    def missing(self, values: Values) -> str:
        """Return what has to be answered before it can begin; empty when nothing has."""
        for one in self.fields:
            if one.needed and one.asked(values) and not values.get(one.key):
                words = one.title[:1].lower() + one.title[1:]
                return f"Choose the {words}." if one.kind != "text" else f"Write the {words}."
        return ""

    def request(self, values: Values) -> AnyRequest:
        """Return what is to be done.

        Raises
        ------
        BadRequest
            Something is missing, or makes no sense.
        """
        if words := self.missing(values):
            raise BadRequest(f"“{self.title}” cannot begin yet.", words)
        asked = {one.key for one in self.fields if one.asked(values)}
        given = {key: value for key, value in values.items() if key in asked}
        budget: Budget = "gpu" if values.get("budget") == "gpu" else "minutes"
        try:
            return self.make(given, budget)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"{place or 'It'}: {first['msg']}.", "Change it and begin.") from error


def text_of(values: Values, key: str) -> str | None:
    """Return a text, or None where nothing is written."""
    value = values.get(key)
    return value.strip() or None if isinstance(value, str) else None


def number_of(values: Values, key: str, usual: float) -> float:
    """Return a number, or what is usual."""
    value = values.get(key)
    return float(value) if isinstance(value, int | float) else usual


def whole_of(values: Values, key: str) -> int | None:
    """Return a whole number, or None where nothing is written."""
    value = values.get(key)
    return round(value) if isinstance(value, int | float) else None


def list_of(values: Values, key: str) -> tuple[str, ...]:
    """Return a list of paths."""
    value = values.get(key)
    return tuple([str(part) for part in value]) if isinstance(value, list) else ()


def given(**values: JsonValue) -> dict[str, JsonValue]:
    """Return what was answered; the rest is left to the request's own defaults."""
    return {key: value for key, value in values.items() if value is not None}


PIXEL = LabField(
    "pixel", "Width of a pixel", "pixel",
    "Of the pictures, when their files do not say it.", advanced=True,
)  # fmt: skip
SEED = LabField(
    "seed", "Seed", "number", "The same seed and settings give the same result.", 0,
    advanced=True, high=2**31 - 1,
)  # fmt: skip
DEVICE = LabField(
    "device", "Where it computes", "choice", default="auto", advanced=True,
    choices=(("auto", "The best there is"), ("cpu", "Processor"), ("cuda", "NVIDIA GPU"),
             ("mps", "Apple GPU")),
)  # fmt: skip
