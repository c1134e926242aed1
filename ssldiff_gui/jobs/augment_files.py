"""What an augmentation leaves in its folder: pictures that say they are made, and a journal.

OUT/CLASS/0001.synthetic.png   what was kept, the best first
OUT/.drawn/CLASS/…             all that was drawn, kept or not
OUT/.drawn/journal.jsonl       a line for each, so that a killed run goes on
OUT/augment.json, request.json, split.json, sheet-CLASS.synthetic.png
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ssldiff_gui.core.errors import AlreadyThere, BadRequest
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.storage.atomic import cannot_write, link_or_copy, replacing, write_bytes
from ssldiff_gui.storage.export_png import XMP_KEYWORD
from ssldiff_gui.storage.marking import WORD, program, title_of, xmp_packet
from ssldiff_gui.storage.provenance import Record
from ssldiff_gui.training.pictures import Pixels
from ssldiff_gui.training.reading import read_picture

MANIFEST, REQUEST, SPLIT = "augment.json", "request.json", "split.json"
DRAWN = ".drawn"
_JOURNAL = "journal.jsonl"
_KEYWORD = "ssldiff:augmentation"

Line = dict[str, Any]
"""What the journal says of a picture: class, number, seed, sources, SHA-256 of its file."""


class Drawn:
    """Pictures that were drawn so far, and the journal of them.

    Parameters
    ----------
    out
        Folder of the augmentation.
    wanted
        What all of it depends on; what was drawn for something else is not gone on with.

    Raises
    ------
    AlreadyThere
        The folder holds something else.
    BadRequest
        It holds an augmentation that was begun otherwise.
    """

    def __init__(self, out: Path, wanted: Mapping[str, Any]) -> None:
        self.out, self.folder = out, out / DRAWN
        self._journal = self.folder / _JOURNAL
        text = json.dumps(wanted, sort_keys=True, ensure_ascii=False)
        self.key = hashlib.sha256(text.encode()).hexdigest()
        self.lines: dict[tuple[str, int], Line] = {}
        if self._journal.is_file():
            self._read()
            return
        if out.exists() and any(not _own(path) for path in out.iterdir()):
            raise AlreadyThere(
                out, f"{out} holds other files.", "Take an output folder that is new or empty."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        write_bytes(self._journal, (json.dumps({"key": self.key}) + "\n").encode())

    def _read(self) -> None:
        """Take up the lines whose pictures are whole; what was cut is drawn again."""
        first, *rest = self._journal.read_text("utf-8", errors="replace").split("\n")
        found: Line = {}
        with suppress(ValueError):
            found = json.loads(first)
        if found.get("key") != self.key:
            raise BadRequest(
                f"{self.out} holds an augmentation that was begun otherwise: with other settings, "
                "pictures or models.",
                "Go on with those it was begun with, or take another output folder.",
            )
        for text in rest:
            with suppress(ValueError, KeyError, TypeError, OSError):
                line = json.loads(text)
                place = self.path(line["class"], line["number"])
                if hashlib.sha256(place.read_bytes()).hexdigest() == line["sha256"]:
                    self.lines[line["class"], line["number"]] = line
        self.settle(self.lines)

    def settle(self, order: Iterable[tuple[str, int]]) -> None:
        """Write the journal anew, with its lines in an order, whatever order they came in."""
        kept = [json.dumps({"key": self.key}), *(_text(self.lines[place]) for place in order)]
        write_bytes(self._journal, ("\n".join(kept) + "\n").encode())

    def path(self, label: str, number: int) -> Path:
        """Return where a picture lies."""
        return self.folder / label / f"{number:05d}.{WORD}.png"

    def add(self, line: Line, pixels: Pixels, words: PngInfo) -> None:
        """Write a picture, and then its line."""
        place = self.path(line["class"], line["number"])
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place) as fresh:
                Image.fromarray(pixels).save(fresh, "PNG", pnginfo=words, compress_level=6)
            line = {**line, "sha256": hashlib.sha256(place.read_bytes()).hexdigest()}
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.write(_text(line) + "\n")
        except OSError as error:
            raise cannot_write(place, error) from error
        self.lines[line["class"], line["number"]] = line

    def load(self, label: str, number: int) -> Pixels:
        """Return (height, width, 3) uint8 of a picture."""
        return read_picture(self.path(label, number))

    def keep(self, label: str, numbers: Sequence[int]) -> list[str]:
        """Put pictures into the folder of their class, in this order; return their names there."""
        folder = self.out / label
        try:
            if folder.is_dir():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
            for place, number in enumerate(numbers, 1):
                link_or_copy(self.path(label, number), folder / f"{place:04d}.{WORD}.png")
        except OSError as error:
            raise cannot_write(folder, error) from error
        return [f"{label}/{place:04d}.{WORD}.png" for place in range(1, len(numbers) + 1)]


def _text(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False)


def _own(path: Path) -> bool:
    """Whether a file is one that this job writes before its journal."""
    return path.name in (REQUEST, SPLIT, DRAWN, ".lock", ".classifier")


def record_of(
    recipe: Recipe, grid: EmbeddingGrid | None, label: str, rows: int, columns: int
) -> Record:
    """Return what says how a picture was made; one without a grid has a blank one."""
    if grid is None:
        grid = EmbeddingGrid(np.zeros((rows, columns, 1), np.float32), "none", 1)
    recipe = recipe.model_copy(update={"grid": grid.digest()})
    return Record(recipe, grid, f"Synthetic: {label}", program())


def words_of(record: Record, line: Line, how: str) -> PngInfo:
    """Return the words inside a picture's file: IPTC's, and those that people read.

    Parameters
    ----------
    record
        Of the picture.
    line
        What the journal will say of it.
    how
        The way it was made, as part of a sentence.
    """
    said = (
        f"Synthetic image made by {program()} {how}, for the class {line['class']}, with the "
        f"model {record.recipe.model} and the seed {line['seed']}. It shows nothing that was ever "
        "before a lens; not for diagnosis."
    )
    words = PngInfo()
    words.add_itxt(XMP_KEYWORD, xmp_packet(record, said))
    words.add_itxt("Title", title_of(record))
    words.add_itxt("Description", said)
    words.add_itxt("Software", program())
    words.add_itxt(_KEYWORD, _text(line))
    return words


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write facts as JSON."""
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes(path, (text + "\n").encode("utf-8"))
