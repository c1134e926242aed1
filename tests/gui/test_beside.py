"""A canvas beside the slide that it was made from: shown at its place, and with no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch._dynamo  # noqa: F401 - loads triton before OpenGL: the other order crashes in LLVM

from ssldiff_gui.app.run import arguments, begin
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.requests import EmbedRequest, GenerateRequest
from ssldiff_gui.jobs.embed import embed
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.slides import open_slide
from ssldiff_gui.slides.placed import NOTHING, placed
from tests.gui.studio import Studio, until
from tests.jobs.starters import install_starters
from tests.slides.made.tiffs import ome_tiff

REGION = (704, 544, 128, 96)


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    ome_tiff(tmp_path / "slide.ome.tif", 1600, 1200)
    return tmp_path / "slide.ome.tif"


@pytest.fixture
def canvas(tmp_path: Path, slide: Path) -> Path:
    install_starters("histology")
    grid = str(tmp_path / "grid.safetensors")
    embed(
        EmbedRequest(
            slide=str(slide), region=REGION, model="starter-histology-encoder", output=grid,
            skip_background=False, device="cpu",
        )
    )  # fmt: skip
    made = tmp_path / "made.ome.zarr"
    generate(GenerateRequest(grid=grid, canvas=str(made), steps=2, device="cpu"))
    return made


@pytest.fixture
def studio(own_home: Path, monkeypatch: pytest.MonkeyPatch, qtbot) -> Iterator[Studio]:
    monkeypatch.setenv("SSLDIFF_HOME", str(own_home / "studio"))
    studio = Studio(size=(1280, 800))
    yield studio
    studio.close()


def test_a_placed_picture_has_the_extent_of_the_whole(slide: Path, canvas: Path) -> None:
    with open_slide(slide) as whole, open_slide(canvas) as made:
        x, y, width, height = REGION
        shown = placed(made, Region(Box(*REGION)), whole.scenes[0]).scenes[0]
        assert (shown.width, shown.height) == (whole.scenes[0].width, whole.scenes[0].height)
        assert shown.scale == whole.scenes[0].scale
        pixels = shown.read(Region(Box(x - 8, y - 8, width + 16, height + 16)))
        assert np.array_equal(pixels[8:-8, 8:-8], made.scenes[0].read(Region(made.scenes[0].box)))
        assert (pixels[:8] == NOTHING).all()
        assert (pixels[:, -8:] == NOTHING).all()


@pytest.mark.gui
def test_it_is_shown_beside_its_slide_and_beside_no_other(
    canvas: Path, slide: Path, studio: Studio, tmp_path: Path
) -> None:
    begin(studio.window, arguments(["--fresh", str(slide), "--beside", str(canvas)]))
    studio.until_ready()
    studio.until_shown(slide.name)
    synthetic, original = studio.parts.synthetic, studio.pane
    until(lambda: synthetic.view.document is not None, "the canvas")
    x, y, width, height = REGION

    def all_of_it_is_seen() -> bool:
        left, top, right, bottom = original.view.viewport
        around = left < x and right > x + width and top < y and bottom > y + height
        return around and right - left < 4 * width

    until(all_of_it_is_seen, "its place")
    assert synthetic.view.camera.x == pytest.approx(original.view.camera.x, rel=1e-6)
    assert synthetic.view.camera.zoom == pytest.approx(original.view.camera.zoom, rel=1e-6)
    other = tmp_path / "other.ome.tif"
    ome_tiff(other)
    studio.session.open(other)
    studio.until_shown(other.name)
    until(lambda: synthetic.view.document is None, "no canvas beside another slide")
    studio.session.activate(studio.session.documents[0])
    until(lambda: synthetic.view.document is not None, "the canvas again")
