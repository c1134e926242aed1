"""Everything a person can do, as data: menus, shortcuts, palette and tooltips read it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter

from ssldiff_gui.app.situation import Situation

Test = Callable[[Situation], bool]


def always(_: Situation) -> bool:
    """Allow it at any time."""
    return True


def has(name: str) -> Test:
    """Return a test of one fact of the situation."""
    return attrgetter(name)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done.

    Parameters
    ----------
    key
        Its name in menus and in the settings: "file.open".
    text
        What menus and the palette say.
    icon
        Name within the icon family.
    handler
        "part.method": which part of the window does it.
    shortcut
        As Qt writes it, e.g. "Ctrl+O".
    when
        Whether it can be done now.
    checked
        For actions that are on or off: whether it is on now.
    words
        For actions whose text says what they would do: the fact that holds it.
    search
        More words it can be found by.
    """

    key: str
    text: str
    icon: str
    handler: str
    shortcut: str = ""
    when: Test = always
    checked: Test | None = None
    words: Callable[[Situation], str] | None = None
    search: str = ""


def _tool(name: str, text: str, icon: str, shortcut: str) -> Action:
    return Action(
        f"tool.{name}", text, icon, f"tools.{name}", shortcut, has("document"),
        checked=lambda now: now.tool == name, search="draw annotate region",
    )  # fmt: skip


def _cells(name: str, text: str, icon: str, shortcut: str, search: str = "") -> Action:
    return Action(
        f"tool.{name}", text, icon, f"tools.{name}", shortcut, has("grid"),
        checked=lambda now: now.tool == name, search=f"cells grid tool {search}",
    )  # fmt: skip


