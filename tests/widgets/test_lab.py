"""The lab's widgets: everything fits, can be reached and read, and says what is asked of it."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QComboBox, QMenuBar, QPushButton, QWidget

from ssldiff_gui.app.actions import MENUS
from ssldiff_gui.state.lab_measuring import METHODS
from ssldiff_gui.widgets.lab_axes import Axis, smooth, tick_text
from ssldiff_gui.widgets.lab_compare import compared, dots_of
from ssldiff_gui.widgets.lab_form import LabForm
from ssldiff_gui.widgets.lab_list import ExperimentList, said_of
from ssldiff_gui.widgets.lab_pictures import SheetView
from ssldiff_gui.widgets.lab_plot import INKS, CurvePlot, Series
from ssldiff_gui.widgets.lab_shown import ExperimentCard, SheetShown
from ssldiff_gui.widgets.project_panel import ProjectShown
from ssldiff_gui.widgets.tokens import THEMES, contrast
from ssldiff_gui.widgets.top_bar import TopBar
from tests.gui.gallery_lab import STATES, cards, offered, room_in
from tests.gui.gallery_lab import compared as two
from tests.widgets.test_pages_fit import clipped, outside, shown, theme

__all__ = ["theme"]


def inks_of(image: QImage) -> set[str]:
    """Return the colours of an image."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.bytesPerLine() // 4, 4)
    bgr = np.frombuffer(image.constBits(), np.uint8).reshape(shape)[:, : image.width(), :3]
    found = np.unique(bgr.reshape(-1, 3), axis=0)
    return {f"#{r:02x}{g:02x}{b:02x}" for b, g, r in found.tolist()}


SIZES = ((1280, 720), (1600, 1000))


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_clipped(qtbot, theme, state):
    room = room_in(state)
    qtbot.addWidget(room)
    room.show()
    for size in SIZES:
        room.resize(*size)
        QTest.qWait(20)
        assert (room.width(), room.height()) == size
        assert clipped(room) == [], size
        assert list(outside(room)) == [], size


@pytest.mark.parametrize("state", STATES)
def test_the_next_step_is_one_button(qtbot, theme, state):
    room = room_in(state)
    qtbot.addWidget(room)
    room.show()
    primary = [b.text() for b in shown(room, QPushButton) if b.property("kind") == "primary"]
    assert primary == ["Start"]


