from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.app.joints.canvas import CanvasJoint, cost_of
from ssldiff_gui.app.joints.canvas_offers import class_title, offers_of
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.inventory import InstalledModel, Inventory
from ssldiff_gui.core.project import GridEntry, PaletteEntry
from ssldiff_gui.core.requests import PriorRequest
from ssldiff_gui.core.specs import Licence, ModelFile, PartSpec, PixelSize, PriorSpec
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.widgets.new_canvas_dialog import CanvasChoice, CanvasOffer
from tests.app.room import ENCODER, Room

PRIOR = PriorSpec(
    name="prior", title="A prior", encoder=ENCODER, dim=8, cell=32,
    pixel=PixelSize(size=0.5, unit="µm"), window=16, classes=("lungn", "colonn"),
    captions=("normal lung", "normal colon"), network=PartSpec(type="x"),
    reader=PartSpec(type="WordReader", config={"words": ["lung", "normal", "colon"]}),
)  # fmt: skip
INVENTORY = Inventory(
    installed=(
        InstalledModel(
            name="prior", folder="/p",
            model=ModelFile(kind="prior", prior=PRIOR, licence=Licence(name="MIT")),
        ),
    )
)  # fmt: skip


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path, INVENTORY)
    made.joint = CanvasJoint(made.frame, made.window)
    yield made
    made.close(made.joint)


def asked(room: Room):
    room.open_project(room.joint)
    return shown(room)


def shown(room: Room):
    room.joint.new()
    room.until(lambda: room.joint.dialog is not None)
    return room.joint.dialog


def keep_cell(room: Room, encoder: str = ENCODER) -> None:
    grid = EmbeddingGrid(np.ones((1, 4, 8), np.float32), encoder, 32)
    path = room.place.bench.path("palette/abc.safetensors")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_grid(path, grid)
    room.place.project.put(PaletteEntry(name="Gland", file="palette/abc.safetensors"))


def test_before_the_project_is_there_nothing_opens(room):
    room.joint.new()
    assert room.toasts == ["The project is still being opened. Try again in a moment."]


def test_words_become_a_grid_drawn_by_the_queue_with_nothing_open(room):
    dialog = asked(room)
    assert dialog.offer.words == ("lung", "normal", "colon")
    assert dialog.offer.example == "normal lung"
    dialog.words.field.setText("normal lung")
    dialog.rows.setValue(8)
    dialog.columns.setValue(16)
    assert "512 × 256 px · 256 × 128 µm" in dialog.extent.text()
    assert dialog.cost.text().startswith("128 cells · ")
    dialog.draw_button.click()
    _, request = room.client.submitted[-1]
    assert isinstance(request, PriorRequest)
    assert (request.text, request.label) == ("normal lung", None)
    assert (request.model, request.rows, request.columns) == ("prior", 8, 16)
    assert room.toasts == ["The canvas is being drawn. It opens when it is there."]
    assert room.joint.dialog is None


def test_a_class_is_chosen_by_its_caption(room):
    dialog = asked(room)
    dialog.origins.button(1).click()
    assert [title for _, title in dialog.offer.classes] == [
        "Normal colon (colonn)", "Normal lung (lungn)",
    ]  # fmt: skip
    dialog.draw_button.click()
    _, request = room.client.submitted[-1]
    assert (request.text, request.label) == (None, "colonn")
    names = [entry.name for entry in room.place.project.entries(GridEntry)]
    assert names == ["Normal colon (colonn)"]


def test_a_canvas_is_filled_from_the_palette_and_opens_at_once(room):
    room.open_project(room.joint)
    keep_cell(room)
    dialog = shown(room)
    dialog.origins.button(2).click()
    dialog.draw_button.click()
    room.until(lambda: room.frame.session.current is not None)
    assert room.frame.session.current.scene.width == 32 * 32
    room.until(lambda: "page Grid" in room.changes)
    assert not room.client.submitted


def test_a_palette_of_an_encoder_without_a_prior_is_an_offer_of_its_own(room):
    room.open_project(room.joint)
    keep_cell(room, "mine@1")
    dialog = shown(room)
    assert [dialog.models.itemText(k) for k in range(2)] == ["A prior", "Palette of mine"]
    dialog.models.setCurrentIndex(1)
    assert dialog.origin == "palette"
    assert dialog.draw_button.isEnabled()


def test_without_anything_that_draws_a_toast_says_how_to_get_it(room):
    room.inventory = Inventory()
    room.open_project(room.joint)
    room.joint.new()
    room.until(lambda: room.toasts)
    assert "ssldiff train prior" in room.toasts[0]


def test_too_many_cells_are_refused_before_they_are_drawn():
    choice = CanvasChoice("prior", 1024, 1024, "text", "Lung, please")
    small = CanvasOffer("prior", "A prior", ("lung",), cell=32)
    assert cost_of(choice, small) == ("1,048,576 cells · 3.4 GB when rendered", "")
    assert cost_of(choice, replace(small, cell=128))[1].startswith("That is too large")
    other = replace(choice, text="a runway")
    assert cost_of(other, small) == ("", "It knows none of these words.")


def test_models_of_what_is_in_view_come_first():
    def prior(name: str, unit: str) -> InstalledModel:
        spec = PRIOR.model_copy(
            update={"pixel": PixelSize(size=1, unit=unit), "title": name, "encoder": name}
        )
        model = ModelFile(kind="prior", prior=spec, licence=Licence(name="MIT"))
        return InstalledModel(name=name, folder="/p", model=model)

    priors = [prior("aerial", "m"), prior("histology", "µm")]
    assert [o.id for o in offers_of(priors, (), "")] == ["histology", "aerial"]
    assert [o.id for o in offers_of(priors, (), "", "m")] == ["aerial", "histology"]
    assert [o.id for o in offers_of(priors, (), "aerial")] == ["aerial", "histology"]


def test_titles_of_classes():
    assert class_title("forest", "forest") == "Forest"
    assert class_title("lungn", "normal lung") == "Normal lung (lungn)"
