"""Experiments: begun, followed, gone on with, put away; what they leave is read as it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.errors import BadRequest, InUse
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.project import ExperimentEntry
from ssldiff_gui.core.requests import ModelRequest, parse_request
from ssldiff_gui.state.lab import Lab
from ssldiff_gui.state.lab_findings import Findings
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.queue import Queue
from tests.fakes.client import FakeClient
from tests.state.queues import client, project, queue

__all__ = ["client", "project", "queue"]

TRAIN = TrainRequest(what="encoder", config="starter-histology/encoder", data="/pictures")
FID = FidRequest(real="/a", fake="/b")


@pytest.fixture
def lab(project: Project, queue: Queue) -> Iterator[Lab]:
    made = Lab(project, queue)
    yield made
    made.close()


class Seen:
    def __init__(self, lab: Lab) -> None:
        self.findings: list[Findings] = []
        lab.found.connect(lambda _, found: self.findings.append(found))

    def look(self, lab: Lab, identity: str) -> Findings:
        count = len(self.findings)
        lab.look(identity)
        return self.wait(count)

    def wait(self, count: int) -> Findings:
        import time

        end = time.monotonic() + 5
        while len(self.findings) <= count:
            assert time.monotonic() < end
            time.sleep(0.005)
        return self.findings[-1]


def status(lab: Lab, entry: ExperimentEntry) -> str:
    found = lab.get(entry.id)
    assert found is not None
    return found.status


def test_an_experiment_writes_into_its_own_folder(
    lab: Lab, client: FakeClient, project: Project
) -> None:
    entry = lab.begin(TRAIN, "First", "train-encoder", {"data": "/pictures", "minutes": 5})
    ((job, request),) = client.submitted
    assert isinstance(request, TrainRequest)
    assert request.out == str(project.path(f"lab/{entry.id}/run"))
    written = json.loads(project.path(f"lab/{entry.id}/request.json").read_text("utf-8"))
    assert parse_request(written) == request
    assert entry.request["out"] == f"./lab/{entry.id}/run"
    assert (entry.name, status(lab, entry)) == ("First", "running")
    client.progress(job, 1, 4, left=30)
    assert lab.job_of(entry.id).left == 30
    assert lab.choices_of(entry.id) == {"data": "/pictures", "minutes": 5}


def test_what_comes_of_it_is_kept_with_its_headline(lab: Lab, client: FakeClient) -> None:
    seen = Seen(lab)
    entry = lab.begin(FID, "Apart")
    folder = Path(client.submitted[0][1].output)
    folder.mkdir(parents=True)
    told = {"title": "Two sets", "headline": [{"name": "FID", "value": 12.34, "low": 11.0,
            "high": 13.5}]}  # fmt: skip
    (folder / "report.json").write_text(json.dumps(told), "utf-8")
    client.finish(client.submitted[0][0], fid=12.34)
    report = seen.wait(0).report
    assert report is not None
    assert report.headline[0].interval == "11 – 13.5"
    assert (lab.get(entry.id).headline, status(lab, entry)) == ("FID 12.3", "done")
    assert (lab.folder(entry.id) / "result.json").is_file()


def test_a_training_cut_short_goes_on_in_the_same_folder(lab: Lab, client: FakeClient) -> None:
    entry = lab.begin(TRAIN, "Long")
    client.finish(client.submitted[0][0], models=[{"finished": False, "steps": 3, "wanted": 9}])
    assert status(lab, entry) == "stopped"
    lab.go_on(entry.id)
    assert client.requests[0] == client.requests[1]
    client.finish(client.submitted[1][0], models=[{"finished": True}])
    assert status(lab, entry) == "done"
    assert len(lab.all) == 1


def test_cancelling_stops_and_failing_says_why(lab: Lab, client: FakeClient) -> None:
    first, second = lab.begin(TRAIN, "a"), lab.begin(FID, "b")
    assert (status(lab, first), status(lab, second)) == ("running", "waiting")
    lab.cancel(first.id)
    assert (status(lab, first), status(lab, second)) == ("stopped", "running")
    client.fail(client.submitted[1][0], "There are too few pictures.")
    found = lab.get(second.id)
    assert found.status == "failed"
    assert found.problem == "There are too few pictures. Try again."
    lab.go_on(second.id)
    assert (status(lab, second), lab.get(second.id).problem) == ("running", "")


def test_deleting_ends_it_and_can_be_undone(lab: Lab, client: FakeClient) -> None:
    entry = lab.begin(TRAIN, "a")
    lab.rename(entry.id, " A better name ")
    lab.star(entry.id, on=True)
    lab.delete(entry.id)
    assert client.cancelled == [client.submitted[0][0]]
    assert lab.all == ()
    lab.history.undo()
    back = lab.get(entry.id)
    assert (back.name, back.starred, back.status) == ("A better name", True, "stopped")
    lab.history.undo()
    lab.history.undo()
    assert (lab.get(entry.id).name, lab.get(entry.id).starred) == ("a", False)


def test_files_of_a_deleted_one_go_when_the_project_opens_next(
    lab: Lab, project: Project, client: FakeClient
) -> None:
    kept, gone = lab.begin(FID, "kept"), lab.begin(FID, "gone")
    lab.delete(gone.id)
    folders = [lab.folder(entry.id) for entry in (kept, gone)]
    assert [folder.is_dir() for folder in folders] == [True, True]
    project.close()
    Project.open(project.folder).close()
    assert [folder.is_dir() for folder in folders] == [True, False]


def test_the_file_of_a_request_does_the_same_elsewhere(lab: Lab, tmp_path: Path) -> None:
    entry = lab.begin(TRAIN, "My first: encoder!")
    lab.export_request(entry.id, tmp_path / "request.json")
    found = parse_request(json.loads((tmp_path / "request.json").read_text("utf-8")))
    assert found == TRAIN.model_copy(update={"out": "my-first-encoder"})
    again = lab.begin(found, "again")
    assert again.request["out"] == f"./lab/{again.id}/run"


def test_only_experiments_are_taken(lab: Lab, client: FakeClient) -> None:
    with pytest.raises(BadRequest):
        lab.begin(ModelRequest(name="m"), "fetch")
    assert lab.all == ()
    assert client.submitted == []


def test_a_project_that_is_only_looked_at_takes_none(lab: Lab, project: Project) -> None:
    lab.begin(FID, "there")
    looked_at = Project.open(project.folder)
    other = Lab(looked_at, Queue(looked_at, FakeClient()))
    assert [entry.name for entry in other.all] == ["there"]
    with pytest.raises(InUse):
        other.begin(FID, "more")
    assert [entry.name for entry in other.all] == ["there"]
    other.close()
    looked_at.close()


def test_after_a_crash_it_waits_or_is_stopped(lab: Lab, project: Project) -> None:
    running, waiting = lab.begin(TRAIN, "a"), lab.begin(FID, "b")
    installs = lab.begin(TRAIN.model_copy(update={"install": True}), "c")
    project._folder.close()
    again = Project.open(project.folder)
    other = Lab(again, Queue(again, FakeClient()))
    assert [status(other, entry) for entry in (running, waiting, installs)] == [
        "waiting", "waiting", "stopped",
    ]  # fmt: skip
    other.close()
    again.close()


def test_a_moved_project_takes_its_experiments_along(
    lab: Lab, client: FakeClient, project: Project, tmp_path: Path
) -> None:
    first = lab.begin(FID, "a")
    client.finish(client.submitted[0][0])
    model = lab.folder(first.id) / "report"
    second = lab.begin(
        FID.model_copy(update={"judge": str(model)}), "b", "fid", {"judge": str(model)}
    )
    lab.cancel(second.id)
    project.save_as(tmp_path / "moved")
    request = lab.request_of(second.id)
    there = tmp_path / "moved.ssldiff" / "lab" / first.id / "report"
    assert request.judge == str(there)
    assert lab.choices_of(second.id) == {"judge": str(there)}
    assert (there.parent / "request.json").is_file()


def test_curves_are_read_on_and_follow_a_run_that_went_back(lab: Lab, client: FakeClient) -> None:
    seen, entry = Seen(lab), lab.begin(TRAIN, "a")
    run = lab.folder(entry.id) / "run"
    assert seen.look(lab, entry.id).curves == ()
    run.mkdir()
    log = run / "log.jsonl"

    def write(steps: range, mode: str = "a", torn: str = "") -> None:
        with log.open(mode, encoding="utf-8") as file:
            for step in steps:
                file.write(json.dumps({"step": step, "seconds": 1, "loss": 10 / step}) + "\n")
            file.write(torn)

    write(range(1, 4), torn='{"step": 4, "lo')
    loss = seen.look(lab, entry.id).loss
    assert loss is not None
    assert loss.steps.tolist() == [1, 2, 3]
    with log.open("a", encoding="utf-8") as file:
        file.write('ss": 2.5}\nnonsense\n{"step": 5, "loss": NaN}\n')
    assert seen.look(lab, entry.id).loss.values.tolist() == [10, 5, 10 / 3, 2.5]
    write(range(1, 3), "w")
    write(range(3, 4))
    assert seen.look(lab, entry.id).loss.steps.tolist() == [1, 2, 3]


def test_early_pictures_come_in_order_and_gathered_ones_are_left_out(lab: Lab) -> None:
    seen, entry = Seen(lab), lab.begin(TRAIN, "a")
    run = lab.folder(entry.id) / "run"
    (run / "pictures").mkdir(parents=True)
    names = ("cells-000400.png", "cells-000200.png", "curves.png", "pictures/tile-000001.png")
    for name in ("log.jsonl", *names):
        (run / name).write_bytes(b"")
    sheets = seen.look(lab, entry.id).sheets
    assert [(sheet.step, sheet.title) for sheet in sheets] == [(200, "Cells"), (400, "Cells")]


def test_several_runs_are_told_apart(lab: Lab) -> None:
    seen, entry = Seen(lab), lab.begin(TRAIN.model_copy(update={"what": "all"}), "a")
    for kind in ("encoder", "diffusion"):
        place = lab.folder(entry.id) / "run" / kind
        place.mkdir(parents=True)
        (place / "log.jsonl").write_text('{"step": 1, "loss": 2}\n', "utf-8")
    titles = [curve.title for curve in seen.look(lab, entry.id).curves]
    assert titles == ["diffusion: loss", "encoder: loss"]
