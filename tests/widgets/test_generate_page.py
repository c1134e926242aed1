from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.widgets.generate_page import GeneratePage
from ssldiff_gui.widgets.shown import Choice, CostShown, Preset, RenderShown, Work

MODELS = (Choice("starter", "Starter", "Apache 2.0"), Choice("other", "Other", "CC BY-NC"))
PRESETS = (Preset("default", "Balanced", 20, 2.0), Preset("fast", "Fast", 8, 1.0, "In a hurry"))
DEVICES = (Choice("auto", "The best there is"), Choice("cpu", "Processor"))
SETTINGS = RenderShown("starter", 7, "random", 0.15)
COST = CostShown("2,048 × 1,536 px", "1.02 × 0.77 mm", "about 4 min", "2.1 GB", "38 MB")
LARGE = CostShown(
    "65,536 × 65,536 px", "", "about 9 h", "2.1 GB", "41 GB",
    "It takes 41 GB; 60 GB are left.", "Render for about 9 hours",
)  # fmt: skip


@pytest.fixture
def page(qtbot):
    page = GeneratePage()
    page.resize(264, 900)
    qtbot.addWidget(page)
    page.set_empty(False)
    page.offer(MODELS, PRESETS, DEVICES)
    page.can_render(selection=True, view=True)
    page.show_settings(SETTINGS)
    page.show_cost(COST)
    page.show()
    return page


@pytest.fixture
def changes(page):
    seen = []
    page.changed.connect(seen.append)
    return seen


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_without_a_grid_it_says_how_to_get_one(page, qtbot):
    page.set_empty(True)
    with qtbot.waitSignal(page.draw_requested):
        press(page.empty.buttons[0])
    with qtbot.waitSignal(page.new_canvas_requested):
        press(page.empty.buttons[1])


def test_showing_says_nothing(page, changes):
    page.show_settings(RenderShown("other", 9, "step", 0.5, "view", True, "fast", 8, 1.0, "cpu"))
    assert changes == []
    assert page.model.id == "other"
    assert (page.seed.seed, page.seed.mode) == (9, "step")
    assert page.variation.value == 50
    assert page.part.button(2).isChecked()
    assert page.live.isChecked()
    assert (page.advanced.steps.value, page.advanced.guidance.value) == (8, 1.0)
    assert page.advanced.device.id == "cpu"


def test_each_setting_is_changed_by_hand(page, changes):
    QTest.keyClick(page.model.box, Qt.Key.Key_Down)
    assert changes[-1].model == "other"
    assert page.model.note.text() == "CC BY-NC"
    press(page.part.button(1))
    assert changes[-1].part == "selection"
    page.seed.number.selectAll()
    QTest.keyClicks(page.seed.number, "4242")
    QTest.keyClick(page.seed.number, Qt.Key.Key_Return)
    assert changes[-1].seed == 4242
    for place, mode in enumerate(("lock", "random", "step")):
        press(page.seed.modes.button(place))
        assert changes[-1].seed_mode == mode
    QTest.keyClick(page.variation.slider, Qt.Key.Key_Right)
    assert changes[-1].variation == pytest.approx(0.2)
    QTest.keyClick(page.live, Qt.Key.Key_Space)
    assert changes[-1].live
    assert page.settings == changes[-1]
    assert changes[-1].model == "other", "nothing that was changed before is lost"


def test_advanced_is_folded_and_a_preset_sets_the_rest(page, changes):
    assert not page.advanced.steps.isVisible()
    press(page.advanced.button)
    assert page.advanced.steps.isVisible()
    QTest.keyClick(page.advanced.preset.box, Qt.Key.Key_Down)
    assert (changes[-1].preset, changes[-1].steps, changes[-1].guidance) == ("fast", 8, 1.0)
    assert page.advanced.steps.value == 8
    QTest.keyClick(page.advanced.steps.slider, Qt.Key.Key_Right)
    QTest.keyClick(page.advanced.guidance.slider, Qt.Key.Key_Right)
    QTest.keyClick(page.advanced.device.box, Qt.Key.Key_Down)
    last = changes[-1]
    assert (last.steps, last.guidance, last.device) == (9, 1.1, "cpu")


def test_what_cannot_be_rendered_is_not_offered(page):
    page.can_render(selection=False, view=False)
    assert [page.part.button(n).isEnabled() for n in range(3)] == [True, False, False]
    assert page.generate.isEnabled()
    page.can_render(selection=True, view=True, missing="No model fits this grid.")
    assert not page.generate.isEnabled()
    assert page.generate.toolTip() == "No model fits this grid."


def test_the_cost_is_said_before(page, qtbot):
    assert page.cost.pixels.text() == "2,048 × 1,536 px"
    assert page.cost.facts["Time"].text() == "about 4 min"
    assert not page.cost.consent.isVisible()
    with qtbot.waitSignal(page.generate_requested):
        press(page.generate)


def test_a_large_render_needs_consent_and_each_cost_its_own(page, qtbot):
    page.show_cost(LARGE)
    assert page.cost.warning.isVisible()
    assert not page.generate.isEnabled()
    with qtbot.assertNotEmitted(page.generate_requested):
        press(page.generate)
    QTest.keyClick(page.cost.consent, Qt.Key.Key_Space)
    assert page.generate.isEnabled()
    page.show_cost(LARGE)
    assert page.generate.isEnabled(), "the same cost keeps its consent"
    page.show_cost(CostShown("1 px", consent="Render for about 2 days"))
    assert not page.generate.isEnabled()
    page.show_cost(COST)
    assert page.generate.isEnabled()


def test_consent_holds_for_one_render(page, qtbot):
    page.show_cost(LARGE)
    QTest.keyClick(page.cost.consent, Qt.Key.Key_Space)
    with qtbot.waitSignal(page.generate_requested):
        press(page.generate)
    assert not page.generate.isEnabled()


def test_a_seed_too_large_for_the_field_is_kept(page, changes):
    page.show_settings(RenderShown("starter", 2**40 + 1, "lock"))
    press(page.seed.modes.button(1))
    assert changes[-1].seed == 2**40 + 1


def test_work_takes_the_place_of_the_button(page, qtbot):
    page.show_work(Work("Colon, seed 7", 0.3))
    assert page.work.isVisible()
    assert not page.generate.isVisible()
    assert not page.cost.isVisible()
    with qtbot.waitSignal(page.work.cancel_requested):
        press(page.work.cancel)
    page.show_work(None)
    assert page.generate.isVisible()
    assert page.cost.isVisible()


def test_a_problem_is_said_here(page):
    page.show_problem(UserError("The disk is full.", "Free some space."))
    assert page.notice.isVisible()
    page.show_problem(None)
    assert not page.notice.isVisible()
