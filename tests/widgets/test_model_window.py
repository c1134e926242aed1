from __future__ import annotations

from dataclasses import replace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.core.inventory import InstalledModel, Inventory, OfferedModel
from ssldiff_gui.core.specs import Licence
from ssldiff_gui.widgets.model_entries import (
    DeviceShown,
    ModelEntry,
    ModelWork,
    entries_of,
    in_size,
    use_words,
)
from ssldiff_gui.widgets.model_window import OFFERED, ModelWindow

OWN = ModelEntry("own", "A model of one's own", size=420_000_000, kind="Generator")
CARRIED = ModelEntry("starter", "Starter", own=False, kind="Encoder")
OPEN = ModelEntry("dino", "DINOv2", False, size=88_000_000, licence="Apache-2.0",
                  terms="https://terms", commercial=True, source="timm/dinov2")  # fmt: skip
GATED = ModelEntry(
    "virchow", "Virchow2", False, licence="CC", gate="https://gate", commercial=False
)
CONVERT = ModelEntry("hipt", "HIPT", False, convert=True)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot):
    window = ModelWindow()
    qtbot.addWidget(window)
    window.show_models((OWN, CARRIED, OPEN, GATED, CONVERT))
    window.show_device(DeviceShown("GPU", 4_000_000_000, 24_000_000_000, ("Starter",)))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def click(button):
    QTest.mouseClick(button, LEFT)


def test_a_download_needs_its_terms_accepted(window, qtbot):
    click(window.segments.button(OFFERED))
    details = window.details
    assert details.title.text() == "DINOv2"
    assert details.licence.text() == "Licence: Apache-2.0"
    assert details.facts["Source"][1].text() == "timm/dinov2"
    assert not details.facts["Folder"][0].isVisible()
    assert not details.download_button.isEnabled()
    with qtbot.assertNotEmitted(window.download_requested):
        click(details.download_button)
    details.tick.setFocus()
    QTest.keyClick(details.tick, Qt.Key.Key_Space)
    with qtbot.waitSignal(window.download_requested) as asked:
        click(details.download_button)
    assert asked.args == ["dino", True]
    window.choose("virchow")
    assert not details.tick.isChecked(), "accepted for one is not for another"


def test_a_gated_one_says_where_to_ask(window, qtbot):
    window.choose("virchow")
    assert window.details.gate_button.isVisible()
    with qtbot.waitSignal(window.link_requested) as asked:
        click(window.details.gate_button)
    assert asked.args == ["https://gate"]
    window.choose("dino")
    assert not window.details.gate_button.isVisible()
    with qtbot.waitSignal(window.link_requested) as asked:
        click(window.details.read_button)
    assert asked.args == ["https://terms"]


def test_what_has_to_be_converted_cannot_be_downloaded(window):
    window.choose("hipt")
    assert not window.details.download_button.isVisible()
    assert "converted" in window.details.state.text()


def test_progress_is_shown_and_cancelled(window, qtbot):
    window.choose("dino")
    window.show_work("dino", ModelWork("34 of 88 MB", 0.39))
    details = window.details
    assert details.work_words.text() == "39 % · 34 of 88 MB"
    assert not details.download_button.isVisible()
    with qtbot.waitSignal(window.cancel_requested) as asked:
        click(details.cancel_button)
    assert asked.args == ["dino"]
    window.show_work("dino", None)
    assert not details.work.isVisible()
    window.show_work("dino", ModelWork("Asking the hub"))
    assert details.bar.maximum() == 0, "nobody knows how long"


def test_offline_is_said_plainly(window):
    window.choose("dino")
    window.details.tick.setChecked(True)
    window.show_device(DeviceShown("CPU", offline="Downloads are switched off."))
    assert window.offline.isVisible()
    assert not window.details.download_button.isEnabled()
    assert window.details.state.text() == "Downloads are switched off."
    assert not window.free_button.isEnabled(), "nothing is held"


def test_own_ones_are_verified_shown_and_removed_after_a_question(window, qtbot):
    window.choose("own")
    details = window.details
    with qtbot.waitSignal(window.verify_requested) as asked:
        click(details.verify_button)
    assert asked.args == ["own"]
    window.show_verified("own", whole=True)
    assert "what was installed" in details.state.text()
    window.show_verified("own", whole=False, words="model.safetensors is damaged.")
    assert details.state.text() == "model.safetensors is damaged."
    with qtbot.waitSignal(window.folder_requested) as asked:
        click(details.folder_button)
    assert asked.args == ["own"]
    with qtbot.assertNotEmitted(window.remove_requested):
        click(details.remove_button)
        assert "420 MB" in details.question_text.text()
        click(details.no_button)
    click(details.remove_button)
    with qtbot.waitSignal(window.remove_requested) as asked:
        click(details.yes_button)
    assert asked.args == ["own"]
    window.choose("starter")
    assert not details.remove_button.isEnabled()


def test_memory_is_shown_and_freed(window, qtbot):
    assert window.memory.text() == "4.0 GB of 24 GB"
    with qtbot.waitSignal(window.free_requested):
        click(window.free_button)
    with qtbot.waitSignal(window.folder_requested) as asked:
        click(window.folder_button)
    assert asked.args == [""]
    with qtbot.waitSignal(window.refresh_requested):
        click(window.refresh_button)


def test_the_keyboard_walks_and_escape_closes(window):
    QTest.keyClick(window.list, Qt.Key.Key_Down)
    assert window.chosen.name == "starter"
    assert window.details.title.text() == "Starter"
    QTest.keyClick(window.list, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_what_is_chosen_stays_so_and_nothing_says_so(window):
    window.choose("starter")
    window.show_models((replace(OWN, title="Renamed"), CARRIED))
    assert window.chosen.name == "starter"
    click(window.segments.button(OFFERED))
    assert window.empty.isVisible()
    window.show_models(())
    assert window.chosen is None


def test_a_damaged_one_says_what_to_do(window):
    broken = ModelEntry("broken", "Broken", problem="model.json is damaged.", hint="Get it again.")
    window.show_models((broken,))
    assert window.details.problem.isVisible()
    assert window.details.problem.hint.text() == "Get it again."


def test_entries_of_an_inventory():
    inventory = Inventory(
        installed=(InstalledModel(name="a", folder="/a", problem="It is damaged.", size=5),),
        offered=(
            OfferedModel(name="a", title="A", licence=Licence(name="MIT")),
            OfferedModel(name="b", title="B", licence=Licence(name="CC", gate="https://g"),
                         obtain="convert"),
        ),
    )  # fmt: skip
    first, second = entries_of(inventory)
    assert (first.name, first.installed, first.problem) == ("a", True, "It is damaged.")
    assert (second.name, second.installed, second.gate, second.convert) == (
        "b", False, "https://g", True,
    )  # fmt: skip
    assert "clearly" in use_words(second)


def test_sizes_are_read_easily():
    assert [in_size(s) for s in (12, 4_200, 88_000_000, 2_730_000_000)] == [
        "12 bytes", "4.2 kB", "88 MB", "2.7 GB",
    ]  # fmt: skip
