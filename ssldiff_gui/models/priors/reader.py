"""The network that reads a text: sums of what its parts mean, and two layers over them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.models.priors.words import features_of

_MOST_BUCKETS = 1 << 20


class WordReader(nn.Module):
    """A text → a vector, in the same terms as the classes of a `PriorNetwork`.

    Parameters
    ----------
    width
        Of the vector.
    buckets
        Numbers that words and runs of letters are hashed to.
    inner
        Values that each of them has.
    words
        Known words; the network does not need them, those who ask it do.
    """

    def __init__(
        self, width: int, buckets: int = 4096, inner: int = 64, words: Sequence[str] = ()
    ) -> None:
        super().__init__()
        if not (0 < buckets <= _MOST_BUCKETS and 0 < inner <= 4096 and 0 < width <= 4096):
            raise ValueError("a reader of such a size")
        self.width, self.buckets, self.words = width, buckets, tuple(words)
        self.parts = nn.EmbeddingBag(buckets, inner, mode="mean")
        self.layers = nn.Sequential(
            nn.LayerNorm(inner), nn.Linear(inner, width), nn.GELU(), nn.Linear(width, width)
        )
        nn.init.normal_(self.parts.weight, std=0.1)

    def features(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what texts are made of, one after the other, and where each begins."""
        found = [features_of(text, self.buckets) for text in texts]
        starts = [0]
        for numbers in found[:-1]:
            starts.append(starts[-1] + len(numbers))
        flat = [number for numbers in found for number in numbers]
        place = self.parts.weight.device
        return torch.tensor(flat, device=place), torch.tensor(starts, device=place)

    def forward(self, features: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        """Return (texts, width)."""
        return self.layers(self.parts(features, starts))  # type: ignore[no-any-return]


def nearness(said: torch.Tensor, classes: torch.Tensor, temperature: float = 0.1) -> torch.Tensor:
    """Return (texts, classes) logits: how near texts are to each class."""
    return functional.normalize(said, dim=1) @ functional.normalize(classes, dim=1).T / temperature
