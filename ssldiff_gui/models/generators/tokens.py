"""What people give, as the vectors that a network is conditioned on; each with its own null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid

Given = Mapping[str, torch.Tensor]
"""Under "vectors", "classes" and "text" what `core.protocols.Given` holds, where it is given."""

TOWER_SETTINGS = frozenset(
    {
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "max_position_embeddings",
        "hidden_act",
        "layer_norm_eps",
        "bos_token_id",
        "eos_token_id",
        "pad_token_id",
    }
)


class Embeddings(nn.Module):
    """Embeddings → tokens.

    A part whose values are all NaN, or that is not given, is null.

    Parameters
    ----------
    dims
        Number of values of each part. A part uses the first ones when a wider one stands beside.
    width
        Of a token; the same as `dims` without a linear layer.
    linear
        "each": every part has a layer of its own (`linears.0`, …); "shared": all have the same
        (`linear`); "none": the embeddings themselves are the tokens.
    normalise
        Divide each embedding by its length first.
    null
        "bias": zeros go through the linear layer; "zeros": the token itself is zero; "stored":
        saved tokens, the buffer `nulls` (parts, width).
    positions
        Whether the buffer `positions` (parts, width) is added to all tokens, null or not.
    """

    nulls: torch.Tensor
    positions: torch.Tensor

    def __init__(
        self,
        dims: Sequence[int],
        width: int | None = None,
        *,
        linear: Literal["each", "shared", "none"] = "each",
        normalise: bool = False,
        null: Literal["bias", "zeros", "stored"] = "bias",
        positions: bool = False,
    ) -> None:
        super().__init__()
        self.dims = list(dims)
        width = width or self.dims[0]
        if null == "bias" and linear == "none":
            raise ValueError("without a linear layer there is no bias to be the null")
        if linear not in ("each", "shared", "none") or null not in ("bias", "zeros", "stored"):
            raise ValueError(f"linear {linear!r} or null {null!r} is unknown")
        self._normalise, self._null, self._placed = normalise, null, positions
        if linear == "each":
            self.linears = nn.ModuleList(nn.Linear(dim, width) for dim in self.dims)
        elif linear == "shared":
            self.linear = nn.Linear(self.dims[0], width)
        self._linear = linear
        if null == "stored":
            self.register_buffer("nulls", torch.zeros(len(self.dims), width))
        if positions:
            self.register_buffer("positions", torch.zeros(len(self.dims), width))

    def forward(self, given: Given) -> torch.Tensor:
        """Return (batch, parts, width) for (batch, up to parts, dim) "vectors"."""
        vectors = given["vectors"]
        parts, dim = vectors.shape[1:]
        if parts > len(self.dims) or dim != max(self.dims[:parts]):
            raise IncompatibleGrid(
                f"This model takes embeddings of {max(self.dims[:parts])} values, "
                f"{len(self.dims)} a window at most, not {parts} of {dim}.",
                "Embed the region with the encoder that the model was trained on.",
            )
        tokens = [self._token(part, vectors) for part in range(len(self.dims))]
        stacked = torch.stack(tokens, dim=1)
        return stacked + self.positions if self._placed else stacked

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, parts, width) null tokens."""
        device = next(iter([*self.parameters(), *self.buffers()]), torch.empty(0)).device
        nothing = torch.full((batch, 1, self.dims[0]), torch.nan, device=device)
        return self.forward({"vectors": nothing})

    def _token(self, part: int, vectors: torch.Tensor) -> torch.Tensor:
        """Return the token (batch, width) of one part."""
        dim = self.dims[part]
        if part < vectors.shape[1]:
            values = vectors[:, part, :dim]
        else:
            values = vectors.new_full((vectors.shape[0], dim), torch.nan)
        absent = values.isnan().all(dim=1, keepdim=True)
        if self._normalise:
            values = functional.normalize(values, dim=1)
        values = values.masked_fill(absent, 0.0)
        if self._linear == "each":
            values = self.linears[part](values)
        elif self._linear == "shared":
            values = self.linear(values)
        if self._null == "bias":
            return values
        null = self.nulls[part] if self._null == "stored" else torch.zeros_like(values)
        return torch.where(absent, null, values)


