"""What is remembered between starts, and what happens when the memory is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.folders import config_folder
from ssldiff_gui.core.palettes import HISTOLOGY
from ssldiff_gui.state.settings import Camera, OpenDocument, Settings


def test_a_first_start_has_defaults_and_writes_nothing() -> None:
    settings = Settings.load()
    assert settings.theme == "system"
    assert settings.slide_classes == HISTOLOGY
    assert settings.notice is None
    assert not settings.path.exists()
    assert settings.path == config_folder() / "settings.json"


def test_everything_comes_back(tmp_path: Path) -> None:
    settings = Settings.load()
    settings.theme = "dark"
    settings.last_folder = tmp_path
    settings.panels = {"minimap": False}
    settings.window_geometry = "AAEC"
    settings.documents = (
        OpenDocument(path=tmp_path / "é.svs", scene=1, camera=Camera(x=1, y=2, zoom=0.1)),
    )
    settings.save()
    again = Settings.load()
    assert again.model_dump() == settings.model_dump()
    assert again.documents == settings.documents


def test_the_home_variable_moves_everything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLDIFF_HOME", str(tmp_path / "portable"))
    Settings.load().save()
    assert (tmp_path / "portable/config/settings.json").is_file()


def test_the_environment_counts_but_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load()
    settings.theme = "dark"
    settings.save()
    monkeypatch.setenv("SSLDIFF_THEME", "light")
    monkeypatch.setenv("SSLDIFF_TILE_MEMORY_MB", "512")
    settings = Settings.load()
    assert settings.theme == "light"
    assert settings.tile_memory_mb == 512
    settings.units = "pixels"
    settings.save()
    monkeypatch.undo()
    monkeypatch.setenv("SSLDIFF_HOME", str(settings.path.parents[1]))
    again = Settings.load(settings.path)
    assert again.theme == "dark"
    assert again.tile_memory_mb == 64
    assert again.units == "pixels"


def test_a_bad_environment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLDIFF_THEME", "pink")
    with pytest.raises(UserError, match="SSLDIFF_THEME"):
        Settings.load()


@pytest.mark.parametrize("content", ["", "{", "[1]", "[" * 100_000, "\x00\xff"])
def test_a_broken_file_is_kept_aside(content: str) -> None:
    path = config_folder() / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode("latin-1"))
    settings = Settings.load()
    assert settings.theme == "system"
    assert isinstance(settings.notice, FileProblem)
    assert path.with_name("settings.json.broken").read_bytes() == content.encode("latin-1")
    settings.save()
    assert Settings.load().notice is None


def test_one_bad_value_costs_only_itself() -> None:
    path = config_folder() / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"theme": "pink", "units": "pixels", "future": 1}))
    settings = Settings.load()
    assert settings.theme == "system"
    assert settings.units == "pixels"
    assert settings.notice is not None
    assert "theme" in settings.notice.message
    assert path.with_name("settings.json.broken").exists()


def test_a_newer_file_is_kept_aside_whole() -> None:
    path = config_folder() / "settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 99, "units": "pixels"}))
    settings = Settings.load()
    assert settings.units == "physical"
    assert "99" in path.with_name("settings.json.broken").read_text()
    assert settings.notice is not None


def test_changes_are_told_once_and_checked() -> None:
    settings = Settings.load()
    told: list[str] = []
    settings.changed.connect(told.append)
    settings.theme = "dark"
    settings.theme = "dark"
    with pytest.raises(ValidationError):
        settings.tile_memory_mb = -1
    assert told == ["theme"]
    assert settings.tile_memory_mb == 64


def test_recent_files_are_few_and_newest_first(tmp_path: Path) -> None:
    settings = Settings.load()
    for number in [*range(25), 3]:
        settings.remember_recent(tmp_path / f"{number}.svs")
    assert len(settings.recent) == 20
    assert [p.stem for p in settings.recent[:3]] == ["3", "24", "23"]
    settings.forget_recent(frozenset({tmp_path / "24.svs"}))
    assert [p.stem for p in settings.recent[:2]] == ["3", "23"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings.load(tmp_path / "file" / "settings.json")
    with pytest.raises(FileProblem, match="cannot be saved"):
        settings.save()
