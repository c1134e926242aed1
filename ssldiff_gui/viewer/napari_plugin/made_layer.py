"""The result that is shown, as a layer of the host's viewer, while it is made and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from napari.layers import Layer
from psygnal import Signal

from ssldiff_gui.core.geometry import Box
from ssldiff_gui.state.background import in_background
from ssldiff_gui.state.document import Document
from ssldiff_gui.viewer.joints.host import Ties
from ssldiff_gui.viewer.joints.made import Made, made_of
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.napari_plugin.opened import OPENED
from ssldiff_gui.viewer.scene_image import SceneImage
from ssldiff_gui.viewer.scene_layer import IMAGE_OPTIONS, SceneLayer
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.viewer.viewport import Viewport, viewport_of
from ssldiff_gui.viewer.world import World

if TYPE_CHECKING:
    from ssldiff_gui.state.job_list import Job
    from ssldiff_gui.state.workplace import Workplace
    from ssldiff_gui.viewer.napari_plugin.host_view import HostView

SYNTHETIC = "SYNTHETIC"
"""Every layer of what was made says so by its name."""


class MadeLayer:
    """Shows one canvas at its place on the scene it belongs to.

    It is a view too, in the canvas's own pixels, for what is drawn on the result.

    Parameters
    ----------
    view
        Where the original is.
    """

    shown = Signal(object)
    leaving = Signal()
    tool_changed = Signal(object)

    def __init__(self, view: HostView) -> None:
        self.original = view
        self.model = view.model
        self.annotations = None
        self.followers: list[Callable[[Made | None], None]] = []
        self._ties = Ties()
        self._place: Workplace | None = None
        self._made: Made | None = None
        self._of: Document | None = None
        self._document: Document | None = None
        self._held: SceneLayer | None = None
        view.shown.connect(self._again)

    @property
    def made(self) -> Made | None:
        """What is shown, while it is."""
        return self._made if self._document is not None else None

    @property
    def layer(self) -> Layer | None:
        """The picture, while it is shown."""
        held = self._held
        return None if held is None or held.layer not in self.model.layers else held.layer

    # -- projects ----------------------------------------------------------------------------------

    def enter(self, place: Workplace) -> None:
        """Follow a project."""
        self._place = place
        tie, queue = self._ties.tie, place.queue
        tie(place.bench.result_changed, lambda _: self.refresh())
        tie(place.bench.grid_changed, lambda _: self.refresh())
        tie(queue.preview, self._on_preview)
        tie(queue.tile_written, self._on_tile)
        for signal in (queue.finished, queue.cancelled, queue.failed):
            tie(signal, self._on_end)
        self.refresh()

    def leave(self) -> None:
        """Follow none any more."""
        self._ties.loose()
        self._place = None
        self._put(None)

    def close(self) -> None:
        """Take the layer away."""
        self.leave()
        self.original.shown.disconnect(self._again, missing_ok=True)

    def refresh(self) -> None:
        """Show the result in hand, beside its own scene and beside no other."""
        wanted = self._wanted()
        if wanted is not self._made:
            self._put(wanted)

    def _wanted(self) -> Made | None:
        place, document = self._place, self.original.document
        opened = None if place is None else place.bench.open
        entry = None if place is None else place.bench.result
        if place is None or opened is None or entry is None or entry.grid != opened.id:
            return None
        if opened.document is not document:
            return None
        if self._made is not None and self._made.id == entry.id:
            return self._made
        return made_of(place, opened, entry)

    def _put(self, wanted: Made | None) -> None:
        before, self._made, self._document = self._made, wanted, None
        self.leaving.emit()
        held, self._held = self._held, None
        if held is not None:
            held.close()
        if before is not None:
            in_background(before.canvas.slide.close, "close a canvas")
        if wanted is not None and wanted.region is not None:
            self._document = Document(wanted.canvas.slide)
            self._held = self._layer_of(wanted)
        self.shown.emit(self._document)
        for follower in self.followers:
            follower(self.made)

    def _layer_of(self, made: Made) -> SceneLayer:
        assert made.region is not None  # noqa: S101 - the caller looked
        world, box = self.world, made.region.box
        step, scene = made.region.downsample, made.canvas.slide.scenes[0]
        corner = np.array((box.y, box.x)) / step + 0.5
        pyramid = DisplayPyramid(scene, OPENED.loader)
        layer = SceneImage(
            pyramid.levels,
            name=f"{scene.name} · {SYNTHETIC}",
            metadata={"synthetic": True, "canvas": str(made.canvas.slide.path)},
            scale=world.scale,
            units=world.units,
            translate=tuple(corner * world.scale),
            **IMAGE_OPTIONS,
        )
        layers = self.model.layers
        chosen, active = set(layers.selection), layers.selection.active
        layers.append(layer)
        layers.selection = chosen
        layers.selection.active = active
        return SceneLayer(self.model, layer, pyramid)

    def _again(self, _: object = None) -> None:
        self.refresh()
        self.shown.emit(self._document)

    # -- as a view ---------------------------------------------------------------------------------

    @property
    def document(self) -> Document | None:
        """The canvas, as a document."""
        return self._document

    @property
    def world(self) -> World:
        """Size of one of the canvas's pixels."""
        known, made = self.original.world, self._made
        step = 1.0 if made is None or made.region is None else made.region.downsample
        return World(known.x * step, known.y * step, known.unit)

    @property
    def navigation(self) -> MadeLayer:
        """How large it is shown: see `ratio`."""
        return self

    @property
    def ratio(self) -> float:
        """Screen pixels for one of the canvas's."""
        world = self.world
        return float(self.model.scene.camera.zoom * (world.x * world.y) ** 0.5)

    @property
    def viewport(self) -> Viewport:
        """Left, top, right and bottom of what is visible, in the canvas's pixels."""
        return viewport_of(self.model, self.world)

    @property
    def tool(self) -> Tool:
        """What the mouse does; one mouse serves both."""
        return self.original.tool

    @tool.setter
    def tool(self, tool: Tool) -> None:
        self.original.tool = tool

    def fit(self) -> None:
        """Show the whole scene."""
        self.original.fit()

    def zoom_to(self, box: Box | Viewport) -> None:
        """Show a rectangle of the original's level-0 pixels."""
        self.original.zoom_to(box)

    def centre_on(self, x: float, y: float) -> None:
        """Bring a level-0 pixel coordinate of the original to the middle."""
        self.original.centre_on(x, y)

    def pan_by(self, across: float, down: float) -> None:
        """Move by parts of the view's own size."""
        self.original.pan_by(across, down)

    # -- what the worker says ----------------------------------------------------------------------

    def _is_of(self, job: Job | None) -> bool:
        made = self._made
        return job is not None and made is not None and (job.kind, job.owner) == (
            "generate", made.id,
        )  # fmt: skip

    def _on_preview(self, job: str, box: Box, picture: npt.NDArray[np.uint8]) -> None:
        if self._place is not None and self._is_of(self._place.queue.get(job)) and self._made:
            self._made.canvas.set_preview(box, picture)

    def _on_tile(self, job: str, box: Box) -> None:
        if self._place is not None and self._is_of(self._place.queue.get(job)) and self._made:
            self._made.canvas.tile_written(box)

    def _on_end(self, job: Job, _: object = None) -> None:
        if self._is_of(job) and self._made is not None:
            self._made.canvas.refresh()
