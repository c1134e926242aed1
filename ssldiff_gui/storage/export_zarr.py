"""An OME-Zarr of its own: the pixels of a canvas, or of a part of it, without its workshop."""

from __future__ import annotations

import json
from pathlib import Path

from ssldiff_gui.core.progress import Progress
from ssldiff_gui.storage.canvas_files import METADATA, OWN, shard_path
from ssldiff_gui.storage.canvas_layout import Key, Layout
from ssldiff_gui.storage.canvas_metadata import EMPTY_GROUP, array_metadata, root_metadata
from ssldiff_gui.storage.canvas_records import Created
from ssldiff_gui.storage.canvas_shards import encode_shard
from ssldiff_gui.storage.extract import Extract
from ssldiff_gui.storage.marking import summary_of, title_of, xmp_packet
from ssldiff_gui.storage.provenance import Record

RECORD, PACKET = f"{OWN}/record.json", f"{OWN}/packet.xmp"


def write_zarr(
    extract: Extract, folder: Path, record: Record, text: str, progress: Progress
) -> None:
    """Write OME-Zarr 0.5: sharded, with all levels.

    Parameters
    ----------
    extract
        What to write.
    folder
        An empty folder.
    record, text
        What says how it was made, and the same packed.
    progress
        Told the share of shards that are written.
    """
    layout = Layout(extract.width, extract.height)
    (folder / METADATA).write_text(json.dumps(_root(extract, layout, record), indent=2), "utf-8")
    (folder / OWN).mkdir()
    (folder / OWN / METADATA).write_text(json.dumps(EMPTY_GROUP), "utf-8")
    (folder / RECORD).write_text(text, "utf-8")
    (folder / PACKET).write_text(xmp_packet(record), "utf-8")
    keys = list(_shards(layout))
    for number, key in enumerate(keys):
        progress.check()
        pixels = extract.read(layout.box(key), key[0])
        path = shard_path(folder, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_shard(pixels, layout))
        progress.report(number + 1, len(keys), "Writing the OME-Zarr")
    for level in range(len(layout.levels)):
        content = json.dumps(array_metadata(layout, level), indent=2)
        (folder / str(level) / METADATA).write_text(content, "utf-8")


def _root(extract: Extract, layout: Layout, record: Record) -> dict[str, object]:
    created = Created(
        width=extract.width,
        height=extract.height,
        name=title_of(record),
        scale=extract.scale,
        georeference=extract.georeference,
        recipe=record.recipe,
        grid=record.recipe.grid,
    )
    found = root_metadata(created, record.recipe, layout)
    found["attributes"]["ssldiff"] |= summary_of(record)
    return found


def _shards(layout: Layout) -> list[Key]:
    return [
        (level, row, column)
        for level in range(len(layout.levels))
        for row in range(layout.tiles(level)[0])
        for column in range(layout.tiles(level)[1])
    ]
