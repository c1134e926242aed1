"""Everything that belongs to one open project: made when it opens, let go when another does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssldiff_gui.state.background import Deliver
from ssldiff_gui.state.bench import Bench
from ssldiff_gui.state.drawing import Drawing
from ssldiff_gui.state.embedding import Embedding
from ssldiff_gui.state.grid_tools import GridTools
from ssldiff_gui.state.history import History
from ssldiff_gui.state.lab import Lab
from ssldiff_gui.state.live import Live
from ssldiff_gui.state.models import Models
from ssldiff_gui.state.palette import Palette
from ssldiff_gui.state.queue import Queue
from ssldiff_gui.state.reach import Reach
from ssldiff_gui.state.rendering import Rendering
from ssldiff_gui.state.result_keeping import ResultKeeping
from ssldiff_gui.state.results import Results

if TYPE_CHECKING:
    from ssldiff_gui.jobs.client import Client
    from ssldiff_gui.state.project import Project
    from ssldiff_gui.state.session import Session


class Workplace:
    """A project, its queue, and those who work at it.

    Parameters
    ----------
    session
        What is open.
    project
        What is kept.
    client
        Who does the work.
    models
        What it can be done with.
    deliver
        Runs a call in the thread where state may change.
    """

    def __init__(
        self,
        session: Session,
        project: Project,
        client: Client,
        models: Models,
        deliver: Deliver,
    ) -> None:
        self.session, self.project, self.client, self.models = session, project, client, models
        self.queue = Queue(project, client)
        self.bench = Bench(session, project, self.queue, models, deliver)
        self.embedding = Embedding(self.bench, deliver)
        self.rendering = Rendering(self.bench, deliver)
        self.reach = Reach(self.bench, self.rendering, deliver)
        self.live = Live(self.bench, self.rendering, deliver)
        self.keeping = ResultKeeping(self.bench, deliver)
        self.drawing = Drawing(self.bench, deliver)
        self.palette = Palette(project, deliver)
        self.results = Results(project, History())
        self.lab = Lab(project, self.queue, deliver)
        self.tools = GridTools()

    def close(self) -> None:
        """Let go of all of it; what is kept is kept already."""
        self.bench.remember()
        self.drawing.close()
        self.keeping.close()
        self.live.close()
        self.reach.close()
        self.embedding.close()
        self.bench.close()
        self.palette.close()
        self.lab.close()
        self.queue.close()
        self.tools.attach(None)
        self.results.close()
