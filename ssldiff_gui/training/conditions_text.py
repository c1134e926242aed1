"""Texts as a condition: those of classes, or those of the pictures themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import GeneratorSpec, PartSpec
from ssldiff_gui.models.generators.hashed_words import tower_of, words_as_numbers
from ssldiff_gui.training.conditions import Dropped, Nothing, Place
from ssldiff_gui.training.latents import Views
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.picture_texts import texts_of_pictures
from ssldiff_gui.training.pictures import Entry, Pictures
from ssldiff_gui.training.text_reader import Remembered, Said, TextReader

if TYPE_CHECKING:
    import torch

    from ssldiff_gui.models.generators.conditioners import Conditioner

SOME = 32
"""Captions that a model's description keeps."""


class Texts(Nothing):
    """Texts, read by a small text tower that is trained along."""

    def __init__(self, told: DiffusionModel, width: int) -> None:
        self.width = width
        self._told = told
        self._of: dict[tuple[int, str], str] = {}

    @property
    def part(self) -> PartSpec:
        """The conditioner."""
        length = self._told.budget
        empty: list[int] = words_as_numbers([""], length)[0].tolist()
        return PartSpec(
            type="text", config={"config": tower_of(self.width, length), "empty": [*empty]}
        )

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:  # noqa: ARG002
        """See that every picture has its text."""
        own = texts_of_pictures(pictures) if self._told.captions == "picture" else {}
        for entry in pictures.entries:
            text = own.get((entry.source, entry.name), self._told.texts.get(entry.label, ""))
            self._of[entry.source, entry.name] = " ".join(text.split())
        missing = [e for e in pictures.training().entries if not self._text(e)]
        if missing:
            raise self._lacking(missing)
        known = dict.fromkeys(self._text(e) for e in pictures.training().entries)
        if len(known) < 2:
            raise BadRequest(
                "All pictures have the same text, which tells nothing.",
                "Give each class, or each picture, a text of its own; or take another condition.",
            )
        self.captions = tuple(known)[:SOME]

    def given(
        self,
        views: Views,
        places: Sequence[Place],
        side: int,  # noqa: ARG002 - as every kind has it
        dropped: Dropped,
    ) -> Given:
        """Return the words of windows, as numbers."""
        entries = [views.entries[views.number_of(view)] for view, _, _ in places]
        texts = [
            "" if gone else self._text(entry) for entry, gone in zip(entries, dropped, strict=True)
        ]
        return Given(text=self._numbers(texts))

    def _numbers(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        return words_as_numbers(texts, self._told.budget)

    def _text(self, entry: Entry) -> str:
        return self._of.get((entry.source, entry.name), "")

    def _lacking(self, missing: Sequence[Entry]) -> BadRequest:
        if self._told.captions == "class":
            names = sorted({entry.label or "pictures without a class" for entry in missing})
            return BadRequest(
                f"There is no text for {', '.join(names)}.", "Add them to model.texts."
            )
        return BadRequest(
            f"{len(missing):,} pictures have no text, such as {missing[0].name}.",
            "Put a file of the same name that ends in .txt beside each, or list them in "
            "captions.csv (file,caption) in the source's folder.",
        )


class ReadTexts(Texts):
    """Texts, read once by a text tower that stays as it is."""

    def __init__(self, told: DiffusionModel, reader: TextReader) -> None:
        super().__init__(told, reader.width)
        self._reader = reader
        self._said: Said | None = None

    @property
    def part(self) -> PartSpec:
        """The conditioner: the whole tower, so that the generator reads any text."""
        empty: list[int] = self._numbers([""])[0].tolist()
        return PartSpec(
            type="text", config={"config": dict(self._reader.config), "empty": [*empty]}
        )

    def fit(self, views: Views, pictures: Pictures, folder: Path) -> None:
        """Read every text, once."""
        super().fit(views, pictures, folder)
        texts = ["", *dict.fromkeys(text for text in self._of.values() if text)]
        self._said = Said(self._numbers(texts), self._reader, folder)

    def teller(self, spec: GeneratorSpec) -> Conditioner:
        """Return what looks up what the tower has said."""
        assert self._said is not None  # noqa: S101 - all was read before
        return Remembered(self._said, len(spec.layout), spec.window)

    def release(self) -> None:
        """Let the tower go: what it said is kept."""
        super().release()
        self._reader.release()

    def weights(self) -> Mapping[str, torch.Tensor]:
        """Return those of the tower."""
        return self._reader.weights()

    def files(self) -> Mapping[str, Path]:
        """Return the tokenizer."""
        return {"tokenizer.json": self._reader.tokenizer_file}

    def _numbers(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        return self._reader.tokens(texts)


def texts_of(told: DiffusionModel, width: int) -> Texts:
    """Return the texts that a configuration asks for."""
    if told.reader is None:
        return Texts(told, width)
    return ReadTexts(told, TextReader(Path(told.reader).expanduser(), told.budget))
