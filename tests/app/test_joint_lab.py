"""The lab in the window: tried, followed, opened again, compared, put away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from qtpy.QtGui import QDesktopServices

from ssldiff_gui.app.joints.lab import LabJoint
from ssldiff_gui.app.joints.lab_files import read_request
from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.inventory import InstalledModel, Inventory
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.specs import Licence, ModelFile
from tests.app.room import Room

LOG = '{"step": 1, "loss": 3.0}\n{"step": 2, "loss": 2.0, "recall": 0.5}\n'
REPORT = {
    "title": "Two sets", "summary": "They are near.", "plots": ["plot.png"],
    "headline": [{"name": "FID", "value": 12.5, "low": 11, "high": 14, "unit": ""}],
    "tables": [{"heading": "All", "columns": ["", "value"], "rows": [["precision", 0.75]]}],
    "notes": ["Few pictures."],
}  # fmt: skip


@pytest.fixture
def room(qtbot, tmp_path: Path) -> Iterator[Room]:
    made = Room.make(qtbot, tmp_path, inventory())
    made.joint = LabJoint(made.frame, made.window, made.answers)
    yield made
    made.close(made.joint)


def inventory() -> Inventory:
    model = ModelFile(kind="encoder", licence=Licence(name="MIT"))
    return Inventory(installed=(InstalledModel(name="my-encoder", folder="/e", model=model),))


def opened(room: Room):
    room.open_project(room.joint)
    room.joint.toggle()
    return room.joint.room


def begun(room: Room, name: str = "Near?"):
    lab = room.joint.room or opened(room)
    lab.form.choose("fid", {"real": "/a", "fake": "/b"}, name)
    lab.form.begin.click()
    return room.place.lab.all[0]


def report_of(room: Room, entry, told=REPORT) -> Path:
    place = room.place.lab.folder(entry.id) / "report"
    place.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (60, 30), "red").save(place / "plot.png")
    (place / "report.html").write_text("<p>x</p>", "utf-8")
    (place / "report.json").write_text(json.dumps(told), "utf-8")
    return place


def test_the_lab_takes_the_place_of_the_views_and_gives_it_back(room):
    parts = room.frame.parts
    assert room.joint.room is None, "it is made when it is first seen"
    lab = opened(room)
    assert lab.isVisible()
    assert not parts.body.isVisible()
    assert parts.top.rooms.button(1).isChecked()
    parts.top.rooms.button(0).click()
    assert parts.body.isVisible()
    assert not room.joint.shown
    room.joint.toggle()
    assert room.joint.room is lab


def test_what_is_started_is_opened_and_followed(room):
    entry = begun(room)
    lab, (job, request) = room.joint.room, room.client.submitted[-1]
    assert isinstance(request, FidRequest)
    assert (request.real, request.fake, request.samples) == ("/a", "/b", 500)
    assert lab.view.identity == entry.id
    assert lab.middle.currentWidget() is lab.view
    room.client.progress(job, 1, 4, left=65)
    assert lab.view.bar.value() == 250
    assert lab.view.left.text() == "1:05 left"
    lab.view.cancel.click()
    assert room.client.cancelled == [job]
    assert lab.view.status.text() == "Stopped"
    assert lab.view.go_on.isVisible()
    lab.view.go_on.click()
    assert room.client.requests[-1] == request
    lab.view.pause.click()
    assert room.client.paused
    assert lab.view.status.text() == "Paused"
    lab.view.pause.click()
    assert lab.view.status.text() == "Running"


def test_a_report_is_shown_with_its_numbers_and_plots(room, monkeypatch):
    entry = begun(room)
    lab = room.joint.room
    report_of(room, entry)
    room.client.finish(room.client.submitted[-1][0])
    room.until(lambda: lab.view.headlines.cards)
    assert lab.view.headlines.cards[0].accessibleName() == "FID: 12.5 95 %: 11 – 14"
    room.until(lambda: all(picture.there for picture in lab.view._pictures.values()))
    assert len(lab.view._pictures) == 1
    room.until(lambda: lab.list.cards.cards[0].headline == "FID 12.5")
    opened_urls = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened_urls.append(url) or True)
    assert lab.view.html.isVisible()
    assert not lab.view.pdf.isVisible()
    lab.view.html.click()
    assert opened_urls[0].toLocalFile().endswith("report/report.html")


def test_curves_come_while_it_runs(room):
    lab = opened(room)
    lab.form.choose("train-encoder", {"data": "/pictures", "minutes": 5}, "Mine")
    lab.form.begin.click()
    (entry,) = room.place.lab.all
    run = room.place.lab.folder(entry.id) / "run"
    run.mkdir(parents=True)
    (run / "log.jsonl").write_text(LOG, "utf-8")
    Image.new("RGB", (8, 8), "blue").save(run / "cells-000002.png")
    room.joint._look()
    room.until(lambda: lab.view.curves.loss.series)
    assert lab.view.curves.loss.series[0].values.tolist() == [3, 2]
    assert list(lab.view.curves.plots) == ["recall"]
    room.until(lambda: lab.view.sheets.picture.there)
    assert lab.view.sheets.caption.text() == "Cells after 2 steps"
    assert len(lab.list.cards.cards[0].curve) == 2


def test_the_same_again_fills_the_form_with_what_was_chosen(room):
    entry = begun(room, "First")
    lab = room.joint.room
    lab.form.choose("train-encoder")
    lab.view.again.click()
    assert lab.form.method.key == "fid"
    assert lab.form.answers["real"].value == "/a"
    assert lab.form.name.text() == "First again"
    lab.form.answers["fake"].take_paths(["/c"])
    lab.form.begin.click()
    again = room.place.lab.all[0]
    assert again.id != entry.id
    assert again.request["fake"] == "/c"


def test_a_request_is_saved_and_opened_again(room, tmp_path):
    entry = begun(room)
    room.answers.path = tmp_path / "near.json"
    room.joint.room.view.save.click()
    assert read_request(tmp_path / "near.json").output == "near"
    assert "ssldiff run near.json" in room.toasts[-1]
    room.joint.open_request()
    newest = room.place.lab.all[0]
    assert (newest.name, newest.method) == ("near", "")
    assert newest.request["real"] == entry.request["real"]
    room.joint.room.view.again.click()
    assert "no form made it" in room.toasts[-1]
    (tmp_path / "near.json").write_text("[]", "utf-8")
    room.joint.open_request()
    assert len(room.place.lab.all) == 2
    with pytest.raises(BadRequest):
        read_request(tmp_path / "none.json")


def test_two_are_compared(room):
    first, second = begun(room, "a"), begun(room, "b")
    lab = room.joint.room
    for entry, value in ((first, 12.5), (second, 10.0)):
        told = {**REPORT, "headline": [{"name": "FID", "value": value}]}
        report_of(room, entry, told)
        job = room.place.lab.job_of(entry.id)
        room.client.finish(job.id)
    lab.list.choose(first.id, second.id)
    assert lab.middle.currentWidget() is lab.compare
    room.until(lab.compare.intervals.isVisible)
    assert lab.compare._table.rows[-1] == ("FID", "10", "12.5")
    assert not lab.compare.plot.isVisible()
    assert lab.compare.none.isVisible()


def test_deleting_can_be_undone(room):
    entry = begun(room)
    lab = room.joint.room
    lab.list.setFocus()
    lab.list.delete_requested.emit((entry.id,))
    assert lab.list.cards.cards == []
    assert lab.middle.currentWidget() is lab.welcome
    assert room.joint.history.undo_text == "Delete experiment"
    room.press_toast()
    assert [card.id for card in lab.list.cards.cards] == [entry.id]
    room.joint.toggle()
    assert room.joint.history is None


def test_elsewhere_a_toast_says_when_it_is_done(room):
    entry = begun(room)
    room.joint.toggle()
    room.client.finish(room.client.submitted[-1][0])
    assert room.toasts[-1].startswith("“Near?” is done.")
    room.press_toast()
    assert room.joint.shown
    assert room.joint.room.view.identity == entry.id


def test_models_are_offered_the_labs_own_first(room):
    lab = opened(room)
    lab.form.choose("train-encoder", {"data": "/pictures"}, "Mine")
    lab.form.begin.click()
    (entry,) = room.place.lab.all
    room.client.finish(room.client.submitted[-1][0], models=[{"finished": True}])
    lab.form.choose("label", {"source": "/a"})
    box = lab.form.answers["encoder"].box.box
    titles = [box.itemText(k) for k in range(box.count())]
    assert titles == ["Choose one", "Mine", "my-encoder", "A folder…"]
    assert not lab.form.begin.isEnabled()
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert lab.form.begin.isEnabled()
    lab.form.begin.click()
    request = room.place.lab.request_of(room.place.lab.all[0].id)
    assert request.encoder == str(room.place.lab.folder(entry.id) / "run" / "model")
    assert room.place.lab.all[0].request["encoder"].startswith("./lab/")


def test_what_is_dropped_or_chosen_is_taken_as_data(room, tmp_path):
    lab = opened(room)
    lab.form.choose("fid")
    room.joint.take([tmp_path / "a"])
    room.joint.take([tmp_path / "b"])
    values = lab.form.values
    assert (values["real"], values["fake"]) == (str(tmp_path / "a"), str(tmp_path / "b"))
    room.answers.path = tmp_path / "c"
    lab.form.answers["fake"].button.click()
    assert lab.form.values["fake"] == str(tmp_path / "c")


def test_a_mistake_is_said_and_nothing_begins(room):
    lab = opened(room)
    lab.form.choose("train-encoder", {"data": "/a", "changes": "steps 4"})
    lab.form.begin.click()
    assert room.toasts[-1].startswith("“steps 4” is no setting.")
    assert room.place.lab.all == ()


def test_another_project_has_another_lab(room):
    begun(room)
    room.joint.leave()
    assert room.joint.room.list.cards.cards == []
    room.joint.enter(room.place)
    assert len(room.joint.room.list.cards.cards) == 1


def test_labels_of_a_slide_are_laid_over_it(room, tmp_path):
    lab = opened(room)
    slide = tmp_path / "biopsy.tif"
    slide.write_bytes(b"slide")
    read = []
    room.joint.labels.read_from = read.append
    values = {"source": str(slide), "encoder": "my-encoder", "method": "masks"}
    lab.form.choose("label", values, "Parts")
    lab.form.begin.click()
    job, request = room.client.submitted[-1]
    assert request.output.endswith("labels.geojson")
    assert not lab.view.labels.isVisible()
    room.client.finish(job, output=request.output)
    room.until(lab.view.labels.isVisible)
    lab.view.labels.click()
    assert not room.joint.shown
    room.until(lambda: read)
    assert read == [Path(request.output)]
    assert room.frame.session.current.path == slide
    room.joint.toggle()
    lab.view.labels.click()
    assert len(read) == 2, "it is in view already"
