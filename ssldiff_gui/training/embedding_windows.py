"""Windows of embeddings to train a prior on, in their principal components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.models.priors.network import PriorNetwork
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.views import Views

Array = npt.NDArray[np.float32]


class Windows:
    """Whitened windows of all views, in memory; the network's basis is filled in from them.

    Parameters
    ----------
    views
        Of the pictures.
    classes
        Names, in the order of their numbers.
    network
        Whose mean, components and scales are set.
    side
        Of a window, in cells.
    labels
        For each picture, what stands for its class; None takes its own.
    """

    def __init__(
        self, views: Views, classes: Sequence[str], network: PriorNetwork, side: int,
        labels: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.side = side
        set_basis(network, views)
        self.grids = [
            [whitened(network, grid) for grid in views.grids(k)] for k in range(len(views))
        ]
        labels = [entry.label for entry in views.entries] if labels is None else labels
        places = {name: k for k, name in enumerate(classes)}
        self.numbers = [places[label] if label else -1 for label in labels]
        self.members = {
            number: [k for k, found in enumerate(self.numbers) if found == number]
            for number in sorted(set(self.numbers))
        }
        sizes = np.array([rows * columns for rows, columns in views.shapes[0]], np.float64)
        self.shares = {
            number: np.cumsum(sizes[found]) / sizes[found].sum()
            for number, found in self.members.items()
        }

    def draw(self, random: np.random.Generator, count: int) -> tuple[Array, npt.NDArray[np.int64]]:
        """Return (count, channels, side, side), all classes alike often, and their numbers."""
        kinds = [*self.members]
        numbers = np.array([kinds[k] for k in random.integers(0, len(kinds), count)], np.int64)
        return np.stack([self.one(random, int(number)) for number in numbers]), numbers

    def one(self, random: np.random.Generator, number: int) -> Array:
        """Return (channels, side, side) from a picture of a class."""
        k = int(np.searchsorted(self.shares[number], random.random(), side="right"))
        picture = self.members[number][min(k, len(self.members[number]) - 1)]
        grid = self.grids[int(random.integers(len(self.grids)))][picture]
        top, left = (int(random.integers(0, n - self.side + 1)) for n in grid.shape[:2])
        return grid[top : top + self.side, left : left + self.side].transpose(2, 0, 1)

    def mosaic(self, random: np.random.Generator, number: int, across: int) -> Array:
        """Return (channels, across · side, across · side): windows of a class, side by side."""
        if number not in self.members:
            number = next(iter(self.members))
        rows = [
            np.concatenate([self.one(random, number) for _ in range(across)], 2)
            for _ in range(across)
        ]
        return np.concatenate(rows, 1)


def set_basis(network: PriorNetwork, views: Views) -> None:
    """Measure mean, principal components and lengths of all embeddings, and set a network's."""
    count, dim = 0, len(network.mean)
    total, products, lengths = np.zeros(dim), np.zeros((dim, dim)), []
    for k in range(len(views)):
        for grid in views.grids(k):
            cells = grid.reshape(-1, dim).astype(np.float64)
            count += len(cells)
            lengths.append(np.linalg.norm(cells, axis=1))
            total += cells.sum(0)
            products += cells.T @ cells
    mean = total / count
    spreads, axes = np.linalg.eigh(products / count - np.outer(mean, mean))
    channels = len(network.scales)
    order = np.argsort(spreads)[::-1][:channels]
    axes = axes[:, order].T
    axes *= np.sign(axes[np.arange(channels), np.abs(axes).argmax(1)])[:, None]
    scales = np.sqrt(np.maximum(spreads[order], 1e-8))
    norms = np.quantile(np.concatenate(lengths), (0.01, 0.99))
    measured = {"mean": mean, "components": axes, "scales": scales, "norms": norms}
    for name, value in measured.items():
        getattr(network, name).copy_(torch.from_numpy(value))


def large_enough(pictures: Pictures, side: int) -> Pictures:
    """Return the pictures that have room for a window, so many pixels wide.

    Raises
    ------
    BadRequest
        There is none.
    """
    found = [entry for entry in pictures.entries if min(entry.height, entry.width) >= side]
    if not found:
        raise BadRequest(
            f"No picture is {side} pixels wide, as a window of the prior is.",
            "Lower model.side, or take larger pictures.",
        )
    return Pictures(pictures.folder, found)


def whitened(network: PriorNetwork, grid: npt.NDArray[np.float16]) -> Array:
    """(rows, columns, dim) embeddings → (rows, columns, channels) components."""
    return numbers_of(network.to_components(torch.from_numpy(grid.astype(np.float32))))


def numbers_of(tensor: torch.Tensor) -> Array:
    """Return a tensor as an array."""
    return np.asarray(tensor.detach().cpu().numpy(), np.float32)
