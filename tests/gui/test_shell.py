"""Journeys through the whole window, as people go them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QAbstractButton, QApplication, QLineEdit, QToolButton, QWidget

from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.resources import resource_path
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.storage import geojson
from ssldiff_gui.viewer.tools import Tool
from ssldiff_gui.widgets.tokens import LIGHT
from tests.gui.studio import Studio, until, wait
from tests.slides.made.tiffs import geotiff

pytestmark = pytest.mark.gui


@pytest.fixture
def home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, journals and thumbnails of this test alone."""
    monkeypatch.setenv("SSLDIFF_HOME", str(own_home / "studio"))
    return own_home


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    return Path(shutil.copy(resource_path("samples", "sample-slide.tif"), tmp_path / "biopsy.tif"))


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return Path(shutil.copy(resource_path("samples", "sample-scene.tif"), tmp_path / "fields.tif"))


@pytest.fixture
def studio(home: Path, qtbot) -> Iterator[Studio]:
    studio = Studio(size=(1280, 800))
    studio.until_ready()
    yield studio
    studio.close()


@pytest.fixture
def opened(studio: Studio, slide: Path) -> Studio:
    studio.session.open(slide)
    studio.until_shown(slide.name)
    return studio


def titles(studio: Studio) -> list[str]:
    return [annotation.title for annotation in studio.parts.annotations.model.rows]


def draw_rectangle(studio: Studio) -> None:
    studio.draw(Qt.Key.Key_R, [(0.2, 0.3), (0.5, 0.6)])


def test_the_first_start_welcomes_and_its_button_opens_the_sample(studio):
    assert not studio.parts.inspector.isVisible()
    assert not studio.parts.synthetic.isVisible()
    studio.click(studio.pane.hint.buttons[1])
    document = studio.until_shown("sample-slide.tif")
    assert document.scene.scale is not None
    assert studio.parts.inspector.isVisible()
    assert studio.parts.synthetic.hint.isVisible()


def test_dropped_files_and_folders_are_opened(studio, slide, scene, tmp_path):
    mime = studio.drag_over([slide, scene])
    assert mime.hasUrls()
    assert studio.window.veil.isVisible()
    assert studio.window.veil.text == "Drop to open 2 files"
    studio.drag_away()
    assert not studio.window.veil.isVisible()
    studio.drop(slide)
    studio.until_shown(slide.name)
    assert not studio.window.veil.isVisible()
    until(lambda: studio.parts.browser.folder == tmp_path, "its folder")
    studio.drop(resource_path("samples"))
    until(lambda: studio.parts.browser.folder == resource_path("samples"), "the dropped folder")


def test_draw_name_classify_undo_redo(opened):
    draw_rectangle(opened)
    assert len(titles(opened)) == 1
    width, height = opened.document.scene.width, opened.document.scene.height
    left, _, _, bottom = opened.document.editor.annotations[0].bounds
    assert left == pytest.approx(0.2 * width, abs=0.01 * width)
    assert bottom == pytest.approx(0.6 * height, abs=0.01 * height)
    panel = opened.parts.annotations
    opened.key(Qt.Key.Key_F2)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit), "the name is changed in place"
    opened.type("Gland")
    opened.key(Qt.Key.Key_Return)
    assert titles(opened) == ["Gland"]
    opened.click(panel.classes.lineEdit())
    panel.classes.lineEdit().selectAll()
    opened.type("Tumour")
    opened.key(Qt.Key.Key_Return)
    assert opened.document.editor.annotations[0].class_name == "Tumour"
    opened.click_canvas()
    assert opened.window.actions_["edit.undo"].text() == "Undo Classify as Tumour"
    opened.ctrl(Qt.Key.Key_Z)
    assert opened.document.editor.annotations[0].class_name is None
    opened.ctrl(Qt.Key.Key_Z)
    assert titles(opened) == ["Annotation"]
    opened.ctrl(Qt.Key.Key_Z)
    assert titles(opened) == []
    for _ in range(3):
        opened.ctrl(Qt.Key.Key_Z, shift=True)
    assert titles(opened) == ["Gland"]
    assert opened.document.editor.annotations[0].class_name == "Tumour"


def test_export_close_reopen_and_find_it_again(opened, slide, tmp_path):
    draw_rectangle(opened)
    drawn = opened.document.editor.annotations
    opened.files.chosen = tmp_path / "out.geojson"
    opened.ctrl(Qt.Key.Key_E)
    until(lambda: any("exported" in text for text in opened.toasts), "the export")
    assert geojson.read_annotations(tmp_path / "out.geojson") == drawn
    opened.ctrl(Qt.Key.Key_W)
    until(lambda: not opened.session.documents, "closing")
    assert opened.pane.hint.isVisible()
    opened.session.open(slide)
    opened.until_shown(slide.name)
    until(lambda: len(titles(opened)) == 1, "what was drawn")
    assert opened.document.editor.annotations[0].bounds == drawn[0].bounds


