"""Opens every file it is told of, in a process that may die of it.

Run as ``python -m tests.security.child LIST DONE``: LIST has one path a line, with a tab and a
seed behind it when a mutant of the file is meant. To DONE goes that line before each file, so that
a crash names its file, and one line of JSON after it.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.security.mutants import mutant

MEMORY_LIMIT = 2 << 30
READERS = (
    "ssldiff_gui.cli",
    *(
        f"ssldiff_gui.slides.{name}"
        for name in ("open", "tiff", "tiff_vendor", "ome_tiff", "raster", "picture", "ome_zarr")
    ),
)


def exercise(path: str) -> str:
    """Do with a file what the studio does with it; return how it ended."""
    from ssldiff_gui.commands.info import describe
    from ssldiff_gui.core.errors import FileProblem, UserError
    from ssldiff_gui.core.geometry import Box, Region
    from ssldiff_gui.slides import open_slide

    try:
        slide = open_slide(path)
    except FileProblem as error:
        return named(error, path)
    ends = ["opened"]
    with slide:
        try:
            describe(slide)
        except FileProblem as error:
            ends.append(named(error, path))
        for scene in slide.scenes[:4]:
            middle = Box(scene.width // 2, scene.height // 2, 300, 300)
            regions = [
                Region(Box(-20, -20, 300, 300)),
                Region(middle, 1.7),
                Region(scene.box, max(1.0, max(scene.width, scene.height) / 200)),
            ]
            for region in regions:
                try:
                    scene.read(region)
                except UserError as error:
                    ends.append(named(error, path))
            for level in range(len(scene.levels)):
                try:
                    scene.read_bands(level, Box(3, 5, 64, 64))
                except UserError as error:
                    ends.append(named(error, path))
        for read in slide.associated.values():
            try:
                read()
            except UserError as error:
                ends.append(named(error, path))
    return " ".join(sorted(set(ends)))


def named(error: Exception, path: str) -> str:
    """Return the kind of a typed error; an error that does not name its file is no good one."""
    name = Path(path).name
    kind = type(error).__name__
    return kind if kind == "OversizedRequest" or name in str(error) else f"UNNAMED {kind}"


def peak_memory() -> int:
    """Return the most bytes that this process ever held; getrusage counts its parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(end_of: Callable[[Path], str], modules: Iterable[str], memory: int) -> None:
    """Go through the list."""
    faulthandler.enable()
    for name in modules:  # so that the seconds of the first file are its own
        importlib.import_module(name)
    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    tasks = Path(sys.argv[1]).read_text("utf-8").splitlines()
    with (
        open(sys.argv[2], "a", encoding="utf-8") as done,  # noqa: PTH123 - flushed line by line
        tempfile.TemporaryDirectory() as folder,
    ):
        for task in tasks:
            path = laid_out(task, Path(folder))
            print(task, file=done, flush=True)
            start = time.monotonic()
            try:
                end = end_of(path)
            except BaseException as error:  # noqa: BLE001 - this is what the test looks for
                end = f"UNTYPED {type(error).__name__}: {error}"[:300]
            seconds = time.monotonic() - start
            result = {"end": end, "seconds": seconds, "memory": peak_memory()}
            print(json.dumps(result), file=done, flush=True)


def laid_out(task: str, folder: Path) -> Path:
    """Return the file of a task: itself, or, when a seed follows, its mutant in `folder`."""
    name, _, seed = task.partition("\t")
    source = Path(name)
    if not seed:
        return source
    for old in folder.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    target = folder / f"{seed}-{source.name}"
    if source.is_dir():
        shutil.copytree(source, target)
        files = sorted(file for file in target.rglob("*") if file.is_file())
        texts = [file for file in files if file.suffix == ".json" or file.name.startswith(".z")]
        chance = random.Random(int(seed))
        victim = chance.choice(chance.choice((texts, files)))
        victim.write_bytes(mutant(victim.read_bytes(), int(seed)))
    else:
        target.write_bytes(mutant(source.read_bytes(), int(seed)))
    return target


if __name__ == "__main__":
    main(lambda path: exercise(str(path)), READERS, MEMORY_LIMIT)
