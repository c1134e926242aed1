"""Where projects lie, what they are called, and what is said when they do not answer."""

from __future__ import annotations

from pathlib import Path

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.folders import data_folder
from ssldiff_gui.storage.project_files import SUFFIX


def untitled_folder() -> Path:
    """Return where projects lie that nobody has given a name."""
    return data_folder() / "projects"


def stem(folder: Path) -> str:
    """Return what a project is called, from its folder's name."""
    return folder.name.removesuffix(SUFFIX)


def refuse_inside(folder: Path, project: Path) -> None:
    """Raise BadRequest when a project is to be saved inside itself."""
    if folder.is_relative_to(project):
        raise BadRequest("A project cannot be saved inside itself.", "Choose a folder outside.")


def silent(folder: Path) -> MissingFile:
    """Say that the drive of a project does not answer."""
    return MissingFile(
        folder,
        f"The drive of {folder.name} does not answer: changes are not saved.",
        "Check the network or the cable.",
    )
