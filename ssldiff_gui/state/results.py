"""The results of a project as a person sorts them: starred, renamed, deleted, and all undone."""

from __future__ import annotations

from psygnal import Signal

from ssldiff_gui.core.project import ResultEntry
from ssldiff_gui.state.history import History, Step
from ssldiff_gui.state.project import Change, Dropped, Project, Put


class Results:
    """Acts on the results of a project.

    Parameters
    ----------
    project
        Whose results.
    history
        Takes the acts; set another one when another document is shown.
    """

    changed = Signal()
    """Some result is not what it was, or came or went."""

    def __init__(self, project: Project, history: History | None = None) -> None:
        self.history = history or History()
        self._project = project
        project.changed.connect(self._see)

    def close(self) -> None:
        """Listen no more."""
        self._project.changed.disconnect(self._see)

    # -- what there is -----------------------------------------------------------------------------

    @property
    def all(self) -> tuple[ResultEntry, ...]:
        """All results, the latest first."""
        return self._project.entries(ResultEntry)[::-1]

    @property
    def starred(self) -> tuple[ResultEntry, ...]:
        """Those with a star, the latest first."""
        return tuple([entry for entry in self.all if entry.starred])

    def of(self, grid: str) -> tuple[ResultEntry, ...]:
        """Return the results of a grid, the latest first."""
        return tuple([entry for entry in self.all if entry.grid == grid])

    def get(self, identity: str) -> ResultEntry | None:
        """Return one result, or None."""
        entry = self._project.get(identity)
        return entry if isinstance(entry, ResultEntry) else None

    # -- acts --------------------------------------------------------------------------------------

    def star(self, identity: str, on: bool) -> None:
        """Set or take the star of a result."""
        self._change(identity, "Star result" if on else "Unstar result", "starred", on)

    def rename(self, identity: str, name: str) -> None:
        """Give a result another name."""
        self._change(identity, "Rename result", "name", name.strip())

    def note(self, identity: str, text: str) -> None:
        """Write something about a result."""
        self._change(identity, "Note on result", "note", text)

    def delete(self, *ids: str) -> None:
        """Take results out of the project; their files stay as long as this can be undone."""
        gone = tuple([entry for i in ids if (entry := self.get(i)) is not None])
        if not gone:
            return
        text = "Delete result" if len(gone) == 1 else f"Delete {len(gone)} results"
        kept = list(gone)

        def do() -> None:
            now = [entry for old in gone if (entry := self.get(old.id)) is not None]
            kept[:] = now or kept  # as they are at that time: a check may have come in between
            self._project.drop(*(entry.id for entry in now))

        self.history.push(Step(text, do, lambda: self._project.put(*kept)))

    # -- inside ------------------------------------------------------------------------------------

    def _change(self, identity: str, text: str, field: str, value: object) -> None:
        entry = self.get(identity)
        if entry is None or getattr(entry, field) == value:
            return
        before = getattr(entry, field)
        key = None if isinstance(value, bool) else (id(self), identity, field)
        self.history.push(
            Step(
                text,
                lambda: self._set(identity, field, value),
                lambda: self._set(identity, field, before),
                key,
            )
        )

    def _set(self, identity: str, field: str, value: object) -> None:
        """Change one field and leave the others as they have become meanwhile."""
        entry = self.get(identity)
        if entry is not None:
            self._project.put(entry.model_copy(update={field: value}))

    def _see(self, change: Change) -> None:
        if isinstance(change, (Put, Dropped)) and any(
            isinstance(entry, ResultEntry) for entry in change.entries
        ):
            self.changed.emit()
