from __future__ import annotations

import gc
from pathlib import Path

import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QWidget

from ssldiff_gui.widgets.about_dialog import AboutDialog, LicencedPart
from ssldiff_gui.widgets.export_dialog import ExportDialog, ExportFormat, ExportOffer
from ssldiff_gui.widgets.history_panel import HistoryPanel
from ssldiff_gui.widgets.model_entries import ModelEntry
from ssldiff_gui.widgets.model_window import ModelWindow
from ssldiff_gui.widgets.new_canvas_dialog import CanvasOffer, NewCanvasDialog
from ssldiff_gui.widgets.popover import Popover
from ssldiff_gui.widgets.project_panel import ProjectPanel, ProjectShown, RecentProject
from ssldiff_gui.widgets.queue_list import QueueItem
from ssldiff_gui.widgets.result_card import ResultCard
from ssldiff_gui.widgets.results_strip import ResultsStrip
from ssldiff_gui.widgets.shortcut_sheet import MOUSE_ACTS, ShortcutSheet
from ssldiff_gui.widgets.tour import Tour, TourStep


def strip(window):
    made = ResultsStrip(window)
    for number in range(3):
        made.show_results([ResultCard(f"{number}", "x"), ResultCard("y", "y")])
        made.show_queue([QueueItem(f"{number}", "x")], paused=False)
    made.show()
    made.open_queue()
    made.list.menu_of(made.model.cards[0]).deleteLater()


def history(window):
    panel = HistoryPanel()
    panel.show_steps(["a", "b"], 1)
    Popover(window, panel).open_at(window)


def project(window):
    panel = ProjectPanel()
    for number in range(3):
        panel.show_project(ProjectShown("x"), [RecentProject(f"{number}", "y")])
    Popover(window, panel).open_at(window)


def models(window):
    made = ModelWindow(window)
    made.show_models([ModelEntry("a", "A"), ModelEntry("b", "B", installed=False)])
    made.show()


def export(window):
    made = ExportDialog(lambda path, _: path, Path.home(), window)
    kind = ExportFormat("png", "PNG", ".png", "")
    for _ in range(3):
        made.show_offers([ExportOffer("canvas", "Canvas", formats=(kind,))])
    made.show()


def canvas(window):
    made = NewCanvasDialog(window)
    for _ in range(3):
        made.show_offers([CanvasOffer("a", "A", ("one", "two"))])
    made.words.field.setText("one ")
    made.show()


def tour(window):
    Tour(window).start([TourStep("a", "A", "", lambda: window)])


def about(window):
    AboutDialog("A", "", [("b", "c")], [LicencedPart("d", "e")], parent=window).show()


def sheet(window):
    made = ShortcutSheet(window, MOUSE_ACTS)
    made.open()
    made.field.setText("zoom")


def settle():
    gc.collect()
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


@pytest.mark.parametrize(
    "make", [strip, history, project, models, export, canvas, tour, about, sheet]
)
def test_nothing_is_left_when_its_window_is_gone(make, qapp):
    QApplication.processEvents()
    before = set(map(id, QApplication.allWidgets()))
    window = QWidget()
    window.resize(900, 700)
    window.show()
    make(window)
    QApplication.processEvents()
    window.close()
    window.deleteLater()
    del window
    settle()
    left = [w for w in QApplication.allWidgets() if id(w) not in before]
    assert not left, left
