"""The tour's last part: a canvas from words, areas with words of their own, and the lab."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from qtpy.QtCore import Qt

from ssldiff_gui.resources import resource_path
from tests.gui.studio import Studio, until, wait
from tests.gui.work import SECONDS, Worker

Keep = Callable[[str], None]
ALT = Qt.KeyboardModifier.AltModifier
CELLS = 20
SHOWN = 260
"""Steps after which the training is looked at."""

RECIPE = """# An encoder of a minute, to look at while it learns.
name = "my-encoder"
[data]
pixel = { size = 0.5, unit = "µm" }
smallest = 64
[[data.sources]]
path = "tiles"
pixel = 0.5
share = 0.2
[run]
steps = 4000
batch = 16
warm_up = 20
show_every = 100
[model]
architecture = "vit_tiny_patch16_224"
arguments = { img_size = 32, patch_size = 8, embed_dim = 48, depth = 2, num_heads = 3 }
cell = 32
"""


def areas(studio: Studio, keep: Keep) -> None:
    """Begin a canvas with words, draw two areas on it, and have each filled by its own words."""
    worker = Worker(studio)
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_N)
    joint = studio.window.joints.canvas
    until(lambda: joint.dialog is not None, "the dialog")
    dialog = joint.dialog
    histology = next(k for k, one in enumerate(dialog._offers) if "istology" in one.title)
    dialog.models.setFocus()
    while dialog.models.currentIndex() != histology:
        studio.key(Qt.Key.Key_Down if dialog.models.currentIndex() < histology else Qt.Key.Key_Up)
    dialog.words.field.setFocus()
    studio.type("normal lung")
    for box in (dialog.columns, dialog.rows):
        box.setFocus()
        box.selectAll()
        studio.type(str(CELLS))
    wait(300)
    keep("new-canvas")
    before = worker.bench.open
    studio.click(dialog.draw_button)
    until(lambda: worker.bench.open not in (None, before), "the canvas", SECONDS)
    worker.until_laid()
    studio.draw(Qt.Key.Key_F, [(0.1, 0.15), (0.4, 0.1), (0.48, 0.4), (0.3, 0.55), (0.1, 0.45)])
    _name(studio, "colon cancer")
    studio.draw(Qt.Key.Key_U, [(0.55, 0.75), (0.65, 0.7), (0.75, 0.78), (0.88, 0.74)])
    _name(studio, "bone cancer")
    studio.key(Qt.Key.Key_2, ALT)
    page = studio.parts.grid
    until(lambda: not page.areas_section.isHidden(), "the offer to draw them")
    edits = len(worker.editor.edits)
    studio.click(page.draw_areas)
    until(lambda: len(worker.editor.edits) > edits, "the areas", SECONDS)
    wait(1500)
    keep("areas")
    studio.click(page.overlay.segments.button(3))
    wait(1500)
    keep("new-to-the-model")
    studio.click(page.overlay.segments.button(0))


def _name(studio: Studio, words: str) -> None:
    panel = studio.parts.annotations
    studio.key(Qt.Key.Key_1, ALT)
    studio.click(panel.name)
    studio.type(words)
    studio.key(Qt.Key.Key_Return)
    studio.click_canvas()


def lab(studio: Studio, keep: Keep) -> None:
    """Train an encoder in the lab, and look at its curves."""
    data = _tiles(Path(tempfile.mkdtemp()))
    studio.key(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | ALT)
    joint = studio.window.joints.lab
    until(lambda: joint.shown, "the lab")
    wait(500)
    keep("lab")
    form = joint.room.form
    studio.click(joint.room.welcome.cards["train-encoder"])
    form.answers["recipe"].box.setFocus()
    studio.key(Qt.Key.Key_End)
    until(form.answers["config"].isVisible, "the question for a file")
    studio.drop(data)
    studio.files.chosen = data / "mine.toml"
    studio.click(form.answers["config"].button)
    form.name.setFocus()
    studio.type("An encoder of our own")
    studio.click(form.begin)
    view = joint.room.view

    def far() -> bool:
        series = view.curves.loss.series
        return bool(series) and series[0].steps[-1] >= SHOWN and view.sheets.picture.there

    until(far, "its curves", SECONDS)
    wait(1200)
    keep("training")
    (entry,) = joint.lab.all
    studio.click(view.cancel)
    until(lambda: joint.lab.get(entry.id).status not in ("waiting", "running"), "its end", SECONDS)
    studio.click(studio.parts.top.rooms.button(0))
    until(studio.parts.body.isVisible, "the views")


def _tiles(folder: Path) -> Path:
    """Cut the sample slide into tiles, and write a recipe for them."""
    with Image.open(resource_path("samples", "sample-slide.tif")) as picture:
        whole = np.asarray(picture.convert("RGB"))
    place = folder / "tiles"
    place.mkdir(parents=True)
    side = 128
    for row in range(0, whole.shape[0] - side, 2 * side):
        for column in range(0, whole.shape[1] - side, 2 * side):
            tile = whole[row : row + side, column : column + side]
            if tile.std() > 12:
                Image.fromarray(tile).save(place / f"{row}-{column}.png")
    (folder / "mine.toml").write_text(RECIPE, "utf-8")
    return folder
