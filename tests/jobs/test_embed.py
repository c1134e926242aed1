"""Embedding: what comes out, what is skipped, what is resumed, what is refused."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    MissingFile,
    MissingModel,
    NeedsConsent,
    OversizedRequest,
    UnsupportedFile,
)
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.embed import embed
from ssldiff_gui.jobs.embed_plan import plan_embedding
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage.grids import load_grid, load_grid_record
from tests.grids import same_grid
from tests.models.tiny_encoders import tiny_encoder_folder, tiny_encoder_spec
from tests.slides.made.tiffs import geotiff, ome_tiff
from tests.slides.scenes import ArraySource, scene_of

METRES = PixelSize(size=0.5, unit="m")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide of 610 × 430 pixels at 0.5 µm, and an encoder of 32-pixel cells."""
    folder = tmp_path_factory.mktemp("embed")
    ome_tiff(folder / "slide.ome.tif")
    tiny_encoder_folder(folder / "tiny")
    return folder


def request_for(place: Path, folder: Path, **changes: Any) -> EmbedRequest:
    facts = {
        "slide": str(place / "slide.ome.tif"), "model": str(place / "tiny"),
        "output": str(folder / "g.safetensors"), "skip_background": False, "batch": 8,
        "device": "cpu",
    }  # fmt: skip
    return EmbedRequest(**(facts | changes))


