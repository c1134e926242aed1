"""Cards of trained models: what one is, what it saw, how it was made, how good it is, its limits.

A card is the `README.md` of a model folder. It is written when training ends; figures come later,
from `ssldiff evaluate`, and are put in with `complete_card`.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.specs import ModelFile
from ssldiff_gui.models.folders import CARD, read_model, write_model
from ssldiff_gui.training.card_words import methods, what_it_is, what_it_is_not_for
from ssldiff_gui.training.pictures import Entry, Pictures
from ssldiff_gui.training.settings import Card, Settings, Source
from ssldiff_gui.training.toml_text import as_toml

SECTIONS = (
    "What it is",
    "What it is not for",
    "Data",
    "Recipe",
    "Training",
    "Figures",
    "Limits",
    "Licence",
    "Methods",
)
"""Headings of every card, in this order."""

Figures = Mapping[str, Any]
"""What `ssldiff evaluate` writes as `figures.json`."""

_PACKAGES = ("torch", "timm", "diffusers", "accelerate", "numpy")
_MOST_CLASSES = 40
_NOT_MEASURED = "Not measured yet: `ssldiff evaluate` does it."


def card(settings: Settings, pictures: Pictures, facts: Mapping[str, Any]) -> str:
    """Return the card of a model that was just trained.

    Parameters
    ----------
    settings
        Of the run.
    pictures
        All of them, the held-out ones too.
    facts
        What is known of the run, as far as it is: ``steps``, ``wanted``, ``seconds``, ``recipe``
        (the name it was begun from), ``device``, ``program``, ``versions`` (by package),
        ``models`` (those it was built on, by what they are to it) and ``figures`` (the last of
        the log).
    """
    told = {
        "What it is": what_it_is(settings),
        "What it is not for": what_it_is_not_for(settings),
        "Data": _data(settings, pictures),
        "Recipe": _recipe(settings, facts),
        "Training": _training(settings, facts),
        "Figures": _NOT_MEASURED,
        "Limits": settings.card.limits,
        "Licence": _licence(settings.card),
        "Methods": "\n".join(f"- {line}" for line in methods(settings)),
    }
    sections = [f"## {name}\n\n{told[name].strip()}\n" for name in SECTIONS]
    title = " ".join((settings.card.title or settings.name).split())
    return "\n".join([f"# {title}\n", *sections])


def with_figures(text: str, figures: Figures | Sequence[Figures]) -> str:
    """Return a card with its figures put in, in place of those it had.

    Parameters
    ----------
    text
        Of the card.
    figures
        What `ssldiff evaluate` wrote, or several of those.

    Raises
    ------
    BadRequest
        They are no figures.
    """
    reports = [figures] if isinstance(figures, Mapping) else [*figures]
    try:
        made = "\n\n".join(_report(report) for report in reports)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadRequest(
            "These are no figures of `ssldiff evaluate`.", "Take its figures.json."
        ) from error
    section = f"## Figures\n\n{made or _NOT_MEASURED}\n"
    found = re.search(r"^## Figures\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        return f"{text.rstrip()}\n\n{section}"
    rest = text[found.end() :]
    return text[: found.start()] + section + ("\n" + rest if rest else "")


def complete_card(folder: str | Path, figures: Iterable[str | Path]) -> ModelFile:
    """Put figures into the card of a model folder, and its new hash into `model.json`.

    Parameters
    ----------
    folder
        Of the model.
    figures
        Files that `ssldiff evaluate` wrote.

    Returns
    -------
    ModelFile
        As it is now.
    """
    folder = Path(folder)
    model = read_model(folder)
    found = [_read(Path(path)) for path in figures]
    text = with_figures((folder / CARD).read_text("utf-8"), found)
    return write_model(folder, model, text, None)


def _read(path: Path) -> Figures:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MissingFile(path, f"There are no figures {path}.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path.name} is no JSON.", "Measure again.") from error
    if not isinstance(found, dict):
        raise BadRequest(f"{path.name} holds no figures.", "Take what `ssldiff evaluate` wrote.")
    return found


def _data(settings: Settings, pictures: Pictures) -> str:
    pixel = settings.data.pixel
    terms = settings.card.data or (
        "The configuration does not say under which terms these pictures may be used: settle that "
        "before you pass the weights on."
    )
    held = sum(entry.held_out for entry in pictures.entries)
    count = (
        f"{len(pictures):,} pictures, {pictures.megapixels:,.1f} megapixels at {pixel.size:g} "
        f"{pixel.unit} a pixel; {held:,} of them were held out and never trained on."
    )
    lines = [
        terms,
        "",
        count,
        "",
        "| source | pictures | megapixels | held out | how |",
        "|---|---:|---:|---:|---|",
    ]
    for number, source in enumerate(settings.data.sources):
        there = [entry for entry in pictures.entries if entry.source == number]
        lines.append(_source(source, there))
    lines += ["", _left_out(pictures.facts.get("skipped") or {}), *_classes(pictures.entries)]
    return "\n".join(lines)


def _source(source: Source, there: list[Entry]) -> str:
    area = sum(entry.height * entry.width for entry in there) / 1e6
    held = sum(entry.held_out for entry in there)
    name = "/".join(Path(source.path).parts[-3:]) or "."
    kept = {"alike": "what looks alike stays together", "file": "each file by itself"}.get(
        source.groups, "cases stay together"
    )
    if source.held_out is not None:
        kept = f"by name, {kept}" if source.groups != "file" else "by name"
    return f"| {_plain(name)} | {len(there):,} | {area:,.1f} | {held:,} | {kept} |"


def _left_out(skipped: Mapping[str, Any]) -> str:
    words = {"unreadable": "could not be read", "small": "were too small"}
    told = [f"{len(skipped[key]):,} {text}" for key, text in words.items() if skipped.get(key)]
    return f"Left out: {', '.join(told)}." if told else "None was left out."


def _classes(entries: Sequence[Entry]) -> list[str]:
    """Return a table of the classes; nothing for pictures without any."""
    all_of = Counter(entry.label for entry in entries if entry.label)
    held = Counter(entry.label for entry in entries if entry.held_out)
    if not all_of:
        return []
    lines = ["", "| class | trained on | held out |", "|---|---:|---:|"]
    lines += [
        f"| {_plain(name)} | {all_of[name] - held[name]:,} | {held[name]:,} |"
        for name in sorted(all_of)[:_MOST_CLASSES]
    ]
    if len(all_of) > _MOST_CLASSES:
        lines.append(f"| and {len(all_of) - _MOST_CLASSES:,} more | | |")
    return lines


def _recipe(settings: Settings, facts: Mapping[str, Any]) -> str:
    table = settings.model_dump(mode="json", exclude_none=True)
    if settings.card == Card():
        del table["card"]
    name = f"{settings.name}.toml"
    begun = f" It was begun from the recipe `{facts['recipe']}`." if facts.get("recipe") else ""
    return (
        f"Saved as `{name}`, this trains it again; FOLDER is what the sources' paths are relative "
        f"to.{begun}\n\n"
        f"```\nssldiff train {settings.kind} --config {name} --data FOLDER\n```\n\n"
        f"```toml\n{as_toml(table)}```"
    )


def _training(settings: Settings, facts: Mapping[str, Any]) -> str:
    steps, wanted = facts.get("steps"), facts.get("wanted", settings.run.steps)
    rows: list[tuple[str, str | None]] = []
    if steps is not None:
        early = "" if steps >= wanted else f" of {wanted:,}: it was stopped before the end"
        rows = [
            ("steps", f"{steps:,}{early}"),
            ("samples seen", f"{steps * settings.run.batch:,} ({settings.run.batch:,} a step)"),
        ]
    rows += [
        ("time", _duration(facts.get("seconds"))),
        ("hardware", _hardware(facts.get("device"))),
        ("built on", _models(facts.get("models") or {})),
        ("last of the log", _numbers(facts.get("figures") or {})),
        ("program", facts.get("program")),
        ("versions", _versions(facts.get("versions"))),
    ]
    told = [f"| {name} | {_plain(value)} |" for name, value in rows if value]
    return "\n".join(["| | |", "|---|---|", *told])


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    if seconds < 5400:
        return f"{max(1, round(seconds / 60))} minutes"
    return f"{seconds / 3600:.1f} hours"


def _hardware(device: str | None) -> str | None:
    """Return a device in words; what is no device's name is taken as it is."""
    if device is None or not re.fullmatch(r"cpu|mps|cuda(:\d+)?", device):
        return device
    import torch

    from ssldiff_gui.models.devices import describe

    return describe(torch.device(device))


