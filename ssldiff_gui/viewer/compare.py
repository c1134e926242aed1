"""The synthetic picture in the view of its original: behind a curtain, by turns, or subtracted."""

from __future__ import annotations

from typing import Literal, get_args

from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QKeyEvent

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.slides.difference import LEGEND, difference
from ssldiff_gui.slides.scene import Scene
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.viewer.cell_canvas import native_of
from ssldiff_gui.viewer.compare_marks import CompareMarks, Shown
from ssldiff_gui.viewer.curtain_filter import CurtainedLayer
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.viewer.levels import DisplayPyramid
from ssldiff_gui.viewer.scene_layer import SceneLayer, add_scene_layer
from ssldiff_gui.viewer.scene_view import SceneView
from ssldiff_gui.viewer.viewport import Viewport
from ssldiff_gui.viewer.world import World, image_placing

Mode = Literal["side", "curtain", "blink", "difference"]
MODES: tuple[Mode, ...] = get_args(Mode)

BLINK_MS = 333
"""Three pictures a second are 1.5 changes to and fro: well below what could harm anybody."""

OTHER_KEY = Qt.Key.Key_Backslash
"""Shows the other picture for as long as it is held, as in programs for photographs."""


class Compare:
    """Shows a synthetic picture over its original in one view, without touching anything else.

    Camera, layers and tool stay as they are; leaving a mode takes away what it brought. All of it
    is used from Qt's main thread.

    Parameters
    ----------
    view
        The original's.
    """

    mode_changed = Signal(str)
    failed = Signal(UserError)
    """A part of the synthetic picture cannot be read."""

    def __init__(self, view: SceneView) -> None:
        self._view = view
        self._mode: Mode = "side"
        self._slide: Slide | None = None
        self._region: Region | None = None
        self._scene: Scene | None = None
        self._layer: SceneLayer | None = None
        self._curtain: CurtainedLayer | None = None
        self._share = 0.5
        self._synthetic_seen = False
        self._held = self._closed = False
        native = native_of(view.model)
        self._marks = None if native is None else CompareMarks(native, LEGEND)
        self._keys = None if native is None else _OtherKey(self, native)
        if self._marks is not None:
            self._marks.moved.connect(self._on_moved)
        self._timer = QTimer()
        self._timer.setInterval(BLINK_MS)
        self._timer.timeout.connect(self._turn)
        view.leaving.connect(self._clear)
        view.shown.connect(self._arrange)
        view.viewport_changed.connect(self._on_viewport)

    # -- what is compared --------------------------------------------------------------------------

    def show(self, slide: Slide | None, region: Region | None = None) -> None:
        """Compare a picture with the scene that the view shows now; nothing when it is None.

        Parameters
        ----------
        slide
            Its first scene shows the region, at the region's resolution; it may still be growing,
            and is not closed here.
        region
            In level-0 pixels of the view's scene; the whole of it from the corner when None.
        """
        self._clear()
        self._slide, self._region = slide, region
        document = self._view.document
        self._scene = None if slide is None or document is None else document.scene
        self._arrange()

    @property
    def ready(self) -> bool:
        """Whether there is something to compare in the view."""
        document = self._view.document
        return document is not None and self._slide is not None and document.scene is self._scene

    @property
    def mode(self) -> Mode:
        """How the two are compared."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in MODES:
            raise ValueError(f"no such way to compare: {mode}")
        if mode == self._mode:
            return
        self._clear()
        self._mode = mode
        self._arrange()
        self.mode_changed.emit(mode)

    @property
    def share(self) -> float:
        """Where the curtain's line is, as a share of the view's width."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if self._marks is not None:
            self._marks.handle.share = share

    @property
    def synthetic_seen(self) -> bool:
        """Whether anything synthetic is in the original's view just now."""
        return self._layer is not None and (self._mode != "blink" or self._synthetic_seen)

    @property
    def pyramid(self) -> DisplayPyramid | None:
        """Levels of what is shown over the original."""
        return None if self._layer is None else self._layer.pyramid

    def hold(self, held: bool) -> None:
        """Show the other picture for as long as this is held, and go on blinking then."""
        if held == self._held:
            return
        self._held = held
        if self._layer is None:
            return
        if self._mode == "blink":
            if held:
                self._timer.stop()
                self._turn()
            else:
                self._timer.start()
        elif self._mode in ("curtain", "difference"):
            self._see(not held)

    def close(self) -> None:
        """Take everything away; the slide is its owner's to close."""
        if self._closed:
            return
        self._clear()
        self._closed = True
        self._view.leaving.disconnect(self._clear, missing_ok=True)
        self._view.shown.disconnect(self._arrange, missing_ok=True)
        self._view.viewport_changed.disconnect(self._on_viewport, missing_ok=True)
        if self._keys is not None:
            self._keys.close()
        if self._marks is not None:
            self._marks.close()

    # -- how ---------------------------------------------------------------------------------------

    def _arrange(self, *_: object) -> None:
        """Bring what the mode needs, if there is anything to compare."""
        if self._closed or self._mode == "side" or not self.ready or self._layer is not None:
            return
        assert self._slide is not None and self._scene is not None  # noqa: S101, PT018 - ready
        region = self._region or Region(self._slide.scenes[0].box)
        slide = self._slide
        if self._mode == "difference":
            slide = difference(self._scene, slide, region)
        self._layer = self._add(slide, region)
        if self._mode == "curtain":
            self._curtain = CurtainedLayer(self._view.model, self._layer.layer)
            self._curtain.divide(self._share)
            self._mark("curtain")
        elif self._mode == "blink":
            self._see(seen=True)
            self._timer.start()
        else:
            self._mark("difference")
        self._on_viewport(self._view.viewport)

    def _add(self, slide: Slide, region: Region) -> SceneLayer:
        """Put a picture over the original and under everything else."""
        model, world, step = self._view.model, self._view.world, region.downsample
        pyramid = DisplayPyramid(slide.scenes[0], self._view.loader)
        pyramid.failed.connect(self._on_failed)
        placing = image_placing(World(world.x * step, world.y * step, world.unit))
        down, across = placing["translate"]
        placing["translate"] = (down + region.box.y * world.y, across + region.box.x * world.x)
        return add_scene_layer(model, pyramid, "Synthetic", above_first=True, **placing)

    def _clear(self) -> None:
        """Take away what the mode brought."""
        self._timer.stop()
        self._held = False
        self._mark("nothing")
        curtain, self._curtain = self._curtain, None
        if curtain is not None:
            curtain.release()
        layer, self._layer = self._layer, None
        if layer is not None:
            layer.pyramid.failed.disconnect(self._on_failed, missing_ok=True)
            layer.close()

    def _mark(self, shown: Shown) -> None:
        if self._marks is not None:
            self._marks.show(shown)

    def _turn(self) -> None:
        self._see(not self._synthetic_seen)

    def _see(self, seen: bool) -> None:
        """Let the synthetic picture be seen or not; its tiles go on arriving meanwhile."""
        self._synthetic_seen = seen
        if self._layer is not None:
            self._layer.layer.opacity = 1.0 if seen else 0.0
        if self._mode == "blink" or not seen:
            self._mark("synthetic" if seen else "original")
        else:
            self._mark("curtain" if self._mode == "curtain" else "difference")

    def _on_moved(self, share: float) -> None:
        self._share = share
        if self._curtain is not None:
            self._curtain.divide(share)

    def _on_viewport(self, viewport: Viewport) -> None:
        """Have what is in view decoded first."""
        if self._layer is None or self._slide is None:
            return
        region = self._region or Region(self._slide.scenes[0].box)
        x, y, step = region.box.x, region.box.y, region.downsample
        left, top, right, bottom = viewport
        seen = ((left - x) / step, (top - y) / step, (right - x) / step, (bottom - y) / step)
        self._layer.pyramid.wanted(Box.covering(*seen))

    def _on_failed(self, problem: UserError) -> None:
        on_gui_thread(self.failed.emit, problem)


class _OtherKey(QObject):
    """Hears the key that is held to see the other picture."""

    def __init__(self, compare: Compare, canvas: QObject) -> None:
        super().__init__(canvas)
        self._compare, self._canvas = compare, canvas
        canvas.installEventFilter(self)

    def close(self) -> None:
        """Hear nothing any more."""
        self._canvas.removeEventFilter(self)
        self.deleteLater()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Use the one key while there is something to see, and leave all others alone."""
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._compare.hold(held=False)
        ours = isinstance(event, QKeyEvent) and event.key() == OTHER_KEY
        if not ours or kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if self._compare.pyramid is None:
            return False
        if not event.isAutoRepeat():  # type: ignore[attr-defined]
            self._compare.hold(kind == QEvent.Type.KeyPress)
        event.accept()
        return True
