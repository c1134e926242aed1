"""The window's parts and where they stand; what they do is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenuBar, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ssldiff_gui.app.view_pane import ViewPane
from ssldiff_gui.widgets.annotation_panel import AnnotationPanel
from ssldiff_gui.widgets.browser import Browser
from ssldiff_gui.widgets.check_page import CheckPage
from ssldiff_gui.widgets.compare_bar import CompareBar
from ssldiff_gui.widgets.document_bar import DocumentBar
from ssldiff_gui.widgets.empty_hint import EmptyHint
from ssldiff_gui.widgets.generate_page import GeneratePage
from ssldiff_gui.widgets.grid_page import GridPage
from ssldiff_gui.widgets.image_page import ImagePage
from ssldiff_gui.widgets.inspector import Inspector
from ssldiff_gui.widgets.palette_panel import PalettePanel
from ssldiff_gui.widgets.region_page import RegionPage
from ssldiff_gui.widgets.results_strip import ResultsStrip
from ssldiff_gui.widgets.tokens import GRID
from ssldiff_gui.widgets.top_bar import TopBar

PAGES = ("Region", "Grid", "Generate", "Check", "Image")
"""The inspector's, in the order in which work goes; the last one is about the picture itself."""


class Parts(QWidget):
    """Everything the window shows, laid out.

    Parameters
    ----------
    menus
        The menu bar.
    tools
        Actions that float over the original.
    cells
        Those that work on the cells of a grid.
    """

    def __init__(
        self, menus: QMenuBar, tools: Sequence[QAction | None], cells: Sequence[QAction] = ()
    ) -> None:
        super().__init__()
        self.setObjectName("studio")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.top = TopBar(menus)
        self.browser = Browser()
        self.palette_ = PalettePanel()
        self.documents = DocumentBar()
        self.original = ViewPane("Original", tools, cells)
        self.synthetic = ViewPane("Synthetic", synthetic=True)
        self._make_pages()
        self.strip = ResultsStrip()
        self.compare = CompareBar()
        self.original.set_bar(self.compare)
        self.views = _splitter(self.original, self.synthetic)
        self.views.setStretchFactor(0, 1)
        self.views.setStretchFactor(1, 1)
        self.left = _splitter(self.browser, self.palette_, vertical=True)
        self.left.setStretchFactor(0, 1)
        self.palette_.setMinimumHeight(24 * GRID)
        self.left.setSizes([60 * GRID, 36 * GRID])
        self.body = _splitter(self.left, self._stage(), self.inspector)
        self.body.setStretchFactor(1, 1)
        self.rooms = QStackedWidget()  # the views, and the lab once it is wanted
        self.rooms.addWidget(self.body)
        for pane, least in ((self.left, 25), (self.inspector, 35), (self.original, 30)):
            pane.setMinimumWidth(least * GRID)
        self.synthetic.setMinimumWidth(26 * GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.rooms, 1)
        column.addWidget(self.strip)

    def _make_pages(self) -> None:
        self.annotations = AnnotationPanel()
        self.region = RegionPage(self.annotations)
        self.grid = GridPage()
        self.generate = GeneratePage()
        self.check = CheckPage()
        self.image = ImagePage()
        pages = (self.region, self.grid, self.generate, self.check, self.image)
        self.inspector = Inspector(tuple(zip(PAGES, pages, strict=True)))
        self.inspector.show_as_icon(PAGES.index("Image"), "information-outline")

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
        left, right = (33, 39) if wide else (27, 35)
        self.body.setSizes([left * GRID, width - (left + right) * GRID, right * GRID])
        middle = width - (left + right) * GRID
        self.views.setSizes([round(middle * 0.58), round(middle * 0.42)])


def _splitter(*parts: QWidget, vertical: bool = False) -> QSplitter:
    way = Qt.Orientation.Vertical if vertical else Qt.Orientation.Horizontal
    splitter = QSplitter(way)
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


def nothing_synthetic(
    title: str, text: str, act: tuple[str, str, Callable[[], None]] | None
) -> EmptyHint:
    """Return what the right view says while it is empty: the next step of the path.

    Parameters
    ----------
    title, text
        What to do, and a sentence about it.
    act
        Words, icon and handler of the button that does it.
    """
    if act is None:
        return EmptyHint("image-plus-outline", title, text)
    words, icon, handler = act
    return EmptyHint("image-plus-outline", title, text, ((words, icon, "primary", handler),))
