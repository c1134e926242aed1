"""Hints for somebody at a window: without the options and commands of the command line."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"(^|\s)--[a-z]|`?ssldiff [a-z]|Ctrl-C")

_INSTEAD = {
    "NeedsConsent": "Agree to it, or ask for less.",
    "NoSpace": "Free some space on that disk, then start it again: it goes on from there.",
    "MissingModel": "See in the model window what is installed and what can be had.",
    "GatedModel": "Ask its owners for access; the model window says where.",
    "OutOfMemory": "Free the models' memory, close other programs, or ask for a smaller region.",
    "AlreadyThere": "Choose another name.",
    "Unfinished": "Render the rest first, or export a part that is finished.",
    "BadRequest": "Change that setting and try again.",
    "DamagedModel": "Verify it in the model window, or get it again.",
    "BadNumbers": "Verify the model in the model window, or get it again.",
}


def plain_hint(kind: str, hint: str) -> str:
    """Return a hint without the sentences that speak of the command line.

    Parameters
    ----------
    kind
        Name of the error's kind in `core.errors`: says what is told when nothing is left.
    hint
        As the error has it.
    """
    kept = [part for part in re.split(r"(?<=[.;:!])\s+", hint) if not _COMMAND.search(part)]
    text = " ".join(kept).rstrip(";:, ")
    if not text:
        return _INSTEAD.get(kind, "Look at the log for more." if hint else "")
    return text if text.endswith((".", "!", "?")) else f"{text}."
