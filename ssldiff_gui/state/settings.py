"""What the studio remembers between starts, in one JSON file a person can read."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, Literal, Self

from psygnal import SignalInstance
from pydantic import BaseModel, Field, PrivateAttr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ssldiff_gui.core.annotations import AnnotationClass
from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.folders import config_folder
from ssldiff_gui.core.palettes import HISTOLOGY, LAND_COVER
from ssldiff_gui.storage.atomic import write_bytes

VERSION = 1
MOST_RECENT = 20

log = logging.getLogger(__name__)


class Camera(BaseModel):
    """Where a view looks.

    Parameters
    ----------
    x, y
        The centre, in level-0 pixels.
    zoom
        Screen pixels for each level-0 pixel.
    """

    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    zoom: float = Field(gt=0, allow_inf_nan=False)


class OpenDocument(BaseModel):
    """A document that was open, and where its view looked."""

    path: Path
    scene: int = Field(default=0, ge=0)
    camera: Camera | None = None


class Settings(BaseSettings):
    """Choices and memories of the studio; any can be set by an environment variable SSLDIFF_….

    What comes from the environment counts for this run and is not saved.
    """

    model_config = SettingsConfigDict(
        env_prefix="SSLDIFF_", env_nested_delimiter="__", validate_assignment=True, extra="ignore"
    )

    version: int = Field(VERSION, ge=1, le=VERSION, description="Of this file's layout.")
    theme: Literal["system", "dark", "light"] = Field("system", description="Colours of the window")
    units: Literal["physical", "pixels"] = Field("physical", description="Units of sizes")
    tile_memory_mb: int = Field(64, ge=32, le=65536, description="Memory for picture tiles, in MB")
    pyramid_disk_gb: float = Field(
        10.0, ge=0, le=10000, description="Disk space for pyramids of flat files, in GB"
    )
    thumbnail_disk_mb: int = Field(200, ge=0, le=100000, description="Disk for thumbnails, in MB")
    decode_threads: int = Field(0, ge=0, le=64, description="Threads that decode; 0 chooses")
    undo_steps: int = Field(2000, ge=10, le=100000, description="Acts that can be undone")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Detail")

    slide_classes: tuple[AnnotationClass, ...] = Field(HISTOLOGY, description="For new slides")
    scene_classes: tuple[AnnotationClass, ...] = Field(LAND_COVER, description="For new scenes")

    last_folder: Path | None = None
    export_folder: Path | None = None
    last_tool: str = "hand"
    recent: tuple[Path, ...] = ()
    recent_projects: tuple[Path, ...] = ()
    documents: tuple[OpenDocument, ...] = ()
    current_document: int = Field(0, ge=0)
    window_geometry: str = Field("", description="Opaque, base64")
    window_state: str = Field("", description="Opaque, base64")
    panels: dict[str, bool] = Field(default_factory=dict)
    tour_seen: bool = Field(False, description="Whether the tour was shown, or left")

    _path: Path = PrivateAttr(default_factory=lambda: config_folder() / "settings.json")
    _notice: UserError | None = PrivateAttr(default=None)
    _stored: dict[str, Any] = PrivateAttr(default_factory=dict)
    _changed: SignalInstance = PrivateAttr(default_factory=lambda: SignalInstance((str,)))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which arrives as arguments."""
        _ = settings_cls
        return env_settings, init_settings

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read the settings; a missing file means defaults, a broken one is kept aside.

        Parameters
        ----------
        path
            The file; the one in the user's configuration folder when None.

        Returns
        -------
        Settings
            Its `notice` says what had to be put aside, if anything.
        """
        path = path or config_folder() / "settings.json"
        stored, notice = _stored_values(path)
        settings, notice = cls._usable(path, stored, notice)
        return settings._with_origin(path, notice, stored)  # noqa: SLF001 - its own class

    @classmethod
    def _usable(
        cls, path: Path, stored: dict[str, Any], notice: UserError | None
    ) -> tuple[Self, UserError | None]:
        """Build the settings, without the values that are no good."""
        try:
            return cls(**stored), notice
        except ValidationError as error:
            bad = {str(problem["loc"][0]) for problem in error.errors()}
        env = bad & _from_environment(cls)
        if env:
            names = ", ".join(sorted(f"SSLDIFF_{name.upper()}" for name in env))
            raise UserError(f"The environment has a bad value in {names}.", "Correct or unset it.")
        notice = _put_aside(path, f"{', '.join(sorted(bad))} cannot be used")
        if "version" in bad:
            stored.clear()
        for name in bad:
            stored.pop(name, None)
        return cls(**stored), notice

    def _with_origin(self, path: Path, notice: UserError | None, stored: dict[str, Any]) -> Self:
        self._path, self._notice, self._stored = path, notice, stored
        return self

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def notice(self) -> UserError | None:
        """What the person should know of how loading went, or None."""
        return self._notice

    @property
    def changed(self) -> SignalInstance:
        """Emitted with the name of each value that changes."""
        return self._changed

    def __setattr__(self, name: str, value: Any) -> None:
        before = getattr(self, name, None)
        super().__setattr__(name, value)
        if not name.startswith("_") and getattr(self, name) != before:
            self._changed.emit(name)

    def save(self) -> None:
        """Write the file, whole or not at all.

        Raises
        ------
        FileProblem
            When the folder cannot be written to.
        """
        values = self.model_dump(mode="json")
        for name in _from_environment(type(self)):
            if name in self._stored:
                values[name] = self._stored[name]
            else:
                values.pop(name, None)
        text = json.dumps(values, indent=2, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileProblem(
                self._path, f"The settings cannot be saved: {error.strerror}.", "Check the folder."
            ) from error
        write_bytes(self._path, text.encode())

    def remember_recent(self, path: Path) -> None:
        """Put a file at the front of the recent ones."""
        others = [known for known in self.recent if known != path]
        self.recent = (path, *others)[:MOST_RECENT]

    def forget_recent(self, paths: frozenset[Path]) -> None:
        """Take files that are gone out of the recent ones."""
        self.recent = tuple(known for known in self.recent if known not in paths)

    def remember_project(self, path: Path) -> None:
        """Put a project at the front of the recent ones."""
        others = [known for known in self.recent_projects if known != path]
        self.recent_projects = (path, *others)[:MOST_RECENT]

    def forget_projects(self, paths: frozenset[Path]) -> None:
        """Take projects that are gone out of the recent ones."""
        self.recent_projects = tuple(known for known in self.recent_projects if known not in paths)


def _from_environment(settings: type[BaseSettings]) -> set[str]:
    """Return the names of the values that the environment sets."""
    known = {variable.upper() for variable in os.environ}
    prefixes = {name: f"SSLDIFF_{name.upper()}" for name in settings.model_fields}
    return {
        name
        for name, prefix in prefixes.items()
        if any(variable == prefix or variable.startswith(f"{prefix}__") for variable in known)
    }


def _stored_values(path: Path) -> tuple[dict[str, Any], UserError | None]:
    """Return what the file says, and what to tell the person when it says nothing readable."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, None
    except OSError as error:
        log.warning("settings unreadable: %s", error)
        return {}, FileProblem(path, "The settings cannot be read.", "Defaults are used.")
    except (ValueError, RecursionError) as error:
        log.warning("settings broken: %s", error)
        return {}, _put_aside(path, "they are damaged")
    if not isinstance(values, dict):
        return {}, _put_aside(path, "they are damaged")
    return values, None


def _put_aside(path: Path, reason: str) -> UserError:
    """Keep a copy of a file that cannot be used, and say so."""
    aside = path.with_name(path.name + ".broken")
    try:
        write_bytes(aside, path.read_bytes())
    except (OSError, FileProblem):
        log.exception("settings could not be put aside")
    return FileProblem(
        path,
        f"Some settings are back to their defaults: {reason}.",
        f"The old file is kept as {aside.name}.",
    )
