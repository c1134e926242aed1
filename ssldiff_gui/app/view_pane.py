"""One of the two views: a header, the canvas, and what floats over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.controls import ElidedLabel, label, push_button
from ssldiff_gui.widgets.legend import Legend
from ssldiff_gui.widgets.minimap import Minimap
from ssldiff_gui.widgets.notice import Notice
from ssldiff_gui.widgets.readout import Readout
from ssldiff_gui.widgets.scale_bar import ScaleBar
from ssldiff_gui.widgets.surface import Surface
from ssldiff_gui.widgets.synthetic_badge import SyntheticBadge
from ssldiff_gui.widgets.tokens import GRID, Tokens
from ssldiff_gui.widgets.tool_bar import ToolBar
from ssldiff_gui.widgets.zoom_control import ZoomControl

if TYPE_CHECKING:
    from ssldiff_gui.state.document import Document
    from ssldiff_gui.viewer.desktop import StudioCanvas
    from ssldiff_gui.viewer.levels import DisplayPyramid
    from ssldiff_gui.viewer.scene_view import SceneView
    from ssldiff_gui.viewer.sizes import Position

PART_FOR_MINIMAP = 0.3
LEAST_FOR_MINIMAP = 40 * GRID
"""Narrower views than this show no overview: it would cover the picture."""


class ViewPane(QFrame):
    """Shows one document; works, empty, before its canvas exists.

    Parameters
    ----------
    title
        What the view is: "Original".
    tools
        Actions that float over it.
    cells
        Those that work on the cells of a grid.
    synthetic
        Whether all that it ever shows was made by a model; it is badged then.
    """

    failed = Signal(object)
    """A UserError that concerns this view."""
    scale_requested = Signal()

    def __init__(
        self,
        title: str,
        tools: Sequence[QAction | None] = (),
        cells: Sequence[QAction] = (),
        parent: QWidget | None = None,
        *,
        synthetic: bool = False,
    ) -> None:
        super().__init__(parent)
        self.view: SceneView | None = None
        self.canvas: StudioCanvas | None = None
        self._pyramid: DisplayPyramid | None = None
        self._minimap_wanted = True
        self.hint: QWidget | None = None
        self._build(title, tools, cells)
        self.badge = SyntheticBadge() if synthetic else None
        if self.badge is not None:
            self.surface.add_floating(self.badge, "top centre")

    def _build(self, title: str, tools: Sequence[QAction | None], cells: Sequence[QAction]) -> None:
        self.notice = Notice()
        self.surface = Surface()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.surface)
        self.minimap = Minimap()
        self.readout = Readout("readout", "Position of the cursor")
        self.scale_bar = ScaleBar()
        self.measure = Readout("measure", "Size of the drawing")
        self.legend = Legend()
        self.tools = ToolBar(tools, cells) if tools else None
        if self.tools is not None:
            self.surface.add_floating(self.tools, "top left")
        self.surface.add_floating(self.minimap, "top right")
        self.surface.add_floating(self.readout, "bottom left")
        self.surface.add_floating(self.measure, "above left")
        self.surface.add_floating(self.scale_bar, "bottom right")
        self.surface.add_floating(self.legend, "above right")
        self.minimap.moved.connect(self._on_minimap)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = self._header(title)
        column.addWidget(self.header)
        column.addWidget(self.notice)
        column.addWidget(self.pages, 1)

    def _header(self, title: str) -> QFrame:
        header = QFrame()
        header.setObjectName("viewheader")
        header.setFixedHeight(5 * GRID + 1)
        self.subtitle = ElidedLabel("muted", Qt.TextElideMode.ElideRight)
        self.unscaled = push_button("Set scale…", "quiet")
        self.unscaled.setToolTip("The file does not say how large a pixel is")
        self.unscaled.clicked.connect(self.scale_requested)
        self.unscaled.hide()
        self.zoom = ZoomControl()
        self.zoom.fit_requested.connect(self.fit)
        self.zoom.stepped.connect(self.step)
        self.zoom.preset_chosen.connect(self._magnify)
        self.zoom.scale_requested.connect(self.scale_requested)
        row = QHBoxLayout(header)
        row.setContentsMargins(2 * GRID, 0, 4, 0)
        row.setSpacing(GRID)
        row.addWidget(label(title, "heading"))
        row.addWidget(self.subtitle, 1)
        row.addWidget(self.unscaled)
        row.addWidget(self.zoom)
        self._header_row = row
        return header

    def set_bar(self, bar: QWidget) -> None:
        """Put a few controls into the header, before those of the zoom."""
        self._header_row.insertWidget(self._header_row.indexOf(self.unscaled), bar)

    def attach(self, canvas: StudioCanvas, view: SceneView) -> None:
        """Take the canvas, once it has been made."""
        self.canvas, self.view = canvas, view
        self.surface.set_ground(canvas)
        view.viewport_changed.connect(self._on_viewport)
        view.magnification_changed.connect(self.zoom.set_text)
        view.position_changed.connect(self._on_position)
        view.drawing_changed.connect(self.measure.say)
        view.failed.connect(self._on_failed)
        view.shown.connect(self._on_shown)

    def set_hint(self, hint: QWidget) -> None:
        """Set what is seen while there is nothing to show; the last one is thrown away."""
        old, self.hint = self.hint, hint
        self.pages.addWidget(hint)
        if old is not None:
            self.pages.removeWidget(old)
            old.deleteLater()
        self._arrange()

    def set_minimap_shown(self, shown: bool) -> None:
        """Show the overview or not."""
        self._minimap_wanted = shown
        self._arrange()

    def follow_theme(self, tokens: Tokens) -> None:
        """Give the canvas the theme's ground."""
        if self.canvas is not None:
            model = self.canvas.viewer
            model.theme = tokens.name
            model.canvas.background_color_override = tokens.canvas

    def step(self, direction: int) -> None:
        """Zoom in (+1) or out (−1) by a step."""
        if self.view is not None:
            act: Callable[[], None] = self.view.zoom_in if direction > 0 else self.view.zoom_out
            act()

    def fit(self) -> None:
        """Show the whole picture."""
        if self.view is not None:
            self.view.fit()

    def close_view(self) -> None:
        """Let go of the view and its canvas."""
        self._leave_pyramid()
        if self.view is not None:
            self.view.close()
            self.view = None
        if self.canvas is not None:
            self.canvas.close()
            self.canvas = None

    def _magnify(self, magnification: float) -> None:
        if self.view is not None:
            self.view.set_magnification(magnification)

    def _arrange(self) -> None:
        document = None if self.view is None else self.view.document
        empty = document is None
        self.pages.setCurrentWidget(self.hint if empty and self.hint else self.surface)
        self.zoom.setVisible(not empty)
        self.minimap.limit(round(self.width() * PART_FOR_MINIMAP))
        self.minimap.setVisible(
            self._minimap_wanted and not empty and self.width() >= LEAST_FOR_MINIMAP
        )

    def _on_shown(self, document: Document | None) -> None:
        self.notice.clear()
        self._leave_pyramid()
        self.subtitle.setText("" if document is None else document.scene.name)
        self.unscaled.setVisible(document is not None and document.scale_unknown)
        self.scale_bar.setVisible(document is not None)
        if document is not None and self.view is not None:
            # This view draws its own.
            self.view.model.canvas.overlays.scale_bar.visible = False
            magnifier = self.view.magnifier
            note = "Set scale…" if magnifier.kind == "percent" else ""
            self.zoom.set_presets([(magnifier.text(v), v) for v in magnifier.presets], note)
            self.zoom.set_text(self.view.magnification_text)
            self.minimap.set_shape(document.scene.width, document.scene.height)
            self._follow_pyramid(self.view.pyramid)
        self._arrange()
        if document is not None:
            self._take_focus()

    def _take_focus(self) -> None:
        """Let keys work on the picture at once, unless somebody types or walks through a list."""
        at_work = isinstance(QApplication.focusWidget(), QLineEdit | QAbstractItemView)
        if self.canvas is not None and not at_work:
            self.canvas.canvas.native.setFocus()

    def _follow_pyramid(self, pyramid: DisplayPyramid | None) -> None:
        self._pyramid = pyramid
        if pyramid is not None:
            pyramid.arrived.connect(self._overview_soon)
            self._show_overview(pyramid)

    def _leave_pyramid(self) -> None:
        if self._pyramid is not None:
            self._pyramid.arrived.disconnect(self._overview_soon, missing_ok=True)
            self._pyramid = None

    def _overview_soon(self) -> None:
        """Be told by a worker's thread."""
        on_gui_thread(self._show_overview, self._pyramid)

    def _show_overview(self, pyramid: DisplayPyramid | None) -> None:
        if pyramid is not None and pyramid is self._pyramid:
            self.minimap.set_picture(pyramid.base)

    def _on_viewport(self, viewport: tuple[float, float, float, float]) -> None:
        document = None if self.view is None else self.view.document
        if document is not None:
            width, height = document.scene.width, document.scene.height
            left, top, right, bottom = viewport
            self.minimap.set_viewport(left / width, top / height, right / width, bottom / height)
            self._show_scale((right - left) / max(1, self.surface.width()))

    def _show_scale(self, pixels: float) -> None:
        """Draw the scale bar for so many level-0 pixels in a pixel of the screen."""
        if self.view is not None:
            metres = self.view.world.metres_per_pixel
            self.scale_bar.set_scale(pixels * (metres or 1.0), physical=metres is not None)

    def _on_minimap(self, x: float, y: float) -> None:
        document = None if self.view is None else self.view.document
        if document is not None and self.view is not None:
            self.view.centre_on(x * document.scene.width, y * document.scene.height)

    def _on_position(self, position: Position | None) -> None:
        if position is None:
            self.readout.say("")
            return
        pixels = f"x {position.x:,.0f}   y {position.y:,.0f} px"
        place = position.place_text.replace(", ", "   ")  # commas part thousands already
        self.readout.say(f"{pixels}\n{place}".rstrip())

    def _on_failed(self, problem: UserError) -> None:
        self.notice.tell(problem)
        self.failed.emit(problem)

    def resizeEvent(self, event: object) -> None:
        """Hide the overview where it would cover the picture."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._arrange()
