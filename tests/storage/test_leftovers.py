"""What dead programs left is removed by the next that writes the same file, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssldiff_gui.storage import leftovers
from ssldiff_gui.storage.atomic import replacing, write_bytes
from ssldiff_gui.storage.leftovers import sweep, unfinished_prefix
from ssldiff_gui.storage.placing import placing_folder, scratch_beside

DIES = """
import os, signal, sys
from pathlib import Path
from ssldiff_gui.storage.{module} import {name}
with {name}(Path(sys.argv[1])) as fresh:
    target = fresh / "part" if fresh.is_dir() else fresh
    target.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""

KILLS = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")


def dies(path: Path, module: str, name: str) -> None:
    script = DIES.format(module=module, name=name)
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode < 0


@KILLS
@pytest.mark.parametrize(
    ("module", "name"),
    [("atomic", "replacing"), ("placing", "placing_folder"), ("placing", "scratch_beside")],
)
def test_the_next_writer_removes_what_a_killed_one_left(
    tmp_path: Path, module: str, name: str
) -> None:
    path = tmp_path / "out.synthetic.tif"
    dies(path, module, name)
    assert len(list(tmp_path.iterdir())) == 1
    write_bytes(path, b"whole")
    assert list(tmp_path.iterdir()) == [path]


@KILLS
def test_a_part_within_a_part_belongs_to_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 80 + ".ome.tif")
    with replacing(path) as fresh:
        dies(fresh, "placing", "scratch_beside")
        fresh.write_bytes(b"whole")
        assert len(list(tmp_path.iterdir())) == 2
        sweep(path)
        assert list(tmp_path.iterdir()) == [fresh]
    assert path.read_bytes() == b"whole"


def test_what_is_being_written_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    host = unfinished_prefix(path).split("-")[1]
    others = [
        tmp_path / name
        for name in (
            ".a.tif",
            ".a.12345678.tif",
            f".b.ssldiff-{host}-999999-abcdefgh.tif",
            f".a.ssldiff-{host}-99999999999999-abcdefgh.tif",
            f".a.ssldiff-{host}-999999-abcdefgh.tif.mine.txt",
            ".a.ssldiff-00000000-999999-abcdefgh.tif",
            f".a.ssldiff-{host}-{os.getppid()}-abcdefgh.tif",
        )
    ]
    for other in others:
        other.write_bytes(b"mine")
    with replacing(path) as first:
        first.write_bytes(b"first")
        write_bytes(path, b"second")
        assert first.exists()
    assert path.read_bytes() == b"first"
    assert {*tmp_path.iterdir()} == {path, *others}


@pytest.mark.parametrize("folder", [True, False])
def test_what_another_machine_left_goes_after_a_day(tmp_path: Path, folder: bool) -> None:
    path = tmp_path / "a.tif"
    old = tmp_path / ".a.ssldiff-00000000-1-abcdefgh.tif"
    inner = old / "inner" if folder else old
    inner.parent.mkdir(exist_ok=True)
    inner.write_bytes(b"")
    ago = time.time() - leftovers.DAY - 60
    if folder:
        os.utime(old, (ago, ago))
    sweep(path)
    assert old.exists()  # it, or something in it, is new
    os.utime(inner, (ago, ago))
    os.utime(old, (ago, ago))
    sweep(path)
    assert not old.exists()


@KILLS
def test_a_folder_that_was_moved_aside_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.zarr"
    dies(path, "placing", "scratch_beside")
    (aside,) = tmp_path.iterdir()
    (aside / path.name).mkdir()
    (aside / path.name / "zarr.json").write_bytes(b"old")

    def fails() -> None:
        with placing_folder(path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert list(tmp_path.iterdir()) == [path]
    assert (path / "zarr.json").read_bytes() == b"old"
    with scratch_beside(path) as beside:
        assert beside.parent == tmp_path
