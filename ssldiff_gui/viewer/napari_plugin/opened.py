"""What the plugin has opened, and the viewers it looks after.

A reader of napari returns data only. To sharpen a picture as its tiles arrive, the plugin follows
the viewers there are and takes up each layer of its own as it is inserted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import napari
from napari.layers import Layer

from ssldiff_gui.slides.loader import TileLoader
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.viewer.gl_context import CanvasContext, guard_viewer
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.napari_plugin.choices import tile_loader
from ssldiff_gui.viewer.scene_layer import SceneLayer
from ssldiff_gui.viewer.world import World

log = logging.getLogger(__name__)

KEY = "ssldiff_gui"
"""Under which a layer's metadata names its `OpenedScene`."""


@dataclass(eq=False)
class OpenedScene:
    """One scene of a slide, shown as one layer.

    Parameters
    ----------
    document
        The slide; shared by the layers of all its scenes.
    index
        Which of its scenes.
    pyramid
        Its levels.
    """

    document: Document
    index: int
    pyramid: DisplayPyramid
    scene_layer: SceneLayer | None = field(default=None, repr=False)

    @property
    def scene(self) -> Scene:
        """The scene."""
        return self.document.slide.scenes[self.index]

    @property
    def editor(self) -> AnnotationEditor:
        """Its annotations."""
        return self.document.editors[self.index]

    @property
    def world(self) -> World:
        """Size of its level-0 pixels."""
        return World.of(self.scene, self.editor.scale)

    @property
    def title(self) -> str:
        """What its layers are called."""
        several = len(self.document.slide.scenes) > 1
        return f"{self.document.name} · {self.scene.name}" if several else self.document.name


class OpenedSlides:
    """All that the plugin has opened in this process."""

    def __init__(self) -> None:
        self._loader: TileLoader | None = None
        self._viewers: WeakKeyDictionary[Any, CanvasContext | None] = WeakKeyDictionary()
        self._slides: WeakKeyDictionary[Document, int] = WeakKeyDictionary()

    @property
    def loader(self) -> TileLoader:
        """Decodes tiles for every viewer; made when it is first needed."""
        if self._loader is None:
            self._loader = tile_loader()
        return self._loader

    def follow_viewers(self) -> None:
        """Take up the plugin's layers in whatever viewers there are."""
        current = napari.current_viewer()
        for viewer in {*napari.Viewer._instances, *([current] if current else [])}:  # noqa: SLF001
            self.follow(viewer)

    def follow(self, viewer: Any) -> None:
        """Take up the plugin's layers in a viewer, those it has and those to come."""
        model = getattr(viewer, "__wrapped__", viewer)
        if model in self._viewers:
            return
        self._viewers[model] = guard_viewer(model)
        model.layers.events.inserted.connect(self._on_inserted)
        model.layers.events.removed.connect(self._on_removed)
        for layer in model.layers:
            self._take_up(model, layer)

    def _on_inserted(self, event: Any) -> None:
        for model in list(self._viewers):
            if model.layers is event.source:
                self._take_up(model, event.value)

    def _on_removed(self, event: Any) -> None:
        opened = opened_scene(event.value)
        if opened is not None and opened.scene_layer is not None:
            opened.scene_layer.close()
            opened.scene_layer = None
            left = self._slides.get(opened.document, 1) - 1
            self._slides[opened.document] = left
            if left <= 0:
                in_background(opened.document.slide.close, "close slide")

    def _take_up(self, model: Any, layer: Layer) -> None:
        opened = opened_scene(layer)
        if opened is not None and opened.scene_layer is None:
            opened.scene_layer = SceneLayer(model, layer, opened.pyramid)
            self._slides[opened.document] = self._slides.get(opened.document, 0) + 1


def opened_scene(layer: Layer | None) -> OpenedScene | None:
    """Return what a layer shows, None when it is not one of the plugin's."""
    found = None if layer is None else layer.metadata.get(KEY)
    return found if isinstance(found, OpenedScene) else None


OPENED = OpenedSlides()
"""The plugin has no window of its own to hold this: napari makes readers and docks apart."""
