"""Training a prior: small windows of embeddings, given their class, a caption of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.specs import PartSpec, PriorSpec, ScheduleSpec
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.models.priors.loading import save_prior
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.prior import Prior
from ssldiff_gui.models.priors.reader import WordReader, nearness
from ssldiff_gui.models.priors.words import known_words
from ssldiff_gui.sampling.prior_grid import PRIOR, GridDrawing
from ssldiff_gui.training.captions import captions_of, varied
from ssldiff_gui.training.embedding_windows import Array, Windows, large_enough, numbers_of
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import PriorModel, Settings
from ssldiff_gui.training.tensors import write_picture
from ssldiff_gui.training.views import embed_views

SCHEDULE = ScheduleSpec(kind="squaredcos_cap_v2")
CACHE = "cache"
_BY_TEXT = 0.5
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
        self.classes = chosen.labels
        self.captions = captions_of(self.classes, self.told.texts)
        views = embed_views(
            encoder, chosen, settings.data, folder / CACHE, progress or Silent(),
            count=self.told.views, seed=settings.run.seed,
        )  # fmt: skip
        torch.manual_seed(settings.run.seed)
        self.modules = PriorModules(
            PriorNetwork(classes=len(self.classes), **self._sizes()), self._reader()
        )
        self.windows = Windows(views, self.classes, self.modules.network, self.told.side)
        # components of little variance change the embedding little
        self.weights = self.modules.network.scales.sqrt()
        self.weights /= self.weights.mean()
        kept = torch.from_numpy(1 / (1 + Schedule(SCHEDULE).table ** 2))
        self.signal, self.noise = kept.sqrt().float(), (1 - kept).sqrt().float()

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
        texts = [self._caption(int(number), random) for number in numbers]
        how = self._how(numbers, random)
        found, said, meant = modules(
            signal * clean + share * noise, steps.to(place),
            (torch.from_numpy(numbers).to(place), torch.from_numpy(how).to(place), texts),
        )  # fmt: skip
        wrong = (found.float() - (signal * noise - share * clean)).square().mean((0, 2, 3))
        drawn = (self.weights.to(place) * wrong).mean()
        if said is None:
            return drawn, {"drawn": float(drawn.detach())}
        read, right = _reading(said, meant, torch.from_numpy(numbers).to(place))
        figures = {"drawn": float(drawn.detach()), "read": float(read.detach()), "right": right}
        return drawn + 0.2 * read, figures

    def show(self, folder: Path, step: int) -> None:
        """Write real windows of classes, and drawn grids beneath, in the same colours."""
        count = min(_SHOWN, max(1, len(self.classes)))
        numbers = np.linspace(0, max(0, len(self.classes) - 1), count).round().astype(int)
        prior = Prior(
            self.spec(), self.modules.network, self.modules.reader,
            next(self.modules.parameters()).device,
        )  # fmt: skip
        pairs = []
        for number in numbers:
            real = self.windows.mosaic(np.random.default_rng(int(number)), int(number), 2)
            side = 2 * self.told.side
            pairs.append((_coloured(real), _coloured(self._drawn(prior, int(number), side))))
        rows = [torch.cat([pair[k] for pair in pairs], 2) for k in (0, 1)]
        write_picture(folder / f"grids-{step:06d}.png", torch.cat(rows, 1))

    def _drawn(self, prior: Prior, number: int, side: int) -> Array:
        null = numbers_of(self.modules.network.null)
        told = prior.told(self.classes[number]) if self.classes else null
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
            licence=self.settings.card.licence,
            provenance=provenance,
            card=card,
        )

    def spec(self) -> PriorSpec:
        """Describe the prior."""
        reader = self.modules.reader
        width = self.told.width
        return PriorSpec(
            name=self.settings.name, title=self.settings.card.title or self.settings.name,
            encoder=self.encoder.id, dim=self.encoder.dim, cell=self.encoder.cell,
            pixel=self.encoder.pixel, window=self.told.side, classes=tuple(self.classes),
            captions=tuple(captions[0] for captions in self.captions), prediction="v",
            schedule=SCHEDULE, guidance=self.told.guidance,
            network=PartSpec(
                type="PriorNetwork", config={"classes": len(self.classes), **self._sizes()}
            ),
            reader=None if reader is None else PartSpec(
                type="WordReader", config={"width": width, "words": [*reader.words]}
            ),
        )  # fmt: skip

    def _sizes(self) -> dict[str, int]:
        return {
            "channels": min(self.told.components, self.encoder.dim), "dim": self.encoder.dim,
            "width": self.told.width, "depth": self.told.depth,
        }  # fmt: skip

    def _reader(self) -> WordReader | None:
        if not self.classes:
            return None
        words = known_words([text for captions in self.captions for text in captions])
        return WordReader(self.told.width, words=words)

    def _caption(self, number: int, random: np.random.Generator) -> str:
        if number < 0:
            return ""
        captions = self.captions[number]
        return varied(captions[int(random.integers(len(captions)))], random)

    def _how(self, numbers: npt.NDArray[np.int64], random: np.random.Generator) -> Any:
        """Return for each window whether it is told nothing (0), its class (1) or a text (2)."""
        how = 1 + (random.random(len(numbers)) < _BY_TEXT)
        how[(numbers < 0) | (random.random(len(numbers)) < self.told.dropped)] = 0
        return how


class PriorModules(nn.Module):
    """All that is trained.

    Parameters
    ----------
    network, reader
        The two parts of a prior.
    """

    def __init__(self, network: PriorNetwork, reader: WordReader | None) -> None:
        super().__init__()
        self.network, self.reader = network, reader

    def forward(
        self, x: torch.Tensor, steps: torch.Tensor,
        asked: tuple[torch.Tensor, torch.Tensor, Sequence[str]],
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:  # fmt: skip
        """Return the prediction, what was read in each text, and what each class means."""
        numbers, how, texts = asked
        network = self.network
        told = network.null.expand(len(x), -1)
        said = None
        if self.reader is not None:
            said = self.reader(*self.reader.features(texts))
            means = torch.where(how[:, None] == 2, said, network.classes[numbers.clamp(min=0)])
            told = torch.where(how[:, None] == 0, told, means)
        return network(x, steps, told), said, network.classes


def _reading(
    said: torch.Tensor, meant: torch.Tensor, numbers: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Return how far texts are from what their classes mean, and the share that is read right."""
    known = numbers >= 0
    if not bool(known.any()):
        return 0 * said.sum(), 0.0
    said, numbers = said[known].float(), numbers[known]
    logits = nearness(said, meant.float())
    far = functional.mse_loss(said, meant[numbers].detach().float())
    right = float((logits.argmax(1) == numbers).float().mean())
    return functional.cross_entropy(logits, numbers) + far, right


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
