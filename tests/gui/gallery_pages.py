"""Draws the inspector's pages and the palette in each theme, width and scale, to be looked at.

``python -m tests.gui.gallery_pages --out DIR [--scale 2]``; one scale a run, as Qt takes it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

ROWS = COLUMNS = 48
CELLS = ROWS * COLUMNS
SCALES = ("1", "1.5", "2")


def picture(seed: int, size: int = 96) -> np.ndarray:
    """Return something that looks like stained tissue."""
    draw = np.random.default_rng(seed)
    rgb = np.empty((size, size, 3), np.float32)
    rgb[:] = draw.choice(((226, 170, 205), (214, 150, 190), (240, 214, 232), (180, 120, 190)))
    y, x = np.mgrid[:size, :size]
    for _ in range(size // 3):
        row, column, radius = *draw.uniform(0, size, 2), draw.uniform(2, 6)
        inside = (y - row) ** 2 + (x - column) ** 2 < radius**2
        rgb[inside] = np.array((88, 52, 140)) + draw.normal(0, 12, 3)
    return np.clip(rgb + draw.normal(0, 6, rgb.shape), 0, 255).astype(np.uint8)


def clusters():
    """Return groups with letters, colours and sizes."""
    from ssldiff_gui.core.palettes import COLOURS
    from ssldiff_gui.widgets.shown import ClusterShown

    counts = (612, 480, 377, 301, 233, 160, 120, 21)
    return tuple(
        ClusterShown(place, "ABCDEFGH"[place], COLOURS[place], count)
        for place, count in enumerate(counts)
    )


def scatter():
    """Return a few clouds of points."""
    from ssldiff_gui.widgets.shown import ScatterShown

    draw, groups = np.random.default_rng(1), clusters()
    labels = draw.choice(len(groups), CELLS, p=[g.count / CELLS for g in groups])
    middles = draw.normal(0, 3, (len(groups), 2))
    points = (middles[labels] + draw.normal(0, 0.7, (CELLS, 2))).astype(np.float32)
    colours = np.array([g.colour for g in groups], np.uint8)[labels]
    return ScatterShown(points, colours, "pca", labels, groups)


def cell():
    """Return a picked cell with its neighbours."""
    from ssldiff_gui.widgets.shown import CellShown, NeighbourShown

    near = tuple(
        NeighbourShown(n, 0.97 - 0.02 * n, picture(20 + n), f"row {n}, column 4") for n in range(6)
    )
    return CellShown(700, 15, 29, "1.20 × 0.84 mm", picture(3), clusters()[1], near)


def region_page(name: str) -> QWidget:
    """Return the first page in one of its states."""
    from shapely.geometry import box

    from ssldiff_gui.core.annotations import Annotation
    from ssldiff_gui.core.palettes import HISTOLOGY
    from ssldiff_gui.state.editor import AnnotationEditor
    from ssldiff_gui.widgets.annotation_panel import AnnotationPanel
    from ssldiff_gui.widgets.region_page import RegionPage
    from ssldiff_gui.widgets.shown import Choice, RegionShown, Work

    encoders = (
        Choice("starter", "Starter encoder, histology", "Apache 2.0 · 384 numbers a cell"),
        Choice("uni", "UNI2-h", "CC BY-NC-ND 4.0", "Not installed: open the model window"),
    )
    editor = AnnotationEditor(classes=HISTOLOGY)
    editor.add(Annotation(geometry=box(0, 0, 9, 9), name="Colon", class_name="Stroma"))
    panel = AnnotationPanel()
    panel.show_editor(editor, lambda _: "100 × 50 px · 50 × 25 µm · 1,250 µm²")
    page = RegionPage(panel)
    page.show_encoders(encoders, "starter")
    page.show_cost("2,304 cells · about 40 s · 2 MB")
    if name != "empty":
        page.show_region(RegionShown("Region 2", "1.02 × 0.77 mm", "2,048 × 1,536 px"))
    if name == "problem":
        long = "A region with a very long name that nobody would give"
        page.show_region(
            RegionShown(long, "", "2,048 × 1,536 px", "The region is smaller than one cell.")
        )
        page.more.set_open(True)
    if name == "work":
        page.show_work(Work("Embedding Region 2", 0.37, "852 of 2,304 cells", "0:25 left"))
    return page


def grid_page(name: str) -> QWidget:
    """Return the second page in one of its states."""
    from ssldiff_gui.widgets.grid_page import GridPage
    from ssldiff_gui.widgets.shown import GridShown, OverlayShown, SelectionShown, SteerShown

    values = {"radius": 2.0, "softness": 0.4, "strength": 1.0, "variety": 6.0, "threshold": 0.8,
              "connected": 0.0}  # fmt: skip
    page = GridPage()
    if name == "empty":
        return page
    page.show_grid(GridShown("Colon", ROWS, COLUMNS, "Starter encoder, histology"))
    page.show_clusters(clusters())
    words = ("gland", "dense", "fibrous", "mucus")
    page.show_steer(SteerShown(("Tumour", "Stroma", "Fat"), words))
    if name == "brush":
        page.show_tool("brush", values)
        page.show_overlay(OverlayShown("clusters", 0.5, 8))
    if name in ("steer", "replace"):
        page.show_selection(SelectionShown(128, "6 % of the grid", "Gland"))
        page.selection.ask("steer" if name == "steer" else "replace")
    if name in ("cell", "map"):
        page.show_overlay(OverlayShown("likeness"))
        page.show_cell(cell())
        page.scatter.show_points(scatter())
        page.scatter.show_selection(np.arange(0, CELLS, 9))
        page.scatter.show_picked(700)
    if name == "cell":
        page.show_tool("similar", values)
    page.cell_section.set_open(name != "map")
    return page


def generate_page(name: str) -> QWidget:
    """Return the third page in one of its states."""
    from ssldiff_gui.widgets.generate_page import GeneratePage
    from ssldiff_gui.widgets.shown import Choice, CostShown, Preset, RenderShown, Work

    models = (Choice("starter", "Starter, histology", "Apache 2.0 · 0.5 µm per pixel"),)
    presets = (Preset("default", "Balanced", 20, 2.0, "Good for most"), Preset("f", "Fast", 8, 1))
    devices = (Choice("auto", "The best there is", "NVIDIA RTX A2000"), Choice("cpu", "Processor"))
    cost = CostShown("2,048 × 1,536 px", "1.02 × 0.77 mm", "about 4 min", "2.1 GB", "38 MB")
    large = replace(
        cost, time="about 3 h", disk="41 GB",
        warning="It takes 41 GB; the disk has 60 GB left.",
        consent="Render for about 3 hours",
    )  # fmt: skip
    page = GeneratePage()
    if name == "empty":
        return page
    page.set_empty(False)
    page.offer(models, presets, devices)
    page.can_render(selection=True, view=True)
    page.show_settings(RenderShown("starter", 43012, "random", 0.15))
    page.show_cost(large if name == "large" else cost)
    page.advanced.set_open(name == "advanced")
    if name == "work":
        early = picture(9, 192)[:144]
        page.show_work(Work("Colon, seed 43012", 0.63, "tile 30 of 48", "0:41 left", picture=early))
    return page


def check_page(name: str) -> QWidget:
    """Return the last page in one of its states."""
    from ssldiff_gui.widgets.check_page import CheckPage
    from ssldiff_gui.widgets.shown import CheckShown, Work

    draw = np.random.default_rng(4)
    likeness = np.clip(1 - draw.gamma(2.2, 0.07, CELLS), -1, 1).astype(np.float32)
    page = CheckPage()
    if name != "empty":
        page.show_result("Colon, seed 43012")
    if name == "checked":
        page.show_check(CheckShown(likeness, 0.7, "row 12, column 40", "Starter encoder"))
    if name == "work":
        page.show_work(Work("Checking", 0.2, "460 of 2,304 cells", "0:12 left"))
    return page


def palette(name: str) -> QWidget:
    """Return the palette in one of its states."""
    from ssldiff_gui.widgets.palette_panel import PalettePanel
    from ssldiff_gui.widgets.shown import PaletteItem

    names = ("Gland", "Stroma", "Fat", "Dense tumour with a long name", "Mucus", "Muscle", "Lymph")
    items = tuple(PaletteItem(str(n), it, picture(n)) for n, it in enumerate(names))
    panel = PalettePanel()
    panel.can_add(("cell", "clusters", "starters"))
    if name == "full":
        panel.show_items(items, "1")
    return panel


PAGES: dict[str, tuple[Callable[[str], QWidget], tuple[str, ...]]] = {
    "region": (region_page, ("empty", "ready", "problem", "work")),
    "grid": (grid_page, ("empty", "brush", "steer", "replace", "cell", "map")),
    "generate": (generate_page, ("empty", "ready", "large", "advanced", "work")),
    "check": (check_page, ("empty", "unchecked", "checked", "work")),
    "palette": (palette, ("empty", "full")),
}

STATES: dict[str, Callable[[], QWidget]] = {
    f"{page} {state}": partial(make, state)
    for page, (make, known) in PAGES.items()
    for state in known
}
"""Every state of every page, by name."""


def framed(name: str, page: QWidget) -> QWidget:
    """Return a page within the inspector, as it is seen; the palette stands alone."""
    from qtpy.QtWidgets import QFrame

    from ssldiff_gui.widgets.inspector import Inspector

    kind = name.split(maxsplit=1)[0]
    if kind == "palette":
        return page
    kinds = [known for known in PAGES if known != "palette"]
    pages = [(known.capitalize(), page if known == kind else QFrame()) for known in kinds]
    inspector = Inspector([*pages, ("Image", QFrame())])
    inspector.show_as_icon(len(pages), "information-outline")
    inspector.choose(kinds.index(kind))
    return inspector


def draw_all(out: Path, scale: str) -> list[Path]:
    """Draw every state; return the pictures."""
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    from ssldiff_gui.app.theme import Theme

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme, made = Theme(application, "dark"), []
    out.mkdir(parents=True, exist_ok=True)
    for mode in ("dark", "light"):
        theme.set_mode(mode)  # type: ignore[arg-type]
        for width in (264, 320):
            for name, make in STATES.items():
                shown = framed(name, make())
                shown.resize(width, 260 if name.startswith("palette") else 820)
                shown.show()
                shown.setFocus()
                QTest.qWait(30)
                path = out / f"{name.replace(' ', '-')}-{mode}-{width}-{scale}.png"
                shown.grab().save(str(path))
                made.append(path)
                shown.close()
                shown.deleteLater()
    theme.close()
    return made


def main() -> None:
    """Draw the gallery and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", choices=SCALES, default="1")
    wanted = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = wanted.scale
    print(*draw_all(wanted.out, wanted.scale), sep="\n")


if __name__ == "__main__":
    main()
