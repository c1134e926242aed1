"""What a grid's file says about the grid, beside its values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale, Unit
from ssldiff_gui.core.grid import EmbeddingGrid, Mask, Source, Vectors
from ssldiff_gui.core.specs import Frozen

FORMAT = 1
Positive = Annotated[float, Field(gt=0)]
Pixels = Annotated[int, Field(ge=-(2**53), le=2**53)]
Extent = Annotated[int, Field(ge=0, le=2**53)]


class ScaleFact(Frozen):
    """A `Scale`."""

    x: Positive
    y: Positive
    unit: Unit


class RegionFact(Frozen):
    """A `Region`."""

    x: Pixels
    y: Pixels
    width: Extent
    height: Extent
    downsample: Positive


class PlaceFact(Frozen):
    """A `Georeference`."""

    crs: str
    affine: tuple[float, float, float, float, float, float]


class SourceFact(Frozen):
    """A `Source`."""

    name: str
    fingerprint: str
    scene: str = ""
    georeference: PlaceFact | None = None


class GridFacts(Frozen):
    """All that a grid is but its values and its mask.

    Parameters
    ----------
    format
        Version of this record.
    encoder, cell, scale, region, source
        As `EmbeddingGrid` has them.
    digest
        `EmbeddingGrid.digest()`, by which a flipped bit is found; None when its writer knew none.
    edits
        The edits that led to the grid, as `core.edits.dump_edits` gives them.
    notes
        Whatever else there is to tell: facts of the model, the files that edits took from.
    """

    format: Literal[1] = 1
    encoder: str = Field(min_length=1)
    cell: int = Field(ge=1, le=2**31)
    scale: ScaleFact | None = None
    region: RegionFact | None = None
    source: SourceFact | None = None
    digest: str | None = None
    edits: list[JsonValue] = Field(default=[])
    notes: dict[str, JsonValue] = Field(default={})

    @classmethod
    def of(
        cls,
        grid: EmbeddingGrid,
        edits: list[JsonValue] | None = None,
        notes: dict[str, JsonValue] | None = None,
    ) -> GridFacts:
        """Return the facts of a grid."""
        scale, region = grid.scale, grid.region
        return cls(
            encoder=grid.encoder,
            cell=grid.cell,
            scale=None if scale is None else ScaleFact(x=scale.x, y=scale.y, unit=scale.unit),
            region=None if region is None else _region(region),
            source=None if grid.source is None else _source(grid.source),
            digest=grid.digest(),
            edits=edits or [],
            notes=notes or {},
        )

    def grid(self, vectors: Vectors, valid: Mask) -> EmbeddingGrid:
        """Return the grid of these facts with (rows, columns, dim) values and their mask.

        Raises
        ------
        BadGrid
            When the values are none that a grid can have.
        """
        scale, region, source = self.scale, self.region, self.source
        return EmbeddingGrid(
            vectors,
            self.encoder,
            self.cell,
            scale=None if scale is None else Scale(scale.x, scale.y, scale.unit),
            valid=valid,
            region=None
            if region is None
            else Region(Box(region.x, region.y, region.width, region.height), region.downsample),
            source=None if source is None else _opened(source),
        )


def _region(region: Region) -> RegionFact:
    box = region.box
    return RegionFact(
        x=box.x, y=box.y, width=box.width, height=box.height, downsample=region.downsample
    )


def _source(source: Source) -> SourceFact:
    place = source.georeference
    return SourceFact(
        name=source.name,
        fingerprint=source.fingerprint,
        scene=source.scene,
        georeference=None if place is None else PlaceFact(crs=place.crs, affine=place.affine),
    )


def _opened(source: SourceFact) -> Source:
    place = source.georeference
    return Source(
        source.name,
        source.fingerprint,
        source.scene,
        None if place is None else Georeference(place.crs, place.affine),
    )
