"""Gathering: from folders to pictures, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ssldiff_gui.core.errors import BadRequest, Cancelled, FileProblem, MissingFile, NoSpace
from ssldiff_gui.storage.file_lock import FileLock
from ssldiff_gui.training import gathering, pictures
from ssldiff_gui.training.gathering import LOCK, facts_of, gather, read_picture
from ssldiff_gui.training.pictures import CONTENT, INDEX, Pictures
from ssldiff_gui.training.settings import Source
from tests.training.gathered import MICRON, Watch, bomb, data_of, folder_of, gathered, noise, save


def names(found: Pictures) -> list[str]:
    return [entry.name for entry in found.entries]


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_pictures_at_any_depth(tmp_path: Path) -> None:
    folder_of(tmp_path)
    save(tmp_path / "tiles/deep/er/c/x.jpg", noise(7))
    found = gathered(tmp_path)
    assert len(found) == 13
    assert found.labels == ["a", "b", "c"]
    assert names(found)[0] == "a/a0.png"
    assert np.array_equal(found[0], noise(0))
    assert gathered(tmp_path, labels=False).labels == []


def test_one_picture_is_a_source(tmp_path: Path) -> None:
    folder_of(tmp_path)
    found = gathered(tmp_path, Source(path="tiles/a/a3.png"))
    assert [(entry.name, entry.label) for entry in found.entries] == [("a3.png", "a")]
    assert np.array_equal(found[0], noise(3))


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    folder_of(tmp_path, 2)
    save(tmp_path / "elsewhere/c/x.png", noise(9))
    (tmp_path / "tiles/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "tiles/a/circle").symlink_to(tmp_path / "tiles")
    (tmp_path / "tiles/a/broken.png").symlink_to(tmp_path / "gone.png")
    assert names(gathered(tmp_path)) == [
        "a/a0.png", "a/a1.png", "b/b0.png", "b/b1.png", "linked/c/x.png",
    ]  # fmt: skip


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    save(tmp_path / "tiles/.ipynb_checkpoints/a0-checkpoint.png", noise(0))
    (tmp_path / "tiles/a/._a0.png").write_bytes(b"resource fork")
    (tmp_path / "tiles/a/notes.txt").write_text("x")
    found = gathered(tmp_path)
    assert len(found) == 2
    assert found.facts["skipped"]["unreadable"] == []


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_are_written_as_some(tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    os.rename(tmp_path / "tiles/a/a0.png", os.fsencode(tmp_path) + b"/tiles/a/\xff.png")  # noqa: PTH104
    found = gathered(tmp_path)
    assert names(found)[0].startswith("a/")
    assert np.array_equal(found[0], noise(0))


def test_pictures_are_brought_to_the_runs_resolution(tmp_path: Path) -> None:
    folder_of(tmp_path, 1, ("a",))
    assert gathered(tmp_path, pixel=MICRON)[0].shape == (40, 50, 3)
    assert gathered(tmp_path, Source(path="tiles", pixel=0.25))[0].shape == (20, 25, 3)
    assert gathered(tmp_path, Source(path="tiles", pixel=1.0))[0].shape == (80, 100, 3)
    [middle] = gathered(tmp_path, Source(path="tiles", crop=0.5))
    assert np.array_equal(middle, noise(0)[10:30, 12:37])


def test_small_ones_are_left_out_and_named(tmp_path: Path) -> None:
    folder_of(tmp_path, 2)
    save(tmp_path / "tiles/a/small.png", noise(5, 15, 90))
    found = gathered(tmp_path, smallest=16)
    assert len(found) == 4
    assert found.facts["skipped"]["small"] == ["a/small.png"]
    assert "1 too small left out" in facts_of(found)


def test_unreadable_ones_are_left_out_and_named(tmp_path: Path) -> None:
    folder_of(tmp_path, 2)
    whole = (tmp_path / "tiles/a/a0.png").read_bytes()
    (tmp_path / "tiles/a/cut.png").write_bytes(whole[:200])
    (tmp_path / "tiles/b/empty.jpg").touch()
    (tmp_path / "tiles/b/text.tif").write_text("no picture")
    found = gathered(tmp_path)
    skipped = found.facts["skipped"]
    assert len(found) == 4
    assert skipped["unreadable"] == ["a/cut.png", "b/empty.jpg", "b/text.tif"]
    assert set(skipped["why"]) == set(skipped["unreadable"])
    assert "3 unreadable left out" in facts_of(found)


def test_sizes_and_modes_may_be_mixed(tmp_path: Path) -> None:
    for k, mode in enumerate(["L", "RGB", "RGBA", "P", "CMYK", "1"]):
        path = tmp_path / f"tiles/a/{k}.{'jpg' if mode == 'CMYK' else 'png'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(k, 30 + k, 70 - 3 * k)).convert(mode).save(path)
    found = gathered(tmp_path)
    assert [found[k].shape for k in range(6)] == [(30 + k, 70 - 3 * k, 3) for k in range(6)]


def test_nothing_that_can_be_trained_on_is_one_clear_error(tmp_path: Path) -> None:
    save(tmp_path / "tiles/a/small.png", noise(5, 15, 90))
    (tmp_path / "tiles/a/empty.png").touch()
    with pytest.raises(
        BadRequest, match=r"1 could not be read \(empty.png is damaged.*1 are small"
    ):
        gathered(tmp_path)
    assert left_in(tmp_path / "run") == [LOCK]


def test_a_folder_without_pictures_and_a_missing_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "tiles/a").mkdir(parents=True)
    (tmp_path / "tiles/a/notes.txt").write_text("x")
    with pytest.raises(BadRequest, match="holds no picture"):
        gathered(tmp_path)
    with pytest.raises(MissingFile, match=r"nothing at.*`path`"):
        gathered(tmp_path, Source(path="gone"))
    with pytest.raises(FileProblem):
        gathered(tmp_path, Source(path="tiles/a/notes.txt/x.png"))


def test_a_second_source_that_is_missing_is_told_before_the_first_is_read(tmp_path: Path) -> None:
    folder_of(tmp_path)
    watch = Watch()
    data = data_of(Source(path="tiles"), Source(path="gone"))
    with pytest.raises(MissingFile):
        gather(data, tmp_path, tmp_path / "run", watch)
    assert not watch.words


def test_a_class_with_one_picture_is_said(tmp_path: Path) -> None:
    folder_of(tmp_path, 20)
    save(tmp_path / "tiles/one/x.png", noise(77))
    found = gathered(tmp_path, share=0.3)
    assert found.facts["lone"] == {"tiles": ["one"]}
    assert "too few of one in tiles to hold any out" in facts_of(found)
    assert {entry.label for entry in found.held_out().entries} == {"a", "b"}


def test_what_is_held_out_does_not_depend_on_what_is_skipped_or_on_other_classes(
    tmp_path: Path,
) -> None:
    folder_of(tmp_path, 20)
    before = set(names(gathered(tmp_path).held_out()))
    save(tmp_path / "tiles/c/x.png", noise(78))
    (tmp_path / "tiles/a/empty.png").touch()
    shutil.rmtree(tmp_path / "run")
    assert set(names(gathered(tmp_path).held_out())) == before


def test_copies_are_not_parted(tmp_path: Path) -> None:
    for k in range(12):
        base = (noise(k, 60, 60) // 8 + np.array([k * 15, 255 - k * 20, 90])) % 256
        for way in range(3):
            save(tmp_path / f"tiles/a/{way}-{k}.png", np.rot90(base.astype(np.uint8), way))
    found = gathered(tmp_path, groups="alike", share=0.3)
    groups = {entry.name[4:]: entry.group for entry in found.entries}
    assert len({entry.group for entry in found.entries}) == len(set(groups.values())) == 12
    assert len(found.held_out()) % 3 == 0


def test_the_pictures_are_gathered_once(tmp_path: Path) -> None:
    folder_of(tmp_path)
    first = gathered(tmp_path)
    shutil.rmtree(tmp_path / "tiles")
    second = gathered(tmp_path)
    assert names(first) == names(second)
    assert np.array_equal(first[3], second[3])
    with pytest.raises(MissingFile):
        gathered(tmp_path, smallest=17)


def test_the_index_says_what_was_wanted_in_words_that_stay(tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    gathered(tmp_path)
    index = json.loads((tmp_path / "run" / INDEX).read_text("utf-8"))
    assert set(index["wanted"]) == {"pixel", "sources", "smallest", "root"}
    assert list(index["entries"][0]) == [
        "name", "source", "label", "group", "held_out", "start", "height", "width",
    ]  # fmt: skip


@pytest.mark.parametrize("damage", [CONTENT, INDEX])
def test_damaged_pictures_are_gathered_anew(tmp_path: Path, damage: str) -> None:
    folder_of(tmp_path, 2)
    gathered(tmp_path)
    path = tmp_path / "run" / damage
    path.write_bytes(path.read_bytes()[:-5])
    assert np.array_equal(gathered(tmp_path)[3], noise(101))


def test_progress_is_told_in_words(tmp_path: Path) -> None:
    folder_of(tmp_path)
    watch = Watch()
    gather(data_of(Source(path="tiles"), Source(path="tiles/b")), tmp_path, tmp_path / "run", watch)
    assert watch.words[0] == "Reading tiles (1)"
    assert watch.words[-1] == "Reading tiles/b (6)"
    assert watch.shares == sorted(watch.shares)
    assert watch.shares[12] == 0.5
    assert watch.shares[-1] < 1


@pytest.mark.parametrize("until", [1, 5, 11])
def test_somebody_may_ask_for_an_end(tmp_path: Path, until: int) -> None:
    folder_of(tmp_path)
    with pytest.raises(Cancelled):
        gather(data_of(), tmp_path, tmp_path / "run", Watch(until))
    assert left_in(tmp_path / "run") == [LOCK]
    assert len(gathered(tmp_path)) == 12


def test_an_end_leaves_the_pictures_of_another_run(tmp_path: Path) -> None:
    folder_of(tmp_path)
    before = gathered(tmp_path)
    with pytest.raises(Cancelled):
        gather(data_of(smallest=17), tmp_path, tmp_path / "run", Watch(3))
    assert names(Pictures(tmp_path / "run")) == names(before)


def test_files_may_vanish_meanwhile(tmp_path: Path) -> None:
    tiles = folder_of(tmp_path)
    watch = Watch(1, lambda: shutil.rmtree(tiles / "b"))
    found = gather(data_of(), tmp_path, tmp_path / "run", watch)
    assert {entry.label for entry in found.entries} == {"a"}
    why = found.facts["skipped"]["why"]
    assert why["b/b5.png"] == "b5.png does not exist."


@pytest.mark.faults
def test_a_disk_that_is_full_at_any_point_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, 3)
    whole = sum(len(noise(k).tobytes()) for k in range(6))
    given: list[int] = []
    plain = Path.open

    def short(path: Path, *args: Any, **told: Any) -> Any:
        file = plain(path, *args, **told)
        if "wb" not in args or not path.name.endswith(".bin"):
            return file
        write = file.write

        class Full:
            def write(self, data: Any) -> int:
                if given[0] < len(memoryview(data).cast("B")):
                    raise OSError(errno.ENOSPC, "injected")
                given[0] -= len(memoryview(data).cast("B"))
                return int(write(data))

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

        return Full()

    monkeypatch.setattr(Path, "open", short)
    full = 0
    for room in range(0, whole, whole // 10):
        given[:] = [room]
        with pytest.raises(NoSpace, match="disk is full") as caught:
            gathered(tmp_path)
        assert caught.value.hint
        assert left_in(tmp_path / "run") == [LOCK]
        full += 1
    monkeypatch.undo()
    assert len(gathered(tmp_path)) == 6
    print(f"full_disks_while_gathering={full} half_done=0")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    folder_of(tmp_path, 1)
    (tmp_path / "run").write_text("a file")
    with pytest.raises(FileProblem, match="run cannot be written"):
        gathered(tmp_path)


def test_a_run_waits_for_another_that_gathers_into_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_PATIENCE", 0.01)
    folder_of(tmp_path, 2)
    (tmp_path / "run").mkdir()
    lock = FileLock(tmp_path / "run" / LOCK)
    watch = Watch(3, lock.release)
    assert len(gather(data_of(), tmp_path, tmp_path / "run", watch)) == 4
    assert watch.words[0].startswith("Waiting for another run")
    lock = FileLock(tmp_path / "run" / LOCK)
    with pytest.raises(Cancelled):
        gather(data_of(smallest=17), tmp_path, tmp_path / "run", Watch(3))
    lock.release()


def test_two_runs_share_what_one_of_them_gathers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_PATIENCE", 0.01)
    folder_of(tmp_path)
    written: list[int] = []
    plain = pictures.write_pictures
    monkeypatch.setattr(
        gathering, "write_pictures", lambda *args: (written.append(1), plain(*args))[1]
    )
    found: list[Pictures] = []
    threads = [threading.Thread(target=lambda: found.append(gathered(tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 1
    assert len(found) == 4
    assert len({tuple(names(each)) for each in found}) == 1


@pytest.mark.security
def test_bombs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, 1)
    (tmp_path / "tiles/a/bomb.png").write_bytes(bomb(40_000, 40_000))
    found = gathered(tmp_path)
    assert found.facts["skipped"]["unreadable"] == ["a/bomb.png"]
    monkeypatch.setattr(gathering, "MOST_PIXELS", 5000)
    with pytest.raises(BadRequest, match=r"a0\.png is too large.*190 × 152 pixels in the run"):
        gathered(tmp_path, Source(path="tiles/a/a0.png", pixel=1.9))


def test_readers_of_the_rest_of_the_program_find_what_they_knew(tmp_path: Path) -> None:
    path = save(tmp_path / "x.png", noise(0))
    assert np.array_equal(read_picture(path), noise(0))


@pytest.mark.security
@pytest.mark.slow
def test_a_folder_of_malformed_files_is_gathered(tmp_path: Path, shared: Path) -> None:
    folder = shared / "data/malformed"
    if not folder.is_dir():
        pytest.skip("it is not there")
    data = data_of(Source(path="malformed", pixel=0.5), smallest=1)
    found = gather(data, shared / "data", tmp_path)
    skipped = found.facts["skipped"]
    assert len(found) > 50
    assert set(skipped["why"]) == set(skipped["unreadable"])
    print(f"malformed_gathered={len(found)} left_out={len(skipped['unreadable'])} fatal=0")


KILLED = """
import os, signal, sys
from pathlib import Path
from ssldiff_gui.training import pictures
from ssldiff_gui.training.gathering import gather
from tests.training.gathered import Watch, data_of

def end(*_):
    os.kill(os.getpid(), signal.SIGKILL)

root, where = Path(sys.argv[1]), sys.argv[2]
watch = Watch(5, end) if where == "reading" else Watch()
if where == "index":
    pictures.write_bytes = end
gather(data_of(smallest=17), root, root / "run", watch)
"""


@pytest.mark.faults
@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
@pytest.mark.parametrize("where", ["reading", "index"])
def test_a_run_that_is_killed_leaves_nothing_that_is_taken_for_whole(
    tmp_path: Path, repository: Path, where: str
) -> None:
    folder_of(tmp_path)
    before = gathered(tmp_path)
    command = [sys.executable, "-c", KILLED, str(tmp_path), where]
    ended = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    if where == "reading":
        assert names(gathered(tmp_path)) == names(before)
    else:
        assert not (tmp_path / "run" / INDEX).exists()
    found = gathered(tmp_path, smallest=17)
    assert np.array_equal(found[11], noise(105))
    assert left_in(tmp_path / "run") == [LOCK, CONTENT, INDEX]
