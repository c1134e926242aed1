"""A window's parts with an open project and a worker that does what a test says; no OpenGL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from qtpy.QtWidgets import QMainWindow, QMenuBar

from ssldiff_gui.app.joints.joint import Frame
from ssldiff_gui.app.parts import Parts
from ssldiff_gui.app.reporter import Reporter
from ssldiff_gui.core.geometry import Box, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.inventory import Answer, Inventory
from ssldiff_gui.core.project import GridEntry, ResultEntry
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.state.models import Models
from ssldiff_gui.state.project import Project
from ssldiff_gui.state.session import Session
from ssldiff_gui.state.settings import Settings
from ssldiff_gui.state.workplace import Workplace
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.viewer.gui_thread import on_gui_thread
from ssldiff_gui.widgets.toast import ToastStack
from tests.fakes.client import FakeClient
from tests.state.scenes import make_slide
from tests.storage.canvases import a_canvas, a_picture, fill

ENCODER = "starter-histology-encoder@0123"


class Answers:
    """Stands in for the system's dialogs: answers what it was told, and notes what was asked."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.asked: list[Path | None] = []

    def save_file(self, suggested: Path, filters: str) -> Path | None:
        self.asked.append(suggested)
        return self.path

    def open_file(self, title: str, filters: str) -> Path | None:
        self.asked.append(None)
        return self.path

    def folder(self, folder: Path | None) -> Path | None:
        self.asked.append(folder)
        return self.path

    def open_project(self, folder: Path | None) -> Path | None:
        self.asked.append(folder)
        return self.path

    def save_project(self, suggested: Path) -> Path | None:
        self.asked.append(suggested)
        return self.path


def deliver(call: Callable[[], None]) -> None:
    on_gui_thread(call)


@dataclass
class Room:
    """All that a joint needs, and what tests look at."""

    qtbot: object
    window: QMainWindow
    frame: Frame
    client: FakeClient
    inventory: Inventory
    folder: Path
    changes: list[str] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)
    project: Project | None = None
    place: Workplace | None = None

    @classmethod
    def make(cls, qtbot, folder: Path, inventory: Inventory | None = None) -> Room:
        window = QMainWindow()
        qtbot.addWidget(window)
        parts = Parts(QMenuBar(), [])
        window.setCentralWidget(parts)
        window.resize(1280, 800)
        settings = Settings.load()
        session = Session(settings, deliver=deliver, opener=lambda p: make_slide(Path(p)))
        said: list[str] = []
        frame = Frame(
            session, settings, parts, Reporter(ToastStack(window)), lambda: said.append("change"),
            lambda tool: said.append(f"tool {tool}"), lambda page: said.append(f"page {page}"),
        )  # fmt: skip
        made = cls(qtbot, window, frame, FakeClient(), inventory or Inventory(), folder, said)
        window.show()
        return made

    def ask(self, words: tuple[str, ...]) -> Answer:
        """Answer as the process that takes stock does."""
        self.asked.append(words)
        return Answer(inventory=self.inventory)

    def open_project(self, *joints: object) -> Workplace:
        """Open a project, and let joints enter it."""
        self.project = Project.create(self.folder / "work.ssldiff", deliver=deliver)
        models = Models(deliver, self.ask)
        models.inventory, models.known = self.inventory, True
        self.place = Workplace(self.frame.session, self.project, self.client, models, deliver)
        for joint in joints:
            joint.enter(self.place)
        return self.place

    def until(self, done: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(done()), timeout=5000)

    @property
    def toasts(self) -> list[str]:
        shown = self.frame.reporter.toasts.shown
        return [f"{toast.message.text} {toast.message.hint}".strip() for toast in shown]

    def press_toast(self, place: int = -1) -> None:
        """Do what the last toast offers."""
        act = self.frame.reporter.toasts.shown[place].message.act
        assert act is not None
        act[1]()

    def open_grid(self, rows: int = 3, columns: int = 4) -> GridEntry:
        """Open a slide with a grid on it."""
        assert self.place is not None
        vectors = np.random.default_rng(0).standard_normal((rows, columns, 8)).astype(np.float32)
        region = Region(Box(0, 0, columns * 16, rows * 16), 1.0)
        grid = EmbeddingGrid(vectors, ENCODER, 16, Scale(0.5, 0.5, "µm"), region=region)
        session = self.frame.session
        session.open(self.folder / "biopsy.tif")
        self.until(lambda: session.current is not None)
        entry = GridEntry(
            name="Gland", file="grids/g.safetensors", rows=rows, columns=columns, cell=16,
            encoder=ENCODER, slide=self.place.bench.slide_entry(session.current).id,
        )  # fmt: skip
        path = self.place.bench.path(entry.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_grid(path, grid)
        self.place.project.put(entry)
        self.place.bench.look_again()
        self.until(lambda: self.place.bench.open is not None)
        return entry

    def add_result(self, grid: GridEntry, *, whole: bool = True) -> ResultEntry:
        """Keep a rendered canvas of a grid, and show it."""
        assert self.place is not None
        request = GenerateRequest(grid="g", canvas="c", seed=7)
        entry = ResultEntry(
            name="Result 1", grid=grid.id, canvas="canvases/one.ome.zarr",
            request=request.model_dump(mode="json"), status="done" if whole else "partial",
        )  # fmt: skip
        path = self.place.bench.path(entry.canvas)
        path.parent.mkdir(parents=True, exist_ok=True)
        with a_canvas(path, scale=Scale(0.5, 0.5, "µm")) as canvas:
            if whole:
                fill(canvas, a_picture())
        self.place.project.put(entry)
        self.place.bench.show_result(entry.id)
        return entry

    def close(self, *joints: object) -> None:
        for joint in joints:
            joint.leave()
        if self.place is not None:
            self.place.close()
        if self.project is not None:
            self.project.close()
        self.frame.session.shut_down()
        self.window.close()