@pytest.mark.parametrize("state", ["form", "running", "report"])
def test_the_keyboard_reaches_everything_and_a_reader_can_name_it(qtbot, theme, state):
    room = room_in(state)
    qtbot.addWidget(room)
    room.resize(1600, 2400)
    room.show()
    room.activateWindow()
    qtbot.waitUntil(room.isActiveWindow)
    reached: list[QWidget] = []
    room.list.setFocus()
    for _ in range(120):
        QTest.keyClick(QApplication.focusWidget() or room, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus in reached:
            break
        reached.append(focus)
    wanted = [
        part
        for part in shown(room, QAbstractButton) + shown(room, QComboBox) + shown(room, CurvePlot)
        if part.isEnabled() and part.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    for part in wanted:
        group = part.group() if isinstance(part, QAbstractButton) else None
        beside = [part] if group is None else group.buttons()
        assert any(one in reached for one in beside), part.accessibleName() or part
        assert part.accessibleName() or getattr(part, "text", str)(), "it has a name"


@pytest.mark.parametrize("mode", THEMES)
def test_curves_can_be_told_from_their_ground(mode):
    tokens = THEMES[mode]
    assert all(contrast(ink, tokens.panel) >= 3 for ink in INKS[mode])
    assert len(set(INKS[mode])) == 6


def test_words_of_cards_can_be_read(qtbot, theme):
    for mode, tokens in THEMES.items():
        theme.set_mode(mode)
        room = room_in("running")
        qtbot.addWidget(room)
        room.resize(1280, 720)
        room.show()
        QTest.qWait(10)
        for row, ground in ((0, "selection"), (2, "raised"), (5, "raised")):
            box = room.list.visualRect(room.list.model().index(row))
            image = room.list.viewport().grab(box.adjusted(44, 24, -90, -8)).toImage()
            assert max(contrast(ink, getattr(tokens, ground)) for ink in inks_of(image)) >= 4.5


def test_no_part_is_left_when_the_lab_is_gone(qapp, theme):
    before = set(map(id, qapp.allWidgets()))
    room = room_in("report")
    room.show()
    for key in ("train-encoder", "augment", "fid"):
        room.form.choose(key)
    for state in STATES.values():
        state(room)
    room.list.choose("study")
    room.list.menu().deleteLater()
    gone = weakref.ref(room)
    room.close()
    room.deleteLater()
    del room
    for _ in range(3):
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
        gc.collect()
    assert gone() is None
    assert [w for w in qapp.allWidgets() if id(w) not in before] == []


# -- the form ------------------------------------------------------------------------------------


@pytest.fixture
def form(qtbot):
    form = LabForm(METHODS)
    qtbot.addWidget(form)
    form.offer_models(offered())
    form.resize(340, 900)
    form.show()
    return form


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_answers_are_shown_and_given_back(form, method):
    told = {
        "data": "/d", "folder": "/f", "real": "/r", "fake": "/k", "source": "/s", "what": "encoder",
        "captions": {"a": "an a"}, "texts": {"b": "a b"}, "minutes": 7, "model": "gen",
        "budget": "gpu", "pixel": {"size": 0.25, "unit": "m"}, "seed": 3, "labels": 12.5,
    }  # fmt: skip
    if method.key == "map":
        told["source"] = ["/a", "/b"]
    known = {"budget", *(field.key for field in method.fields)}
    told = {key: value for key, value in told.items() if key in known}
    form.choose(method.key, told)
    assert {key: form.values[key] for key in told} == told
    rest = {key: value for key, value in method.defaults.items() if key not in told}
    for key, value in rest.items():
        assert form.values[key] == value or (value is None and not form.values[key]), key


def test_what_is_missing_is_said_until_it_is_there(form):
    heard = []
    form.begin_requested.connect(lambda *said: heard.append(said))
    form.choose("fid", {"real": "/a"})
    assert not form.begin.isEnabled()
    assert form.reason.text() == "Choose the made pictures."
    form.answers["fake"].line.setText("/b")
    assert form.begin.isEnabled()
    assert form.reason.isHidden()
    form.begin.click()
    ((key, name, values),) = heard
    assert (key, name) == ("fid", "How far apart are two sets?")
    assert (values["real"], values["fake"], values["budget"]) == ("/a", "/b", "minutes")


def test_questions_come_with_the_answers_that_ask_them(form):
    form.choose("train-condition", {"data": "/a"})
    assert not form.answers["texts"].isVisible()
    box = form.answers["condition"].box
    box.setCurrentIndex(box.findData("text"))
    box.activated.emit(box.currentIndex())
    assert form.answers["texts"].isVisible()
    assert form.reason.text() == "Choose the texts."
    form.answers["texts"].text.setPlainText("fat = fat tissue\nnonsense\n= x")
    assert form.values["texts"] == {"fat": "fat tissue"}
    assert form.begin.isEnabled()


def test_another_method_keeps_the_pictures(form):
    form.choose("train-encoder", {"data": "/mine"})
    form._turn("augment")
    assert form.answers["folder"].value == "/mine"
    form._turn("train-prior")
    assert form.answers["data"].value == "/mine"


def test_the_budget_says_what_it_means(form):
    form.choose("fid")
    assert form.budget_words.text() == "Up to 500 pictures of each."
    form.budget.button(1).click()
    assert form.budget_words.text() == "Up to 5,000 pictures of each."
    assert form.values["budget"] == "gpu"


def test_folders_are_dropped_on_their_question(form, tmp_path):
    form.choose("study-augmentation")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in "ab"])
    for key, expected in (
        ("folder", str(tmp_path / "a")), ("augmented", [str(tmp_path / "a"), str(tmp_path / "b")]),
    ):  # fmt: skip
        drop = QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        form.answers[key].dropEvent(drop)
        assert form.answers[key].value == expected


# -- list, plots, sheets -------------------------------------------------------------------------


def test_cards_are_starred_renamed_deleted_and_chosen(qtbot):
    made = ExperimentList()
    qtbot.addWidget(made)
    made.resize(280, 600)
    made.show()
    heard = []
    made.chosen.connect(heard.append)
    made.star_requested.connect(lambda *said: heard.append(said))
    made.delete_requested.connect(lambda ids: heard.append(("delete", *ids)))
    made.rename_requested.connect(lambda *said: heard.append(said))
    made.show_cards(cards())
    made.choose("study")
    assert heard.pop() == ("study",)
    made.show_cards(tuple(reversed(cards())))
    assert made.ids == ("study",), "what is chosen stays so in another order"
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_S)
    assert heard.pop() == ("study", False)
    QTest.keyClick(made, Qt.Key.Key_F2)
    editor = made.viewport().findChild(QWidget)
    QTest.keyClicks(editor, "Other")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard.pop() == ("study", "Other")
    made.choose("study", "enc")
    assert sorted(heard.pop()) == ["enc", "study"]
    QTest.keyClick(made, Qt.Key.Key_Delete)
    assert sorted(heard.pop()) == ["delete", "enc", "study"]
    box = made.visualRect(made.model().index(0))
    QTest.mouseClick(
        made.viewport(), Qt.MouseButton.LeftButton, pos=made._card.star_box(box).center()
    )
    assert heard.pop() == ("bad", True)
    words = [action.text() for action in made.menu().actions() if action.text()]
    assert words == ["Delete 2 experiments"]
    made.show_cards(())
    assert made.ids == ()
    assert heard.pop() == ()


def test_cards_say_how_it_stands():
    def said(**facts: object) -> str:
        return said_of(ExperimentCard("a", "A", "m", **facts))

    assert said(status="running", part=0.5) == "Running · 50 %"
    assert said(status="done", headline="FID 3") == "FID 3"
    assert said(status="stopped", headline="loss 3") == "Stopped · loss 3"
    assert said(status="failed", headline="x") == "Failed"


