"""The lab in the real program: a training by the real worker, and views that survive it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from tests.gui.studio import Studio, until, wait
from tests.gui.work import SECONDS, Worker

pytestmark = [pytest.mark.gui, pytest.mark.slow]

RECIPE = """# Tiny.
name = "mine-encoder"
[data]
pixel = { size = 0.5, unit = "µm" }
smallest = 40
[[data.sources]]
path = "tiles"
pixel = 0.5
share = 0.4
[run]
steps = 4
batch = 6
save_every = 2
show_every = 2
[model]
architecture = "vit_tiny_patch16_224"
arguments = { img_size = 32, patch_size = 8, embed_dim = 24, depth = 1, num_heads = 3 }
cell = 32
"""


@pytest.fixture
def studio(qapp):
    studio = Studio()
    studio.window.joints.help.guide.leave()
    yield studio
    studio.close()


def tiles(folder: Path) -> Path:
    """Write a few pictures, and a recipe for them."""
    for k in range(8):
        place = folder / "tiles" / "ab"[k % 2] / f"{k}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(k).integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(place)
    (folder / "mine.toml").write_text(RECIPE, "utf-8")
    return folder


def seen(studio: Studio) -> np.ndarray:
    """Return what the original's view shows."""
    wait(150)
    handle = studio.window.screen().grabWindow(studio.window.winId()).toImage()
    native = studio.pane.canvas.canvas.native
    place = native.mapTo(studio.window, native.rect().center())
    ratio = handle.width() / studio.window.width()
    x, y = int(place.x() * ratio), int(place.y() * ratio)
    return np.array(
        [[handle.pixelColor(x + i, y + j).getRgb()[:3] for i in range(-60, 60, 8)]
         for j in range(-60, 60, 8)], int,
    )  # fmt: skip


def test_a_training_from_the_form_to_its_curves_and_back_to_the_slide(studio, tmp_path):
    data = tiles(tmp_path / "data")
    studio.until_ready()
    studio.click(studio.pane.hint.buttons[1])
    studio.until_shown("sample-slide.tif")
    worker = Worker(studio)
    worker.until_working()
    before = seen(studio)
    assert before.std() > 3

    alt = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    studio.key(Qt.Key.Key_L, alt)
    joint = studio.window.joints.lab
    until(lambda: joint.shown, "the lab")
    form = joint.room.form
    studio.click(joint.room.welcome.cards["train-encoder"])
    recipe = form.answers["recipe"].box
    recipe.setFocus()
    studio.key(Qt.Key.Key_End)
    until(form.answers["config"].isVisible, "the question for a file")
    studio.drop(data)
    assert form.answers["data"].value == str(data)
    studio.files.chosen = data / "mine.toml"
    studio.click(form.answers["config"].button)
    form.name.setFocus()
    studio.type("Tiny")
    studio.click(form.begin)
    (entry,) = joint.lab.all
    until(lambda: joint.lab.get(entry.id).status not in ("waiting", "running"), "its end", SECONDS)
    done = joint.lab.get(entry.id)
    assert (done.name, done.status, done.problem) == ("Tiny", "done", "")
    view = joint.room.view
    until(lambda: view.curves.loss.series and view.headlines.cards, "its curves")
    assert view.curves.loss.series[0].steps[-1] == 4
    until(lambda: view.sheets.picture.there, "its last picture")
    assert view.sheets.shown.step == 4
    QTest.keyClick(view.sheets.slider, Qt.Key.Key_Left)
    assert view.sheets.shown.step == 2
    until(lambda: done.headline or joint.lab.get(entry.id).headline, "its headline")
    assert (joint.lab.folder(entry.id) / "request.json").is_file()
    assert (joint.lab.folder(entry.id) / "run" / "model" / "model.json").is_file()

    studio.click(studio.parts.top.rooms.button(0))
    until(studio.parts.body.isVisible, "the views")
    studio.until_shown("sample-slide.tif")
    np.testing.assert_allclose(seen(studio), before, atol=12)
