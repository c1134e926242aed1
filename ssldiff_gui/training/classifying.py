"""The classes that pictures have, for those who train classifiers."""

from __future__ import annotations

from collections import Counter

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.training.pictures import Pictures


def classes_of(pictures: Pictures) -> list[str]:
    """Return the classes that can be learned."""
    found = pictures.training().labels
    if len(found) < 2:
        there = f"only one, {found[0]}" if found else "none"
        raise BadRequest(
            f"A classifier tells classes apart; of those to train on there is {there}.",
            "Put the pictures of each class into a folder of its own, and leave `labels` on.",
        )
    return found


def notes_of(pictures: Pictures, classes: list[str]) -> list[str]:
    """Say what is wrong with the classes and does not keep anybody from training."""
    trained = Counter(e.label for e in pictures.entries if not e.held_out)
    held = Counter(e.label for e in pictures.entries if e.held_out)
    single = [name for name in classes if trained[name] == 1]
    unjudged = [name for name in classes if not held[name]]
    unknown = sorted(set(held) - set(classes) - {""})
    notes = []
    if single:
        notes.append(f"One picture to train on has each of: {', '.join(single)}.")
    if unjudged:
        notes.append(f"No picture is held out of: {', '.join(unjudged)}.")
    if unknown:
        notes.append(
            f"All pictures are held out, so that nothing is learned, of: {', '.join(unknown)}."
        )
    if without := trained[""] + held[""]:
        notes.append(f"{without:,} pictures have no class and are left out.")
    return notes
