"""A prior behind the contract of all denoisers, and what it is asked for in words."""

from __future__ import annotations

import math
import re
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.protocols import Condition, Given
from ssldiff_gui.core.specs import PriorSpec
from ssldiff_gui.models.generators.latent import clean
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.models.priors.clip_reader import ClipReader
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.reader import WordReader, nearness
from ssldiff_gui.models.priors.table_reader import TableReader
from ssldiff_gui.models.priors.tables import Numbers
from ssldiff_gui.models.priors.words import content_of, unknown_in

Told = npt.NDArray[np.float32]
_MOST_LISTED = 60


class Prior:
    """A network over the components of embeddings, and the reader of its texts or its tables.

    Parameters
    ----------
    spec
        What it is.
    network, reader
        Its parts, on `device`; there is no reader when it takes no text.
    device
        Where it computes, always in float32.
    table
        What reads a case's features; there is none when it takes no tables.
    """

    def __init__(
        self,
        spec: PriorSpec,
        network: PriorNetwork,
        reader: WordReader | ClipReader | None,
        device: torch.device,
        table: TableReader | None = None,
    ) -> None:
        self.spec, self.device = spec, device
        self.network, self.reader = network.eval(), None if reader is None else reader.eval()
        self.table_reader = None if table is None else table.eval()
        self.schedule = Schedule(spec.schedule)

    @property
    def channels(self) -> int:
        """How many components it draws."""
        return len(self.network.scales)

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """(steps,) sigma of every training step, rising."""
        return self.schedule.table

    def sigmas(self, steps: int) -> list[float]:
        """Return `steps` falling noise levels from the table, and a final 0."""
        return self.schedule.sigmas(steps)

    def denoise(
        self, x: torch.Tensor, sigma: float, condition: Condition, *, shift: int = 0
    ) -> torch.Tensor:
        """Return the clean components that the network sees in (batch, channels, rows, columns)."""
        assert condition.labels is not None  # noqa: S101 - `condition` and `null` see to it
        step = torch.full((len(x),), self.schedule.step_of(sigma) + shift, device=self.device)
        told = condition.labels.expand(len(x), *condition.labels.shape[1:])
        with torch.no_grad():
            answer = self.network(x / math.sqrt(1 + sigma**2), step, told)
        return clean(self.spec.prediction, x, sigma, answer)

    def condition(self, given: Given) -> Condition:
        """Turn what `told` gave into what the network takes.

        Parameters
        ----------
        given
            Its vectors are (batch, 1, width), or (batch, window², width), row by row, when each
            cell is told something of its own.
        """
        assert given.vectors is not None  # noqa: S101 - those who draw grids give them
        vectors = torch.tensor(given.vectors, device=self.device)
        if vectors.shape[1] == 1:
            return Condition(labels=vectors[:, 0])
        side = math.isqrt(vectors.shape[1])
        return Condition(labels=vectors.reshape(len(vectors), side, side, -1))

    def null(self, given: Given) -> Condition:  # noqa: ARG002 - one fits all
        """Return the condition that says nothing."""
        return Condition(labels=self.network.null.detach()[None])

    def full_precision(self) -> AbstractContextManager[None]:
        """Go on: it computes in float32 anyway."""
        return nullcontext()

    def vectors_of(self, components: npt.NDArray[np.float32]) -> Vectors:
        """(channels, rows, columns) → (rows, columns, dim) embeddings."""
        with torch.inference_mode():
            last = torch.from_numpy(components).to(self.device).permute(1, 2, 0)
            return np.asarray(self.network.to_vectors(last).cpu().numpy(), np.float32)

    def told(self, label: str | None = None, text: str | None = None) -> Told:
        """Return (width,): what is asked for; both together are taken half and half.

        Parameters
        ----------
        label
            A class.
        text
            Words, in English as far as its captions are.

        Raises
        ------
        BadRequest
            Neither is given, or it knows nothing of what is; the hint says what it knows.
        """
        if self.table_reader is not None and (label is not None or text is not None):
            raise BadRequest(
                f"{self.spec.name} takes neither a text nor a class: it reads tables of features.",
                self._columns(),
            )
        found = []
        with torch.inference_mode():
            if label is not None:
                found.append(self.network.classes[self.number_of(label)])
            if text is not None:
                found.append(self._read(text))
        if not found:
            raise BadRequest(
                "Nothing says what the grid shall show.", "Give a class, or a text, or both."
            )
        return np.asarray(torch.stack(found).mean(0).cpu().numpy(), np.float32)

    def told_nothing(self) -> Told:
        """Return (width,): what stands for no wish at all."""
        return np.asarray(self.network.null.detach().cpu().numpy(), np.float32)

    def told_case(self, numbers: Numbers) -> Told:
        """Return (width,): what a case's features say.

        Parameters
        ----------
        numbers
            (columns,) in the order of the columns; NaN where a value is missing.

        Raises
        ------
        BadRequest
            It reads no tables.
        """
        if self.table_reader is None:
            raise BadRequest(
                f"{self.spec.name} reads no table of features.",
                f"Ask it for a class or a text. {self._classes()}",
            )
        features = self.table_reader.features(numbers[None]).to(self.device)
        with torch.inference_mode():
            return np.asarray(self.table_reader(features)[0].cpu().numpy(), np.float32)

    def number_of(self, label: str) -> int:
        """Return the number of a class; capitals, blanks and hyphens do not matter."""
        plain = [_plain(name) for name in self.spec.classes]
        if label in self.spec.classes:
            return self.spec.classes.index(label)
        if (wanted := _plain(label)) and plain.count(wanted) == 1:
            return plain.index(wanted)
        raise BadRequest(f"{self.spec.name} knows no class {label!r}.", self._classes())

    def reading(self, text: str) -> dict[str, float]:
        """Return how much of a text goes to each class, largest first, where it is over 5 %."""
        if not self.spec.classes:
            return {}
        with torch.inference_mode():
            shares = nearness(self._read(text)[None], self.network.classes)[0].softmax(0)
        found = zip(self.spec.classes, shares.tolist(), strict=True)
        return {
            name: round(share, 3)
            for name, share in sorted(found, key=lambda item: -item[1])
            if share > 0.05
        }

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a text that mean nothing to it.

        Raises
        ------
        BadRequest
            None of its words does, there are no words, or it reads no texts at all.
        """
        if self.reader is None:
            known = self._classes() if self.table_reader is None else self._columns()
            raise BadRequest(f"{self.spec.name} reads no texts.", known)
        words = content_of(text)
        if not words:
            raise BadRequest(
                "The text says nothing of what the grid shall show.", self._vocabulary()
            )
        if isinstance(self.reader, ClipReader):  # knows all that is written in Latin letters
            unknown = [word for word in words if not re.search("[a-z]", word)]
        else:
            unknown = unknown_in(text, self.reader.words)
        if len(unknown) == len(words):
            raise BadRequest(
                f"{self.spec.name} knows nothing of “{text.strip()[:80]}”.", self._vocabulary()
            )
        return unknown

    def beyond(self, text: str) -> int:
        """Return how many tokens of a text are too many for its reader."""
        if not isinstance(self.reader, ClipReader):
            return 0
        return max(0, len(self.reader.tokens(text.strip())) - self.reader.longest)

    def _read(self, text: str) -> torch.Tensor:
        unknown = self.unknown_words(text)
        assert self.reader is not None  # noqa: S101 - unknown_words has seen to it
        if isinstance(self.reader, ClipReader):
            said: torch.Tensor = self.reader([text.strip()])[0]
            return said
        kept = [word for word in content_of(text) if word not in unknown]
        features, starts = self.reader.features([" ".join(kept)])
        found: torch.Tensor = self.reader(features, starts)[0]
        return found

    def _classes(self) -> str:
        if not self.spec.classes:
            return "It knows no classes."
        meant = [*self.spec.captions, *[""] * len(self.spec.classes)]
        named = (
            f"{name} ({caption})" if caption and _plain(caption) != _plain(name) else name
            for name, caption in zip(self.spec.classes, meant, strict=False)
        )
        return f"It knows: {'; '.join(named)}."

    def _columns(self) -> str:
        columns = self.spec.columns
        more = f" and {len(columns) - _MOST_LISTED:,} more" if len(columns) > _MOST_LISTED else ""
        return (
            "Give it a table with --features FILE, with the columns "
            f"{', '.join(columns[:_MOST_LISTED])}{more}."
        )

    def _vocabulary(self) -> str:
        if isinstance(self.reader, ClipReader):
            shown = "; ".join(self.spec.captions[:_MOST_LISTED])
            return f"It reads English. It was trained with: {shown}."
        words = self.reader.words if self.reader else ()
        more = ", …" if len(words) > _MOST_LISTED else ""
        return f"It reads English words such as: {', '.join(words[:_MOST_LISTED])}{more}."


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
