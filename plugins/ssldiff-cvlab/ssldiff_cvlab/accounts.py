"""Keeping account of a checkpoint's tensors, until none is left that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import torch
from torch import nn

from ssldiff_cvlab.reading import State, own
from ssldiff_gui.core.errors import UnknownWeights

Rule = Callable[[str, torch.Tensor], tuple[str, torch.Tensor]]
"""From a name and a tensor to another name and a tensor of another shape."""

HINT = "Check that the configuration is the one that the checkpoint was trained with."


class Account:
    """The tensors of a checkpoint, each of which is taken once or known to be of no use.

    Parameters
    ----------
    path
        The checkpoint, for messages.
    state
        Its tensors.
    """

    def __init__(self, path: Path, state: State) -> None:
        self.path = path
        self.left_out: list[str] = []
        self._open = dict(state)

    def has(self, prefix: str) -> bool:
        """Whether a tensor's name begins so."""
        return any(name.startswith(prefix) for name in self._open)

    def take(self, prefix: str) -> State:
        """Return all tensors whose names begin with `prefix`, by the rest of their names."""
        names = [name for name in self._open if name.startswith(prefix)]
        return {name.removeprefix(prefix): self._open.pop(name) for name in names}

    def one(self, name: str) -> torch.Tensor:
        """Return the tensor of that name."""
        if name not in self._open:
            raise self.problem("a tensor is missing", [name])
        return self._open.pop(name)

    def pass_over(self, *patterns: str) -> None:
        """Leave out tensors whose whole names match: they are of no use after training."""
        known = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
        for name in [name for name in self._open if known.fullmatch(name)]:
            del self._open[name]
            self.left_out.append(name)

    def close(self) -> None:
        """Raise when a tensor is left that nobody knows."""
        if self._open:
            raise self.problem("tensors that no part of the model takes", self._open)

    def problem(self, what: str, names: Iterable[str]) -> UnknownWeights:
        """Return an error that names tensors."""
        listed = sorted(names)
        shown = ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if listed[6:] else "")
        return UnknownWeights(self.path, f"{self.path.name} does not fit: {what}: {shown}.", HINT)

    def fitted(
        self,
        part: str,
        tensors: State,
        shapes: Mapping[str, tuple[int, ...]],
        rename: Rule | None = None,
    ) -> State:
        """Return copies of tensors after comparing them with what a network has.

        Parameters
        ----------
        part
            What it is, for the message.
        tensors
            By the checkpoint's names.
        shapes
            Of all that the network has; see `shapes_of`.
        rename
            From the checkpoint's names and shapes to the network's; None leaves them.

        Raises
        ------
        UnknownWeights
            A tensor is missing, left over or of another shape; the message names it.
        """
        named, origins = self._renamed(tensors, rename)
        if extra := named.keys() - shapes.keys():
            raise self.problem(f"{part} has no place for", [origins[name] for name in extra])
        if missing := shapes.keys() - named.keys():
            raise self.problem(f"{part} lacks", missing)
        other = [
            f"{origins[name]} {tuple(tensor.shape)} for {shapes[name]}"
            for name, tensor in named.items()
            if tensor.shape != shapes[name]
        ]
        if other:
            raise self.problem(f"{part} has other shapes", other)
        return {name: own(tensor) for name, tensor in named.items()}

    def _renamed(self, tensors: State, rename: Rule | None) -> tuple[State, dict[str, str]]:
        """Return tensors by their new names, and the old names by the new ones."""
        named: State = {}
        origins: dict[str, str] = {}
        for old, tensor in tensors.items():
            new, value = (old, tensor) if rename is None else rename(old, tensor)
            if new in named:
                raise self.problem("tensors that go to the same place", [old, origins[new]])
            named[new], origins[new] = value, old
        return named, origins


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all that a network has; "meta" is device enough for it."""
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
