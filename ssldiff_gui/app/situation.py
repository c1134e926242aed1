"""What holds now, frozen: actions look here to know whether they can be done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Situation:
    """Facts about the window at one moment; compared, so that only changes touch widgets."""

    document: bool = False
    several_documents: bool = False
    annotated: bool = False
    selected: bool = False
    undo_text: str = ""
    redo_text: str = ""
    tool: str = "hand"
    browser_shown: bool = True
    inspector_shown: bool = True
    minimap_shown: bool = True
    synthetic_shown: bool = True
    follows_system: bool = True
    project: bool = False
    region: bool = False
    grid: bool = False
    cells: bool = False
    result: bool = False
    whole_result: bool = False
    results: bool = False
    working: bool = False
    paused: bool = False
    live: bool = False
    palette_shown: bool = True
    strip_shown: bool = True
    overlay_shown: bool = True
    map_shown: bool = False
    compare: str = "side"
    lab: bool = False
