"""Loss curves: lines of JSON, and a picture of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ssldiff_gui.storage.atomic import replacing, write_bytes

PICTURE = "curves.png"


def read(log: Path) -> list[dict[str, Any]]:
    """Return the lines of a log; torn ones are left out."""
    found = []
    text = log.read_text("utf-8", errors="replace") if log.exists() else ""
    for line in text.splitlines():
        try:
            facts = json.loads(line)
        except ValueError:
            continue
        if isinstance(facts, dict) and isinstance(facts.get("step"), int):
            found.append(facts)
    return found


def add(log: Path, line: Mapping[str, Any]) -> None:
    """Add a line to a log."""
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dict(line)) + "\n")


def shorten(log: Path, step: int) -> None:
    """Take away what was logged after a checkpoint: those steps are taken again."""
    if not log.exists():
        return
    lines = [line for line in read(log) if line["step"] <= step]
    write_bytes(log, "".join(json.dumps(line) + "\n" for line in lines).encode())


def draw(log: Path) -> None:
    """Draw every figure of a log over the steps, one panel each."""
    from matplotlib.figure import Figure

    lines = read(log)
    if len(lines) < 2:
        return
    names = [
        name
        for name, value in lines[-1].items()
        if name not in ("step", "seconds") and isinstance(value, int | float)
    ]
    figure = Figure(figsize=(4.5 * max(1, len(names)), 3.2), layout="constrained")
    for place, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), place + 1)
        pairs = [(line["step"], line[name]) for line in lines if name in line]
        steps, values = zip(*pairs, strict=True)
        axes.plot(steps, values, color="0.8", linewidth=0.8)
        axes.plot(steps, _smooth(values), color="#2f6fde", linewidth=1.6)
        axes.set_title(name.replace("_", " "))
        axes.set_xlabel("step")
        axes.grid(visible=True, alpha=0.25)
    with replacing(log.with_name(PICTURE)) as fresh:
        figure.savefig(fresh, dpi=110)


def _smooth(values: tuple[float, ...], kept: float = 0.9) -> list[float]:
    found, mean = [], values[0]
    for value in values:
        mean = kept * mean + (1 - kept) * value
        found.append(mean)
    return found
