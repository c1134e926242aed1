"""Jobs wait, run, end, are moved and cancelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssldiff_gui.core.errors import BadRequest, NoSpace, OutOfMemory, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.project import JobEntry
from ssldiff_gui.core.requests import (
    AnyRequest,
    EmbedRequest,
    GenerateRequest,
    ModelRequest,
)
from ssldiff_gui.jobs.messages import Cancelled, Failed, Preview, TileWritten
from ssldiff_gui.state.job_list import Job
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.queue import Queue
from tests.fakes.client import FakeClient, Script, picture
from tests.state.queues import Ears, client, ears, fill, project, queue, render, titles

__all__ = ["client", "ears", "project", "queue"]


def test_one_job_runs_at_a_time_in_order(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    a, b, c = fill(queue, project, "abc")
    assert [job for job, _ in client.submitted] == [a]
    assert queue.running is not None
    assert queue.running.status == "running"
    client.start(a)
    client.progress(a, 1, 4, 2.5)
    assert ears.of("progressed") == [(1, 4)]
    assert queue.running.left == 2.5
    client.finish(a, canvas="x")
    assert [job for job, _ in client.submitted] == [a, b]
    client.finish(b)
    client.finish(c)
    assert queue.jobs == ()
    assert queue.running is None
    assert project.entries(JobEntry) == ()
    assert ears.of("finished") == [("a", {"canvas": "x"}), ("b", {}), ("c", {})]


def test_a_worker_that_answers_at_once(project: Project) -> None:
    client = FakeClient(script=Script(steps=1))
    queue = Queue(project, client)
    done: list[str] = []
    queue.finished.connect(lambda job, _: done.append(job.title))
    queue.pause()
    for number in range(300):  # more than would fit on the stack one inside the other
        queue.add(render(project), str(number))
    queue.resume()
    assert done == [str(number) for number in range(300)]


def test_requests_are_kept_by_their_place_in_the_project(
    queue: Queue, project: Project, client: FakeClient, tmp_path: Path
) -> None:
    queue.pause()
    slide = str(tmp_path / "a.svs")
    request = EmbedRequest(slide=slide, model="m", output=str(project.path("grids/g")))
    identity = queue.add(request, "Embed", owner="g")
    entry = project.get(identity)
    assert isinstance(entry, JobEntry)
    assert entry.request["output"] == "./grids/g"
    assert entry.request["slide"] == slide
    project.save_as(tmp_path / "b")
    queue.resume()
    moved = client.requests[0]
    assert isinstance(moved, EmbedRequest)
    assert moved.output == str(tmp_path / "b.ssldiff/grids/g")
    assert moved.slide == slide


def test_pictures_and_tiles_go_through(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    (a,) = fill(queue, project, "a")
    client.emit(Preview(a, Box(0, 0, 8, 8), picture(4, 4)))
    client.emit(TileWritten(a, Box(0, 0, 4, 4)))
    client.emit(TileWritten("unknown", Box(0, 0, 4, 4)))
    client.ready()
    assert ears.said == [
        ("preview", (a, Box(0, 0, 8, 8), (4, 4, 3))),
        ("tile", (a, Box(0, 0, 4, 4))),
        ("ready", "a fake"),
    ]


def test_waiting_jobs_are_moved(queue: Queue, project: Project, client: FakeClient) -> None:
    fill(queue, project, "abcde")
    for title, place, expected in [
        ("e", 0, "aebcd"), ("e", 2, "abced"), ("b", 99, "acedb"), ("c", -5, "acedb"),
        ("a", 3, "acedb"),
    ]:  # fmt: skip
        job = next(job for job in queue.jobs if job.title == title)
        queue.move(job.id, place)
        assert titles(queue.jobs) == expected
    for _ in range(200):
        last = queue.waiting[-1]
        queue.move(last.id, 1)
    order = titles(queue.jobs)
    assert len({job.entry.order for job in queue.jobs}) == 5
    client.finish(queue.jobs[0].id)
    assert titles(queue.jobs) == order[1:]


def test_a_job_in_front_comes_next(queue: Queue, project: Project) -> None:
    fill(queue, project, "abc")
    queue.add(render(project), "d", front=True)
    assert titles(queue.jobs) == "adbc"


def test_cancelling_one(queue: Queue, project: Project, client: FakeClient, ears: Ears) -> None:
    client.answer_cancels = False
    a, b, _ = fill(queue, project, "abc")
    queue.cancel(b)
    assert ears.of("cancelled") == ["b"]
    queue.cancel(a)
    queue.cancel(a)
    assert client.cancelled == [a]
    assert queue.running is not None
    assert queue.running.ending
    client.progress(a, 1)
    assert queue.running.words == "Cancelling"
    client.emit(Cancelled(a))
    assert ears.of("cancelled") == ["b", "a"]
    assert titles(queue.jobs) == "c"
    assert queue.running is not None


def test_cancelling_all_but_the_running_one(queue: Queue, project: Project, ears: Ears) -> None:
    fill(queue, project, "abc")
    queue.cancel_waiting()
    assert titles(queue.jobs) == "a"
    assert ears.of("cancelled") == ["b", "c"]


def test_cancelling_all(queue: Queue, project: Project, client: FakeClient, ears: Ears) -> None:
    fill(queue, project, "abc")
    queue.cancel_all()
    assert queue.jobs == ()
    assert sorted(map(str, ears.of("cancelled"))) == ["a", "b", "c"]
    assert len(client.submitted) == 1
    assert project.entries(JobEntry) == ()


def test_a_job_that_finishes_while_it_is_cancelled_is_finished(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    client.answer_cancels = False
    (a,) = fill(queue, project, "a")
    queue.cancel(a)
    client.finish(a)
    assert [what for what, _ in ears.said] == ["finished"]


def test_a_worker_replaced_while_a_job_is_cancelled_is_no_failure(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    client.answer_cancels = False
    (a,) = fill(queue, project, "a")
    queue.cancel(a)
    client.die("hung")
    assert [what for what, _ in ears.said] == ["cancelled", "gone"]


def test_pausing(queue: Queue, project: Project, client: FakeClient) -> None:
    a, _ = fill(queue, project, "ab")
    queue.pause()
    queue.pause()
    assert client.paused == [a]
    assert queue.running is not None
    assert queue.running.status == "paused"
    client.finish(a)
    assert queue.running is None
    fill(queue, project, "c")
    assert len(client.submitted) == 1
    queue.resume()
    assert len(client.submitted) == 2
    queue.pause()
    queue.resume()
    assert client.resumed == [queue.jobs[0].id]
    assert queue.jobs[0].status == "running"


def test_a_paused_job_can_be_cancelled(queue: Queue, project: Project, ears: Ears) -> None:
    a, _ = fill(queue, project, "ab")
    queue.pause()
    queue.cancel(a)
    assert ears.of("cancelled") == ["a"]
    assert queue.paused
    assert titles(queue.waiting) == "b"


def test_a_live_job_replaces_the_one_that_waits(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    first = queue.add(render(project, "1"), "1", owner="r", replaces="r")
    for title in "2345":
        queue.add(render(project, title), title, owner="r", replaces="r")
    embed = EmbedRequest(slide="/a", model="m", output=str(project.path("grids/x")))
    queue.add(embed, "e", owner="r")
    queue.add(render(project, "6"), "6", owner="r", replaces="r")
    assert titles(queue.jobs) == "1e6"
    assert titles(queue.of("r")) == "1e6"
    assert ears.of("cancelled") == ["2", "3", "4", "5"]
    client.finish(first)
    assert len(project.entries(JobEntry)) == 2


def test_a_failure_is_told_and_the_next_begins(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    a, b = fill(queue, project, "ab")
    client.fail(a, "No room.", "OutOfMemory")
    title, error = ears.of("failed")[0]  # type: ignore[misc]
    assert title == "a"
    assert isinstance(error, OutOfMemory)
    assert error.hint
    assert queue.running is not None
    assert queue.running.id == b
    client.emit(Failed(b, "Cancelled", "Ended."))
    assert ears.of("cancelled") == ["b"]


def test_a_full_disk_holds_the_queue_and_loses_no_job(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    a, _ = fill(queue, project, "ab")
    client.fail(a, "The disk is full.", "NoSpace")
    assert isinstance(ears.of("halted")[0], NoSpace)
    assert not ears.of("failed")
    assert queue.paused
    assert titles(queue.waiting) == "ab"
    project.path("canvases/a.ome.zarr").mkdir()
    queue.resume()
    again = client.requests[-1]
    assert isinstance(again, GenerateRequest)
    assert again.resume


def test_a_worker_that_dies_fails_one_job_and_the_next_begins(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    fill(queue, project, "abc")
    client.die("CUDA error")
    _, error = ears.of("failed")[0]  # type: ignore[misc]
    assert "CUDA error" in error.message
    assert error.hint
    assert titles(queue.jobs) == "bc"
    assert ears.of("gone") == ["CUDA error"]
    assert not queue.paused


def test_two_workers_lost_in_a_row_pause_the_queue(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    fill(queue, project, "abcdef")
    client.die()
    client.finish(queue.jobs[0].id)
    client.die()
    assert not queue.paused
    client.die()
    assert queue.paused
    assert len(ears.of("halted")) == 1
    assert titles(queue.jobs) == "ef"
    assert queue.running is None
    queue.resume()
    client.die()
    assert not queue.paused


def test_a_worker_that_dies_idle_harms_nothing(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    client.die()
    client.die()
    client.die()
    assert not queue.paused
    fill(queue, project, "a")
    assert queue.running is not None


def test_a_worker_that_cannot_be_asked(
    queue: Queue, project: Project, client: FakeClient, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(job: str, request: AnyRequest) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(client, "submit", submit)
    fill(queue, project, "ab")
    assert [title for title, _ in ears.of("failed")] == ["a", "b"]  # type: ignore[misc]
    assert queue.jobs == ()


def test_a_listener_that_fails_does_not_stop_the_queue(
    queue: Queue, project: Project, client: FakeClient
) -> None:
    def fall(job: Job, _: object) -> None:
        raise ValueError(job.title)

    queue.finished.connect(fall)
    a, b = fill(queue, project, "ab")
    with pytest.raises(Exception, match="a"):
        client.finish(a)
    assert queue.running is not None
    assert queue.running.id == b
    assert project.get(a) is None


def test_a_request_that_cannot_be_read_fails_alone(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    queue.pause()
    first = queue.add(ModelRequest(name="m"), "download")
    fill(queue, project, "a")
    job = queue.get(first)
    assert job is not None
    queue._jobs.keep(job, request={"kind": "model"})
    queue.resume()
    title, error = ears.of("failed")[0]  # type: ignore[misc]
    assert (title, type(error)) == ("download", BadRequest)
    assert isinstance(error, UserError)
    assert queue.running is not None
    assert queue.running.title == "a"
