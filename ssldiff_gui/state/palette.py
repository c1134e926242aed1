"""The palette of a project: embeddings to paint with, named, in an order, kept in files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

from psygnal import Signal, SignalInstance

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.project import AnyEntry, PaletteEntry
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.swatches import Swatch
from ssldiff_gui.storage.atomic import cannot_write
from ssldiff_gui.storage.grids import load_grid, save_grid

FOLDER = "palette"


class Keeper(Protocol):
    """What the palette needs of a project."""

    @property
    def changed(self) -> SignalInstance:
        """Emitted after any entry changed."""

    def entries(self, kind: Literal["palette"], /) -> tuple[AnyEntry, ...]:
        """Return the entries of a kind, in their order."""

    def put(self, *entries: AnyEntry) -> None:
        """Keep entries."""

    def drop(self, *ids: str) -> object:
        """Let entries go."""

    def path(self, name: str, /) -> Path:
        """Return where a file of the project is."""


class Palette:
    """The entries of one project's palette.

    Parameters
    ----------
    project
        Where they are kept.
    deliver
        Runs a call in the thread where state may change.
    run
        Runs work beside it.
    """

    changed = Signal()
    added = Signal(object)
    """(tuple of `PaletteEntry`): these came, with their files; thumbnails can be made of them."""
    problem = Signal(UserError)

    def __init__(
        self,
        project: Keeper,
        deliver: Deliver | None = None,
        run: Callable[[Callable[[], None], str], object] = in_background,
    ) -> None:
        self._project = project
        self._deliver = deliver or deliver_at_once
        self._run = run
        self._swatches: dict[str, Swatch] = {}
        self._seen = self.entries
        project.changed.connect(self._on_changed)

    def close(self) -> None:
        """Stop following the project."""
        self._project.changed.disconnect(self._on_changed, missing_ok=True)

    # -- what there is -------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[PaletteEntry, ...]:
        """The entries, in the order that people gave them."""
        found = self._project.entries("palette")
        return tuple(entry for entry in found if isinstance(entry, PaletteEntry))

    @property
    def labels(self) -> Mapping[str, str]:
        """What people call the grids that edits name."""
        return {Path(entry.file).stem: entry.name for entry in self.entries if entry.name}

    def get(self, identity: str) -> PaletteEntry | None:
        """Return an entry, or None when there is none."""
        return next((entry for entry in self.entries if entry.id == identity), None)

    def swatch(self, identity: str) -> Swatch:
        """Return what an entry paints with; its small file is read once.

        Raises
        ------
        UserError
            When there is no such entry, or its file is gone or broken.
        """
        entry = self.get(identity)
        if entry is None:
            raise UserError("This entry is no longer in the palette.", "Choose another one.")
        known = self._swatches.get(identity)
        if known is None:
            known = Swatch(load_grid(self._project.path(entry.file)), entry.name, entry.origin)
        elif known.label != entry.name:
            known = Swatch(known.grid, entry.name, known.origin, known.cell)
        self._swatches[identity] = known
        return known

    # -- acts ----------------------------------------------------------------------------------

    def add(self, *swatches: Swatch) -> None:
        """Add swatches at the end, once their files are written."""

        def work() -> None:
            try:
                for swatch in swatches:
                    self._write(swatch)
            except UserError as error:
                problem = error
                self._deliver(lambda: self.problem.emit(problem))
            else:
                self._deliver(lambda: self._written(swatches))

        if swatches:
            self._run(work, "write palette")

    def rename(self, identity: str, name: str) -> None:
        """Give an entry another name."""
        self._replace(identity, name=name.strip())

    def set_thumbnail(self, identity: str, thumbnail: str) -> None:
        """Give an entry a picture: a file, named from the project's folder on."""
        self._replace(identity, thumbnail=thumbnail)

    def move(self, identity: str, place: int) -> None:
        """Bring an entry to another place in the order."""
        entries = list(self.entries)
        entry = self.get(identity)
        if entry is None:
            return
        entries.remove(entry)
        entries.insert(min(max(place, 0), len(entries)), entry)
        self._order(entries)

    def remove(self, *ids: str) -> tuple[tuple[int, PaletteEntry], ...]:
        """Let entries go, and return them with their places, for `put_back`.

        Their files stay: edits may take from them.
        """
        gone = tuple((place, e) for place, e in enumerate(self.entries) if e.id in ids)
        if gone:
            self._project.drop(*(entry.id for _, entry in gone))
        return gone

    def put_back(self, gone: tuple[tuple[int, PaletteEntry], ...]) -> None:
        """Undo a removal."""
        entries = list(self.entries)
        for place, entry in gone:
            entries.insert(place, entry)
        self._order(entries)

    # -- inside --------------------------------------------------------------------------------

    def _write(self, swatch: Swatch) -> None:
        path = self._project.path(_file_of(swatch))
        if not path.exists():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(path, error) from error
            save_grid(path, swatch.grid)

    def _written(self, swatches: tuple[Swatch, ...]) -> None:
        entries = tuple(
            PaletteEntry(name=one.label, file=_file_of(one), origin=one.origin) for one in swatches
        )
        self._swatches |= {e.id: one for e, one in zip(entries, swatches, strict=True)}
        self._project.put(*entries)
        self.added.emit(entries)

    def _replace(self, identity: str, **values: str) -> None:
        entry = self.get(identity)
        changed = None if entry is None else entry.model_copy(update=values)
        if changed is not None and changed != entry:
            self._project.put(changed)

    def _order(self, entries: list[PaletteEntry]) -> None:
        """Have the entries in an order: the project keeps the one in which they came."""
        before = list(self.entries)
        same = 0
        while same < len(entries) and same < len(before) and entries[same] == before[same]:
            same += 1
        known = {entry.id for entry in before}
        moved = entries[same:]
        self._project.drop(*(entry.id for entry in moved if entry.id in known))
        self._project.put(*moved)

    def _on_changed(self, change: object) -> None:
        del change
        if self.entries != self._seen:
            self._seen = self.entries
            self.changed.emit()


def _file_of(swatch: Swatch) -> str:
    return f"{FOLDER}/{swatch.name}.safetensors"
