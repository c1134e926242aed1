"""A grid becomes a canvas: at once, in parts, after an end, after an edit; always the same."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    DamagedModel,
    IncompatibleGrid,
    MissingModel,
    NeedsConsent,
    NoSpace,
)
from ssldiff_gui.core.geometry import Box, Georeference, Region, Scale
from ssldiff_gui.core.grid import EmbeddingGrid, Source
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.requests import GenerateRequest
from ssldiff_gui.jobs import generate as module
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.storage import preflight
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.grids import save_grid
from tests.models.tiny import tiny_generator_folder

TILE = 64


def grid_of(rows=5, columns=6, *, seed=1, cell=32, encoder="tiny@000000000000", **facts):
    vectors = np.random.default_rng(seed).standard_normal((rows, columns, 8)).astype(np.float32)
    return EmbeddingGrid(vectors=vectors, encoder=encoder, cell=cell, **facts)


def edited(grid):
    vectors = grid.vectors.copy()
    vectors[-1, -1] = vectors[0, 0]
    return grid.with_vectors(vectors)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_generator_folder(tmp_path_factory.mktemp("models") / "tiny", autoencoder="tiny")


@pytest.fixture
def ask(tmp_path, model):
    path = tmp_path / "grid.safetensors"

    def run(name="canvas", grid=None, progress=None, tile=TILE, yes=False, **changes):
        save_grid(path, grid or grid_of())
        facts = {"grid": str(path), "canvas": str(tmp_path / f"{name}.ome.zarr")}
        facts |= {"model": str(model), "steps": 4, "device": "cpu"} | changes
        return generate(GenerateRequest(**facts), progress, tile=tile, yes=yes)

    return run


@pytest.fixture(scope="module")
def expected(tmp_path_factory, model):
    """What the plain request renders."""
    folder = tmp_path_factory.mktemp("expected")
    save_grid(folder / "g.safetensors", grid_of())
    request = GenerateRequest(
        grid=str(folder / "g.safetensors"), canvas=str(folder / "c.ome.zarr"), model=str(model),
        steps=4, device="cpu",
    )  # fmt: skip
    return generate(request, tile=TILE)


def test_a_canvas_holds_what_was_rendered(expected):
    with Canvas.open(expected.canvas) as canvas:
        pixels = canvas.read(Box(0, 0, canvas.width, canvas.height))
        assert (canvas.width, canvas.height) == (192, 160)
        assert canvas.finished
        assert canvas.recipe.seed == 0
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == expected.sha256
    assert pixels.std() > 10
    assert (expected.tiles, expected.failed, expected.missing) == (9, 0, 0)
    assert expected.evaluations > 0
    assert expected.peak_memory > 1 << 20


def test_the_same_request_gives_the_same_bytes_and_another_seed_others(ask, expected):
    assert ask("again").sha256 == expected.sha256
    assert ask("other", seed=1).sha256 != expected.sha256


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_the_batch_that_is_asked_for_does_not_matter_on_a_cpu(ask, expected, batch):
    assert ask(batch=batch).sha256 == expected.sha256


def test_large_tiles_hold_the_same_pixels(ask, expected):
    assert ask("large", tile=1024).sha256 == expected.sha256


def test_a_part_and_then_the_rest_is_the_whole(ask, expected):
    part = ask(region=(130, 70, 20, 20))
    assert (part.tiles, part.missing, part.sha256) == (1, 8, None)
    assert part.evaluations < expected.evaluations
    rest = ask(resume=True)
    assert (rest.tiles, rest.missing) == (8, 0)
    assert rest.sha256 == expected.sha256


def test_an_end_loses_nothing_that_was_finished(ask, expected):
    class Stop(Silent):
        left = 25

        def check(self):
            self.left -= 1
            if self.left < 0:
                raise Cancelled("enough")

    with pytest.raises(Cancelled):
        ask(progress=Stop())
    result = ask(resume=True)
    assert result.sha256 == expected.sha256
    assert result.evaluations < expected.evaluations


def test_nothing_is_left_to_do_for_a_canvas_that_is_whole(ask, expected):
    ask()
    again = ask(resume=True)
    assert (again.tiles, again.evaluations) == (0, 0)
    assert again.sha256 == expected.sha256


def test_an_edit_renders_what_it_reaches_to_the_bytes_of_a_full_render(ask):
    grid = grid_of(10, 10)
    before = ask(grid=grid)
    after = ask(grid=edited(grid), resume=True)
    assert 0 < after.tiles < before.tiles / 2
    assert after.evaluations < before.evaluations / 6
    assert after.sha256 == ask("fresh", grid=edited(grid)).sha256
    assert after.sha256 != before.sha256
    assert "reached by the edit" in after.notes[0]


def test_an_edit_without_kept_windows_gives_the_same_bytes(ask, monkeypatch):
    grid = grid_of(6, 7)
    monkeypatch.setattr("ssldiff_gui.jobs.phase_cache.KEEP", 0)
    ask(grid=grid)
    after = ask(grid=edited(grid), resume=True)
    assert after.sha256 == ask("fresh", grid=edited(grid)).sha256


def test_an_edit_in_the_middle_of_a_render_gives_the_same_bytes(ask):
    grid = grid_of(6, 7)
    ask(grid=grid, region=(0, 0, 192, 100))
    after = ask(grid=edited(grid), resume=True)
    assert after.missing == 0
    assert after.sha256 == ask("fresh", grid=edited(grid)).sha256


@pytest.mark.parametrize(
    ("changes", "words"), [({"seed": 3}, "another seed: 0, not 3"), ({"steps": 6}, "steps: 4")]
)
def test_other_settings_are_not_mixed_in(ask, changes, words):
    ask(region=(0, 0, 10, 10))
    with pytest.raises(BadRequest, match=words):
        ask(resume=True, **changes)


def test_what_exists_is_not_written_over(ask):
    first = ask(region=(0, 0, 10, 10))
    with pytest.raises(BadRequest, match="exists already"):
        ask()
    with Canvas.open(first.canvas) as canvas:
        assert len(canvas.done) == 1


@pytest.mark.parametrize("region", [(0, 0, 0, 5), (0, 0, 500, 5), (-1, 0, 5, 5)])
def test_regions_outside_the_canvas_are_refused(ask, region):
    with pytest.raises(BadRequest, match="192 × 160"):
        ask(region=region)


def test_the_cost_of_a_large_canvas_is_said_first(ask, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "CONSENT", 10_000)
    with pytest.raises(NeedsConsent, match=r"192 × 160 pixels take .* on disk"):
        ask()
    assert not (tmp_path / "canvas.ome.zarr").exists()
    assert ask(yes=True).missing == 0
    with pytest.raises(NeedsConsent, match="minutes here"):
        ask("second")


def test_models_that_do_not_fit_or_do_not_exist_are_named(ask, model, tmp_path):
    with pytest.raises(IncompatibleGrid, match="trained on tiny@"):
        ask(grid=grid_of(encoder="uni@123456789abc"))
    with pytest.raises(MissingModel):
        ask(model="no-such-model")
    with pytest.raises(MissingModel, match="No installed generator takes grids of"):
        ask(model=None)


def test_a_model_with_a_changed_byte_is_refused(ask, tmp_path):
    folder = tiny_generator_folder(tmp_path / "changed")
    weights = folder / "network.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(content)
    with pytest.raises(DamagedModel, match=r"network\.safetensors"):
        ask(model=str(folder))
    assert not (tmp_path / "canvas.ome.zarr").exists()


def wrapped(monkeypatch, change):
    load = module.load_generator

    def loaded(*arguments, **named):
        generator = load(*arguments, **named)
        change(generator)
        return generator

    monkeypatch.setattr(module, "load_generator", loaded)


def test_too_large_a_batch_is_halved_and_said(ask, monkeypatch):
    def small(generator):
        denoise = generator.denoise

        def limited(x, *arguments, **named):
            if len(x) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return denoise(x, *arguments, **named)

        generator.denoise = limited

    wrapped(monkeypatch, small)
    result = ask()
    assert "2 windows now" in result.notes[-1]
    assert result.missing == 0
    with Canvas.open(result.canvas) as canvas:
        assert canvas.recipe.batch == 2
    monkeypatch.setattr("ssldiff_gui.jobs.recipes.CPU_BATCH", 2)
    assert result.sha256 == ask("two").sha256


def test_tiles_of_a_broken_network_are_not_called_done(ask, monkeypatch, expected):
    def broken(generator):
        denoise = generator.denoise

        def sick(x, sigma, condition, **named):
            seen = denoise(x, sigma, condition, **named)
            seen[0] = seen[0] * torch.nan
            return seen

        generator.denoise = sick

    with monkeypatch.context() as patch:
        wrapped(patch, broken)
        result = ask()
    assert result.failed > 0
    assert result.tiles + result.failed == 9
    assert result.sha256 is None
    with Canvas.open(result.canvas) as canvas:
        assert len(canvas.done) == 9 - result.failed
        assert "NaN" in next(iter(canvas.failed.values()))
    healed = ask(resume=True)
    assert healed.sha256 == expected.sha256


def test_a_canvas_of_a_scene_knows_its_place(ask):
    place = Georeference("EPSG:32631", (2.0, 0.0, 500_000.0, 0.0, -2.0, 6_000_000.0))
    grid = grid_of(
        4, 4, scale=Scale(6.0, 6.0, "m"), region=Region(Box(100, 200, 384, 384), 3.0),
        source=Source("scene.tif", "abc", georeference=place),
    )  # fmt: skip
    with Canvas.open(ask(grid=grid).canvas) as canvas:
        assert canvas.scale == Scale(6.0, 6.0, "m")
        assert canvas.georeference is not None
        assert canvas.georeference.affine == (6.0, 0.0, 500_200.0, 0.0, -6.0, 5_999_600.0)


def test_the_published_ways_render_too(ask):
    small = grid_of(2, 3)
    for preset in ("lid", "pixcell-4k"):
        assert ask(preset, grid=small, preset=preset, steps=2).missing == 0


def test_going_on_without_room_is_refused_before_the_model_is_loaded(ask, monkeypatch):
    begun = ask(region=(0, 0, TILE, TILE))
    assert begun.missing
    with Canvas.open(begun.canvas) as canvas:
        left = canvas.still_needed
    assert left > 0
    spare = preflight.SPARE + left
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: SimpleNamespace(free=spare - 1))

    def loaded(*_):
        raise AssertionError("it is too early for that")

    with monkeypatch.context() as early:
        early.setattr(module, "load_generator", loaded)
        with pytest.raises(NoSpace):
            ask(resume=True)
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: SimpleNamespace(free=spare))
    assert ask(resume=True).missing == 0
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    assert ask(resume=True).tiles == 0
