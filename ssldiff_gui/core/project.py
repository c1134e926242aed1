"""What a project holds, as data: its entries, the edits of its grids, and how both change.

A project is a list of records, and `ProjectState.apply` says what each of them means. A snapshot
is nothing but the records that make its state, so that a project is read in one way only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, reduce
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, model_validator
from pydantic_core import to_json

from ssldiff_gui.core.inside import Inside, MaybeInside
from ssldiff_gui.core.requests import Corner
from ssldiff_gui.core.specs import Frozen

FORMAT: Final = "ssldiff project"
VERSION: Final = 1

WORKSPACE: Final = "workspace"
"""The id of the one entry that says what is shown."""

Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
MaybeId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{0,64}$")]

if TYPE_CHECKING:
    Data = JsonValue
else:  # what is read was JSON already, and looking at each number of it takes seconds
    Data = Any

Texts = dict[str, Data]


def new_id() -> str:
    """Return an id that nothing else has."""
    return uuid.uuid4().hex[:16]


def now() -> str:
    """Return the time as entries keep it."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


class SlideEntry(Frozen):
    """A slide or a scene that the project speaks of; the file itself lies elsewhere.

    Parameters
    ----------
    path
        Where the file was seen last.
    beside
        The way there from the project's folder, with "/", when both lie near each other: it
        holds when both are moved together.
    name
        For people.
    fingerprint
        Of the file's content, as `slides.fingerprint` gives it; empty when not known yet.
    """

    kind: Literal["slide"] = "slide"
    id: Id = Field(default_factory=new_id)
    path: str
    beside: str = ""
    name: str = ""
    fingerprint: str = ""


class GridEntry(Frozen):
    """A grid; its edits are kept beside the entries, see `ProjectState.edits`.

    Parameters
    ----------
    name
        For people.
    file
        The grid as it was made, before any edit; empty while it is being made.
    slide
        Id of the slide it was taken from; None for a grid from nothing.
    scene
        Index of the slide's scene.
    encoder, rows, columns, cell
        Of the grid.
    region
        x, y, width, height in level-0 pixels.
    digest
        `EmbeddingGrid.digest()` of the file.
    created
        ISO time.
    thumbnail
        A small picture of it.
    """

    kind: Literal["grid"] = "grid"
    id: Id = Field(default_factory=new_id)
    name: str = ""
    file: MaybeInside = ""
    slide: MaybeId | None = None
    scene: int = Field(default=0, ge=0)
    encoder: str = ""
    rows: int = Field(default=0, ge=0)
    columns: int = Field(default=0, ge=0)
    cell: int = Field(default=0, ge=0)
    region: Corner | None = None
    digest: str = ""
    created: str = Field(default_factory=now)
    thumbnail: MaybeInside = ""


class ResultEntry(Frozen):
    """A rendering: a card in the strip.

    Parameters
    ----------
    name
        For people.
    grid
        Id of the grid it was rendered from.
    canvas
        The canvas's folder.
    request
        The `GenerateRequest`, as data.
    edits
        Those that the grid had.
    created
        ISO time.
    seconds
        What the rendering took; None while it goes on.
    starred, note
        A person's own.
    likeness, low
        Mean cosine of the check, and the share of cells below its threshold.
    check
        The file of the check.
    thumbnail
        A small picture.
    status
        How far it has come.
    """

    kind: Literal["result"] = "result"
    id: Id = Field(default_factory=new_id)
    name: str = ""
    grid: MaybeId = ""
    canvas: MaybeInside = ""
    request: Texts = Field(default={})
    edits: tuple[Data, ...] = ()
    created: str = Field(default_factory=now)
    seconds: float | None = Field(default=None, ge=0)
    starred: bool = False
    note: str = ""
    likeness: float | None = None
    low: float | None = None
    check: MaybeInside = ""
    thumbnail: MaybeInside = ""
    status: Literal["rendering", "done", "partial", "failed"] = "rendering"


class PaletteEntry(Frozen):
    """An embedding, or a patch of them, to paint with.

    Parameters
    ----------
    name
        For people.
    file
        A small grid that never changes; edits call it by the first 16 digits of its digest.
    thumbnail
        A small picture.
    origin
        Where it came from, in words.
    """

    kind: Literal["palette"] = "palette"
    id: Id = Field(default_factory=new_id)
    name: str = ""
    file: Inside
    thumbnail: MaybeInside = ""
    origin: str = ""


class JobEntry(Frozen):
    """Work that is not finished.

    Parameters
    ----------
    title
        For people.
    request
        A request as data; files inside the project are named from its folder on, as "./…".
    order
        Smaller ones come first.
    status
        A job that was running or paused when the program ended is waiting when it starts again.
    owner
        Id of the grid or result it works for.
    """

    kind: Literal["job"] = "job"
    id: Id = Field(default_factory=new_id)
    title: str = ""
    request: Texts
    order: float = 0.0
    status: Literal["waiting", "running", "paused"] = "waiting"
    owner: MaybeId = ""


