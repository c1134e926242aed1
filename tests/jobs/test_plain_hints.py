"""Hints at a window speak of no option of the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ssldiff_gui.jobs.plain_hints import plain_hint


@pytest.mark.parametrize(
    ("kind", "hint", "expected"),
    [
        ("NeedsConsent", "Agree with --yes, or ask for a smaller region.", "Agree to it"),
        ("NoSpace", "Free 2.1 GB and run again with --resume.", "goes on from there"),
        ("NoSpace", "Free some space there. Then go on with --resume.", "Free some space there."),
        ("BadGrid", "Embed the region again.", "Embed the region again."),
        ("MissingModel", "See what there is with `ssldiff models list`.", "model window"),
        ("UserError", "", ""),
        ("UserError", "Use --force.", "Look at the log"),
    ],
)
def test_hints(kind, hint, expected):
    found = plain_hint(kind, hint)
    assert expected in found
    assert "--" not in found
    assert "ssldiff" not in found


def test_no_hint_of_ours_is_left_with_a_command(repository: Path):
    texts = [p.read_text("utf-8") for p in (repository / "ssldiff_gui").rglob("*.py")]
    words = [w for t in texts for w in re.findall(r'"((?:[^"\\\n]|\\.)*--[a-z][^"\n]*)"', t)]
    assert len(words) > 20
    for hint in words:
        assert not re.search(r"(^|\s)--[a-z]", plain_hint("BadRequest", hint))
