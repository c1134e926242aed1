"""Maps: grids of one encoder → grids of another, linearly; and how such a map is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import DamagedModel, IncompatibleGrid, MissingModel
from ssldiff_gui.core.geometry import Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.specs import Licence, MapSpec, ModelFile, PartSpec, PixelSize
from ssldiff_gui.models.folders import read_model, write_model
from ssldiff_gui.models.weights import load_tensors

if TYPE_CHECKING:
    from ssldiff_gui.models.folder_writing import Content

TYPE, WEIGHTS = "LinearMap", "map.safetensors"
SAME_SCALE = 0.02

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """``target = source @ weight + bias``.

    Parameters
    ----------
    weight
        (source, target).
    bias
        (target,).
    """

    weight: Floats
    bias: Floats

    def __call__(self, vectors: npt.NDArray[Any]) -> Floats:
        """(…, source) → (…, target)."""
        return np.asarray(vectors.astype(np.float64) @ self.weight + self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class EncoderMap:
    """A map and what it is between.

    Parameters
    ----------
    spec
        What it is.
    linear
        What it does.
    """

    spec: MapSpec
    linear: Linear

    def __call__(self, grid: EmbeddingGrid) -> EmbeddingGrid:
        """Return the grid as the other encoder would have it; cells stay where they are.

        Raises
        ------
        IncompatibleGrid
            It is no grid of the map's source.
        """
        spec = self.spec
        require_source(grid, spec)
        vectors = np.where(grid.mask[..., None], self.linear(grid.vectors), 0).astype(np.float32)
        region = grid.region
        if region is not None:  # the same place, in pixels of another size
            region = Region(region.box, region.downsample * grid.cell / spec.cell)
        scale = None if spec.pixel is None else spec.pixel.scale
        if scale is None and grid.scale is not None:
            share = grid.cell / spec.cell
            scale = Scale(grid.scale.x * share, grid.scale.y * share, grid.scale.unit)
        return replace(
            grid, vectors=vectors, encoder=spec.target, cell=spec.cell, scale=scale, region=region
        )


def require_source(grid: EmbeddingGrid, spec: MapSpec) -> None:
    """Raise `IncompatibleGrid` unless a map takes a grid."""
    if grid.encoder != spec.source or grid.dim != spec.source_dim:
        raise IncompatibleGrid(
            f"The grid was made with {grid.encoder} ({grid.dim} values); {spec.title} takes "
            f"those of {spec.source} ({spec.source_dim}).",
            "Choose a map of that encoder, or fit one with `ssldiff map fit`.",
        )
    if grid.cell != spec.source_cell:
        raise IncompatibleGrid(
            f"A cell of the grid is {grid.cell} pixels wide; {spec.title} takes "
            f"{spec.source_cell}.",
            "Embed the region again with the map's encoder.",
        )
    wanted = spec.source_pixel
    if grid.scale is not None and wanted is not None:
        near = abs(grid.scale.x / wanted.size - 1) <= SAME_SCALE
        if grid.scale.unit != wanted.unit or not near:
            raise IncompatibleGrid(
                f"The grid was taken at {grid.scale.x:g} {grid.scale.unit} a pixel; {spec.title} "
                f"was fitted at {wanted.size:g} {wanted.unit}.",
                "Embed the region at that scale.",
            )


def pixel_of(scale: Scale | None) -> PixelSize | None:
    """Return a scale as models have it."""
    if scale is None or scale.unit not in ("µm", "m"):
        return None
    return PixelSize.model_validate({"size": scale.x, "unit": scale.unit})


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a ridge regression needs to know of its cells, for any weight of the penalty.

    Parameters
    ----------
    source_mean, target_mean
        Of the cells.
    spread
        Deviation of each value of the source; a penalty counts in these.
    axes, strengths
        Of the source's correlations.
    seen
        How the target goes with each axis.
    count
        Of the cells.
    """

    source_mean: Floats
    target_mean: Floats
    spread: Floats
    axes: Floats
    strengths: Floats
    seen: Floats
    count: int

    @classmethod
    def of(cls, source: npt.NDArray[Any], target: npt.NDArray[Any]) -> Sums:
        """Measure (cells, source) and (cells, target)."""
        a, b = source.astype(np.float64), target.astype(np.float64)
        a_mean, b_mean = a.mean(0), b.mean(0)
        spread = a.std(0)
        spread = np.where(spread > 1e-9 * max(1e-12, float(spread.max(initial=0))), spread, 1.0)
        a, b = (a - a_mean) / spread, b - b_mean
        strengths, axes = np.linalg.eigh(a.T @ a / len(a))
        strengths = np.maximum(strengths, 0)
        return cls(a_mean, b_mean, spread, axes, strengths, axes.T @ (a.T @ b / len(a)), len(a))

    def fitted(self, ridge: float) -> Linear:
        """Return the map for a weight of the penalty, in variances of one value of the source."""
        least = 1e-12 * max(1.0, float(self.strengths.max(initial=0)))
        damped = self.seen / (self.strengths + max(ridge, least))[:, None]
        weight = (self.axes @ damped) / self.spread[:, None]
        return Linear(weight, self.target_mean - self.source_mean @ weight)


