"""A canvas that begins with what another one has finished, and shares its files.

Shards are replaced and never changed, so that a second name for one stays what it was when the
canvas it came from goes another way.
"""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.storage import canvas_files as files
from ssldiff_gui.storage.atomic import link_or_copy, sync
from ssldiff_gui.storage.canvas_making import make_folder
from ssldiff_gui.storage.canvas_records import CanvasState, Record
from ssldiff_gui.storage.canvas_view import CanvasView
from ssldiff_gui.storage.preflight import still_needed, telling_of_full_disks


def copy_canvas(source: CanvasView, path: Path) -> None:
    """Make a canvas with the finished tiles of another one.

    Parameters
    ----------
    source
        Open to be read, or to be written by this program.
    path
        Of the copy; nothing is there yet.

    Raises
    ------
    AlreadyThere
        Nothing that exists is written over.
    NoSpace, FileProblem
        It cannot be made; nothing is left of the attempt.
    """
    path = path.absolute()
    files.refuse_links(source.path)
    state = source.state
    created = state.created.model_copy(
        update={"recipe": state.recipe, "grid": state.grid, "name": path.name}
    )

    def shards(folder: Path) -> list[Record]:
        return _link(source.path, folder, state)

    with telling_of_full_disks(path, lambda: still_needed(CanvasState(created))):
        make_folder(path, created, source.grid, source.areas, shards)


def _link(source: Path, folder: Path, state: CanvasState) -> list[Record]:
    """Give the files of all shards a name in another folder as well; return their records."""
    found: list[Record] = []
    rows = set()
    for key, shard in sorted(state.shards.items()):
        target = files.shard_path(folder, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            link_or_copy(files.shard_path(source, key), target)
        except FileNotFoundError:
            continue  # it is rendered again
        rows.add(target.parent)
        found.append(shard.model_copy(update={"edition": 0}))
    for row in sorted(rows):
        sync(row)
    return found
