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
    Action("view.fit", "Show the whole picture", "fit-to-screen-outline", "view.fit", "0", has("document")),
    Action("view.in", "Zoom in", "magnify-plus-outline", "view.zoom_in", "+", has("document")),
    Action("view.out", "Zoom out", "magnify-minus-outline", "view.zoom_out", "-", has("document")),
    Action("view.browser", "Show or hide the slide browser", "page-layout-sidebar-left", "panes.browser", "Ctrl+B", checked=has("browser_shown")),
    Action("view.inspector", "Show or hide the inspector", "page-layout-sidebar-right", "panes.inspector", "Ctrl+J", checked=has("inspector_shown")),
    Action("view.minimap", "Show or hide the overview", "map-outline", "panes.minimap", "M", checked=has("minimap_shown"), search="minimap"),
    Action("view.synthetic", "Show or hide the synthetic view", "view-split-vertical", "panes.synthetic", "Ctrl+2", checked=has("synthetic_shown")),
    Action("view.filter", "Find a slide by name", "filter-variant", "panes.filter", "Ctrl+F"),
    Action("view.annotations", "Go to the annotations", "shape-outline", "panes.annotations", "Alt+1"),
    Action("view.image", "Go to the image's facts", "information-outline", "panes.image", "Alt+2", search="metadata scale bands"),
    Action("view.scale", "Set the scale…", "ruler", "view.set_scale", "", has("document"), search="micrometre pixel size mpp"),
    Action("theme.toggle", "Change between dark and light", "circle-half-full", "window.toggle_theme", "Ctrl+Shift+L", search="theme appearance"),
    Action("theme.system", "Follow the system's theme", "brightness-auto", "window.system_theme", checked=has("follows_system"), search="appearance dark light"),
    Action("help.palette", "Search commands", "magnify", "window.palette", "Ctrl+K"),
    Action("help.keys", "Keyboard shortcuts", "keyboard-outline", "window.shortcuts", "?"),
    Action("help.log", "Copy the log", "text-box-outline", "window.copy_log", search="report problem error"),
    Action("help.about", "About SSLDiff Studio", "information-variant", "window.about", search="version"),
)  # fmt: skip

BY_KEY = {action.key: action for action in ACTIONS}

MENUS: dict[str, tuple[str | None, ...]] = {
    "&File": (
        "file.open", "file.folder", None, "file.sample_slide", "file.sample_scene", None,
        "file.import", "file.export", None,
        "file.reload", "file.close", "file.close_others", None, "file.quit",
    ),
    "&Edit": (
        "edit.undo", "edit.redo", None, "annotation.rename", "annotation.lock",
        "annotation.delete", None, "annotation.all", "annotation.none",
    ),
    "&Tools": ("tool.hand", "tool.select", None, "tool.rectangle", "tool.polygon", "tool.freehand"),
    "&View": (
        "view.fit", "view.in", "view.out", "annotation.zoom", "view.scale", None,
        "file.next", "file.previous", None,
        "view.browser", "view.inspector", "view.synthetic", "view.minimap", None,
        "view.filter", "view.annotations", "view.image", None, "theme.toggle", "theme.system",
    ),
    "&Help": ("help.palette", "help.keys", None, "help.log", "help.about"),
}  # fmt: skip
"""What each menu holds; None is a line."""

TOOLS = ("tool.hand", "tool.select", "tool.rectangle", "tool.polygon", "tool.freehand")
"""What floats over the view."""


def spoken(shortcut: str) -> str:
    """Return a shortcut as people read it."""
    return {"Del": "Delete"}.get(shortcut, shortcut)


def tip(action: Action) -> str:
    """Return what a tooltip says: the action and its shortcut."""
    return f"{action.text}  ({spoken(action.shortcut)})" if action.shortcut else action.text