def _models(models: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(
        f"the {key} {told['name']} (`model.json` {told['sha256'][:12]})"
        for key, told in models.items()
    )


def _numbers(figures: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:.4g}"
        for name, value in figures.items()
        if name not in ("step", "seconds") and isinstance(value, int | float)
    )


def _versions(given: Mapping[str, str] | None) -> str:
    found = dict(given or {})
    for name in () if found else _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if given is None:
        found = {"Python": platform.python_version(), **found}
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _licence(told: Card) -> str:
    licence = told.licence
    if licence.name == "unknown":
        return (
            "The configuration names no licence: whoever trained these weights has to, before "
            "they are passed on."
        )
    name = f"[{licence.name}]({licence.url})" if licence.url else licence.name
    trade = {
        True: " Commercial use is allowed.",
        False: " Not for commercial use.",
        None: "",
    }[licence.commercial]
    return f"The weights: {name}.{trade} The code that made them: see the project's licence."


def _report(report: Figures) -> str:
    """Return what one evaluation found, a table for each source of pictures."""
    parts = [f"### {_plain(str(report['kind'])).capitalize()}"]
    for source, figures in report["figures"].items():
        lines = [
            f"On pictures {_plain(source)}:" if source == "held out" else f"{_plain(source)}:",
            "",
            "| measure | value | 95 % | better | compared with |",
            "|---|---:|---|---|---|",
            *(_figure(figure) for figure in figures),
        ]
        parts.append("\n".join(lines))
        notes = {f"{figure['measure']}: {figure['note']}" for figure in figures if figure["note"]}
        parts += ["\n".join(f"- {_plain(note)}" for note in sorted(notes))] if notes else []
    warned = [f"- {_plain(str(words))}" for words in report.get("warnings") or ()]
    return "\n\n".join(
        [*parts, *(["To be kept in mind:\n\n" + "\n".join(warned)] if warned else [])]
    )


def _figure(figure: Mapping[str, Any]) -> str:
    low, high = figure.get("low"), figure.get("high")
    span = "" if low is None or high is None else f"{_number(low)} to {_number(high)}"
    against = ", ".join(f"{name} {_number(v)}" for name, v in (figure.get("against") or {}).items())
    cells = (figure["measure"], _number(figure["value"]), span, figure["better"], against)
    return f"| {' | '.join(_plain(str(cell)) for cell in cells)} |"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


def _plain(text: str) -> str:
    """Return a text that stays in its cell of a table, and is no heading."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()