class ClassTokens(nn.Module):
    """Class numbers → one token from a table; its last class is the unconditional one.

    Parameters
    ----------
    classes
        Number of classes, the unconditional one included.
    width
        Of a token.
    """

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, width)

    def forward(self, given: Given) -> torch.Tensor:
        """Return (batch, 1, width) for (batch,) "classes"; negative ones are null."""
        last = self.embedding.num_embeddings - 1
        numbers = _checked(given["classes"], known=last + 1, null=last)
        tokens: torch.Tensor = self.embedding(numbers)[:, None]
        return tokens

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, 1, width) tokens of the last class."""
        return self.embedding.weight[-1].expand(batch, 1, -1)


class ClassNumbers(nn.Module):
    """Class numbers as they are: the network has a table of its own.

    Parameters
    ----------
    classes
        Number of classes, the unconditional one, which is the last, included.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, given: Given) -> torch.Tensor:
        """Return (batch, 1) int64 for (batch,) "classes"; negative ones are null."""
        return _checked(given["classes"], known=self.classes, null=self.classes - 1)[:, None]

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, 1) times the last class."""
        return torch.full((batch, 1), self.classes - 1)


class ClassVectors(nn.Module):
    """Class numbers → one-hot vectors; the null is all zeros.

    Parameters
    ----------
    classes
        Number of classes; none of them is unconditional.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, given: Given) -> torch.Tensor:
        """Return (batch, classes) for (batch,) "classes"; negative ones are null."""
        numbers = _checked(given["classes"], known=self.classes, null=self.classes)
        return functional.one_hot(numbers, self.classes + 1)[:, :-1].float()

    def null(self, batch: int) -> torch.Tensor:
        """Return (batch, classes) zeros."""
        return torch.zeros(batch, self.classes)


class TextTokens(nn.Module):
    """Token ids → the last hidden states of a text tower.

    Parameters
    ----------
    config
        Of transformers' CLIPTextConfig: some of `TOWER_SETTINGS`.
    empty
        Token ids of the empty prompt, which is the null.
    """

    def __init__(self, config: dict[str, Any], empty: Sequence[int]) -> None:
        super().__init__()
        from transformers import CLIPTextConfig, CLIPTextModel

        # transformers would fetch and run code for some of the other settings
        if unknown := sorted(set(config) - TOWER_SETTINGS):
            raise ValueError(f"a text tower has no setting {', '.join(unknown)}")
        settings: dict[str, Any] = {**config, "attn_implementation": "sdpa"}
        tower = CLIPTextModel(CLIPTextConfig(**settings))
        self.tower = getattr(tower, "text_model", tower)  # transformers 4 has one more layer
        self.empty = list(empty)

    def forward(self, given: Given) -> torch.Tensor:
        """Return (batch, length, width) for (batch, length) "text"."""
        tokens: torch.Tensor = self.tower(input_ids=given["text"]).last_hidden_state
        return tokens

    def null(self, batch: int) -> torch.Tensor:
        """Return the encoded empty prompt, (batch, length, width)."""
        ids = torch.tensor([self.empty], device=next(self.tower.parameters()).device)
        return self.forward({"text": ids}).expand(batch, -1, -1)


def _checked(numbers: torch.Tensor, *, known: int, null: int) -> torch.Tensor:
    """Return class numbers below `known`, with `null` in the place of negative ones."""
    if numbers.numel() and int(numbers.max()) >= known:
        raise BadRequest(
            f"The model knows the classes 0 to {known - 1}, and no class {int(numbers.max())}.",
            "Choose one of those.",
        )
    return numbers.where(numbers >= 0, null)
