"""Thumbnails: their own, coarse, sparse or none; kept, pruned and made in the right order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import BrokenFile, MissingFile, OversizedFile, UserError
from ssldiff_gui.slides.slide import Slide
from ssldiff_gui.state.thumbnail_cache import RGB, ThumbnailCache
from ssldiff_gui.state.thumbnail_picture import PIXEL_BUDGET, fitted, thumbnail
from ssldiff_gui.state.thumbnails import Thumbnails
from tests.state.conftest import Pump
from tests.state.scenes import Gradient, make_slide


def test_the_files_own_thumbnail_is_used(tmp_path: Path) -> None:
    slide = make_slide(tmp_path / "a.svs")
    slide.associated["thumbnail"] = lambda: np.full((300, 400, 3), 77, np.uint8)
    picture = thumbnail(slide, 256)
    assert picture.shape == (192, 256, 3)
    assert (picture == 77).all()


def test_a_broken_own_thumbnail_falls_back_to_the_picture(tmp_path: Path) -> None:
    slide = make_slide(tmp_path / "a.svs")

    def broken() -> RGB:
        raise BrokenFile(slide.path, "broken")

    slide.associated["thumbnail"] = broken
    assert thumbnail(slide, 256).shape == (192, 256, 3)


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    slide = make_slide(tmp_path / "a.png", sizes=((40, 30),))
    assert thumbnail(slide, 256).shape == (30, 40, 3)


def test_a_flat_giant_is_sampled_sparsely(tmp_path: Path) -> None:
    slide = make_slide(tmp_path / "flat.tif", sizes=((200_000, 100_000),))
    source = slide.scenes[0]._source
    assert isinstance(source, Gradient)
    picture = thumbnail(slide, 256)
    assert picture.shape == (128, 256, 3)
    assert source.largest_read <= 512 * 512


def test_a_striped_giant_has_no_thumbnail_but_an_error_that_names_it(tmp_path: Path) -> None:
    slide = make_slide(tmp_path / "strips.tif", sizes=((200_000, 100_000),))
    slide.scenes[0].tile = (200_000, 64)
    with pytest.raises(OversizedFile, match=r"strips\.tif"):
        thumbnail(slide, 256)


def test_the_budget_holds_for_all_shapes(tmp_path: Path) -> None:
    for sizes in [((400_000, 2_000),), ((50_000, 50_000),), ((300, 900_000),)]:
        slide = make_slide(tmp_path / "flat.tif", sizes=sizes)
        source = slide.scenes[0]._source
        assert isinstance(source, Gradient)
        thumbnail(slide, 256)
        assert 0 < source.pixels_read <= PIXEL_BUDGET * 1.1


def test_fitting_keeps_the_aspect() -> None:
    assert fitted(np.zeros((1000, 10, 3), np.uint8), 100).shape == (100, 1, 3)


class Answers:
    """Collects what the pool says."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.pictures: dict[Path, RGB] = {}
        self.order: list[str] = []
        self.problems: dict[Path, UserError] = {}
        thumbnails.ready.connect(self._ready)
        thumbnails.failed.connect(self._failed)

    def _ready(self, path: Path, picture: RGB) -> None:
        self.pictures[path] = picture
        self.order.append(path.name)

    def _failed(self, path: Path, problem: UserError) -> None:
        self.problems[path] = problem


def test_a_thumbnail_is_made_once_and_then_read_from_disk(
    pump: Pump, tmp_path: Path, fake_opener: Callable[[str | Path], Slide]
) -> None:
    opens: list[Path] = []

    def counting(path: str | Path) -> Slide:
        opens.append(Path(path))
        return fake_opener(path)

    path = tmp_path / "a.svs"
    path.write_bytes(b"one")
    for _ in range(2):
        thumbnails = Thumbnails(deliver=pump.deliver, opener=counting)
        answers = Answers(thumbnails)
        thumbnails.request(path)
        pump.until(lambda a=answers: a.pictures)
        thumbnails.close()
        assert answers.pictures[path].shape == (192, 256, 3)
    assert len(opens) == 1
    path.write_bytes(b"another content")
    thumbnails = Thumbnails(deliver=pump.deliver, opener=counting)
    answers = Answers(thumbnails)
    thumbnails.request(path)
    pump.until(lambda: answers.pictures)
    thumbnails.close()
    assert len(opens) == 2


