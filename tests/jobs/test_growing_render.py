"""Rendering while somebody looks on, and from what another canvas has: always the same bits."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from ssldiff_gui.core.errors import BadRequest, Cancelled
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.jobs import render_canvas
from ssldiff_gui.jobs.generate import generate
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.jobs.previewing import Colours
from ssldiff_gui.storage.canvas import Canvas
from ssldiff_gui.storage.canvas_files import shard_path
from tests.process.made import grid_file, rendering, tiny_model

TILE = 64


class Looker:
    """Keeps what it is shown."""

    def __init__(self, broken=False):
        self.previews, self.tiles, self.broken = [], [], broken

    def preview(self, box, picture):
        self.previews.append((box, picture))
        if self.broken:
            raise RuntimeError("the window is gone")

    def tile_written(self, box):
        self.tiles.append(box)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("models"))


@pytest.fixture
def render(model, tmp_path, monkeypatch):
    monkeypatch.setattr("ssldiff_gui.jobs.previewing.EVERY", 0.0)
    monkeypatch.setattr("ssldiff_gui.jobs.previewing.SHARE", 10.0)

    def run(name, changed=None, *, progress=None, onlooker=None, models=None, **changes):
        grid = grid_file(tmp_path / f"{changed}.safetensors", 5, 6, changed=changed)
        request = rendering(model, grid, tmp_path / f"{name}.ome.zarr", **changes)
        return generate(request, progress, tile=TILE, onlooker=onlooker, models=models)

    return run


def test_the_bits_are_the_same_whoever_looks_on(render):
    alone, looker = render("alone"), Looker()
    watched = render("watched", onlooker=looker)
    assert watched.sha256 == alone.sha256
    assert watched.evaluations == alone.evaluations
    assert sorted((b.y, b.x) for b in looker.tiles) == [
        (y, x) for y in (0, 64, 128) for x in (0, 64, 128)
    ]
    for box, picture in looker.previews:
        assert box == Box(0, 0, 192, 160)
        assert picture.shape == (160, 192, 3)
    shown = looker.previews[-1][1].astype(float)
    with Canvas.open(watched.canvas) as canvas:
        final = canvas.read(Box(0, 0, 192, 160)).astype(float)
    first = looker.previews[0][1].astype(float)
    assert np.abs(shown - final).mean() < np.abs(first - final).mean()


def test_every_phase_is_shown_everywhere_before_the_next(render, monkeypatch):
    phases = []
    call = render_canvas.Previewer.__call__

    def noted(self, index, places, found):
        phases.append(index)
        call(self, index, places, found)

    monkeypatch.setattr(render_canvas.Previewer, "__call__", noted)
    render("canvas", onlooker=Looker())
    assert phases == sorted(phases)
    assert len(set(phases)) == 4


def test_a_preview_that_fails_costs_no_render(render):
    looker = Looker(broken=True)
    assert render("broken", onlooker=looker).sha256 == render("alone").sha256
    assert len(looker.previews) == 1


def test_a_canvas_starts_from_another_and_only_what_changed_is_rendered(render, tmp_path):
    before = render("before")
    held = {p: p.read_bytes() for p in before.canvas.rglob("*") if p.is_file()}
    looker = Looker()
    after = render("after", (0, 0), start_from=str(before.canvas), onlooker=looker)
    whole = render("whole", (0, 0))
    assert after.sha256 == whole.sha256 != before.sha256
    assert after.evaluations < whole.evaluations / 2
    assert {p: p.read_bytes() for p in before.canvas.rglob("*") if p.is_file()} == held
    same = [shard_path(folder, (0, 2, 2)) for folder in (before.canvas, after.canvas)]
    assert same[0].samefile(same[1])
    assert len(looker.tiles) < 9
    again = render("again", None, start_from=str(after.canvas))
    assert again.sha256 == before.sha256
    with Canvas.open(after.canvas) as canvas:
        assert canvas.verify() == frozenset()


def test_a_start_that_does_not_fit_is_refused_and_leaves_nothing(render, tmp_path):
    before = render("before")
    with pytest.raises(BadRequest, match="seed"):
        render("other", start_from=str(before.canvas), seed=5)
    assert not (tmp_path / "other.ome.zarr").exists()


def test_copies_where_links_cannot_be_had(render, monkeypatch):
    before = render("before")

    def refused(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refused)
    after = render("after", (4, 5), start_from=str(before.canvas))
    monkeypatch.undo()
    ours, theirs = (shard_path(folder, (0, 0, 0)) for folder in (before.canvas, after.canvas))
    assert not ours.samefile(theirs)
    assert after.sha256 == render("whole", (4, 5)).sha256


def test_a_partial_canvas_is_a_start_too(render):
    class Once(Silent):
        def report(self, done, total, words=""):
            self.far = done > total / 2

        def check(self):
            if getattr(self, "far", False):
                raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        render("part", progress=Once())
    found = render(
        "rest", start_from=str(render("part", resume=True, region=(0, 0, 64, 64)).canvas)
    )
    assert found.sha256 == render("whole").sha256


def test_models_are_loaded_once(render, model, monkeypatch):
    from ssldiff_gui.models import generators

    loaded = []
    load = generators.load_generator
    monkeypatch.setattr(
        generators, "load_generator", lambda *a, **k: loaded.append(a) or load(*a, **k)
    )
    models = Kept()
    first = render("one", models=models)
    assert render("two", models=models).sha256 == first.sha256
    assert len(loaded) == 1
    assert models.names == ("tiny",)
    os.utime(model / "network.safetensors", ns=(time.time_ns(), time.time_ns()))
    render("three", models=models)
    assert len(loaded) == 2
    assert models.unload() >= 0
    assert models.names == ()
    render("four", models=models)
    assert len(loaded) == 3


def test_colours_of_latents_are_learnt():
    random = np.random.default_rng(0)
    mix = random.standard_normal((3, 4)).astype(np.float32) * 0.2
    colours = Colours(4)
    for _ in range(3):
        latents = random.standard_normal((4, 8, 8)).astype(np.float32)
        picture = np.einsum("cd,dhw->chw", mix, latents) + 0.1
        colours.learn(latents, picture.repeat(4, 1).repeat(4, 2))
    latents = random.standard_normal((4, 8, 8)).astype(np.float32)
    expected = np.clip(np.einsum("cd,dhw->chw", mix, latents) + 0.1, -1, 1)
    np.testing.assert_allclose(colours.of(latents), expected, atol=0.02)
