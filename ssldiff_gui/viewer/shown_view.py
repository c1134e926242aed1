"""What a view offers to those who draw on it and listen to its mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from psygnal import SignalInstance

from ssldiff_gui.core.geometry import Box

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from ssldiff_gui.state.document import Document
    from ssldiff_gui.viewer.annotation_layer import AnnotationLayer
    from ssldiff_gui.viewer.tools import Tool
    from ssldiff_gui.viewer.viewport import Viewport
    from ssldiff_gui.viewer.world import World


class Zoomed(Protocol):
    """Knows how large a picture is shown."""

    @property
    def ratio(self) -> float:
        """Canvas pixels for one level-0 pixel."""
        ...


class ShownView(Protocol):
    """A document in a napari viewer: a `SceneView`, or a part of somebody else's viewer."""

    tool: Tool
    """What the mouse does."""

    @property
    def model(self) -> ViewerModel:
        """The viewer."""
        ...

    @property
    def document(self) -> Document | None:
        """What is shown."""
        ...

    @property
    def world(self) -> World:
        """Size of a level-0 pixel in napari's world."""
        ...

    @property
    def annotations(self) -> AnnotationLayer | None:
        """The annotations on show."""
        ...

    @property
    def navigation(self) -> Zoomed:
        """How large it is shown."""
        ...

    @property
    def viewport(self) -> Viewport:
        """Left, top, right and bottom of what is visible, in level-0 pixels."""
        ...

    @property
    def shown(self) -> SignalInstance:
        """Emits (Document or None) when something else is shown."""
        ...

    @property
    def leaving(self) -> SignalInstance:
        """Emits when what is shown is about to go."""
        ...

    @property
    def tool_changed(self) -> SignalInstance:
        """Emits (Tool)."""
        ...

    def fit(self) -> None:
        """Show the whole scene."""
        ...

    def zoom_to(self, box: Box | Viewport) -> None:
        """Show a rectangle of level-0 pixels."""
        ...

    def centre_on(self, x: float, y: float) -> None:
        """Bring a level-0 pixel coordinate to the middle."""
        ...

    def pan_by(self, across: float, down: float) -> None:
        """Move by parts of the view's own size."""
        ...