def test_axes_have_round_numbers():
    assert Axis(0, 10).ticks(5) == [0, 2, 4, 6, 8, 10]
    assert Axis.around(np.array([5.0, 1000.0]), zero=True).low == 0
    logs = Axis.around(np.array([0.0, 0.02, 3.0]), log=True)
    assert 0.01 < logs.low < 0.02
    assert logs.ticks(5) == [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
    np.testing.assert_allclose(logs.part(np.array([logs.low, logs.high])), [0, 1], atol=1e-9)
    assert Axis.around(np.array([])).high == 1
    assert Axis.around(np.array([2.0, 2.0])).high > 2
    words = [tick_text(v) for v in (0, 0.25, 1500, 20_000, 3e6, 2e-5)]
    assert words == ["0", "0.25", "1,500", "20 k", "3 M", "2e-5"]


def test_smoothing_neither_lags_nor_changes_the_length():
    line = np.linspace(10, 0, 200)
    np.testing.assert_allclose(smooth(line)[20:-20], line[20:-20], atol=1e-9)
    noisy = line + np.random.default_rng(0).standard_normal(200)
    assert np.abs(smooth(noisy)[20:-20] - line[20:-20]).std() < 0.4
    assert smooth(np.array([1.0])).tolist() == [1.0]


def test_a_plot_is_drawn_and_read(qtbot, theme):
    theme.set_mode("dark")
    plot = CurvePlot("loss")
    qtbot.addWidget(plot)
    plot.resize(500, 240)
    plot.show()
    steps = np.arange(1, 11, dtype=float)
    plot.show_series("loss", [Series("a", steps, 10 / steps), Series("b", steps, steps * 0 + 2, 1)])
    assert plot.accessibleDescription() == "a 1 at step 10; b 2 at step 10"
    assert set(INKS["dark"][:2]) <= inks_of(plot.grab().toImage())
    QTest.mouseMove(plot, plot._place().center().toPoint())
    qtbot.waitUntil(lambda: plot._read is not None)
    assert plot._words(plot.series[0]).startswith("a 2")
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot._read > 5
    even = plot.grab().toImage()
    plot.set_log(True)
    assert plot.grab().toImage() != even
    plot.show_series("nothing", [])
    assert plot.accessibleDescription() == "Nothing yet"


def test_many_points_are_thinned():
    from ssldiff_gui.widgets.lab_plot import MOST_POINTS, thinned

    steps = np.arange(100_000, dtype=float)
    few = thinned(Series("a", steps, steps))
    assert len(few.steps) <= MOST_POINTS
    assert (few.steps[0], few.steps[-1]) == (0, 99_999)


def test_the_newest_sheet_stays_in_view_until_an_earlier_one_is_chosen(qtbot):
    view = SheetView()
    qtbot.addWidget(view)
    view.resize(400, 500)
    view.show()
    wanted = []
    view.picture_wanted.connect(wanted.append)
    sheets = [SheetShown(f"k{n}", "Cells", n) for n in (100, 200)]
    view.show_sheets(sheets)
    assert wanted == ["k200"]
    view.show_picture("k100", np.zeros((4, 8, 3), np.uint8))
    assert not view.picture.there, "it is not the one that is chosen"
    view.show_picture("k200", np.zeros((4, 8, 3), np.uint8))
    assert view.picture.there
    view.show_sheets([*sheets, SheetShown("k300", "Cells", 300)])
    assert wanted[-1] == "k300"
    view.back.click()
    assert view.caption.text() == "Cells after 200 steps"
    view.show_sheets([*sheets, SheetShown("k300", "Cells", 300), SheetShown("k400", "Cells", 400)])
    assert view.shown.step == 200
    view.show_sheets([*sheets, SheetShown("o100", "Others", 100)])
    assert view.kinds.isVisible()


def test_headlines_side_by_side():
    experiments = two()
    table = compared(experiments)
    assert table.columns == ("", "Encoder of our own slides", "The same, larger temperature")
    assert table.rows[2] == ("loss", "0.312", "0.362")
    assert table.rows[3][1] == "0.81  (0.78 – 0.84)"
    rows = dots_of([*experiments, experiments[0]])
    assert [row.name for row in rows] == ["loss", "linear probe"]
    assert [len(row.values) for row in rows] == [3, 3]


def test_the_switch_fits_beside_the_menus(qtbot, theme):
    menus = QMenuBar()
    for title in MENUS:
        menus.addMenu(title)
    bar = TopBar(menus)
    qtbot.addWidget(bar)
    bar.show_project(ProjectShown("A project with a name"))
    bar.show_document("sample-slide-with-a-long-name.tif", "saved 10:42")
    bar.resize(1280, bar.height())
    bar.show()
    QTest.qWait(20)
    assert menus.width() >= menus.sizeHint().width()
    for place, words in enumerate(("Studio", "Lab")):
        button = bar.rooms.button(place)
        assert button.width() >= button.fontMetrics().horizontalAdvance(words) + 12
    assert bar.search.geometry().right() < bar.width()
    wanted = []
    bar.lab_requested.connect(wanted.append)
    bar.rooms.button(1).click()
    bar.rooms.button(0).click()
    assert wanted == [True, False]
