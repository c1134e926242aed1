"""Where the studio keeps what is its own: settings, caches, saved work, logs.

`SSLDIFF_HOME` moves all four into one folder, for tests and for portable installations.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "ssldiff-gui"


def config_folder() -> Path:
    """Return the folder of the settings; it is made when something is first written."""
    return _home("config") or platformdirs.user_config_path(APP, appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be made again: thumbnails, pyramids."""
    return _home("cache") or platformdirs.user_cache_path(APP, appauthor=False)


def data_folder() -> Path:
    """Return the folder of the user's work that has no other home: autosaved annotations."""
    return _home("data") or platformdirs.user_data_path(APP, appauthor=False)


def log_folder() -> Path:
    """Return the folder of the logs."""
    return _home("logs") or platformdirs.user_log_path(APP, appauthor=False)


def _home(name: str) -> Path | None:
    home = os.environ.get("SSLDIFF_HOME", "")
    return Path(home).expanduser() / name if home else None