class ExperimentEntry(Frozen):
    """Something tried in the lab, and what came of it; "stopped" can go on where it was.

    Parameters
    ----------
    name, method
        For people; and the key of what was chosen.
    request, choices
        What is done, and what was chosen to make it, as data; files inside the project are named
        from its folder on, as "./…".
    folder, created, seconds
        Where all of it lies; ISO time; and what it took, over all its pieces.
    headline, problem
        What came of it, or why it failed.
    """

    kind: Literal["experiment"] = "experiment"
    id: Id = Field(default_factory=new_id)
    name: str = ""
    method: str = ""
    request: Texts
    choices: Texts = Field(default={})
    folder: MaybeInside = ""
    status: Literal["waiting", "running", "done", "failed", "stopped"] = "waiting"
    created: str = Field(default_factory=now)
    seconds: float = Field(default=0.0, ge=0)
    starred: bool = False
    headline: str = ""
    problem: str = ""


class WorkspaceEntry(Frozen):
    """What is shown, and how.

    Parameters
    ----------
    grid, result
        Ids of what is open.
    overlay, render
        Settings of the grid's overlay and of the next rendering.
    documents
        Open slides, their scenes and cameras.
    """

    kind: Literal["workspace"] = "workspace"
    id: Literal["workspace"] = "workspace"
    grid: MaybeId = ""
    result: MaybeId = ""
    overlay: Texts = Field(default={})
    render: Texts = Field(default={})
    documents: tuple[Data, ...] = ()


AnyEntry = (
    SlideEntry | GridEntry | ResultEntry | PaletteEntry | JobEntry | ExperimentEntry
    | WorkspaceEntry
)  # fmt: skip
Entry = Annotated[AnyEntry, Field(discriminator="kind")]
Kind = Literal["slide", "grid", "result", "palette", "job", "experiment", "workspace"]
E = TypeVar("E", bound=AnyEntry)


class EditRecord(Frozen):
    """What happened to the edits of a grid: they become ``edits[:keep]``, and `edit` if any."""

    grid: Id
    keep: int = Field(ge=0)
    edit: Data = None


class Record(Frozen):
    """One change of a project; exactly one of its parts is given.

    Parameters
    ----------
    put
        A new entry, or another version of a known one.
    drop
        Kind and id of an entry that goes.
    edit
        An edit of a grid, or one that is taken back.
    """

    put: Entry | None = None
    drop: tuple[Kind, Id] | None = None
    edit: EditRecord | None = None

    @model_validator(mode="after")
    def _one(self) -> Record:
        if sum(part is not None for part in (self.put, self.drop, self.edit)) != 1:
            raise ValueError("a record says one thing")
        return self

    @classmethod
    def parse(cls, text: bytes) -> Record:
        """Read a record; raises ValueError for anything else."""
        return cls.model_validate_json(text)

    def dump(self) -> bytes:
        """Return the record as JSON in one line; `parse` gives it again."""
        parts = ("put", "drop", "edit")
        return to_json({name: part for name in parts if (part := getattr(self, name)) is not None})


@dataclass(frozen=True, slots=True)
class ProjectState:
    """All that a project holds at one moment; never changes.

    Parameters
    ----------
    entries
        By id, in the order they came.
    edits
        By the id of their grid, in the order they were made, as JSON data.
    """

    entries: Mapping[str, AnyEntry] = field(default_factory=dict)
    edits: Mapping[str, tuple[Data, ...]] = field(default_factory=dict)

    def apply(self, record: Record) -> ProjectState:
        """Return the state after one more record; every record has a meaning in every state.

        The edits of a grid outlive its entry, so that it can be put back; see `swept`.
        """
        if record.put is not None:
            return replace(self, entries={**self.entries, record.put.id: record.put})
        if record.drop is not None:
            kind, identity = record.drop
            known = self.entries.get(identity)
            if known is None or known.kind != kind:
                return self
            rest = {i: entry for i, entry in self.entries.items() if i != identity}
            return replace(self, entries=rest)
        assert record.edit is not None  # noqa: S101 - a record says one thing
        change = record.edit
        edits = self.edits.get(change.grid, ())[: change.keep]
        if change.edit is not None:
            edits = (*edits, change.edit)
        return replace(self, edits={**self.edits, change.grid: edits})

    def swept(self) -> ProjectState:
        """Return the state without edits of grids that are no more."""
        kept = {grid: edits for grid, edits in self.edits.items() if edits and grid in self.entries}
        return replace(self, edits=kept)

    def of(self, kind: type[E]) -> tuple[E, ...]:
        """Return the entries of one kind, in the order they came."""
        return tuple([entry for entry in self.entries.values() if isinstance(entry, kind)])


def fold(records: Iterable[Record], state: ProjectState | None = None) -> ProjectState:
    """Return the state after all records."""
    return reduce(ProjectState.apply, records, state or ProjectState())


class Header(Frozen):
    """What a project says of itself, beside its entries.

    Parameters
    ----------
    id
        Of the project, wherever it lies.
    name
        For people; empty for one that has not been named.
    created, saved
        ISO times.
    made_by
        The program that wrote it last.
    journal
        Number of the journal that goes on from this snapshot.
    """

    format: Literal["ssldiff project"] = FORMAT
    version: Literal[1] = VERSION
    id: Id = Field(default_factory=lambda: uuid.uuid4().hex)
    name: str = ""
    created: str = Field(default_factory=now)
    saved: str = Field(default_factory=now)
    made_by: str = ""
    journal: int = Field(default=1, ge=1)


@cache
def entry_reader() -> TypeAdapter[AnyEntry]:
    """Return what reads an entry out of JSON data."""
    return TypeAdapter(Entry)