def test_import_is_one_step_to_undo(opened, tmp_path):
    draw_rectangle(opened)
    geojson.write_annotations(tmp_path / "in.geojson", opened.document.editor.annotations)
    opened.ctrl(Qt.Key.Key_Z)
    opened.drop(tmp_path / "in.geojson")
    until(lambda: len(titles(opened)) == 1, "the import")
    opened.click_canvas()
    opened.ctrl(Qt.Key.Key_Z)
    assert titles(opened) == []


def test_a_broken_file_is_named_and_the_others_stay(opened, slide, tmp_path):
    broken = tmp_path / "shattered.svs"
    broken.write_bytes(b"II*\0" + b"\xff" * 300)
    opened.drop(broken, "https://example.org/far.svs")
    until(lambda: len(opened.toasts) == 2, "two messages")
    assert any("shattered.svs" in text for text in opened.toasts)
    assert opened.window.isVisible()
    assert opened.document.path == slide
    assert opened.pane.view.document is opened.document
    draw_rectangle(opened)
    assert len(titles(opened)) == 1


def test_a_file_that_changes_is_reported_in_its_view_and_can_be_opened_again(opened, slide):
    content = slide.read_bytes()
    slide.write_bytes(content + b"more")
    until(opened.pane.notice.isVisible, "the notice", 20)
    assert slide.name in opened.pane.notice.message.text()
    old = opened.document
    opened.key(Qt.Key.Key_F5)
    until(lambda: opened.session.current is not None and opened.session.current is not old, "it")
    opened.until_shown(slide.name)
    assert not opened.pane.notice.isVisible()


def test_several_files_are_turned_through_and_closed(opened, slide, scene):
    opened.session.open(scene)
    opened.until_shown(scene.name)
    tabs = opened.parts.documents.tabs
    assert [tabs.tabText(n) for n in range(tabs.count())] == [slide.name, scene.name]
    opened.click_canvas()
    opened.ctrl(Qt.Key.Key_Tab)
    opened.until_shown(slide.name)
    opened.click(tabs, tabs.tabRect(1).center())
    opened.until_shown(scene.name)
    close = opened.parts.documents._close_button(1)
    opened.click(close)
    opened.until_shown(slide.name)
    assert tabs.count() == 1


def test_a_command_is_found_and_run_by_keyboard(opened):
    opened.click_canvas()
    opened.ctrl(Qt.Key.Key_K)
    palette = opened.window.window_acts.command_palette
    assert palette.isVisible()
    opened.type("polyg")
    opened.key(Qt.Key.Key_Return)
    wait(50)
    assert not palette.isVisible()
    assert opened.pane.view.tool is Tool.POLYGON
    assert opened.window.actions_["tool.polygon"].isChecked()


