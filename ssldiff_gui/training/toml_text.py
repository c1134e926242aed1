"""Settings as TOML: the standard library reads it, and writes none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(table: Mapping[str, Any]) -> str:
    """Return a table as TOML.

    Parameters
    ----------
    table
        Strings, numbers, truths, lists and tables; what is None is left out. The tables of the
        first level, and the lists of tables in them, get headings; all else stands in one line.
    """
    lines = [_line(key, value) for key, value in _told(table) if not isinstance(value, Mapping)]
    for key, value in _told(table):
        if isinstance(value, Mapping):
            lines += _section(_key(key), value)
    return "\n".join(lines).strip("\n") + "\n"


def _section(name: str, table: Mapping[str, Any]) -> list[str]:
    many = [(key, value) for key, value in _told(table) if _are_tables(value)]
    one = [_line(key, value) for key, value in _told(table) if not _are_tables(value)]
    lines = ["", f"[{name}]", *one]
    for key, tables in many:
        for inner in tables:
            lines += ["", f"[[{name}.{_key(key)}]]", *(_line(k, v) for k, v in _told(inner))]
    return lines


def _told(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in table.items() if value is not None]


def _are_tables(value: Any) -> bool:
    is_list = isinstance(value, list | tuple) and len(value) > 0
    return is_list and all(isinstance(item, Mapping) for item in value)


def _line(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(_line(key, item) for key, item in _told(value))
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _text(text: str) -> str:
    """Return a string in quotes; JSON's are TOML's, but for one character."""
    if "\\" in text and not re.search(r"['\x00-\x1f\x7f]", text):
        return f"'{text}'"  # regular expressions stay readable
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
