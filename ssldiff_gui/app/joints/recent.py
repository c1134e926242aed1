"""Projects that were open of late: where they are, and when they were changed last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ssldiff_gui.state.project import untitled_folder
from ssldiff_gui.storage.project_files import SNAPSHOT, SUFFIX
from ssldiff_gui.storage.project_journal import journals
from ssldiff_gui.widgets.project_panel import MOST_RECENT, RecentProject


def recent_projects(paths: Sequence[Path]) -> tuple[RecentProject, ...]:
    """Return what a list says of projects; asks their drives, so call it off the window."""
    return tuple([_recent(path) for path in paths[:MOST_RECENT]])


def _recent(path: Path) -> RecentProject:
    untitled = path.parent == untitled_folder()
    name = path.name.removesuffix(SUFFIX)
    if untitled:
        name = f"Untitled {name.rpartition('-')[2]}"
    changed = _changed(path)
    where = "without a place of its own" if untitled else path.parent.name
    parts = ("" if changed is None else day_text(changed), where)
    note = " · ".join(part for part in parts if part)
    return RecentProject(str(path), name, note, missing=changed is None)


def _changed(path: Path) -> datetime | None:
    """Return when a project was changed last; None when it is gone."""
    try:
        times = [path.joinpath(SNAPSHOT).stat().st_mtime]
        times += [journal.stat().st_mtime for journal in journals(path).values()]
    except OSError:
        return None
    return datetime.fromtimestamp(max(times)).astimezone()


def day_text(moment: datetime, now: datetime | None = None) -> str:
    """Return "10:42" for today, "yesterday", "3 days ago", then the date."""
    today = (now or datetime.now().astimezone()).date()
    days = (today - moment.date()).days
    if days <= 0:
        return f"{moment:%H:%M}"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 7 else f"{moment:%d %b %Y}"
