"""Draws the results strip and every dialog with things to show, to be looked at.

``python -m tests.gui.gallery_dialogs --out DIR [--scale 1] [--theme dark|light|both] [NAME …]``
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.gui.gallery_samples import models, pictures, strip, window

# -- what is drawn -------------------------------------------------------------------------------


def draw_strip(below) -> Iterator[str]:
    made = strip(below)
    made.mark("r1")
    made.show()
    yield "strip"
    made.mark("r1", "r5")
    made.list.choose("r3")
    yield "strip-compare"
    made.list.horizontalScrollBar().setValue(740)
    yield "strip-failed"
    made.hide()
    higher = strip(below, high=True)
    higher.mark("r1")
    higher.show()
    yield "strip-high"
    higher.set_collapsed(True)
    higher.move(0, below.height() - higher.height())
    yield "strip-thin"
    higher.hide()
    bare = strip(below, empty=True)
    bare.show()
    yield "strip-empty"


def draw_queue(below) -> Iterator[str]:
    made = strip(below)
    made.show()
    made.open_queue()
    made.queue.list.setCurrentIndex(made.queue.model.index(2))
    yield "queue"


def draw_menu(below) -> Iterator[str]:
    made = strip(below)
    made.mark("r1")
    made.show()
    menu = made.list.menu_of(made.model.cards[3])
    menu.setParent(below)
    menu.move(500, 330)
    menu.show()
    yield "result-menu"


def draw_history(below) -> Iterator[str]:
    from qtpy.QtWidgets import QPushButton

    from ssldiff_gui.widgets.history_panel import HistoryPanel
    from ssldiff_gui.widgets.popover import Popover

    anchor = QPushButton("History", below)
    anchor.move(840, 8)
    panel = HistoryPanel()
    panel.show_steps(
        ["Paint 14 cells", "Stamp 6 cells", "Vary 120 cells by 30 %", "Steer towards “glands”",
         "Replace cluster C by “Tumour, from the other slide, upper left”", "Erase 3 cells"], 4,
    )  # fmt: skip
    anchor.show()
    popover = Popover(below, panel)
    popover.open_at(anchor)
    yield "history"
    panel.show_steps((), 0)
    popover.place()
    yield "history-empty"


def draw_project(below) -> Iterator[str]:
    from ssldiff_gui.widgets.popover import Popover
    from ssldiff_gui.widgets.project_panel import (
        ProjectButton,
        ProjectPanel,
        ProjectShown,
        RecentProject,
    )

    shown = ProjectShown("Breast, cohort B", "/home/anna/cases/breast-b.ssldiff", "saved 10:42")
    recent = [
        RecentProject("/a", "Colon pilot", "yesterday · ~/cases"),
        RecentProject("/b", "A project with a name so long that it does not fit", "last week"),
        RecentProject("/c", "Gone", "", missing=True),
    ]
    button, panel = ProjectButton(below), ProjectPanel()
    button.move(400, 8)
    button.show_project(shown)
    button.show()
    panel.show_project(shown, recent)
    popover = Popover(below, panel)
    popover.open_at(button)
    below.setFocus()
    yield "project"
    held = replace(
        shown,
        held_by="SSLDiff Studio (process 4711) by anna on pc, since 2026-11-21 10:42",
        saved="",
    )
    panel.show_project(held, recent)
    button.show_project(held)
    popover.place()
    yield "project-held"


def draw_models(below) -> Iterator[str]:
    from ssldiff_gui.widgets.model_entries import DeviceShown, ModelWork
    from ssldiff_gui.widgets.model_window import ModelWindow

    made = ModelWindow(below)
    made.setWindowFlags(made.windowFlags().__class__(0))
    made.show_models(models())
    made.show_device(
        DeviceShown("NVIDIA RTX A5000", 7_400_000_000, 24_000_000_000, ("Starter, histology",))
    )
    made.move(192, 80)
    made.show()
    made.choose("uni2-h")
    made.show_verified("uni2-h", whole=True)
    yield "models-installed"
    made.choose("virchow2")
    yield "models-gated"
    made.choose("dinov2")
    made.show_work("dinov2", ModelWork("34 of 88 MB", 0.39))
    yield "models-download"
    made.choose("broken")
    made.show_device(DeviceShown("This computer's processor", offline="No answer from the hub."))
    yield "models-broken"


def draw_export(below) -> Iterator[str]:
    from ssldiff_gui.widgets.export_dialog import (
        ExportDialog,
        ExportFormat,
        ExportLevel,
        ExportOffer,
    )

    images = (
        ExportFormat("ome-tiff", "OME-TIFF", ".ome.tif", "For QuPath and other viewers of slides; "
                     "every pixel as it is, with smaller levels."),
        ExportFormat("png", "PNG", ".png", "For slides and papers; every pixel as it is."),
    )  # fmt: skip
    levels = (
        ExportLevel(0, 4096, 3072, "0.5 µm per pixel"),
        ExportLevel(1, 2048, 1536, "1 µm per pixel"),
    )
    marked = "In the file's metadata, in its name, and in a record beside it."
    offers = (
        ExportOffer("region", "The part in view", "1,200 × 900 px", images, levels, "colon",
                    synthetic=marked),
        ExportOffer("canvas", "The whole canvas", "4,096 × 3,072 px", images, levels, "colon",
                    synthetic=marked),
        ExportOffer("figure", "Comparison figure", "Original, grid, synthetic, check map", images,
                    name="colon", synthetic=marked),
        ExportOffer("grid", "The grid", "128 × 96 cells", (
            ExportFormat("safetensors", "Grid", ".safetensors", "All of it; opens here again.",
                         levels=False),
            ExportFormat("clam", "CLAM", ".h5", "Features and coordinates, for CLAM.",
                         levels=False),
        ), name="colon"),
        ExportOffer("annotations", "Annotations", missing="There are none."),
    )  # fmt: skip
    made = ExportDialog(lambda path, _: path, Path.home(), below)
    made.setWindowFlags(made.windowFlags().__class__(0))
    made.show_offers(offers, "canvas")
    made.show_estimate("About 38 MB")
    made.move(288, 160)
    made.show()
    yield "export"
    made.show_offers(offers, "grid")
    made.show_estimate("About 19 MB")
    yield "export-grid"


def draw_canvas(below) -> Iterator[str]:
    from ssldiff_gui.widgets.new_canvas_dialog import CanvasOffer, NewCanvasDialog
    from ssldiff_gui.widgets.shown import PaletteItem

    words = ("adenocarcinoma", "alveoli", "benign", "bone", "bowel", "bronchus", "cancer", "cell",
             "carcinoma", "cartilage", "colon", "colonic", "connective", "crypts", "dead", "fat",
             "glands", "healthy", "intestine", "lung", "malignant", "mucosa", "muscle", "necrosis",
             "normal", "osteosarcoma", "viable")  # fmt: skip
    shown = pictures()
    palette = tuple(
        PaletteItem(f"p{n}", name, shown[n], "from Colon")
        for n, name in enumerate(("Gland", "Stroma", "Tumour, dense and dark", "Necrosis"))
    )
    offers = [
        CanvasOffer("h", "Starter prior, histology", words, "normal colon mucosa",
                    (("colonn", "Normal colon"), ("colonca", "Adenocarcinoma of the colon")),
                    palette, 32, 0.5),
        CanvasOffer("a", "Starter prior, aerial", ("forest", "harbor"), "a harbour with boats"),
    ]  # fmt: skip
    made = NewCanvasDialog(below)
    made.setWindowFlags(made.windowFlags().__class__(0))
    made.show_offers(offers)
    made.words.field.setText("normal colon with crpts ")
    made.show_cost("About 4 s on this computer")
    made.move(360, 80)
    made.show()
    below.setFocus()
    yield "canvas-text"
    made.origins.button(1).click()
    yield "canvas-class"
    made.origins.button(2).click()
    made.more.set_open(True)
    made.show_cost("", "Not enough memory: take fewer rows.")
    yield "canvas-palette"


def draw_tour(below) -> Iterator[str]:
    from qtpy.QtWidgets import QWidget

    from ssldiff_gui.widgets.tour import Tour, TourStep

    view, strip_ = QWidget(below), QWidget(below)
    view.setGeometry(216, 88, 560, 640)
    strip_.setGeometry(0, 720, 1280, 80)
    view.show()
    strip_.show()
    tour = Tour(below)
    tour.start([
        TourStep("welcome", "A slide becomes a picture you can paint",
                 "Five steps on the sample slide, about two minutes.", lambda: None),
        TourStep("region", "Draw a region", "Press R and drag over the tissue on the left. "
                 "Everything inside becomes cells.", lambda: view, lambda: False),
        TourStep("results", "Everything you make is kept",
                 "Star what is good, compare two with Ctrl + click.", lambda: strip_),
    ])  # fmt: skip
    yield "tour-1"
    tour.forward()
    yield "tour-2"
    tour.forward()
    yield "tour-3"


def draw_about(below) -> Iterator[str]:
    from qtpy.QtGui import QPixmap

    from ssldiff_gui.resources import resource_path
    from ssldiff_gui.widgets.about_dialog import AboutDialog, LicencedPart

    mark = QPixmap(str(resource_path("icons") / "studio-256.png"))
    made = AboutDialog(
        "SSLDiff Studio 0.1.0",
        "Look at a slide or a scene, edit it as a grid of embeddings, and render it again.",
        [("Python", "3.11.7"), ("Qt", "6.11.3, PySide6"), ("napari", "0.9.1"), ("torch", "2.11.0"),
         ("Device", "NVIDIA RTX A5000"), ("System", "Linux 6.8, x86_64"),
         ("Data", "/home/anna/.local/share/ssldiff")],
        [LicencedPart("Inter", "OFL-1.1", "4.1"), LicencedPart("napari", "BSD-3-Clause", "0.9.1"),
         LicencedPart("PySide6", "LGPL-3.0-only", "6.11.3")],
        mark=mark, parent=below,
    )  # fmt: skip
    made.setWindowFlags(made.windowFlags().__class__(0))
    made.move(400, 150)
    made.show()
    yield "about"
    made.pages.button(1).click()
    yield "about-licences"


def draw_sheet(below) -> Iterator[str]:
    from ssldiff_gui.app.actions import BY_KEY, MENUS, spoken
    from ssldiff_gui.widgets.shortcut_sheet import MOUSE_ACTS, ShortcutSheet

    keys = [[BY_KEY[key] for key in menu if key] for menu in MENUS.values()]
    groups = {
        title.replace("&", ""): [(a.text, spoken(a.shortcut)) for a in menu if a.shortcut]
        for title, menu in zip(MENUS, keys, strict=True)
    }
    sheet = ShortcutSheet(below, groups | MOUSE_ACTS)
    sheet.open()
    yield "sheet"
    sheet.field.setText("zoom")
    yield "sheet-search"


DRAWN: tuple[Callable, ...] = (
    draw_strip, draw_queue, draw_menu, draw_history, draw_project, draw_models, draw_export,
    draw_canvas, draw_tour, draw_about, draw_sheet,
)  # fmt: skip


def main() -> None:
    """Draw everything and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", default="1")
    parser.add_argument("--theme", choices=("dark", "light", "both"), default="both")
    parser.add_argument("names", nargs="*", help="only those whose name begins so")
    wanted = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = wanted.scale
    from qtpy.QtWidgets import QApplication

    from ssldiff_gui.app.theme import Theme

    qt = QApplication([])
    wanted.out.mkdir(parents=True, exist_ok=True)
    theme = Theme(qt, "dark")
    for mode in ("dark", "light") if wanted.theme == "both" else (wanted.theme,):
        theme.set_mode(mode)
        for draw in DRAWN:
            kind = draw.__name__.removeprefix("draw_")
            if wanted.names and not any(kind.startswith(name) for name in wanted.names):
                continue
            below = window(qt)
            below.show()
            for name in draw(below):
                for _ in range(6):
                    qt.processEvents()
                path = wanted.out / f"{name}-{mode}-{wanted.scale}.png"
                below.grab().save(str(path))
                print(path)
            below.close()
            below.deleteLater()


if __name__ == "__main__":
    main()
