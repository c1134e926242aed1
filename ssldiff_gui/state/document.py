"""One opened file: what is shown of it, and what was drawn upon it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.annotations import AnnotationClass
from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.state.editor import AnnotationEditor
from ssldiff_gui.state.history import History
from ssldiff_gui.state.settings import Camera

if TYPE_CHECKING:
    from ssldiff_gui.slides.scene import Scene
    from ssldiff_gui.slides.slide import Slide


class Document:
    """An opened slide with an editor for each of its scenes.

    Parameters
    ----------
    slide
        The opened file.
    slide_classes, scene_classes
        Classes to start with, for scenes without and with a place on a planet.
    undo_steps
        Most acts that each scene remembers.
    """

    def __init__(
        self,
        slide: Slide,
        *,
        slide_classes: Iterable[AnnotationClass] = (),
        scene_classes: Iterable[AnnotationClass] = (),
        undo_steps: int = 2000,
    ) -> None:
        self.slide = slide
        self.scene_index = 0
        self.fingerprint: str | None = None
        self.trouble: UserError | None = None
        lists = tuple(slide_classes), tuple(scene_classes)
        self.editors = tuple(
            AnnotationEditor(History(undo_steps), lists[scene.georeference is not None])
            for scene in slide.scenes
        )
        self.cameras: dict[int, Camera] = {}

    @property
    def path(self) -> Path:
        """The file."""
        return self.slide.path

    @property
    def name(self) -> str:
        """The file's name, as a title."""
        return self.path.name

    @property
    def scene(self) -> Scene:
        """The scene that is shown."""
        return self.slide.scenes[self.scene_index]

    @property
    def editor(self) -> AnnotationEditor:
        """The annotations of the scene that is shown."""
        return self.editors[self.scene_index]

    @property
    def history(self) -> History:
        """Undo and redo of the scene that is shown; another one after the scene changes."""
        return self.editor.history

    @property
    def view(self) -> Camera | None:
        """Where the view of the present scene looked last."""
        return self.cameras.get(self.scene_index)

    @view.setter
    def view(self, camera: Camera) -> None:
        self.cameras[self.scene_index] = camera

    @property
    def scale(self) -> Scale | None:
        """Size of a level-0 pixel: what the person said, else what the file says, else None."""
        return self.editor.scale or self.scene.scale

    @property
    def scale_override(self) -> Scale | None:
        """The scale that a person gave; set it through `editor.set_scale`, which can be undone."""
        return self.editor.scale

    @property
    def scale_unknown(self) -> bool:
        """Whether neither the file nor the person says how large a pixel is: ask."""
        return self.scale is None
