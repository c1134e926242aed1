"""Jobs survive the program, and what comes out of a file is not trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssldiff_gui.core.errors import InUse
from ssldiff_gui.core.project import JobEntry, ResultEntry
from ssldiff_gui.core.requests import (
    ExportRequest,
    GenerateRequest,
)
from ssldiff_gui.state.job_list import Job
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.queue import Queue
from tests.fakes.client import FakeClient
from tests.state.queues import Ears, client, ears, fill, project, queue, render, titles

__all__ = ["client", "ears", "project", "queue"]


def crashed(project: Project) -> Project:
    """Open a project again that was left without a goodbye."""
    project._folder.close()
    return Project.open(project.folder)


def test_after_a_crash_all_jobs_wait_and_the_queue_is_paused(
    queue: Queue, project: Project, client: FakeClient
) -> None:
    fill(queue, project, "abc")
    queue.move(queue.jobs[2].id, 0)
    again = crashed(project)
    second = FakeClient()
    other = Queue(again, second)
    assert titles(other.jobs) == "acb"
    assert {job.status for job in other.jobs} == {"waiting"}
    assert other.paused
    assert other.notice is not None
    assert "3 jobs were not finished" in other.notice.message
    assert second.submitted == []
    project.path("canvases/a.ome.zarr").mkdir()
    other.resume()
    first = second.requests[0]
    assert isinstance(first, GenerateRequest)
    assert first.resume
    for _ in range(3):
        second.finish(other.jobs[0].id)
    assert [Path(request.canvas).name[0] for request in second.renders] == ["a", "c", "b"]
    again.close()


def test_a_result_put_on_finishing_is_never_lost(
    queue: Queue, project: Project, client: FakeClient
) -> None:
    """Whenever the program dies, there is the job or its result."""
    states = []

    def put(job: Job, _: object) -> None:
        states.append(Project.open(project.folder))
        project.put(ResultEntry(id="r"))
        states.append(Project.open(project.folder))

    queue.finished.connect(put)
    (a,) = fill(queue, project, "a")
    client.finish(a)
    states.append(Project.open(project.folder))
    assert [(s.get(a) is not None, s.get("r") is not None) for s in states] == [
        (True, False), (True, True), (False, True),
    ]  # fmt: skip


def test_closing_leaves_the_running_job_to_the_next_time(
    queue: Queue, project: Project, client: FakeClient, ears: Ears
) -> None:
    a, _ = fill(queue, project, "ab")
    queue.close()
    client.finish(a)
    assert not ears.said
    assert {entry.status for entry in project.entries(JobEntry)} == {"waiting"}


def test_a_project_that_is_only_looked_at(project: Project, queue: Queue) -> None:
    fill(queue, project, "ab")
    looked_at = Project.open(project.folder)
    other = Queue(looked_at, FakeClient())
    assert other.jobs == ()
    assert other.notice is None
    with pytest.raises(InUse):
        other.add(render(looked_at), "c")
    other.add(
        ExportRequest(canvas=str(project.path("canvases/x")), output="/elsewhere/a.png"), "export"
    )
    assert len(other.jobs) == 1
    looked_at.close()
    assert {entry.title for entry in project.entries(JobEntry)} == {"a", "b"}


def test_no_job_begins_while_the_project_moves(
    queue: Queue, project: Project, client: FakeClient, tmp_path: Path
) -> None:
    work = project.begin_move(tmp_path / "b")
    fill(queue, project, "a")
    assert client.submitted == []
    project.end_move(work())
    assert client.renders[0].canvas == str(tmp_path / "b.ssldiff/canvases/a.ome.zarr")


HOSTILE: list[dict[str, object]] = [
    {"kind": "export", "canvas": "./canvases/a", "output": "/home/me/.bashrc"},
    {"kind": "export", "canvas": "./canvases/a", "output": "./../x.png"},
    {"kind": "export", "canvas": "./canvases/a", "output": ".//etc/x.png"},
    {"kind": "generate", "grid": "./grids/a", "canvas": "/elsewhere/x"},
    {"kind": "generate", "grid": "/etc/passwd", "canvas": "./canvases/a"},
    {"kind": "generate", "grid": "./grids/a", "canvas": "./canvases/a", "start_from": "../../x"},
    {"kind": "embed", "slide": "/a", "model": "m", "output": "grids/a"},
    {"kind": "embed", "slide": "/a", "model": "m", "output": "./grids/../../x"},
    {"kind": "check", "canvas": "./canvases/a", "output": "./C:/x"},
    {"kind": "model", "name": "m", "accept": True},
    {"kind": "train", "output": "./grids/x"},
    {"kind": "train", "what": "encoder", "config": "a/b", "out": "/elsewhere"},
    {"kind": "train", "what": "encoder", "config": "a/b"},
    {"kind": "train", "what": "encoder", "config": "a/b", "out": "./lab/x", "install": True},
    {"kind": "fid", "real": "/a", "fake": "/b", "output": "./lab/../../x"},
    {"kind": "fid", "real": "/a", "fake": "/b"},
    {"kind": "label", "source": "/a", "encoder": "e", "output": "/a"},
    {"kind": "augment", "folder": "/a", "output": "../x"},
    {"kind": "study", "subject": "augmentation", "folder": "/a", "output": "lab/x"},
    {"kind": "map", "source": ["/a"], "target": ["/b"], "output": "/c"},
    {"kind": "evaluate", "what": "encoder", "model": "m", "output": "/c"},
    {},
]


@pytest.mark.parametrize("request_", HOSTILE)
def test_a_job_that_reaches_outside_does_not_come_back(
    project: Project, request_: dict[str, object]
) -> None:
    project.put(JobEntry(id="bad", request=request_))  # type: ignore[arg-type]
    client = FakeClient()
    queue = Queue(project, client)
    assert queue.jobs == ()
    assert queue.notice is not None
    assert project.get("bad") is None
    assert client.submitted == []
    assert not queue.paused
