"""Turning the region at hand into a grid: what it costs, the request, and the grid that comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from ssldiff_gui.core.errors import MissingModel, NeedsConsent, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.core.project import GridEntry, new_id
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.core.specs import EncoderSpec, PixelSize
from ssldiff_gui.jobs.costs import embed_cost
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.storage.grids import load_grid_record

if TYPE_CHECKING:
    from ssldiff_gui.core.grid import EmbeddingGrid
    from ssldiff_gui.jobs.embed_plan import EmbedPlan
    from ssldiff_gui.state.bench import Bench
    from ssldiff_gui.state.document import Document
    from ssldiff_gui.state.job_list import Job


@dataclass(frozen=True, slots=True)
class EmbedCost:
    """What embedding a region takes.

    Parameters
    ----------
    rows, columns
        Of the grid.
    bytes
        Of its file.
    seconds
        When the encoder has been used here before.
    large
        What somebody has to agree to, in words; empty when nothing.
    problem
        Why it cannot be done.
    """

    rows: int = 0
    columns: int = 0
    bytes: int = 0
    seconds: float | None = None
    large: str = ""
    problem: UserError | None = None


class Embedding:
    """Embeds regions of the document in view.

    Parameters
    ----------
    bench
        Where the grid goes.
    deliver
        Runs a call in the thread where state may change.
    """

    done = Signal(str)
    """(id of the grid)."""

    def __init__(self, bench: Bench, deliver: Deliver | None = None) -> None:
        self._bench = bench
        self._deliver = deliver or deliver_at_once
        self.encoder = ""
        """Name of the encoder that was chosen; empty takes the one that suits."""
        self.skip_background = True
        self._wanted: dict[str, Document] = {}
        bench.queue.finished.connect(self._on_finished)
        bench.queue.failed.connect(self._on_ended)
        bench.queue.cancelled.connect(self._on_ended)

    def close(self) -> None:
        """Stop following."""
        queue = self._bench.queue
        queue.finished.disconnect(self._on_finished, missing_ok=True)
        queue.failed.disconnect(self._on_ended, missing_ok=True)
        queue.cancelled.disconnect(self._on_ended, missing_ok=True)

    def suited(self, document: Document) -> InstalledModel | None:
        """Return the encoder that is used for a document: the chosen one, or what suits it."""
        inventory = self._bench.models.inventory
        chosen = inventory.named(self.encoder) if self.encoder else None
        if chosen is not None:
            return chosen
        scale = document.scale
        return inventory.encoder_for(None if scale is None else scale.unit)

    def cost(self, document: Document, box: Box) -> EmbedCost:
        """Return what a region would take, or why it cannot be embedded."""
        try:
            plan, spec = self._plan(document, box, yes=True)
            large = ""
            try:
                self._plan(document, box, yes=False)
            except NeedsConsent as error:
                large = error.message
        except UserError as error:
            return EmbedCost(problem=error)
        rows, columns = plan.layout.rows, plan.layout.columns
        downsample = plan.layout.region.downsample
        told = embed_cost(rows, columns, downsample, spec, "")
        return EmbedCost(rows, columns, told.disk, told.seconds, large)

    def embed(self, document: Document, box: Box, name: str = "") -> str:
        """Begin to embed a region; `done` tells when its grid is there.

        Raises
        ------
        UserError
            The region and the encoder do not go together.
        """
        bench = self._bench
        encoder = self._encoder(document)
        plan, spec = self._plan(document, box, yes=True)
        entry = GridEntry(
            id=new_id(),
            name=name or f"Region of {document.path.stem}",
            slide=bench.slide_entry(document).id,
            scene=document.scene_index,
            encoder=spec.id,
            rows=plan.layout.rows,
            columns=plan.layout.columns,
            cell=plan.layout.cell,
            region=(box.x, box.y, box.width, box.height),
        )
        bench.project.put(entry)
        file = f"grids/{entry.id}.safetensors"
        bench.path(file).parent.mkdir(parents=True, exist_ok=True)
        request = self._request(document, box, encoder.name, str(bench.path(file)))
        self._wanted[entry.id] = document
        bench.queue.add(request, f"Embed {entry.name}", owner=entry.id)
        return entry.id

    def _encoder(self, document: Document) -> InstalledModel:
        found = self.suited(document)
        if found is None or found.model is None or found.model.encoder is None:
            raise MissingModel(
                f"No encoder for {document.name} is installed.",
                "Set the picture's scale, or get an encoder in the model window.",
            )
        return found

    def _plan(self, document: Document, box: Box, *, yes: bool) -> tuple[EmbedPlan, EncoderSpec]:
        from ssldiff_gui.jobs.embed_plan import plan_embedding

        encoder = self._encoder(document)
        assert encoder.model is not None  # noqa: S101 - an encoder was found
        spec = encoder.model.encoder
        assert spec is not None  # noqa: S101
        request = self._request(document, box, encoder.name, "")
        return plan_embedding(request, document.scene, spec, yes=yes), spec

    def _request(self, document: Document, box: Box, encoder: str, output: str) -> EmbedRequest:
        scale, pixel = document.scale_override, None
        if scale is not None and document.scene.scale is None:
            pixel = PixelSize(size=(scale.x * scale.y) ** 0.5, unit=scale.unit)
        return EmbedRequest(
            slide=str(document.path),
            scene=document.scene_index,
            region=(box.x, box.y, box.width, box.height),
            model=encoder,
            output=output,
            pixel=pixel,
            skip_background=self.skip_background,
        )

    def _on_finished(self, job: Job, _: object) -> None:
        entry = self._bench.project.get(job.entry.owner)
        if job.entry.request.get("kind") != "embed" or not isinstance(entry, GridEntry):
            return
        file = f"grids/{entry.id}.safetensors"
        path = self._bench.path(file)

        def read() -> None:
            try:
                grid = load_grid_record(path).grid
                digest = grid.digest()
            except UserError as error:
                problem = error
                self._deliver(lambda: self._bench.failed.emit(problem))
            else:
                self._deliver(lambda: self._adopt(entry, file, grid, digest))

        in_background(read, f"read {path.name}")

    def _adopt(self, entry: GridEntry, file: str, grid: EmbeddingGrid, digest: str) -> None:
        known = entry.model_copy(
            update={
                "file": file,
                "rows": grid.rows,
                "columns": grid.columns,
                "cell": grid.cell,
                "encoder": grid.encoder,
                "digest": digest,
            }
        )
        self._bench.project.put(known)
        document = self._wanted.pop(entry.id, None)
        current = self._bench.session.current
        if document is None or document is current:  # whoever turned to another slide stays there
            self._bench.choose_grid(entry.id)
        self.done.emit(entry.id)

    def _on_ended(self, job: Job, _: object = None) -> None:
        """Forget a grid that was never made."""
        entry = self._bench.project.get(job.entry.owner)
        if job.entry.request.get("kind") == "embed" and isinstance(entry, GridEntry):
            if not entry.file:
                self._bench.project.drop(entry.id)
            self._wanted.pop(entry.id, None)