def explained(found: Floats, target: npt.NDArray[Any], mean: Floats) -> float:
    """Return R²: the share of the target's variance around a mean that was found."""
    around = np.square(target - mean).sum()
    return float(1 - np.square(target - found).sum() / max(around, 1e-30))


def likeness(found: Floats, target: npt.NDArray[Any]) -> float:
    """Return the mean cosine between (cells, values) and as many."""
    lengths = np.linalg.norm(found, axis=-1) * np.linalg.norm(target, axis=-1)
    return float(((found * target).sum(-1) / np.maximum(lengths, 1e-30)).mean())


def load_map(folder: str | Path) -> EncoderMap:
    """Load a map from a model folder.

    Raises
    ------
    MissingModel
        The folder holds no map.
    DamagedModel
        A file is not what its hash says, or does not fit.
    """
    folder = Path(folder)
    spec = read_model(folder).map
    if spec is None:
        raise MissingModel(
            f"{folder.name} is no map, and one is wanted here.",
            "Fit one with `ssldiff map fit`.",
        )
    if spec.network.type != TYPE or spec.network.file is None:
        raise _unclear(spec, f"there is no map of the type {spec.network.type!r} here")
    tensors = load_tensors(folder / spec.network.file)
    shapes = {name: tuple(value.shape) for name, value in tensors.items()}
    if shapes != {"weight": (spec.source_dim, spec.target_dim), "bias": (spec.target_dim,)}:
        raise _unclear(spec, "its weights do not fit its description")
    weight, bias = (tensors[name].double().numpy() for name in ("weight", "bias"))
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise _unclear(spec, "its weights are no numbers")
    return EncoderMap(spec, Linear(weight, bias))


def save_map(
    folder: str | Path, spec: MapSpec, linear: Linear, *, licence: Licence, card: str = "",
    provenance: Mapping[str, Any] | None = None, others: Sequence[Path] = (),
) -> ModelFile:  # fmt: skip
    """Write a map's folder.

    Parameters
    ----------
    folder
        Where; see `models.folders.write_model`.
    spec
        What it is; its part is filled in here.
    linear
        What it does.
    licence, card, provenance
        What the folder says of it.
    others
        Files that are copied into it.
    """
    import torch

    spec = spec.model_copy(update={"network": PartSpec(type=TYPE, file=WEIGHTS)})
    tensors = {
        "weight": torch.from_numpy(linear.weight.astype(np.float32)),
        "bias": torch.from_numpy(linear.bias.astype(np.float32)),
    }
    model = ModelFile(kind="map", map=spec, licence=licence, provenance=dict(provenance or {}))
    contents: dict[str, Content] = {WEIGHTS: tensors}
    contents |= {path.name: path for path in others}
    return write_model(folder, model, card or f"# {spec.title}\n", contents)


def _unclear(spec: MapSpec, reason: str) -> DamagedModel:
    return DamagedModel(
        f"The map {spec.name} cannot be used: {reason}.",
        "Fit it again, or update the studio when a newer version has written it.",
    )
