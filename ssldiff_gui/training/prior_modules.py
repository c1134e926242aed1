"""What is trained of a prior: its network, and what reads texts or tables for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.models.priors.loading import Reader
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.models.priors.reader import WordReader, nearness
from ssldiff_gui.models.priors.table_reader import TableReader


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the windows of a batch are asked by.

    Parameters
    ----------
    numbers
        (batch,) of their classes or cases; -1 for none.
    how
        (batch,): told nothing (0), the class or the case's features (1), a text (2).
    texts
        A caption for each.
    features
        (batch, 2 · columns), as `TableReader.features` has them.
    """

    numbers: torch.Tensor
    how: torch.Tensor
    texts: Sequence[str] = ()
    features: torch.Tensor | None = None


class PriorModules(nn.Module):
    """All that is trained.

    Parameters
    ----------
    network, reader, table
        The parts of a prior.
    """

    def __init__(
        self, network: PriorNetwork, reader: Reader | None, table: TableReader | None = None
    ) -> None:
        super().__init__()
        self.network, self.reader, self.table = network, reader, table

    def forward(
        self, x: torch.Tensor, steps: torch.Tensor, asked: Asked
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Return the prediction, what was read in each text, and what each class means."""
        network, how = self.network, asked.how[:, None]
        told = network.null.expand(len(x), -1)
        said = None
        if self.reader is not None:
            said = read(self.reader, asked.texts)
            means = torch.where(how == 2, said, network.classes[asked.numbers.clamp(min=0)])
            told = torch.where(how == 0, told, means)
        elif self.table is not None and asked.features is not None:
            told = torch.where(how == 0, told, self.table(asked.features))
        elif len(network.classes):
            told = torch.where(how == 0, told, network.classes[asked.numbers.clamp(min=0)])
        return network(x, steps, told), said, network.classes


def read(reader: Reader, texts: Sequence[str]) -> torch.Tensor:
    """Return (texts, width): what a reader of either kind makes of them."""
    if isinstance(reader, WordReader):
        return reader(*reader.features(texts))  # type: ignore[no-any-return]
    return reader(texts)  # type: ignore[no-any-return]


def reading(
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
