"""The window's parts and where they stand; what they do is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenuBar, QSplitter, QVBoxLayout, QWidget

from ssldiff_gui.app.view_pane import ViewPane
from ssldiff_gui.widgets.annotation_panel import AnnotationPanel
from ssldiff_gui.widgets.browser import Browser
from ssldiff_gui.widgets.document_bar import DocumentBar
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.image_page import ImagePage
from ssldiff_gui.widgets.inspector import Inspector
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.top_bar import TopBar


class Parts(QWidget):
    """Everything the window shows, laid out.

    Parameters
    ----------
    menus
        The menu bar.
    tools
        Actions that float over the original.
    """

    def __init__(self, menus: QMenuBar, tools: Sequence[QAction | None]) -> None:
        super().__init__()
        self.setObjectName("studio")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.top = TopBar(menus)
        self.browser = Browser()
        self.documents = DocumentBar()
        self.original = ViewPane("Original", tools)
        self.synthetic = ViewPane("Synthetic")
        self.annotations = AnnotationPanel()
        self.image = ImagePage()
        self.inspector = Inspector((("Annotations", self.annotations), ("Image", self.image)))
        self.views = _splitter(self.original, self.synthetic)
        self.views.setStretchFactor(0, 1)
        self.views.setStretchFactor(1, 1)
        self.body = _splitter(self.browser, self._stage(), self.inspector)
        self.body.setStretchFactor(1, 1)
        for pane, least in ((self.browser, 25), (self.inspector, 33), (self.original, 30)):
            pane.setMinimumWidth(least * GRID)
        self.synthetic.setMinimumWidth(26 * GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.body, 1)

    def _stage(self) -> QWidget:
        stage = QWidget()
        stage.setObjectName("stage")
        stage.setMinimumWidth(60 * GRID)
        column = QVBoxLayout(stage)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.documents)
        column.addWidget(self.views, 1)
        return stage

    def fit_panes(self, width: int) -> None:
        """Give the side panes what suits the window's width, the views the rest."""
        wide = width >= 175 * GRID
        left, right = (33, 39) if wide else (27, 34)
        self.body.setSizes([left * GRID, width - (left + right) * GRID, right * GRID])
        middle = width - (left + right) * GRID
        self.views.setSizes([round(middle * 0.58), round(middle * 0.42)])


def _splitter(*parts: QWidget) -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for part in parts:
        splitter.addWidget(part)
    return splitter


def welcome(
    open_file: Callable[[], None], slide: Callable[[], None], scene: Callable[[], None]
) -> EmptyHint:
    """Return what is seen while nothing is open."""
    return EmptyHint(
        "image-search-outline",
        "Open a slide or a scene",
        "Drop files or folders anywhere on this window, choose one on the left, or start here.",
        (
            ("Open a slide or scene…", "folder-open-outline", "primary", open_file),
            ("Open the sample slide", "microscope", "normal", slide),
            ("Open the sample scene", "satellite-variant", "normal", scene),
        ),
    )


def opening(name: str) -> EmptyHint:
    """Return what is seen while the first file is being opened."""
    return EmptyHint("timer-sand", f"Opening {name}…", "Large files on slow drives take a moment.")


def nothing_synthetic(draw: Callable[[], None]) -> EmptyHint:
    """Return what the right view says while it is empty."""
    return EmptyHint(
        "image-plus-outline",
        "Nothing here yet",
        "Synthetic images will appear here, beside the original. "
        "Draw a region on the left to mark where.",
        (("Draw a rectangle", "rectangle-outline", "primary", draw),),
    )
