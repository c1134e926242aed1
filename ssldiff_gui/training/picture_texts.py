"""Texts that lie beside pictures: NAME.txt for each, or one table for a folder."""

from __future__ import annotations

import csv
from pathlib import Path

from ssldiff_gui.core.errors import BadRequest, BrokenFile
from ssldiff_gui.training.pictures import Pictures

TABLE = "captions.csv"
LARGEST = 64 << 10
"""Bytes of one text; a longer one is no caption."""


def texts_of_pictures(pictures: Pictures) -> dict[tuple[int, str], str]:
    """Return the texts of pictures, by their source's number and their name.

    A file beside a picture counts for more than a line of the table.

    Raises
    ------
    BadRequest
        A source is no folder: nothing can lie beside its pictures.
    BrokenFile
        A text or a table cannot be read.
    """
    wanted = pictures.facts["wanted"]
    found: dict[tuple[int, str], str] = {}
    for number, source in enumerate(wanted["sources"]):
        folder = Path(wanted["root"]) / source["path"]
        if not folder.is_dir():
            raise BadRequest(
                f"{source['path']} is no folder, so that no texts lie beside its pictures.",
                "Unpack it, or give texts to classes: model.texts.",
            )
        table = _table(folder / TABLE)
        for entry in pictures.entries:
            if entry.source == number:
                text = _beside(folder / entry.name) or table.get(entry.name)
                if text:
                    found[number, entry.name] = text
    return found


def _beside(picture: Path) -> str | None:
    path = picture.with_suffix(".txt")
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        raise BrokenFile(
            path, f"{path} cannot be read as a text: {error}.", "Write it as plain text in UTF-8."
        ) from error
    if len(content) > LARGEST:
        raise BrokenFile(path, f"{path} is longer than a caption.", "Shorten it to a few lines.")
    return text


def _table(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {_clean(row["file"]).replace("\\", "/"): _clean(row["caption"])
                    for row in csv.DictReader(file)}  # fmt: skip
    except (OSError, ValueError, KeyError, csv.Error) as error:
        reason = f"it has no column {error}" if isinstance(error, KeyError) else error
        raise BrokenFile(
            path, f"{path} cannot be read: {reason}.",
            "Its first line is file,caption; then a line for each picture, in UTF-8.",
        ) from error  # fmt: skip


def _clean(text: str | None) -> str:
    return (text or "").strip()
