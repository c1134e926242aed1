"""Making the samples, with tiny models and tiny pictures: what comes out says what it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import rasterio
import tifffile
from PIL import Image

from ssldiff_gui.slides import open_slide
from tests.jobs.starters import install_starters

PACKAGING = Path(__file__).resolve().parents[1] / "packaging"
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MODULES = ("make_samples", "sample_layouts", "sample_writing", "mosaic")


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(PACKAGING)
    import make_samples

    yield make_samples
    for name in MODULES:
        sys.modules.pop(name)


def tiles(folder: Path, names: tuple[str, ...], side: int) -> Path:
    """Write two pictures of a class of its own colour each."""
    random = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        colour = random.integers(60, 200, 3)
        for number in range(2):
            pixels = np.clip(colour + random.normal(0, 12, (side, side, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def mean_colours(picture: np.ndarray) -> np.ndarray:
    rows, columns = (length // 32 for length in picture.shape[:2])
    return picture.reshape(rows, 32, columns, 32, 3).mean((1, 3)).astype(np.float32)


def test_the_slide_has_pieces_on_glass_and_a_class_where_it_belongs(making, tmp_path):
    layouts = sys.modules["sample_layouts"]
    kinds = [kind.folder for _, _, parts in layouts.PIECES for kind, _, _ in parts]
    bone = tuple(name for name in kinds if name.startswith("osteo"))
    folder = tiles(tmp_path, bone, 512)
    tiles(folder, tuple(name for name in kinds if name not in bone), 768)
    vectors, valid = layouts.slide_grid(folder, mean_colours)
    assert vectors.shape[:2] == valid.shape == layouts.SLIDE_SIZE
    assert 0.35 < valid.mean() < 0.75
    assert not valid[:3].any()
    assert not valid[:, -3:].any()
    for _, _, parts in layouts.PIECES:
        for kind, row, column in parts:
            with Image.open(folder / kind.folder / "0.png") as tile:
                colour = np.asarray(tile, np.float32).mean((0, 1))
            assert valid[row, column]
            assert np.abs(vectors[row, column] - colour).max() < 12


def test_the_scene_has_a_freeway_from_edge_to_edge(making, tmp_path):
    layouts = sys.modules["sample_layouts"]
    kinds = {parcel[-1] for parcel in layouts.PARCELS} | {"river", "freeway"}
    folder = tiles(tmp_path, tuple(sorted(kinds)), 256)
    vectors, valid = layouts.scene_grid(folder, mean_colours)
    assert vectors.shape[:2] == layouts.SCENE_SIZE
    assert valid.all()
    with Image.open(folder / "freeway" / "0.png") as tile:
        colour = np.asarray(tile, np.float32).mean((0, 1))
    road = vectors[layouts.FREEWAY[0] + 2 : layouts.FREEWAY[1] - 2]
    assert np.abs(road - colour).max() < 12
    again, _ = layouts.scene_grid(folder, mean_colours)
    assert np.array_equal(again, vectors)


def test_a_sample_is_rendered_and_says_that_it_is_synthetic(making, tmp_path):
    install_starters(folder=tmp_path / "models")
    told = argparse.Namespace(
        models=tmp_path / "models", out=tmp_path / "out", work=tmp_path / "work", steps=2,
        device="cpu",
    )  # fmt: skip

    def layout(folder, embed):
        return embed(np.zeros((96, 128, 3), np.uint8)), np.ones((3, 4), np.bool_)

    for sample in (making.SLIDE, making.SCENE):
        small = making.Sample(sample.name, sample.family, sample.scale, layout, sample.write)
        making.make(small, tmp_path, told)
    with tifffile.TiffFile(tmp_path / "out" / "sample-slide.tif") as tiff:
        assert "SYNTHETIC" in tiff.pages[0].description
        assert TRAINED in bytes(tiff.pages[0].tags[700].value).decode()
        assert TRAINED in tiff.ome_metadata
    with rasterio.open(tmp_path / "out" / "sample-scene.tif") as scene:
        assert scene.tags()["DigitalSourceType"] == TRAINED
        assert scene.crs == "EPSG:32633"
        assert scene.overviews(1)
    for name, unit, pixel in (("slide", "µm", 0.5), ("scene", "m", 0.3)):
        with open_slide(tmp_path / "out" / f"sample-{name}.tif") as slide:
            scene = slide.scenes[0]
            assert (scene.width, scene.height) == (128, 96)
            assert (scene.scale.x, scene.scale.unit) == (pixel, unit)


def test_quality_is_given_up_until_a_file_is_small_enough(making, tmp_path):
    writing = sys.modules["sample_writing"]
    tried = []

    def write(path: Path, quality: int) -> None:
        tried.append(quality)
        path.write_bytes(b"x" * quality)

    assert writing.write_small(write, tmp_path / "a.tif", most=75) == 74
    assert tried == [90, 86, 82, 78, 74]
    assert (tmp_path / "a.tif").stat().st_size == 74
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_it_asks_for_tiles(making, capsys):
    with pytest.raises(SystemExit):
        making.main([])
    assert "--histology" in capsys.readouterr().err