def test_question_mark_shows_the_shortcuts_and_any_key_hides_them(opened):
    opened.click_canvas()
    opened.key(Qt.Key.Key_Question)
    sheet = opened.window.window_acts.sheet
    assert sheet.isVisible()
    assert opened.window.rect().contains(sheet._frame.geometry())
    opened.key(Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_letters_typed_into_a_field_are_no_shortcuts(opened):
    opened.ctrl(Qt.Key.Key_F)
    opened.type("rpf")
    assert opened.parts.browser.filter.text() == "rpf"
    assert opened.pane.view.tool is Tool.HAND


def test_the_overview_and_the_presets_move_the_view(opened):
    opened.click(opened.pane.zoom.near)
    opened.click(opened.pane.zoom.near)
    minimap = opened.pane.minimap
    place = minimap.rect().center()
    place.setX(round(minimap.width() * 0.75))
    opened.click(minimap, place)
    left, _, right, _ = opened.pane.view.viewport
    assert (left + right) / 2 == pytest.approx(0.75 * opened.document.scene.width, rel=0.03)
    next(a for a in opened.pane.zoom.menu.actions() if a.text() == "10x").trigger()
    wait(60)
    assert opened.pane.view.magnification == pytest.approx(10, rel=0.01)
    assert opened.pane.zoom.value.text() == "10x"
    assert opened.pane.scale_bar.text == "100 µm"


def test_both_views_look_at_the_same_place(opened):
    opened.pane.view.set_magnification(5)
    wait(50)
    first = opened.pane.view.model.scene.camera
    second = opened.parts.synthetic.view.model.scene.camera
    assert second.zoom == pytest.approx(first.zoom)
    assert second.center == pytest.approx(first.center)


def test_the_theme_changes_everything_and_is_kept(opened, home):
    opened.click(opened.parts.top.theme)
    assert opened.window.theme.tokens is LIGHT
    ground = opened.pane.canvas.viewer.canvas.background_color
    assert tuple(round(float(part) * 255) for part in ground[:3]) == (0xE4, 0xE7, 0xEC)
    opened.window.save()
    assert Settings.load().theme == "light"


def test_bands_of_a_scene_are_chosen_and_facts_are_shown(studio, tmp_path):
    bands = np.random.default_rng(0).integers(0, 255, (4, 300, 400), np.uint8)
    scene = geotiff(tmp_path / "four.tif", bands)
    studio.session.open(scene)
    studio.until_shown(scene.name)
    studio.key(Qt.Key.Key_5, Qt.KeyboardModifier.AltModifier)
    page = studio.parts.image
    assert page.isVisible()
    before = studio.pane.view.pyramid.display
    combo = page.bands.lists[0]
    combo.setFocus()
    studio.key(Qt.Key.Key_End)
    studio.key(Qt.Key.Key_Return)
    until(lambda: studio.pane.view.pyramid.display != before, "other bands")
    assert studio.pane.view.pyramid.display.bands[0] == len(studio.document.scene.bands) - 1


def test_a_picture_without_scale_counts_percent_until_it_is_told(studio, tmp_path):
    from PIL import Image
    from qtpy.QtTest import QTest

    path = tmp_path / "plain.png"
    Image.new("RGB", (800, 600), (180, 120, 160)).save(path)
    studio.session.open(path)
    studio.until_shown(path.name)
    assert studio.pane.unscaled.isVisible()
    assert studio.pane.zoom.value.text().endswith("%")
    studio.click(studio.pane.unscaled)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    dialog.number.selectAll()
    QTest.keyClicks(dialog.number, "0.25")
    studio.click(dialog.accept_button)
    wait(100)
    assert studio.document.scale == Scale(0.25, 0.25, "µm")
    assert not studio.pane.unscaled.isVisible()
    assert studio.pane.zoom.value.text().endswith("x")
    studio.come_back()
    studio.click_canvas()
    studio.ctrl(Qt.Key.Key_Z)
    wait(100)
    assert studio.document.scale is None


def test_everything_is_as_it_was_at_the_next_start(home, qtbot, slide, scene):
    first = Studio(size=(1200, 780))
    first.until_ready()
    for path in (slide, scene):
        first.session.open(path)
        first.until_shown(path.name)
    first.session.activate(first.session.documents[0])
    first.until_shown(slide.name)
    draw_rectangle(first)
    first.pane.view.set_magnification(4)
    first.click_canvas()
    first.key(Qt.Key.Key_P)
    first.ctrl(Qt.Key.Key_B)
    first.ctrl(Qt.Key.Key_L, shift=True)
    wait(60)
    viewport, size = first.pane.view.viewport, first.window.size()
    first.close()
    second = Studio(size=None)
    second.window.session.reopen()
    second.until_ready()
    second.until_shown(slide.name)
    until(lambda: len(second.session.documents) == 2, "both files")
    until(lambda: len(titles(second)) == 1, "what was drawn")
    assert second.window.size() == size
    assert second.window.theme.tokens is LIGHT
    assert second.pane.view.tool is Tool.POLYGON
    assert not second.parts.browser.isVisible()
    assert second.pane.view.viewport == pytest.approx(viewport, rel=0.02, abs=20)
    second.close()


def test_every_button_has_a_name_and_can_be_reached(opened):
    draw_rectangle(opened)
    buttons = [b for b in opened.window.findChildren(QAbstractButton) if b.isVisible()]
    assert len(buttons) > 15
    nameless = [b for b in buttons if not (b.accessibleName() or b.text())]
    assert not nameless
    icons_only = [b for b in buttons if not b.text() and not b.toolTip()]
    assert not icons_only
    unreachable = [
        b for b in buttons if not b.focusPolicy() & Qt.FocusPolicy.TabFocus and b.isEnabled()
    ]
    assert not unreachable, [b.accessibleName() or b.text() for b in unreachable]


@pytest.mark.parametrize("size", [(1280, 800), (1600, 1000)])
def test_nothing_is_cut_off(opened, size):
    draw_rectangle(opened)
    opened.window.resize(*size)
    wait(100)
    for button in opened.window.findChildren(QAbstractButton):
        only_icon = (
            isinstance(button, QToolButton)
            and not button.icon().isNull()
            and button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        if not button.isVisible() or only_icon:
            continue
        needed = button.fontMetrics().horizontalAdvance(button.text())
        assert button.width() >= needed, button.text()
    floating = [opened.pane.minimap, opened.pane.scale_bar, opened.pane.tools]
    for widget in floating:
        assert opened.pane.surface.rect().contains(widget.geometry())
    for first in floating:
        for second in floating:
            apart = not first.geometry().intersects(second.geometry())
            assert first is second or apart


def test_an_error_nobody_foresaw_leaves_the_window_and_can_be_copied(opened):
    try:
        _ = 1 // len("")
    except ZeroDivisionError as error:
        opened.window.reporter.unexpected(error)
    until(lambda: opened.toasts, "the message")
    toast = opened.window.reporter.toasts.shown[0]
    opened.click(toast.copy_button)
    assert "ZeroDivisionError" in QGuiApplication.clipboard().text()
    middle = opened.window.rect().center()
    assert not toast.geometry().contains(middle)
    opened.click(toast.close_button)
    assert not opened.toasts
    assert isinstance(opened.window, QWidget)
    assert opened.window.isVisible()