class Watch:
    """Notes what is reported, and asks for an end after some checks."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.left = stop_after
        self.reports: list[tuple[float, float, str]] = []

    def report(self, done: float, total: float, words: str = "") -> None:
        self.reports.append((done, total, words))

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("Stopped.")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_vectors_are_those_of_the_cells(place: Path, tmp_path: Path) -> None:
    result = embed(request_for(place, tmp_path, region=(40, 10, 300, 200)))
    grid = result.grid
    assert (grid.rows, grid.columns, grid.dim) == (6, 9, 24)
    assert grid.scale == Scale(0.5, 0.5, "µm")
    assert (result.cells, result.skipped, result.resumed) == (54, 0, 0)
    assert grid.source is not None
    assert grid.source.name == "slide.ome.tif"
    encoder = load_encoder(place / "tiny", "cpu")
    assert grid.encoder == encoder.spec.id
    with open_slide(place / "slide.ome.tif") as slide:
        pixels = slide.scenes[0].read_level(0, slide.scenes[0].box)
    for row, column in ((0, 0), (2, 5), (5, 8)):
        box = grid.box_of(row, column)
        cell = pixels[box.y : box.y2, box.x : box.x2]
        expected = encoder.embed(cell[None])[0]
        np.testing.assert_allclose(grid.vectors[row, column], expected, rtol=1e-3, atol=1e-4)


def test_the_file_is_the_grid_and_names_no_folder(place: Path, tmp_path: Path) -> None:
    result = embed(request_for(place, tmp_path))
    assert same_grid(load_grid(tmp_path / "g.safetensors"), result.grid)
    told = load_grid_record(tmp_path / "g.safetensors").notes["request"]
    assert told["slide"] == "slide.ome.tif"
    assert str(place) not in (tmp_path / "g.safetensors").read_bytes().decode("latin-1")
    assert [path.name for path in tmp_path.iterdir()] == ["g.safetensors"]


def test_the_same_request_gives_the_same_bytes(place: Path, tmp_path: Path) -> None:
    embed(request_for(place, tmp_path))
    first = digest(tmp_path / "g.safetensors")
    embed(request_for(place, tmp_path))
    assert digest(tmp_path / "g.safetensors") == first


@pytest.mark.parametrize("stop", [1, 2, 9, 25])
def test_a_stopped_run_goes_on_to_the_same_bytes(place: Path, tmp_path: Path, stop: int) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    embed(request_for(place, whole))
    with pytest.raises(Cancelled):
        embed(request_for(place, tmp_path), Watch(stop))
    assert not (tmp_path / "g.safetensors").exists()
    watch = Watch()
    result = embed(request_for(place, tmp_path), watch)
    assert result.resumed == 8 * max(0, stop - 1)  # the first check comes before any batch
    assert digest(tmp_path / "g.safetensors") == digest(whole / "g.safetensors")
    assert watch.reports[-1][:2] == (result.cells, result.cells)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.safetensors", "whole"]


@pytest.mark.parametrize("harm", ["cut", "flip", "append", "garbage"])
def test_a_partial_file_that_was_harmed_is_used_as_far_as_it_is_whole(
    place: Path, tmp_path: Path, harm: str
) -> None:
    embed(request_for(place, tmp_path))
    expected = digest(tmp_path / "g.safetensors")
    with pytest.raises(Cancelled):
        embed(request_for(place, tmp_path), Watch(10))
    partial = tmp_path / ".g.safetensors.partial"
    content = bytearray(partial.read_bytes())
    record = 8 * 24 * 4 + 4
    if harm == "cut":
        content = content[:-5]
    elif harm == "flip":
        content[-2 * record - 7] ^= 1
    elif harm == "append":
        content += bytes(record)
    else:
        content = bytearray(b"garbage")
    partial.write_bytes(content)
    result = embed(request_for(place, tmp_path))
    assert result.resumed == {"cut": 64, "flip": 48, "append": 72, "garbage": 0}[harm]
    assert digest(tmp_path / "g.safetensors") == expected


@pytest.mark.parametrize(
    "change", [{"batch": 7}, {"region": (0, 0, 320, 320)}, {"skip_background": True}]
)
def test_another_request_does_not_take_what_is_not_its_own(
    place: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    with pytest.raises(Cancelled):
        embed(request_for(place, tmp_path), Watch(5))
    assert embed(request_for(place, tmp_path, **change)).resumed == 0


def test_two_runs_do_not_write_one_output(place: Path, tmp_path: Path) -> None:
    from ssldiff_gui.jobs.partial_vectors import PartialVectors

    with PartialVectors(tmp_path / "g.safetensors", {}, 24) as first:
        first.begin([8])
        with pytest.raises(BadRequest, match="Another program"):
            embed(request_for(place, tmp_path))


def test_glass_is_left_out_and_the_rest_is_as_without(place: Path, tmp_path: Path) -> None:
    from tests.slides.made.tiffs import tiff

    pixels = np.full((256, 256, 3), 250, np.uint8)
    pixels[64:192, 32:160] = (200, 90, 160)
    slide = tiff(tmp_path / "a.tif", pixels)
    size = PixelSize(size=0.5, unit="µm")
    found = {}
    for skip in (True, False):
        found[skip] = embed(
            request_for(place, tmp_path, slide=str(slide), pixel=size, skip_background=skip)
        )
    mask = np.zeros((8, 8), np.bool_)
    mask[2:6, 1:5] = True
    inner = found[True].grid.mask
    assert inner[mask].all()
    assert inner.sum() <= 36  # at most the cells around it
    assert found[True].skipped == 64 - inner.sum()
    assert (found[True].grid.vectors[~inner] == 0).all()
    np.testing.assert_allclose(
        found[True].grid.vectors[inner], found[False].grid.vectors[inner], rtol=1e-3, atol=1e-4
    )
    with pytest.raises(BadRequest, match="No tissue"):
        embed(request_for(place, tmp_path, slide=str(slide), pixel=size, skip_background=True,
                          region=(192, 192, 64, 64)))  # fmt: skip


def test_how_much_of_a_cell_has_to_be_tissue_can_be_said(place: Path, tmp_path: Path) -> None:
    from tests.slides.made.tiffs import tiff

    pixels = np.full((128, 256, 3), 250, np.uint8)
    pixels[:, 50:200] = (200, 90, 160)
    facts = {
        "slide": str(tiff(tmp_path / "a.tif", pixels)), "skip_background": True,
        "pixel": PixelSize(size=0.5, unit="µm"),
    }  # fmt: skip
    masks = [
        embed(request_for(place, tmp_path, tissue=share, **facts)).grid.mask
        for share in (0, 0.1, 1)
    ]
    assert masks[0].all()
    assert masks[0].sum() > masks[1].sum() > masks[2].sum() > 0
    assert not (masks[2] & ~masks[1]).any()


def test_how_much_of_a_cell_has_to_have_data_can_be_said(tmp_path: Path) -> None:
    tiny_encoder_folder(tmp_path / "sat", pixel=METRES)
    data = np.full((3, 32, 160), 90, np.uint8)
    data[:, :, 90:] = 0  # of the third cell, 26 columns of 32 have data
    path = geotiff(tmp_path / "a.tif", data, nodata=0)
    for share, third in ((0.1, True), (0.9, False)):
        request = EmbedRequest(
            slide=str(path), model=str(tmp_path / "sat"), device="cpu", tissue=share,
            output=str(tmp_path / "g.safetensors"),
        )  # fmt: skip
        assert embed(request).grid.mask.tolist() == [[True, True, third, False, False]]


def test_nodata_is_left_out_of_scenes(tmp_path: Path) -> None:
    tiny_encoder_folder(tmp_path / "sat", pixel=METRES)
    data = np.full((3, 96, 160), 90, np.uint8)
    data[:, :, 70:] = 0
    path = geotiff(tmp_path / "a.tif", data, nodata=0)
    result = embed(
        EmbedRequest(
            slide=str(path),
            model=str(tmp_path / "sat"),
            device="cpu",
            output=str(tmp_path / "g.safetensors"),
        )
    )
    assert result.grid.mask.tolist() == [[True, True, False, False, False]] * 3
    assert result.grid.source is not None
    assert result.grid.source.georeference is not None
    assert result.grid.scale == Scale(0.5, 0.5, "m")


def plan(scale: Scale | None, wanted: float = 0.5, **changes: Any) -> Any:
    scene = scene_of(ArraySource([np.zeros((500, 700, 3), np.uint8)]), scale=scale)
    spec = tiny_encoder_spec(pixel=PixelSize(size=wanted, unit="µm"))
    request = EmbedRequest(slide="a", model="a", output="a", **changes)
    return plan_embedding(request, scene, spec)


def test_the_region_is_cut_into_whole_cells() -> None:
    half = Scale(0.5, 0.5, "µm")
    for width, columns in ((32, 1), (62, 1), (63, 2), (64, 2), (94, 2), (95, 3)):
        found = plan(half, region=(3, 5, width, 40))
        assert found.layout.columns == columns
        assert found.layout.region.box.x == 3
        assert found.layout.region.box.width == columns * 32
    nearly = plan(Scale(0.25, 0.25, "µm"), region=(0, 0, 125, 64))  # 97 % of the last cell
    assert (nearly.layout.columns, nearly.layout.rows) == (2, 1)


def test_the_scale_leads_to_the_encoders_pixels() -> None:
    assert plan(Scale(0.25, 0.25, "µm")).layout.region.downsample == 2
    assert plan(Scale(0.4, 0.4, "µm")).layout.region.downsample == pytest.approx(1.25)
    nearly = plan(Scale(0.499, 0.499, "µm"))
    assert nearly.layout.region.downsample == 1
    assert nearly.scale == Scale(0.499, 0.499, "µm")
    told = plan(Scale(9, 9, "µm"), pixel=PixelSize(size=0.25, unit="µm"))
    assert told.layout.region.downsample == 2
    assert plan(Scale(0.5, 0.4, "µm")).notes


@pytest.mark.parametrize(
    ("scale", "changes", "words"),
    [
        (None, {}, "--pixel"),
        (Scale(0.5, 0.5, "px"), {}, "--pixel"),
        (Scale(0.5, 0.5, "m"), {}, "encoder that suits"),
        (Scale(9, 9, "µm"), {}, "finer image"),
        (Scale(0.5, 0.5, "µm"), {"region": (0, 0, 0, 9)}, "X,Y,WIDTH,HEIGHT"),
        (Scale(0.5, 0.5, "µm"), {"region": (0, 0, -5, 9)}, "X,Y,WIDTH,HEIGHT"),
        (Scale(0.5, 0.5, "µm"), {"region": (0, 0, 20, 400)}, "larger region"),
        (Scale(0.5, 0.5, "µm"), {"region": (900, 0, 64, 64)}, "700 × 500"),
        (Scale(0.5, 0.5, "µm"), {"region": (-64, 0, 64, 64)}, "700 × 500"),
    ],
)
def test_what_does_not_go_together_is_said(
    scale: Scale | None, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        plan(scale, **changes)
    assert words in caught.value.hint


def test_absurd_regions_are_weighed_before_anything_is_read(place: Path, tmp_path: Path) -> None:
    with pytest.raises(NeedsConsent, match="39,062,500 cells") as caught:
        embed(request_for(place, tmp_path, region=(0, 0, 200_000, 200_000)))
    assert "--yes" in caught.value.hint
    with pytest.raises(OversizedRequest):
        embed(request_for(place, tmp_path, region=(0, 0, 10**9, 10**9)), yes=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scene": 9}, BadRequest),
        ({"model": "nobody"}, MissingModel),
        ({"device": "tpu"}, BadRequest),
        ({"output": "g.txt"}, UnsupportedFile),
        ({"output": "/no/such/folder/g.safetensors"}, MissingFile),
    ],
)
def test_wrong_requests(
    place: Path, tmp_path: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        embed(request_for(place, tmp_path, **change))


def test_a_killed_run_loses_at_most_a_batch_of_what_it_wrote(place: Path, tmp_path: Path) -> None:
    output = tmp_path / "g.safetensors"
    code = (
        "import sys, time\n"
        "from ssldiff_gui.core.requests import EmbedRequest\n"
        "from ssldiff_gui.core.progress import Silent\n"
        "from ssldiff_gui.jobs import partial_vectors\n"
        "from ssldiff_gui.jobs.embed import embed\n"
        "partial_vectors.SYNC_SECONDS = 0\n"
        "class Slow(Silent):\n"
        "    def report(self, done, total, words=''):\n"
        "        print(done, flush=True)\n"
        "        time.sleep(0.05)\n"
        "embed(EmbedRequest.model_validate_json(sys.argv[1]), Slow())\n"
    )
    request = request_for(place, tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", code, request.model_dump_json()],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert child.stdout is not None
    done = 0.0
    for line in child.stdout:
        done = float(line)
        if done >= 64:
            break
    os.kill(child.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    child.wait()
    child.stdout.close()
    assert not output.exists()
    result = embed(request)
    assert result.resumed >= 64
    whole = tmp_path / "whole"
    whole.mkdir()
    embed(request_for(place, whole))
    assert digest(output) == digest(whole / "g.safetensors")


@pytest.mark.security
def test_embedding_opens_no_socket(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    opened: list[object] = []
    original = socket.socket.__init__

    def noting(self: socket.socket, *arguments: Any, **options: Any) -> None:
        opened.append(arguments)
        original(self, *arguments, **options)

    monkeypatch.setattr(socket.socket, "__init__", noting)
    embed(request_for(place, tmp_path))
    print(f"\nsockets={len(opened)}")
    assert opened == []
    socket.socket().close()
    assert len(opened) == 1  # the watch would have seen one


def test_reading_runs_ahead_and_no_thread_is_left(place: Path, tmp_path: Path) -> None:
    import threading

    before = {thread.name for thread in threading.enumerate()}
    with pytest.raises(Cancelled):
        embed(request_for(place, tmp_path), Watch(3))
    deadline = time.monotonic() + 5
    while {thread.name for thread in threading.enumerate()} - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