def _compare(name: str, text: str, icon: str, shortcut: str = "") -> Action:
    return Action(
        f"compare.{name}", text, icon, f"check.{name}", shortcut, has("result"),
        checked=lambda now: now.compare == name, search="compare original synthetic",
    )  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    Action("file.open", "Open a slide or scene…", "folder-open-outline", "files.open", "Ctrl+O"),
    Action("file.folder", "Choose a folder to browse…", "folder-search-outline", "files.choose_folder", "Ctrl+Shift+O"),
    Action("file.sample_slide", "Open the sample slide", "microscope", "files.sample_slide", search="example demo"),
    Action("file.sample_scene", "Open the sample scene", "satellite-variant", "files.sample_scene", search="example demo"),
    Action("file.reload", "Open the file again", "refresh", "files.reload", "F5", has("document")),
    Action("file.close", "Close this file", "close", "files.close", "Ctrl+W", has("document")),
    Action("file.close_others", "Close all other files", "close-box-multiple-outline", "files.close_others", "", has("several_documents")),
    Action("file.next", "Next open file", "arrow-right", "files.next", "Ctrl+Tab", has("several_documents")),
    Action("file.previous", "Previous open file", "arrow-left", "files.previous", "Ctrl+Shift+Tab", has("several_documents")),
    Action("file.import", "Import annotations…", "import", "annotations.read_file", "Ctrl+I", has("document"), search="geojson geopackage qupath load"),
    Action("file.export", "Export annotations…", "export", "annotations.write_file", "Ctrl+E", has("annotated"), search="geojson geopackage qupath save"),
    Action("project.new", "New project", "folder-plus-outline", "project.new", "Ctrl+Shift+N"),
    Action("project.open", "Open a project…", "folder-outline", "project.open", "Ctrl+Shift+P"),
    Action("project.save_as", "Save the project as…", "content-save-outline", "project.save_as", "Ctrl+Shift+S", has("project")),
    Action("project.menu", "Project…", "folder-outline", "project.menu", "", has("project"), search="rename recent read only"),
    Action("canvas.new", "New canvas from words, a class or the palette…", "image-plus-outline", "canvas.new", "Ctrl+N", has("project"), search="text prior nothing scratch"),
    Action("export.export", "Export…", "export-variant", "export.export", "Ctrl+Shift+E", has("document"), search="save tiff png grid clam trident figure"),
    Action("export.figure", "Export the comparison figure…", "compare", "export.figure", "", has("whole_result"), search="original grid synthetic check map"),
    Action("file.quit", "Quit", "exit-to-app", "window.quit", "Ctrl+Q"),
    Action("edit.undo", "Undo", "undo", "edit.undo", "Ctrl+Z", has("undo_text"), words=lambda now: f"Undo {now.undo_text}" if now.undo_text else "Undo"),
    Action("edit.redo", "Redo", "redo", "edit.redo", "Ctrl+Shift+Z", has("redo_text"), words=lambda now: f"Redo {now.redo_text}" if now.redo_text else "Redo"),
    Action("annotation.rename", "Rename the annotation", "rename-outline", "annotations.rename", "F2", has("selected")),
    Action("annotation.delete", "Delete the annotation", "trash-can-outline", "annotations.delete", "Del", has("selected"), search="remove"),
    Action("annotation.lock", "Lock or unlock the annotation", "lock-outline", "annotations.lock", "L", has("selected")),
    Action("annotation.zoom", "Zoom to the annotation", "image-filter-center-focus", "annotations.zoom", "Z", has("selected")),
    Action("annotation.all", "Select all annotations", "select-all", "annotations.select_all", "Ctrl+A", has("annotated")),
    Action("annotation.none", "Select nothing", "select-off", "annotations.select_none", "Ctrl+Shift+A", has("selected")),
    _tool("hand", "Move the picture", "hand-back-right-outline", "H"),
    _tool("select", "Select and change shapes", "cursor-default-outline", "V"),
    _tool("rectangle", "Draw a rectangle", "rectangle-outline", "R"),
    _tool("polygon", "Draw a polygon", "vector-polygon", "P"),
    _tool("freehand", "Draw freehand", "lasso", "F"),
    _tool("area_brush", "Paint areas; Alt erases", "format-paint", "U"),
    _cells("eyedropper", "Pick a cell to paint with", "eyedropper-variant", "I"),
    _cells("brush", "Paint cells", "brush", "B"),
    _cells("stamp", "Stamp: clone cells from elsewhere", "stamper", "S"),
    _cells("transplant", "Transplant a rectangle of cells", "content-cut", "T", "move copy"),
    _cells("gradient", "Gradient between two embeddings", "gradient-horizontal", "G"),
    _cells("vary", "Vary cells with a brush", "shuffle-variant", "Y", "noise variation"),
    _cells("eraser", "Erase edits: back to the original", "eraser", "E"),
    _cells("cells", "Select a rectangle of cells", "selection", "C"),
    _cells("lasso", "Select cells freehand", "selection-drag", "O"),
    _cells("similar", "Select similar cells", "auto-fix", "W", "wand threshold"),
    Action("cells.all", "Select all cells", "select-all", "cells.all", "Ctrl+Alt+A", has("grid")),
    Action("cells.none", "Deselect the cells", "select-off", "cells.none", "Ctrl+D", has("cells")),
    Action("cells.invert", "Invert the selection of cells", "select-inverse", "cells.invert", "Ctrl+Shift+I", has("grid")),
    Action("cells.blend", "Blend the selection between its corners", "gradient-vertical", "cells.blend", "Ctrl+Shift+G", has("cells"), search="gradient interpolate"),
    Action("cells.copy", "Copy the selected cells", "content-copy", "cells.copy", "Ctrl+C", has("cells")),
    Action("cells.paste", "Paste cells", "content-paste", "cells.paste", "Ctrl+V", has("grid"), search="another slide transplant"),
    Action("cells.bigger", "Larger brush", "plus-circle-outline", "cells.bigger", "]", has("grid")),
    Action("cells.smaller", "Smaller brush", "minus-circle-outline", "cells.smaller", "[", has("grid")),
    Action("cells.keep", "Add the picked cell to the palette", "palette-outline", "cells.keep", "Ctrl+P", has("grid"), search="swatch"),
    Action("cells.overlay", "Show or hide the grid's overlay", "grid", "cells.overlay", "Q", has("grid"), checked=has("overlay_shown"), search="colours clusters"),
    Action("region.embed", "Embed the region", "grid", "region.embed", "Ctrl+G", has("region"), search="grid embeddings"),
    Action("render.generate", "Generate", "creation", "render.generate", "Ctrl+Return", has("grid"), search="render image synthetic"),
    Action("render.live", "Render while painting", "flash-outline", "render.live", "Ctrl+L", has("grid"), checked=has("live")),
    Action("render.pause", "Pause or go on with the work", "pause", "render.pause", "Ctrl+Shift+Space", has("working"), checked=has("paused")),
    Action("render.cancel", "Cancel the work that runs", "close-octagon-outline", "render.cancel", "Ctrl+.", has("working"), search="stop abort"),
    Action("check.check", "Check the result against its grid", "check-decagram-outline", "check.check", "Ctrl+Shift+C", has("whole_result"), search="likeness cosine map"),
    Action("check.map", "Show or hide the check map", "map-check-outline", "check.map", "Ctrl+Shift+M", has("result"), checked=has("map_shown")),
    Action("check.weakest", "Go to the weakest cell", "target", "check.weakest", "", has("whole_result")),
    _compare("side", "Compare side by side", "view-split-vertical"),
    _compare("curtain", "Compare with a curtain", "curtains", "X"),
    _compare("blink", "Compare by blinking", "eye-refresh-outline", "K"),
    _compare("difference", "Show the difference", "vector-difference", "D"),
    Action("result.star", "Star the result", "star-outline", "strip.star", "", has("result")),
    Action("result.redo", "Render the result again with another seed", "dice-5-outline", "strip.redo_shown", "", has("result")),
    Action("result.restore", "Restore the result's grid and settings", "restore", "strip.restore_shown", "", has("result")),
    Action("result.delete", "Delete the result", "trash-can-outline", "strip.delete_shown", "", has("result")),
    Action("view.fit", "Show the whole picture", "fit-to-screen-outline", "view.fit", "0", has("document")),
    Action("view.in", "Zoom in", "magnify-plus-outline", "view.zoom_in", "+", has("document")),
    Action("view.out", "Zoom out", "magnify-minus-outline", "view.zoom_out", "-", has("document")),
    Action("view.lab", "Go to the lab, or back to the studio", "flask-outline", "lab.toggle", "Ctrl+Alt+L", checked=has("lab"), search="experiment train measure augment report"),
    Action("lab.open", "Open a request…", "file-document-outline", "lab.open_request", "", has("lab"), search="experiment json reproduce"),
    Action("view.browser", "Show or hide the slide browser", "page-layout-sidebar-left", "panes.browser", "Ctrl+B", checked=has("browser_shown")),
    Action("view.inspector", "Show or hide the inspector", "page-layout-sidebar-right", "panes.inspector", "Ctrl+J", checked=has("inspector_shown")),
    Action("view.minimap", "Show or hide the overview", "map-outline", "panes.minimap", "M", checked=has("minimap_shown"), search="minimap"),
    Action("view.synthetic", "Show or hide the synthetic view", "view-split-vertical", "panes.synthetic", "Ctrl+2", checked=has("synthetic_shown")),
    Action("view.filter", "Find a slide by name", "filter-variant", "panes.filter", "Ctrl+F"),
    Action("view.palette", "Show or hide the palette", "palette-outline", "panes.palette", "Ctrl+4", checked=has("palette_shown")),
    Action("view.strip", "Show or hide the results", "view-carousel-outline", "panes.strip", "Ctrl+3", checked=has("strip_shown")),
    Action("view.annotations", "Go to the region and annotations", "shape-outline", "panes.annotations", "Alt+1"),
    Action("view.grid", "Go to the grid", "grid", "panes.grid", "Alt+2"),
    Action("view.generate", "Go to what generates", "creation", "panes.generate", "Alt+3"),
    Action("view.check", "Go to the check", "check-decagram-outline", "panes.check", "Alt+4"),
    Action("view.image", "Go to the image's facts", "information-outline", "panes.image", "Alt+5", search="metadata scale bands"),
    Action("view.history", "History of edits", "history", "project.history", "Ctrl+H", has("document"), search="undo redo steps"),
    Action("view.scale", "Set the scale…", "ruler", "view.set_scale", "", has("document"), search="micrometre pixel size mpp"),
    Action("theme.toggle", "Change between dark and light", "circle-half-full", "window.toggle_theme", "Ctrl+Shift+L", search="theme appearance"),
    Action("theme.system", "Follow the system's theme", "brightness-auto", "window.system_theme", checked=has("follows_system"), search="appearance dark light"),
    Action("models.window", "Models…", "cube-outline", "models.window", "Ctrl+Shift+D", search="download licence encoder generator memory device"),
    Action("models.free", "Free the memory of models", "memory", "models.free", search="gpu unload"),
    Action("help.tour", "A tour in five steps", "map-marker-path", "help.tour", search="start introduction"),
    Action("help.palette", "Search commands", "magnify", "window.palette", "Ctrl+K"),
    Action("help.keys", "Keyboard shortcuts", "keyboard-outline", "window.shortcuts", "?"),
    Action("help.log", "Copy the log", "text-box-outline", "window.copy_log", search="report problem error"),
    Action("help.about", "About SSLDiff Studio", "information-variant", "help.about", search="version"),
)  # fmt: skip

