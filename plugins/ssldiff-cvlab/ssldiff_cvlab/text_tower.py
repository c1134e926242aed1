"""PathLDM's reading of a prompt: CLIP's text tower over twice as many tokens as it was made for.

The tokens come in chunks of CLIP's length, and every chunk is given CLIP's positions from 0; then
all chunks are read as one sequence, under one causal mask. Padding is not looked at, but its own
places are part of what comes out, as the network was trained with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "gelu": F.gelu,
}


class Embeddings(nn.Module):
    """What a token is, and where it stands in its chunk."""

    def __init__(self, vocabulary: int, positions: int, width: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(positions, width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(batch, length) token ids → (batch, length, width)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        places = places % self.position_embedding.num_embeddings
        embedded: torch.Tensor = self.token_embedding(ids) + self.position_embedding(places)
        return embedded


class TextAttention(nn.Module):
    """Attention of each token to those before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) and (batch, 1, length, length) bool → (batch, length, width)."""
        q, k, v = (
            project(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        heads = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
        said: torch.Tensor = self.out_proj(heads.transpose(1, 2).flatten(2))
        return said


class Mlp(nn.Module):
    """Two layers for each token by itself."""

    def __init__(self, width: int, hidden: int, activation: str) -> None:
        super().__init__()
        self.activate = ACTIVATIONS[activation]
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) → the same."""
        said: torch.Tensor = self.fc2(self.activate(self.fc1(x)))
        return said


class TextLayer(nn.Module):
    """One layer of the tower."""

    def __init__(self, width: int, heads: int, hidden: int, activation: str, eps: float) -> None:
        super().__init__()
        self.self_attn = TextAttention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width, eps=eps)
        self.mlp = Mlp(width, hidden, activation)
        self.layer_norm2 = nn.LayerNorm(width, eps=eps)

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) → the same."""
        x = x + self.self_attn(self.layer_norm1(x), seen)
        said: torch.Tensor = x + self.mlp(self.layer_norm2(x))
        return said


class Layers(nn.Module):
    """The tower's layers, under CLIP's name for them."""

    def __init__(self, layers: list[TextLayer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)


class TextTower(nn.Module):
    """Token ids → what the network's cross-attention looks at.

    Parameters
    ----------
    vocabulary, positions, width, layers, heads, hidden, activation, eps
        Of CLIP's text tower; `positions` is the length of a chunk.
    length
        Tokens of a prompt.
    start, end, padding
        Ids of the tokens before and after a prompt, and of those that fill it up.
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        positions: int,
        width: int,
        layers: int,
        heads: int,
        hidden: int,
        activation: str = "quick_gelu",
        eps: float = 1e-5,
        length: int,
        start: int,
        end: int,
        padding: int,
    ) -> None:
        super().__init__()
        self.length, self.start, self.end, self.padding = length, start, end, padding
        self.embeddings = Embeddings(vocabulary, positions, width)
        tower = [TextLayer(width, heads, hidden, activation, eps) for _ in range(layers)]
        self.encoder = Layers(tower)
        self.final_layer_norm = nn.LayerNorm(width, eps=eps)

    def forward(self, given: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return (batch, length, width) for `given["text"]`, (batch, length) token ids."""
        return self.read(given["text"])

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, length, width): what the empty prompt says."""
        ids = torch.full((1, self.length), self.padding)
        ids[0, 0], ids[0, 1] = self.start, self.end
        device = self.final_layer_norm.weight.device
        return self.read(ids.to(device)).expand(batch, -1, -1)

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        """Return (batch, length, width) for (batch, length) token ids."""
        x: torch.Tensor = self.embeddings(ids)
        seen = self.seen(ids)
        for layer in self.encoder.layers:
            x = layer(x, seen)
        tokens: torch.Tensor = self.final_layer_norm(x)
        return tokens

    def seen(self, ids: torch.Tensor) -> torch.Tensor:
        """Return (batch, 1, length, length) bool: which token may look at which.

        A token sees itself and those before it, up to the prompt's first end.
        """
        length = ids.shape[1]
        ends = (ids == self.end).cumsum(dim=1)
        real = (ends == 0) | ((ends == 1) & (ids == self.end))
        before = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
        return before[None, None] & real[:, None, None, :]
