"""What tests of the queue stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.requests import (
    GenerateRequest,
)
from ssldiff_gui.state.job_list import Job
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.queue import Queue
from tests.fakes.client import FakeClient


class Ears:
    """All that a queue says."""

    def __init__(self, queue: Queue) -> None:
        self.said: list[tuple[str, object]] = []
        queue.finished.connect(lambda job, result: self.hear("finished", (job.title, result)))
        queue.failed.connect(lambda job, error: self.hear("failed", (job.title, error)))
        queue.cancelled.connect(lambda job: self.hear("cancelled", job.title))
        queue.progressed.connect(lambda job: self.hear("progressed", (job.done, job.total)))
        queue.preview.connect(lambda job, box, rgb: self.hear("preview", (job, box, rgb.shape)))
        queue.tile_written.connect(lambda job, box: self.hear("tile", (job, box)))
        queue.halted.connect(lambda error: self.hear("halted", error))
        queue.ready.connect(lambda facts: self.hear("ready", facts.name))
        queue.gone.connect(lambda words: self.hear("gone", words))

    def hear(self, what: str, of: object) -> None:
        self.said.append((what, of))

    def of(self, what: str) -> list[object]:
        return [found for kind, found in self.said if kind == what]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "a.ssldiff")
    yield made
    made.close()


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def queue(project: Project, client: FakeClient) -> Queue:
    return Queue(project, client)


@pytest.fixture
def ears(queue: Queue) -> Ears:
    return Ears(queue)


def render(project: Project, name: str = "r") -> GenerateRequest:
    return GenerateRequest(
        grid=str(project.path("grids/g.safetensors")),
        canvas=str(project.path(f"canvases/{name}.ome.zarr")),
    )


def fill(queue: Queue, project: Project, titles: str, owner: str = "") -> list[str]:
    return [queue.add(render(project, title), title, owner) for title in titles]


def titles(jobs: tuple[Job, ...]) -> str:
    return "".join(job.title for job in jobs)
