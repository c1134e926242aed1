"""Checking a picture: a canvas and its export are embedded again, cell by cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, Cancelled, NoRecipe
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.requests import (
    CheckRequest,
    EmbedRequest,
    ExportRequest,
    FigureRequest,
    GenerateRequest,
)
from ssldiff_gui.jobs.check import check, check_to_file
from ssldiff_gui.jobs.comparison import WIDTH
from ssldiff_gui.jobs.embed import embed
from ssldiff_gui.jobs.export import export_canvas
from ssldiff_gui.jobs.figure import draw_figure
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import load_grid, save_grid
from tests.jobs.starters import install_starters
from tests.slides.made.tiffs import ome_tiff


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    """A canvas of 2 × 3 cells, the last one glass."""
    install_starters("histology")
    ome_tiff(tmp_path / "slide.ome.tif")
    grid, made = tmp_path / "grid.safetensors", tmp_path / "made.ome.zarr"
    embed(
        EmbedRequest(
            slide=str(tmp_path / "slide.ome.tif"), region=(0, 0, 96, 64), output=str(grid),
            model="starter-histology-encoder", skip_background=False, device="cpu",
        )
    )  # fmt: skip
    request = GenerateRequest(
        grid=str(grid), canvas=str(made), steps=2, device="cpu", model="starter-histology"
    )
    generate(request)
    return made


def test_a_canvas_and_its_export_come_to_the_same(canvas: Path, tmp_path: Path) -> None:
    from ssldiff_gui.models.encoders import load_encoder

    found = check(canvas, device="cpu")
    assert found.map.cells == 6
    assert found.grid.digest() == load_grid(tmp_path / "grid.safetensors").digest()
    with Canvas.open(canvas) as made:
        cell = made.read(made_box(1, 2))
    again = load_encoder("starter-histology-encoder", "cpu").embed(cell[None])[0]
    asked = found.grid.vectors[1, 2]
    cosine = again @ asked / np.linalg.norm(again) / np.linalg.norm(asked)
    assert found.map.raw[1, 2] == pytest.approx(cosine, abs=1e-5)
    done = export_canvas(ExportRequest(canvas=str(canvas), output=str(tmp_path / "out.ome.tif")))
    exported = check(done.path, device="cpu")
    assert np.allclose(exported.map.raw, found.map.raw, atol=1e-6)


def test_a_part_another_encoder_and_a_real_picture_are_refused(
    canvas: Path, tmp_path: Path
) -> None:
    part = ExportRequest(
        canvas=str(canvas), output=str(tmp_path / "part.png"), region=(0, 0, 64, 64)
    )
    with pytest.raises(BadRequest, match="whole canvas"):
        check(export_canvas(part).path, device="cpu")
    install_starters("aerial")
    with pytest.raises(BadRequest, match="was made with"):
        check(canvas, encoder="starter-aerial-encoder", device="cpu")
    with pytest.raises(NoRecipe):
        check(tmp_path / "slide.ome.tif", device="cpu")


def test_it_can_be_stopped(canvas: Path) -> None:
    class Stop:
        def report(self, done: float, total: float, words: str = "") -> None: ...

        def check(self) -> None:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        check(canvas, device="cpu", progress=Stop())


def made_box(row: int, column: int):
    from ssldiff_gui.core.geometry import Box

    return Box(column * 32, row * 32, 32, 32)


def test_a_check_goes_on_from_the_one_before(canvas: Path, tmp_path: Path) -> None:
    request = CheckRequest(canvas=str(canvas), output=str(tmp_path / "k.safetensors"), device="cpu")
    first, embedded, _ = check_to_file(request)
    assert embedded == first.facts.cells == 6
    same, embedded, _ = check_to_file(request)
    assert embedded == 0
    assert np.array_equal(same.centred, first.centred)
    with Canvas.open(canvas, write=True) as made:
        pixels = made.read(Box(0, 0, 96, 64))
        pixels[:32, :32] = 255 - pixels[:32, :32]
        made.write(0, 0, pixels)
    after, embedded, _ = check_to_file(request)
    assert embedded == 1
    whole = check(canvas, device="cpu")
    assert np.allclose(after.centred, whole.map.centred, atol=1e-5)
    Path(request.output).write_bytes(b"nonsense")
    assert check_to_file(request)[1] == 6


def test_a_figure_of_it_all(canvas: Path, tmp_path: Path) -> None:
    request = CheckRequest(canvas=str(canvas), output=str(tmp_path / "k.safetensors"), device="cpu")
    check_to_file(request)
    for name, facts in {
        "all": {"slide": str(tmp_path / "slide.ome.tif"), "check": request.output},
        "alone": {},
    }.items():
        asked = FigureRequest(canvas=str(canvas), output=str(tmp_path / f"{name}.png"), **facts)
        path = draw_figure(asked)
        assert "synthetic" in path.name
        with Image.open(path) as figure:
            assert figure.width == WIDTH
            assert "SYNTHETIC" in figure.info["Description"]
    grid = load_grid(tmp_path / "grid.safetensors")
    save_grid(tmp_path / "other.safetensors", grid.with_vectors(grid.vectors[::-1].copy()))
    other = str(tmp_path / "other.ome.zarr")
    generate(
        GenerateRequest(
            grid=str(tmp_path / "other.safetensors"), canvas=other, steps=2, device="cpu",
            model="starter-histology",
        )
    )  # fmt: skip
    with pytest.raises(BadRequest, match="another grid"):
        draw_figure(
            FigureRequest(canvas=other, output=str(tmp_path / "x.png"), check=request.output)
        )
