"""What a canvas's ledger says, record by record, and what all of it together means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from ssldiff_gui.core.geometry import Georeference, Scale
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.core.specs import Frozen
from ssldiff_gui.storage.canvas_layout import CHUNK, TILE, Key, Layout, Tile

FORMAT: Final = 1
LARGEST_TILE = 8192
"""A ledger that speaks of larger ones is not ours."""


class Created(Frozen):
    """The first record: what never changes, and the first recipe.

    Parameters
    ----------
    format
        Version of the canvas's layout on disk.
    width, height, tile, chunk
        See `Layout`.
    name
        For people.
    scale, georeference
        Of level 0.
    recipe, grid
        What is rendered; `grid` is its digest.
    """

    kind: Literal["created"] = "created"
    format: Literal[1] = FORMAT
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    tile: int = Field(default=TILE, gt=0, le=LARGEST_TILE)
    chunk: int = Field(default=CHUNK, gt=0, le=LARGEST_TILE)
    name: str = ""
    scale: Scale | None = None
    georeference: Georeference | None = None
    recipe: Recipe
    grid: str


class Shard(Frozen):
    """A shard is on the disk: a tile of level 0, or one of a coarser level.

    Parameters
    ----------
    edition
        How many changes came before, in this and every record that follows.
    at
        Level, row and column.
    size, sha256
        Of the shard's file.
    """

    kind: Literal["shard"] = "shard"
    edition: int
    at: Key
    size: int
    sha256: str


class Failed(Frozen):
    """A tile could not be made."""

    kind: Literal["failed"] = "failed"
    edition: int
    at: Tile
    reason: str


class Lost(Frozen):
    """A shard is damaged or about to be written over."""

    kind: Literal["lost"] = "lost"
    edition: int
    at: Key


class Changed(Frozen):
    """Another recipe holds from here on, and `tiles` are to be made again."""

    kind: Literal["changed"] = "changed"
    edition: int
    recipe: Recipe
    grid: str
    tiles: tuple[Tile, ...]


class Finished(Frozen):
    """Nobody means to go on, and all coarser levels are made."""

    kind: Literal["finished"] = "finished"
    edition: int


Record = Annotated[
    Created | Shard | Failed | Lost | Changed | Finished, Field(discriminator="kind")
]

_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


def to_line(record: Record) -> bytes:
    """Return a record as it stands in the ledger."""
    return record.model_dump_json().encode()


class CanvasState:
    """What the records of a ledger amount to.

    Parameters
    ----------
    created
        The first of them.
    """

    def __init__(self, created: Created) -> None:
        self.created = created
        self.layout = Layout(created.width, created.height, created.tile, created.chunk)
        self.recipe, self.grid = created.recipe, created.grid
        self.edition = 0
        self.shards: dict[Key, Shard] = {}
        self.failed: dict[Tile, str] = {}
        self.finished = False

    @classmethod
    def replayed(cls, records: Sequence[bytes | None]) -> CanvasState:
        """Return the state that a ledger's records lead to.

        A damaged record among good ones costs the tile it spoke of, which is made again. Only a
        lost change cannot be made up for.

        Raises
        ------
        ValueError
            When the records make no sense.
        """
        first = _RECORD.validate_json(records[0] or b"") if records else None
        if not isinstance(first, Created):
            raise ValueError("the first record is missing")  # noqa: TRY004 - it is about content
        state = cls(first)
        state.apply(_RECORD.validate_json(line) for line in records[1:] if line is not None)
        return state

    def apply(self, records: Iterable[Record]) -> None:
        """Go on by some records."""
        for record in records:
            if isinstance(record, Created):
                raise ValueError("a canvas is created once")  # noqa: TRY004
            if record.edition != self.edition + isinstance(record, Changed):
                raise ValueError("the record of a change is missing")
            self._apply(record)

    def settled(self, key: Key) -> bool:
        """Whether nothing more is to be expected of a shard: it is there, or its tile failed."""
        return key in self.shards or (key[0] == 0 and key[1:] in self.failed)

    def _apply(self, record: Shard | Failed | Lost | Changed | Finished) -> None:
        match record:
            case Shard(at=at):
                self._touch(at)
                self.shards[at] = record
                if at[0] == 0:
                    self.failed.pop(at[1:], None)
            case Failed(at=at, reason=reason):
                self._touch((0, *at))
                self.failed[at] = reason
            case Lost(at=at):
                self._touch(at)
            case Changed():
                self.edition, self.recipe, self.grid = record.edition, record.recipe, record.grid
                for at in record.tiles:
                    self._touch((0, *at))
                    self.failed.pop(at, None)
            case _:
                pass
        self.finished = isinstance(record, Finished)

    def _touch(self, key: Key) -> None:
        """Forget a shard, and those of coarser levels that show it."""
        if not self.layout.has(key):
            raise ValueError(f"the canvas has no shard {key}")
        for gone in (key, *self.layout.ancestors(key)):
            self.shards.pop(gone, None)