BY_KEY = {action.key: action for action in ACTIONS}

MENUS: dict[str, tuple[str | None, ...]] = {
    "&File": (
        "file.open", "file.folder", "canvas.new", None, "file.sample_slide", "file.sample_scene", None,
        "project.new", "project.open", "project.save_as", "project.menu", None,
        "lab.open", "file.import", "file.export", "export.export", "export.figure", None,
        "file.reload", "file.close", "file.close_others", None, "file.quit",
    ),
    "&Edit": (
        "edit.undo", "edit.redo", "view.history", None,
        "cells.copy", "cells.paste", "cells.blend", "cells.all", "cells.none", "cells.invert", "cells.keep", None,
        "annotation.rename", "annotation.lock", "annotation.delete", "annotation.all", "annotation.none",
    ),
    "&Tools": (
        "tool.hand", "tool.select", None, "tool.rectangle", "tool.polygon", "tool.freehand", "tool.area_brush", None,
        "tool.eyedropper", "tool.brush", "tool.stamp", "tool.transplant", "tool.gradient",
        "tool.vary", "tool.eraser", None, "tool.cells", "tool.lasso", "tool.similar", None,
        "cells.bigger", "cells.smaller",
    ),
    "&Image": (
        "region.embed", None, "render.generate", "render.live", "render.pause", "render.cancel", None,
        "check.check", "check.map", "check.weakest", None,
        "compare.side", "compare.curtain", "compare.blink", "compare.difference", None,
        "result.star", "result.redo", "result.restore", "result.delete", None,
        "models.window", "models.free",
    ),
    "&View": (
        "view.fit", "view.in", "view.out", "annotation.zoom", "view.scale", None,
        "view.lab", None, "file.next", "file.previous", None, "cells.overlay",
        "view.browser", "view.palette", "view.inspector", "view.synthetic", "view.strip", "view.minimap", None,
        "view.filter", "view.annotations", "view.grid", "view.generate", "view.check", "view.image", None,
        "theme.toggle", "theme.system",
    ),
    "&Help": ("help.tour", "help.palette", "help.keys", None, "help.log", "help.about"),
}  # fmt: skip
"""What each menu holds; None is a line."""

TOOLS = (
    "tool.hand", "tool.select", "tool.rectangle", "tool.polygon", "tool.freehand",
    "tool.area_brush",
)  # fmt: skip
"""What floats over the view."""

CELL_TOOLS = (
    "tool.eyedropper", "tool.brush", "tool.stamp", "tool.gradient", "tool.vary",
    "tool.transplant", "tool.eraser", "tool.cells", "tool.lasso", "tool.similar",
)  # fmt: skip
"""What floats beside them while there is a grid."""


def spoken(shortcut: str) -> str:
    """Return a shortcut as people read it."""
    return {"Del": "Delete"}.get(shortcut, shortcut)


def tip(action: Action) -> str:
    """Return what a tooltip says: the action and its shortcut."""
    return f"{action.text}  ({spoken(action.shortcut)})" if action.shortcut else action.text
