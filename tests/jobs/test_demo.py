"""The demo, with tiny models: what it leaves, what it says, and what a stop does to it."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.core.errors import AlreadyThere, Cancelled, MissingModel
from ssldiff_gui.core.recipe import COMPOSITE
from ssldiff_gui.jobs import demo_places
from ssldiff_gui.jobs.demo import demo
from ssldiff_gui.jobs.demo_folder import DemoFolder
from ssldiff_gui.jobs.stages import Stages
from ssldiff_gui.slides import open_slide
from ssldiff_gui.storage.canvas import Canvas
from tests.jobs.starters import install_starters


class Watch:
    """Notes what it is told; asks for an end after so many questions."""

    def __init__(self, most: int | None = None) -> None:
        self.most, self.told = most, []

    def report(self, done: float, total: float, words: str = "") -> None:
        self.told.append((done / total, words))

    def check(self) -> None:
        if self.most is not None:
            self.most -= 1
            if self.most < 0:
                raise Cancelled("Stopped.")


@pytest.fixture
def slide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stained everywhere, in the place of the sample: what lies where on it is no matter here."""
    from tests.slides.made.tiffs import ome_tiff

    path = tmp_path / "sample-slide.tif"
    ome_tiff(path)
    monkeypatch.setattr(demo_places, "resource_path", lambda *_: path)
    return path


@pytest.fixture
def journey(slide: Path) -> demo_places.Journey:
    install_starters("histology")
    return replace(demo_places.SLIDE, region=(0, 0, 160, 128), donor=(256, 160, 64, 64), to=(1, 2))


def run(journey: demo_places.Journey, out: Path, watch: Watch | None = None, **options: Any):
    return demo(journey, out, watch, steps=2, **options)


def test_the_whole_journey(journey: demo_places.Journey, tmp_path: Path) -> None:
    out, watch = tmp_path / "out", Watch()
    result = run(journey, out, watch)
    names = {path.name for path in out.iterdir()}
    assert names == {
        "README.md", "comparison.synthetic.png", "demo.json", "edited.safetensors",
        "elsewhere.safetensors", "region.safetensors", "result.ome.zarr",
        "result.synthetic.ome.tif", "result.synthetic.ome.tif.json",
    }  # fmt: skip
    assert (result.width, result.height) == (160, 128)
    assert 0 < result.changed <= 4
    assert result.check_changed["cells"] == result.changed < result.check["cells"] <= 20
    with Image.open(result.figure) as figure:
        words = figure.text
        assert figure.width > 3000
    assert "SYNTHETIC" in words["Description"]
    assert COMPOSITE in words["XML:com.adobe.xmp"]
    state = json.loads((out / "demo.json").read_text(encoding="utf-8"))
    assert state["finished"]
    assert state["results"]["sha256"] == result.sha256
    shares = [share for share, _ in watch.told]
    assert shares == sorted(shares)
    assert {words for _, words in watch.told} >= {"Rendering", "Exporting"}
    with open_slide(result.picture) as exported, Canvas.open(result.canvas) as canvas:
        assert exported.scenes[0].width == canvas.width
        assert len(canvas.recipe.edits) == 1


def test_the_commands_that_it_writes_down_make_the_same(
    journey: demo_places.Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(journey, tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "by-hand").mkdir()
    monkeypatch.chdir(tmp_path / "by-hand")
    for command in result.commands:
        assert command in text
        program, *words = shlex.split(command)
        assert program == "ssldiff"
        if words[0] == "generate":
            words += ["--steps", "2"]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    with Canvas.open(tmp_path / "by-hand" / "result.ome.zarr") as canvas:
        assert canvas.digest() == result.sha256
    assert (tmp_path / "by-hand" / result.picture.name).is_file()


@pytest.mark.parametrize("most", [0, 3, 6])
def test_a_stopped_demo_is_gone_on_with(
    journey: demo_places.Journey, tmp_path: Path, most: int
) -> None:
    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        run(journey, out, Watch(most))
    assert not json.loads((out / "demo.json").read_text(encoding="utf-8"))["finished"]
    result = run(journey, out)
    assert result.figure.is_file()
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


def test_what_is_there_is_never_written_over(journey: demo_places.Journey, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(AlreadyThere, match="no demo"):
        run(journey, other)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]
    begun = tmp_path / "begun"
    DemoFolder.take(begun, {"sample": "another"})
    with pytest.raises(AlreadyThere, match="another demo"):
        run(journey, begun)
    with pytest.raises(Cancelled):
        run(journey, tmp_path / "out", Watch(0))
    (tmp_path / "out" / "demo.json").write_text('{"format": "ssldiff demo", "finished": true}')
    with pytest.raises(AlreadyThere, match="finished"):
        run(journey, tmp_path / "out")


def test_without_the_starter_models_it_says_so(tmp_path: Path, monkeypatch) -> None:
    from ssldiff_gui.models import folders

    monkeypatch.setattr(folders, "_roots", lambda: [tmp_path])
    with pytest.raises(MissingModel, match="starter-histology-encoder"):
        demo(demo_places.SLIDE, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.security
def test_the_demo_opens_no_socket(
    journey: demo_places.Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    opened: list[object] = []
    original = socket.socket.__init__

    def noting(self: socket.socket, *arguments: Any, **options: Any) -> None:
        opened.append(arguments)
        original(self, *arguments, **options)

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket.socket, "__init__", noting)
    run(journey, tmp_path / "out")
    print(f"\nsockets={len(opened)}")
    assert opened == []


@pytest.mark.parametrize("journey", [demo_places.SLIDE, demo_places.SCENE], ids=lambda j: j.place)
def test_both_ways_lie_on_their_samples(journey: demo_places.Journey) -> None:
    with open_slide(journey.slide) as slide:
        scene = slide.scenes[0]
        for corner in (journey.region, journey.donor):
            x, y, width, height = corner
            assert x + width <= scene.width
            assert y + height <= scene.height
            assert not x % 32
            assert not y % 32
    rows, columns = (length // 32 for length in journey.donor[2:])
    assert journey.to[0] + rows <= 32
    assert journey.to[1] + columns <= 32


def test_stages_make_one_measure_of_many() -> None:
    watch = Watch()
    stages = Stages(watch, {"one": 1, "two": 3})
    stages.begin("one").report(1, 2, "its own words")
    stages.begin("two").report(3, 3)
    assert watch.told == [(0, "one"), (0.125, "one"), (0.25, "two"), (1, "two")]
