from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.app.joints.models import OFFLINE, ModelsJoint
from ssldiff_gui.core.inventory import InstalledModel, Inventory, OfferedModel, Verified
from ssldiff_gui.core.requests import ModelRequest
from ssldiff_gui.core.specs import Licence
from ssldiff_gui.jobs.messages import Heartbeat, Ready, Unloaded
from ssldiff_gui.widgets.model_window import OFFERED, ModelWindow
from tests.app.room import Room

INVENTORY = Inventory(
    installed=(InstalledModel(name="own", folder="/models/own", problem="It is damaged."),),
    offered=(
        OfferedModel(
            name="uni", title="UNI", licence=Licence(name="CC-BY-NC", gate="https://x.org/uni")
        ),
    ),
)


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path, INVENTORY)
    made.joint = ModelsJoint(made.frame, made.window)
    made.shown = []
    made.joint.show_folder = made.shown.append
    made.joint.show_link = made.shown.append
    made.open_project(made.joint)
    yield made
    made.close(made.joint)


@pytest.fixture
def window(room):
    room.joint.window()
    return room.joint.dialog


def test_models_and_offers_are_listed(window):
    assert [entry.name for entry in window.model.entries] == ["own"]
    window.choose("uni")
    assert window.chosen.gate == "https://x.org/uni"


def test_a_download_needs_the_tick_goes_through_the_queue_and_can_be_cancelled(room, window):
    window.choose("uni")
    details = window.details
    assert not details.download_button.isEnabled()
    details.tick.click()
    details.download_button.click()
    job, request = room.client.submitted[-1]
    assert request == ModelRequest(name="uni", accept=True)
    room.client.progress(job, 0.25)
    assert details.work_words.text() == "25 % · Working"
    details.download_requested.emit("uni", True)
    assert len(room.client.submitted) == 1
    details.cancel_button.click()
    assert room.client.cancelled == [job]
    room.joint.refresh()
    assert details.work.isHidden()


def test_a_model_that_came_is_installed(room, window):
    window.choose("uni")
    room.joint._download("uni", True)
    job, _ = room.client.submitted[-1]
    room.inventory = Inventory(installed=(InstalledModel(name="uni", folder="/models/uni"),))
    room.client.finish(job, name="uni")
    assert room.toasts == ["UNI is installed."]
    room.until(lambda: room.joint._place.models.inventory.named("uni"))
    assert room.asked == [("list",)]
    assert window.chosen.installed


def test_a_gate_that_stays_closed_is_said_beside_the_model(room, window):
    window.choose("uni")
    room.joint._download("uni", True)
    job, _ = room.client.submitted[-1]
    room.client.fail(job, "Its owners have not let you in.", "GatedModel")
    assert window.details.problem.message.text() == "Its owners have not let you in."
    assert window.segments.button(OFFERED).isChecked()


def test_hashing_and_removing_are_asked_of_the_process_that_may(room, window):
    window.details.verify_requested.emit("own")
    assert window.details.work_words.text() == "Hashing its files"
    room.place.models.verified.emit(Verified(name="own", whole=False, words="One is not."))
    assert window.details.work.isHidden()
    assert window.details.state.text() == "One is not."
    room.inventory = Inventory()
    window.details.remove_requested.emit("own")
    room.until(lambda: not window.model.entries)
    assert set(room.asked) == {("verify", "own"), ("remove", "own")}


def test_folders_and_links_are_shown_by_the_system(room, window):
    window.folder_requested.emit("own")
    window.folder_requested.emit("")
    window.link_requested.emit("https://x.org/uni")
    assert room.shown[0] == Path("/models/own")
    assert room.shown[1].name == "models"
    assert room.shown[2] == "https://x.org/uni"


def test_the_device_and_its_memory_are_shown(room, window):
    assert window.device.text() == "Nothing is loaded yet"
    room.client.emit(Ready(1, "cuda:0", "RTX A5000", 24_000_000_000))
    room.client.emit(Heartbeat(10**9, 6_000_000_000, ("own",)))
    assert window.device.text() == "RTX A5000"
    assert window.loaded.text() == "Holds own"
    assert window.memory.text() == "6.0 GB of 24 GB"
    room.client.die()
    assert window.device.text() == "Nothing is loaded yet"


def test_freeing_says_how_much(room, window):
    room.joint.free()
    assert room.client.unloaded == 1
    assert room.toasts == ["No model was held in memory."]
    room.joint._freeing = True
    room.client.emit(Unloaded(freed=3_000_000_000, memory=1))
    assert room.toasts[-1].startswith("3.0 GB of memory are free again.")


def test_offline_is_said(room, window):
    room.place.models.inventory = INVENTORY.model_copy(update={"offline": True})
    room.joint.refresh()
    assert window.offline.isVisible()
    assert window.offline.toolTip() == OFFLINE


def test_it_is_not_made_before_it_is_wanted(room):
    room.joint.refresh()
    assert not room.window.findChildren(ModelWindow)
