"""A report as one HTML file that needs nothing beside it.

It is plain enough for Qt's text browser: tables, pictures, no script. It sets no colours, so that
a browser shows it light or dark as the person has it; plots are white cards in both.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from ssldiff_gui.storage.report_page import (
    REQUEST,
    Cell,
    Plot,
    Section,
    Sheet,
    Table,
    Text,
    interval,
    shown,
    versions,
)

if TYPE_CHECKING:
    from ssldiff_gui.storage.report_page import Page

WIDEST = 900
_DENSE = 0.7
"""Plots have more pixels than they are shown with, for sharp screens."""

_STYLE = """
body { font-family: sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; margin-bottom: 0.2em; }
h2 { font-size: 1.2em; margin-top: 1.8em; }
img { max-width: 100%; height: auto; }
.note { font-size: 0.9em; }
td, th { text-align: left; }
"""


def html_of(page: Page, pngs: Mapping[str, bytes]) -> str:
    """Return the whole file.

    Parameters
    ----------
    page
        What it says.
    pngs
        Its plots and sheets, by name.
    """
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(page.title)}</h1>",
        f'<p class="note">{escape(page.created)}</p>',
        *(f"<p>{escape(part)}</p>" for part in page.summary.split("\n\n") if part),
    ]
    if page.headline:
        rows = [(item.name, interval(item)) for item in page.headline]
        parts.append(_table(("figure", "value (95 % interval)"), rows))
    if page.notes:
        items = "".join(f"<li>{escape(words)}</li>" for words in page.notes)
        parts.append(f"<h2>To be known</h2><ul>{items}</ul>")
    parts += [_section(item, pngs) for item in page.sections]
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    parts.append(
        f'<hr><p class="note">{escape(told)}. The request is in {REQUEST}: '
        f"<code>ssldiff run {REQUEST}</code> does it again. "
        "Not for diagnosis.</p></body></html>"
    )
    return "\n".join(parts) + "\n"


def _section(item: Section, pngs: Mapping[str, bytes]) -> str:
    heading = f"<h2>{escape(item.heading)}</h2>" if item.heading else ""
    if isinstance(item, Text):
        return heading + "".join(f"<p>{escape(part)}</p>" for part in item.words.split("\n\n"))
    note = f'<p class="note">{escape(item.note)}</p>' if item.note else ""
    if isinstance(item, Table):
        return heading + _table(item.columns, item.rows) + note
    return heading + _picture(item, pngs[item.name]) + note


def _picture(item: Plot | Sheet, png: bytes) -> str:
    width, height = struct.unpack(">II", png[16:24])
    factor = min(_DENSE if isinstance(item, Plot) else 1.0, WIDEST / width)
    size = f'width="{round(width * factor)}" height="{round(height * factor)}"'
    source = base64.b64encode(png).decode("ascii")
    return f'<p><img {size} alt="{escape(item.heading)}" src="data:image/png;base64,{source}"></p>'


def _table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f'<table border="1" cellspacing="0" cellpadding="6"><tr>{head}</tr>{body}</table>'


def _cell(cell: Cell) -> str:
    align = "" if isinstance(cell, str) else ' align="right"'
    return f"<td{align}>{escape(shown(cell))}</td>"
