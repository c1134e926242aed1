"""The whole journey on a sample: embed, transplant, render, check, export, and one figure of it.

It goes step by step through the same functions as the commands that a person would type, and
writes those commands down.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssldiff_gui.core.edits import Transplant, changed_cells
from ssldiff_gui.core.errors import MissingModel, UserError
from ssldiff_gui.core.grid import Mask
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.requests import EmbedRequest, ExportRequest, GenerateRequest
from ssldiff_gui.jobs.demo_folder import DemoFolder
from ssldiff_gui.jobs.demo_places import Journey
from ssldiff_gui.jobs.stages import Stages
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.storage.grids import load_grid_record, save_grid

if TYPE_CHECKING:
    from ssldiff_gui.jobs.check import CheckResult
    from ssldiff_gui.jobs.generate import GenerateResult

OPENING, EDITING, RENDERING = "Embedding a region", "Transplanting cells", "Rendering"
CHECKING, EXPORTING, DRAWING = "Checking what was rendered", "Exporting", "Drawing the figure"
SHARES = {OPENING: 7, EDITING: 1, RENDERING: 36, CHECKING: 2, EXPORTING: 2, DRAWING: 2}
"""About how many seconds each takes on two cores."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demo left.

    Parameters
    ----------
    folder
        Everything is in it.
    figure, picture, canvas
        The comparison, the exported picture, the OME-Zarr.
    commands
        That do the same.
    width, height
        Of the canvas in pixels.
    changed
        Cells that were transplanted.
    check, check_changed
        How far the result shows what was asked for, everywhere and in the transplanted cells.
    render_seconds, seconds
        Of the rendering alone, and of all.
    sha256
        Of the canvas' pixels.
    """

    folder: Path
    figure: Path
    picture: Path
    canvas: Path
    commands: tuple[str, ...]
    width: int
    height: int
    changed: int
    check: dict[str, float]
    check_changed: dict[str, float]
    render_seconds: float
    seconds: float
    sha256: str | None


def demo(
    journey: Journey,
    out: Path,
    progress: Progress | None = None,
    *,
    device: str = "cpu",
    steps: int | None = None,
) -> DemoResult:
    """Make the journey; one that was stopped is gone on with.

    Parameters
    ----------
    journey
        Which sample, and where on it.
    out
        The folder; made when it is not there.
    progress
        Who watches, and may ask for an end: what is finished then stays.
    device
        As for `embed` and `generate`.
    steps
        Instead of the preset's.

    Raises
    ------
    AlreadyThere
        The folder holds a finished demo, another one, or something else.
    MissingModel
        The starter models are not there.
    """
    began = time.monotonic()
    settings = journey.facts() | _models(journey) | {"steps": steps}
    folder = DemoFolder.take(out, settings)
    stages = Stages(progress or Silent(), SHARES)
    run = _Run(journey, folder, stages, device, steps)
    run.embed()
    changed = run.edit()
    rendered = run.render()
    checked = run.check()
    picture = run.export()
    from ssldiff_gui.jobs.demo_figure import draw_figure

    stages.begin(DRAWING)
    seconds = folder.rendered(rendered.seconds if rendered.tiles else None)
    figure = draw_figure(journey, folder, checked, changed, seconds)
    result = DemoResult(
        folder=folder.path,
        figure=figure,
        picture=picture,
        canvas=folder.canvas,
        commands=journey.commands(),
        width=rendered.width,
        height=rendered.height,
        changed=int(changed.sum()),
        check=checked.map.summary(),
        check_changed=checked.map.within(changed).summary(),
        render_seconds=seconds,
        seconds=time.monotonic() - began,
        sha256=rendered.sha256,
    )
    folder.finish(result)
    return result


@dataclass(frozen=True, slots=True)
class _Run:
    """The stages of one demo."""

    journey: Journey
    folder: DemoFolder
    stages: Stages
    device: str
    steps: int | None

    def embed(self) -> None:
        """Embed the region, and the place that cells are taken from."""
        from ssldiff_gui.jobs.embed import embed

        stage = self.stages.begin(OPENING)
        slide, journey = str(self.journey.slide), self.journey
        wanted = ((self.folder.donor, journey.donor), (self.folder.grid, journey.region))
        for output, region in wanted:
            if not output.exists():
                request = EmbedRequest(
                    slide=slide, region=region, model=journey.encoder, output=str(output),
                    device=self.device,
                )  # fmt: skip
                embed(request, stage)

    def edit(self) -> Mask:
        """Transplant cells; return (rows, columns) of those that changed."""
        from ssldiff_gui.jobs.edit_record import edited

        self.stages.begin(EDITING)
        before, donor = load_grid_record(self.folder.grid), self.folder.donor
        taken = load_grid_record(donor).grid
        row, column = self.journey.to
        transplant = Transplant(
            row=0, column=0, rows=taken.rows, columns=taken.columns, to=(row, column),
            grid=donor.stem,
        )  # fmt: skip
        files = {donor.stem: donor}
        after = edited(before, self.folder.grid.name, [transplant], files, lambda _: taken)
        save_grid(self.folder.edited, after.grid, edits=after.edits, notes=after.notes)
        changed = np.zeros(after.grid.mask.shape, np.bool_)
        changed[tuple(changed_cells(before.grid, after.grid).T)] = True
        return changed

    def render(self) -> GenerateResult:
        """Render the edited grid, or what is missing of it."""
        from ssldiff_gui.jobs.generate import generate

        canvas = self.folder.canvas
        request = GenerateRequest(
            grid=str(self.folder.edited), canvas=str(canvas), model=self.journey.generator,
            resume=canvas.exists(), device=self.device, steps=self.steps,
        )  # fmt: skip
        result = generate(request, self.stages.begin(RENDERING))
        if result.missing:
            raise UserError(
                f"{result.missing} of the tiles could not be rendered.",
                "Run the demo again: it goes on from there.",
            )
        return result

    def check(self) -> CheckResult:
        """Embed the result again."""
        from ssldiff_gui.jobs.check import check

        stage = self.stages.begin(CHECKING)
        canvas, encoder = self.folder.canvas, self.journey.encoder
        return check(canvas, encoder=encoder, device=self.device, progress=stage)

    def export(self) -> Path:
        """Write the result as a file that other programs open."""
        from ssldiff_gui.jobs.export import export_canvas

        output = self.folder.path / self.journey.export
        request = ExportRequest(canvas=str(self.folder.canvas), output=str(output))
        return export_canvas(request, self.stages.begin(EXPORTING)).path


def _models(journey: Journey) -> dict[str, object]:
    """Return what the models are, so that nobody goes on with others."""
    found: dict[str, object] = {}
    for kind, name in (("encoder", journey.encoder), ("generator", journey.generator)):
        try:
            folder = find_model(name, "encoder" if kind == "encoder" else "generator")
        except MissingModel as error:
            raise MissingModel(
                f"The starter model {name} is not installed, and the demo needs it.",
                "Install the package again, or put the model where `ssldiff models list` looks.",
            ) from error
        found[kind] = dict(sorted(read_model(folder, verify=False).files.items()))
    return found
