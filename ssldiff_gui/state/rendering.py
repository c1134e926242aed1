"""Rendering the grid at hand: settings, cost, request, and the result that grows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from ssldiff_gui.core.edits import Edit, Vary, Whole, apply, dump_edits, parse_edits
from ssldiff_gui.core.errors import BadRequest, MissingModel, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.grid import EmbeddingGrid
from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.core.layout import Layout
from ssldiff_gui.core.project import ResultEntry, new_id
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.state.background import Deliver, deliver_at_once, in_background
from ssldiff_gui.state.telling import Takes, areas_of, told_of
from ssldiff_gui.storage.grids import save_grid
from ssldiff_gui.storage.layouts import write_layout
from ssldiff_gui.storage.preflight import estimate

if TYPE_CHECKING:
    from ssldiff_gui.state.bench import Bench, OpenGrid

LARGE = 1 << 26
"""Pixels beyond which somebody has to agree: 8192²."""

SEEDS = 1_000_000

Wanted = tuple[EmbeddingGrid, tuple[Edit, ...]]
"""A grid, and the edits that led to it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the next picture is rendered.

    Parameters
    ----------
    model
        Name of the generator; empty takes the first that fits.
    seed, seed_mode
        Where the noise starts; and whether the next render keeps it, draws one, or counts on.
    variation
        Share of the distance between neighbours by which embeddings are varied, 0–1.
    live
        Whether edits are rendered as they are made.
    preset, steps, guidance, device
        As `GenerateRequest` has them; None takes the preset's and the model's.
    text, label
        What a generator is told that reads words, or knows classes.
    areas
        Whether it is told of the areas that are drawn.
    """

    model: str = ""
    seed: int = 1
    seed_mode: Literal["lock", "random", "step"] = "lock"
    variation: float = 0.0
    live: bool = False
    preset: str = "default"
    steps: int | None = None
    guidance: float | None = None
    device: str = "auto"
    text: str = ""
    label: str = ""
    areas: bool = True


@dataclass(frozen=True, slots=True)
class RenderCost:
    """What a render takes: pixels, bytes on disk, seconds when the model was used here before."""

    width: int
    height: int
    disk: int
    large: bool = False


class Rendering:
    """Renders the grid at hand, once or as it is edited.

    Parameters
    ----------
    bench
        What is worked on.
    deliver
        Runs a call in the thread where state may change.
    """

    settings_changed = Signal(Settings)

    def __init__(self, bench: Bench, deliver: Deliver | None = None) -> None:
        self._bench = bench
        self._deliver = deliver or deliver_at_once
        self.settings = Settings()

    # -- settings ----------------------------------------------------------------------------------

    def set(self, **changes: object) -> None:
        """Change settings."""
        changed = replace(self.settings, **changes)  # type: ignore[arg-type]
        if changed != self.settings:
            self.settings = changed
            self.settings_changed.emit(changed)

    def generator(self) -> InstalledModel | None:
        """Return the generator that renders the grid at hand."""
        opened = self._bench.open
        if opened is None:
            return None
        fitting = self._bench.models.inventory.generators_for(opened.editor.original)
        chosen = [entry for entry in fitting if entry.name == self.settings.model]
        return next(iter(chosen or fitting), None)

    @property
    def takes(self) -> Takes:
        """What that generator can be told beside the grid."""
        model = self.generator()
        spec = None if model is None or model.model is None else model.model.generator
        return Takes.of(spec)

    def areas(self) -> tuple[Layout, str]:
        """Return the areas it will be told of, and what becomes of those that are drawn."""
        opened, takes = self._bench.open, self.takes
        if opened is None or not takes.areas or not self.settings.areas:
            return Layout(), ""
        return told_of(areas_of(opened), takes)

    def size(self) -> tuple[int, int] | None:
        """Return width and height in pixels of what the grid at hand renders to."""
        opened = self._bench.open
        if opened is None:
            return None
        grid = opened.editor.original
        return grid.columns * grid.cell, grid.rows * grid.cell

    def cost(self, region: Box | None = None) -> RenderCost | None:
        """Return what rendering the grid, or a region of its canvas, takes."""
        size = self.size()
        if size is None:
            return None
        seen = Box(0, 0, *size) if region is None else region.intersect(Box(0, 0, *size))
        disk = estimate(*size).disk
        return RenderCost(seen.width, seen.height, disk, seen.area > LARGE)

    # -- acts --------------------------------------------------------------------------------------

    def generate(self, region: Box | None = None) -> str:
        """Render the grid as it is now into a new result; only what changed when that suffices.

        Parameters
        ----------
        region
            In pixels of the canvas: only the tiles it touches.

        Returns
        -------
        str
            Id of the result.

        Raises
        ------
        UserError
            There is no grid or no generator for it, or this very picture is there already.
        """
        opened, model = self._ready()
        settings = self._next_seed()
        wanted = self.asked(opened, settings)
        base = self._base(opened, settings, model)
        told, layout = dump_edits(wanted[1]), self.areas()[0]
        same = base is not None and base.request.get("layout") == _file_of(layout)
        if base is not None and same and base.status == "done" and list(base.edits) == told:
            raise BadRequest(
                f"{base.name} is this grid with this seed already.",
                "Edit the grid, or let the seed change: random, or one more each time.",
            )
        changes: dict[str, object] = {}
        if base is not None:
            changes["start_from"] = str(self._bench.path(base.canvas))
        if region is not None:
            changes["region"] = (region.x, region.y, region.width, region.height)
        return self._begin(opened, settings, model, wanted, changes, layout=layout)

    def redo(self, result_id: str) -> str:
        """Render what a result was rendered from, with another seed."""
        entry = self._entry(result_id)
        opened, model = self._ready(entry)
        before = GenerateRequest.model_validate(entry.request)
        settings = replace(self._settings_of(before), seed=secrets.randbelow(SEEDS))
        changes: dict[str, object] = {"text": before.text, "label": before.label}
        if before.layout is not None:
            changes["layout"] = str(self._bench.path(before.layout))
        return self._begin(opened, settings, model, self._grid_of(opened, entry), changes)

    def go_on(self, result_id: str) -> None:
        """Render what a result still lacks."""
        entry = self._entry(result_id)
        opened, model = self._ready(entry)
        wanted = self._grid_of(opened, entry)
        before = GenerateRequest.model_validate(entry.request)
        bench = self._bench
        asked = f"grids/{entry.id}.asked.safetensors"
        request = before.model_copy(
            update={
                "grid": str(bench.path(asked)),
                "canvas": str(bench.path(entry.canvas)),
                "model": before.model or model.name,
                "layout": before.layout and str(bench.path(before.layout)),
                "resume": True,
            }
        )
        bench.project.put(entry.model_copy(update={"status": "rendering"}))
        self._write_then_add(entry, wanted, request, asked)

    def restore(self, result_id: str) -> None:
        """Bring back the grid's edits and the settings that a result was rendered with."""
        entry = self._entry(result_id)
        opened, _ = self._ready(entry)
        request = GenerateRequest.model_validate(entry.request)
        restored = self._settings_of(request)
        self.set(**{part.name: getattr(restored, part.name) for part in fields(restored)})
        opened.editor.restore(parse_edits(list(entry.edits)), f"Restore {entry.name}")

    def _entry(self, result_id: str) -> ResultEntry:
        found = self._bench.project.get(result_id)
        if not isinstance(found, ResultEntry):
            raise UserError("That result is gone.", "Choose another card.")
        return found

    def _ready(self, entry: ResultEntry | None = None) -> tuple[OpenGrid, InstalledModel]:
        opened, model = self._bench.open, self.generator()
        if opened is None:
            raise BadRequest("There is no grid to render.", "Draw a region, then embed it.")
        if entry is not None and entry.grid != opened.id:
            raise BadRequest(
                f"{entry.name} was rendered from another grid.", "Show it first, then try again."
            )
        if model is None:
            raise MissingModel(
                f"No installed model renders grids of {opened.editor.original.encoder}.",
                "Get or train a generator for that encoder; the model window lists them.",
            )
        return opened, model

    def _next_seed(self) -> Settings:
        mode, seed = self.settings.seed_mode, self.settings.seed
        if mode == "random":
            self.set(seed=secrets.randbelow(SEEDS))
        elif mode == "step" and self._bench.result is not None:
            self.set(seed=seed + 1)
        return self.settings

    def asked(self, opened: OpenGrid, settings: Settings) -> Wanted:
        """Return the grid to render, varied when that is wanted, and all edits that led there."""
        editor = opened.editor
        grid, edits = editor.grid, tuple(editor.edits)
        if settings.variation > 0:
            varied = Vary(where=Whole(), amount=settings.variation, seed=settings.seed)
            grid, edits = apply(grid, [varied]), (*edits, varied)
        return grid, edits

    def _grid_of(self, opened: OpenGrid, entry: ResultEntry) -> Wanted:
        edits = parse_edits(list(entry.edits))
        editor = opened.editor
        sources = {"original": editor.original, **editor.sources}
        return apply(editor.original, edits, sources), edits

    def _base(
        self, opened: OpenGrid, settings: Settings, model: InstalledModel
    ) -> ResultEntry | None:
        """Return the result whose windows the next render can go on from."""
        shown = self._bench.result
        if shown is None or shown.grid != opened.id or shown.status not in {"done", "partial"}:
            return None
        wanted = self.request(settings, model, Path("g"), Path("c"))
        same = ("model", "seed", "preset", "steps", "guidance", "device", "text", "label")
        before = GenerateRequest.model_validate(shown.request)
        alike = all(getattr(before, name) == getattr(wanted, name) for name in same)
        return shown if alike else None

    def _begin(
        self,
        opened: OpenGrid,
        settings: Settings,
        model: InstalledModel,
        wanted: Wanted,
        changes: dict[str, object],
        *,
        layout: Layout | None = None,
    ) -> str:
        bench, identity = self._bench, new_id()
        canvas, asked = f"canvases/{identity}.ome.zarr", f"grids/{identity}.asked.safetensors"
        request = self.request(settings, model, bench.path(asked), bench.path(canvas))
        file = _file_of(layout)
        if file is not None:
            changes = {**changes, "layout": str(bench.path(file))}
        request = request.model_copy(update=changes)
        told = bench.project.relative(request.layout) if request.layout else None
        kept = request.model_copy(
            update={"grid": asked, "canvas": canvas, "start_from": None, "layout": told}
        )
        number = len(bench.results) + 1
        entry = ResultEntry(
            id=identity,
            name=f"Result {number}",
            grid=opened.id,
            canvas=canvas,
            request=kept.model_dump(mode="json"),
            edits=tuple(dump_edits(wanted[1])),
        )
        bench.project.put(entry)
        bench.show_result(identity)
        self._write_then_add(entry, wanted, request, asked, layout=layout)
        return identity

    def _write_then_add(
        self,
        entry: ResultEntry,
        wanted: Wanted,
        request: GenerateRequest,
        asked: str,
        *,
        layout: Layout | None = None,
    ) -> None:
        bench, grid = self._bench, wanted[0]
        path, record = bench.path(asked), bench.record_now(*wanted)
        path.parent.mkdir(parents=True, exist_ok=True)

        def write() -> None:
            try:
                if layout and request.layout is not None:
                    Path(request.layout).parent.mkdir(parents=True, exist_ok=True)
                    write_layout(Path(request.layout), layout)
                save_grid(path, grid, edits=record.edits, notes=record.notes)
            except UserError as error:
                problem = error
                self._deliver(lambda: self._unwritten(entry.id, problem))
            else:
                self._deliver(lambda: self._submit(entry, request))

        in_background(write, f"ask for {entry.name}")

    def _submit(self, entry: ResultEntry, request: GenerateRequest) -> None:
        try:
            self._bench.queue.add(request, f"Render {entry.name}", owner=entry.id)
        except UserError as error:
            self._unwritten(entry.id, error)

    def _unwritten(self, identity: str, problem: UserError) -> None:
        self._bench.project.drop(identity)
        self._bench.failed.emit(problem)

    def request(
        self, settings: Settings, model: InstalledModel, grid: Path, canvas: Path
    ) -> GenerateRequest:
        """Return what renders a grid with settings."""
        takes = self.takes
        return GenerateRequest(
            text=(settings.text.strip() or None) if takes.text else None,
            label=(settings.label or None) if takes.classes else None,
            grid=str(grid),
            canvas=str(canvas),
            model=model.name,
            seed=settings.seed,
            preset=settings.preset,
            steps=settings.steps,
            guidance=settings.guidance,
            device=settings.device,
            resume=True,
        )

    def _settings_of(self, request: GenerateRequest) -> Settings:
        return replace(
            self.settings,
            model=request.model or "",
            seed=request.seed,
            variation=0.0,
            preset=request.preset,
            steps=request.steps,
            guidance=request.guidance,
            device=request.device,
            text=request.text or "",
            label=request.label or "",
        )


def _file_of(layout: Layout | None) -> str | None:
    """Return where a project keeps a layout: equal ones are kept once."""
    return f"layouts/{layout.digest()[:16]}.json" if layout else None