def test_failures_are_remembered_and_do_not_end_the_pool(pump: Pump, tmp_path: Path) -> None:
    tries: list[str] = []

    def opener(path: str | Path) -> Slide:
        tries.append(Path(path).name)
        if "bad" in str(path):
            raise BrokenFile(path, f"{Path(path).name} is broken")
        if "odd" in str(path):
            raise ZeroDivisionError
        return make_slide(Path(path))

    thumbnails = Thumbnails(workers=1, deliver=pump.deliver, opener=opener)
    answers = Answers(thumbnails)
    for name in ("bad.svs", "odd.svs", "good.svs"):
        (tmp_path / name).write_bytes(name.encode())
        thumbnails.request(tmp_path / name)
    thumbnails.request(tmp_path / "gone.svs")
    pump.until(lambda: len(answers.problems) == 3 and answers.pictures)
    assert isinstance(answers.problems[tmp_path / "gone.svs"], MissingFile)
    assert isinstance(answers.problems[tmp_path / "odd.svs"], BrokenFile)
    answers.problems.clear()
    thumbnails.request(tmp_path / "bad.svs")
    pump.until(lambda: answers.problems)
    assert tries.count("bad.svs") == 1
    thumbnails.close()


def test_the_latest_request_comes_first(pump: Pump, tmp_path: Path) -> None:
    gate = threading.Event()

    def opener(path: str | Path) -> Slide:
        gate.wait(10)
        return make_slide(Path(path))

    thumbnails = Thumbnails(workers=1, deliver=pump.deliver, opener=opener)
    answers = Answers(thumbnails)
    names = [f"{number}.svs" for number in range(4)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    thumbnails.request(tmp_path / "0.svs")
    pump.until(lambda: thumbnails._working)
    for name in names[1:]:
        thumbnails.request(tmp_path / name)
    gate.set()
    pump.until(lambda: len(answers.order) == 4)
    assert answers.order == ["0.svs", "3.svs", "2.svs", "1.svs"]
    thumbnails.close()


def test_a_picture_from_elsewhere_is_kept(
    pump: Pump, tmp_path: Path, fake_opener: Callable[[str | Path], Slide]
) -> None:
    path = tmp_path / "flat.tif"
    path.write_bytes(b"x")
    thumbnails = Thumbnails(deliver=pump.deliver, opener=fake_opener)
    answers = Answers(thumbnails)
    thumbnails.keep(path, np.full((1000, 500, 3), 200, np.uint8))
    pump.until(lambda: answers.pictures)
    answers.pictures.clear()
    thumbnails.request(path)
    pump.until(lambda: answers.pictures)
    assert answers.pictures[path].shape == (256, 128, 3)
    assert abs(int(answers.pictures[path].mean()) - 200) <= 1
    thumbnails.close()


def test_the_cache_stays_under_its_cap(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    cache = ThumbnailCache(tmp_path / "t", 30_000)
    for number in range(40):
        cache.put(f"{number:02}", noise)
    files = sorted((tmp_path / "t").glob("*.jpg"))
    assert 0 < sum(f.stat().st_size for f in files) <= 30_000
    assert cache.get("39") is not None
    assert cache.get("00") is None


def test_a_damaged_picture_on_disk_is_made_again(tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path, 1 << 20)
    (tmp_path / "k.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    assert cache.get("k") is None
    assert not (tmp_path / "k.jpg").exists()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = ThumbnailCache(tmp_path / "file", 1 << 20)
    cache.put("k", np.zeros((4, 4, 3), np.uint8))
    assert cache.get("k") is None
