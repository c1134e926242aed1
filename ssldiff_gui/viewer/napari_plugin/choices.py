"""What a person chose on the plugin's page of napari's preferences."""

from __future__ import annotations

import logging

from napari.settings import get_plugin_settings

from ssldiff_gui.slides.cache import TileCache
from ssldiff_gui.slides.loader import TileLoader

log = logging.getLogger(__name__)

PLUGIN = "ssldiff-gui"
DEFAULT_MEMORY_MB = 64


def tile_loader() -> TileLoader:
    """Return a loader with the memory and the threads that were chosen."""
    memory, threads = DEFAULT_MEMORY_MB, 0
    try:
        tiles = get_plugin_settings(PLUGIN).tiles
        memory, threads = int(tiles.memory_mb), int(tiles.threads)
    except (AttributeError, KeyError):  # used without napari's plugin manager
        log.debug("no page of preferences: defaults are used")
    return TileLoader(threads or None, TileCache(memory << 20))
