"""Training a prior: small windows of embeddings, and what they are told.

That is their class, a caption of it, the features of their case, or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.specs import PartSpec, PriorSpec, ScheduleSpec
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.models.priors.clip_reader import ClipReader, config_of, read_clip
from ssldiff_gui.models.priors.loading import Reader, save_prior
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.prior import Prior
from ssldiff_gui.models.priors.reader import WordReader
from ssldiff_gui.models.priors.table_reader import TableReader
from ssldiff_gui.models.priors.words import known_words
from ssldiff_gui.sampling.prior_grid import PRIOR, GridDrawing
from ssldiff_gui.training.captions import captions_of, framed, varied
from ssldiff_gui.training.cases import Cases, cases_of
from ssldiff_gui.training.embedding_windows import Array, Windows, large_enough, numbers_of
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.prior_modules import Asked, PriorModules, reading
from ssldiff_gui.training.settings import PriorModel, Settings
from ssldiff_gui.training.tensors import write_picture
from ssldiff_gui.training.views import embed_views

logger = logging.getLogger(__name__)

SCHEDULE = ScheduleSpec(kind="squaredcos_cap_v2")
CACHE = "cache"
WORDS = "words"
_BY_TEXT = 0.5
_BLANKED = 0.1
"""How often a feature is taken to be missing, so that missing ones are known."""

_SHOWN = 8
_ZOOM = 6
_LOOK = PRIOR.model_copy(update={"steps": 12, "phases": 2})


class PriorTask:
    """A step of training a prior.

    Parameters
    ----------
    settings
        Of a run of the kind "prior".
    pictures
        All of them.
    folder
        Of the run; embeddings are kept in its folder "cache".
    find
        Returns the folder of a model.
    progress
        Told while pictures are embedded.
    """

    def __init__(
        self, settings: Settings, pictures: Pictures, folder: Path, *,
        find: Callable[[str], Path], progress: Progress | None = None,
    ) -> None:  # fmt: skip
        assert isinstance(settings.model, PriorModel)  # noqa: S101 - the kind has seen to it
        self.settings, self.told = settings, settings.model
        encoder = load_encoder(find(self.told.encoder))
        self.encoder = encoder.spec
        chosen = large_enough(pictures.training(), self.told.side * self.encoder.cell)
        self.cases: Cases | None = None
        if self.told.condition == "table":
            self.cases = cases_of(self.told, settings.data, chosen)
            chosen = self.cases.pictures
        _check(self.told, chosen)
        for note in self.notes:
            logger.warning(note)
        self.classes = [] if self.cases else chosen.labels
        self.captions = captions_of(self.classes, self.told.texts)
        views = embed_views(
            encoder, chosen, settings.data, folder / CACHE, progress or Silent(),
            count=self.told.views, seed=settings.run.seed,
        )  # fmt: skip
        torch.manual_seed(settings.run.seed)
        self.tokenizer: str | None = None
        self.modules = PriorModules(
            PriorNetwork(classes=len(self.classes), **self._sizes()),
            self._reader(pictures), self._table(),
        )  # fmt: skip
        names, labels = self.classes, None
        if self.cases is not None:
            names, labels = list(self.cases.names), self.cases.labels
        self.windows = Windows(views, names, self.modules.network, self.told.side, labels)
        # components of little variance change the embedding little
        self.weights = self.modules.network.scales.sqrt()
        self.weights /= self.weights.mean()
        kept = torch.from_numpy(1 / (1 + Schedule(SCHEDULE).table ** 2))
        self.signal, self.noise = kept.sqrt().float(), (1 - kept).sqrt().float()

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the table was missing, or left out."""
        return () if self.cases is None else self.cases.notes

    def loss(
        self,
        modules: nn.Module,
        random: np.random.Generator,
        step: int,  # noqa: ARG002 - the contract of tasks has it
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch of windows, and of reading as many captions."""
        count = self.settings.run.batch
        place = next(modules.parameters()).device
        windows, numbers = self.windows.draw(random, count)
        clean = torch.from_numpy(windows).to(place)
        noise = torch.from_numpy(random.standard_normal(windows.shape, np.float32)).to(place)
        steps = torch.from_numpy(random.integers(0, SCHEDULE.steps, count))
        signal, share = (
            table[steps].to(place)[:, None, None, None] for table in (self.signal, self.noise)
        )
        asked = self._asked(numbers, random, place)
        found, said, meant = modules(signal * clean + share * noise, steps.to(place), asked)
        wrong = (found.float() - (signal * noise - share * clean)).square().mean((0, 2, 3))
        drawn = (self.weights.to(place) * wrong).mean()
        if said is None:
            return drawn, {"drawn": float(drawn.detach())}
        read, right = reading(said, meant, asked.numbers)
        figures = {"drawn": float(drawn.detach()), "read": float(read.detach()), "right": right}
        return drawn + 0.2 * read, figures

    def show(self, folder: Path, step: int) -> None:
        """Write real windows of classes, and drawn grids beneath, in the same colours."""
        kinds = len(self.classes if self.cases is None else self.cases.names)
        count = min(_SHOWN, max(1, kinds))
        numbers = np.linspace(0, max(0, kinds - 1), count).round().astype(int)
        prior = Prior(
            self.spec(), self.modules.network, self.modules.reader,
            next(self.modules.network.parameters()).device, self.modules.table,
        )  # fmt: skip
        pairs = []
        for number in numbers:
            real = self.windows.mosaic(np.random.default_rng(int(number)), int(number), 2)
            side = 2 * self.told.side
            pairs.append((_coloured(real), _coloured(self._drawn(prior, int(number), side))))
        rows = [torch.cat([pair[k] for pair in pairs], 2) for k in (0, 1)]
        write_picture(folder / f"grids-{step:06d}.png", torch.cat(rows, 1))

    def _drawn(self, prior: Prior, number: int, side: int) -> Array:
        told = numbers_of(self.modules.network.null)
        if self.cases is not None:
            told = prior.told_case(self.cases.numbers[number])
        elif self.classes:
            told = prior.told(self.classes[number])
        return GridDrawing(
            prior, prior.channels, self.told.side, told, side, side,
            preset=_LOOK, guidance=self.told.guidance,
        ).draw()  # fmt: skip

    def save(
        self, folder: Path, average: Mapping[str, torch.Tensor], card: str,
        provenance: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Write the model's folder.

        Parameters
        ----------
        folder
            Where.
        average
            Running mean of the weights, by the names of `modules`.
        card, provenance
            What the folder says of them.
        """
        save_prior(
            folder,
            self.spec(),
            _below(average, "network."),
            _below(average, "reader."),
            _below(average, "table."),
            licence=self.settings.card.licence,
            provenance={**provenance, **({"notes": list(self.notes)} if self.notes else {})},
            card=card,
            tokenizer=self.tokenizer,
        )

    def spec(self) -> PriorSpec:
        """Describe the prior."""
        reader, table = self.modules.reader, self.modules.table
        return PriorSpec(
            name=self.settings.name, title=self.settings.card.title or self.settings.name,
            encoder=self.encoder.id, dim=self.encoder.dim, cell=self.encoder.cell,
            pixel=self.encoder.pixel, window=self.told.side, classes=tuple(self.classes),
            captions=tuple(captions[0] for captions in self.captions), prediction="v",
            schedule=SCHEDULE, guidance=self.told.guidance,
            network=PartSpec(
                type="PriorNetwork", config={"classes": len(self.classes), **self._sizes()}
            ),
            reader=None if reader is None else _described(reader),
            table=None if table is None else PartSpec(
                type="TableReader",
                config={
                    "width": table.width, "columns": [*table.columns],
                    "means": table.means.tolist(), "deviations": table.deviations.tolist(),
                },
            ),
        )  # fmt: skip

    def _sizes(self) -> dict[str, int]:
        return {
            "channels": min(self.told.components, self.encoder.dim), "dim": self.encoder.dim,
            "width": self.told.width, "depth": self.told.depth,
        }  # fmt: skip

    def _reader(self, pictures: Pictures) -> Reader | None:
        if not self.classes or self.told.condition == "class":
            return None
        texts = [text for captions in self.captions for text in captions]
        words = known_words(texts)
        if self.told.reader != WORDS:
            root = (pictures.facts.get("wanted") or {}).get("root", ".")
            given = Path(self.told.reader).expanduser()
            beside = Path(root) / given
            reader, rules = read_clip(beside if beside.is_dir() else given, self.told.width, words)
            self.tokenizer = rules.read_text("utf-8")
            reader.measure(texts)
            return reader
        return WordReader(self.told.width, words=words)

    def _table(self) -> TableReader | None:
        if self.cases is None:
            return None
        means, deviations = self.cases.measured()
        return TableReader(self.told.width, self.cases.columns, means, deviations)

    def _asked(
        self, numbers: npt.NDArray[np.int64], random: np.random.Generator, place: torch.device
    ) -> Asked:
        """Return what the windows of a batch are told."""
        texts = [self._caption(int(number), random) for number in numbers]
        how = torch.from_numpy(self._how(numbers, random)).to(place)
        features = None
        if self.cases is not None and self.modules.table is not None:
            rows = self.cases.numbers[numbers]
            rows = np.where(random.random(rows.shape) < _BLANKED, np.nan, rows)
            features = self.modules.table.features(rows).to(place)
        return Asked(torch.from_numpy(numbers).to(place), how, texts, features)

    def _caption(self, number: int, random: np.random.Generator) -> str:
        if number < 0 or self.modules.reader is None:
            return ""
        captions = self.captions[number]
        caption = captions[int(random.integers(len(captions)))]
        if isinstance(self.modules.reader, ClipReader):  # knows other words for it by itself
            return framed(caption, random)
        return varied(caption, random)

    def _how(self, numbers: npt.NDArray[np.int64], random: np.random.Generator) -> Any:
        """Return for each window whether it is told nothing (0), its class (1) or a text (2)."""
        how = 1 + (random.random(len(numbers)) < _BY_TEXT)
        how[(numbers < 0) | (random.random(len(numbers)) < self.told.dropped)] = 0
        return how


def _described(reader: Reader) -> PartSpec:
    if isinstance(reader, ClipReader):
        return PartSpec(type="ClipReader", config=config_of(reader))
    return PartSpec(
        type="WordReader", config={"width": reader.width, "words": [*reader.words]}
    )  # fmt: skip


def _check(told: PriorModel, pictures: Pictures) -> None:
    """Refuse settings that do not go together."""
    if told.condition != "table" and (told.table is not None or told.columns):
        raise BadRequest(
            f'model.table is named, and model.condition is "{told.condition}".',
            'Say model.condition = "table", or leave the table out.',
        )
    if told.condition != "text" and told.reader != WORDS:
        raise BadRequest(
            f'model.reader reads texts, and model.condition is "{told.condition}".',
            'Say model.condition = "text", or leave the reader out.',
        )
    if told.condition == "class" and not pictures.labels:
        raise BadRequest(
            'model.condition is "class", and the pictures have no classes.',
            "Put the pictures of each class into a folder of its name.",
        )
    if told.condition == "table" and told.texts:
        raise BadRequest(
            'model.texts are captions of classes, and model.condition is "table".',
            "Leave the texts out.",
        )


def _coloured(components: Array) -> torch.Tensor:
    """Return (3, height, width) from 0 to 1: the first three components as colours, enlarged."""
    first = torch.from_numpy(components[:3]) / 5 + 0.5
    missing = torch.full((3 - len(first), *first.shape[1:]), 0.5)
    colours = torch.cat([first, missing]).clamp(0, 1)
    large = colours.repeat_interleave(_ZOOM, 1).repeat_interleave(_ZOOM, 2)
    return functional.pad(large, (2, 2, 2, 2), value=1.0)


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
