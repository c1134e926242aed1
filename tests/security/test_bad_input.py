"""Hostile and damaged files: no crash, no hang, no untyped error, no great memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.security.child import MEMORY_LIMIT
from tests.security.hostile import HOSTILE
from tests.slides.made.small import SMALL

pytestmark = [pytest.mark.security, pytest.mark.slow, pytest.mark.timeout(900)]

MUTANTS = int(os.environ.get("SSLDIFF_MUTANTS", "1008"))
"""Of the files of each reader, together."""

HANG_SECONDS = 30.0


@dataclass
class Outcome:
    """What became of a list of files."""

    ends: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    memory: int = 0
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    noise: str = ""

    @property
    def untyped(self) -> list[str]:
        """The files whose error was not a FileProblem that names them."""
        bad = ("UNTYPED", "UNNAMED")
        return [f"{task}: {end}" for task, end in self.ends.items() if any(w in end for w in bad)]

    def report(self, name: str) -> None:
        """Print every figure as name=value."""
        opened = sum("opened" in end.split() for end in self.ends.values())
        print(f"\n{name}_files={len(self.ends)}")
        print(f"{name}_opened={opened}")
        print(f"{name}_refused={len(self.ends) - opened}")
        print(f"{name}_untyped={len(self.untyped)}")
        print(f"{name}_slowest_s={max(self.seconds.values(), default=0):.2f}")
        if self.memory:
            print(f"{name}_crashes={len(self.crashes)}")
            print(f"{name}_hangs={len(self.hangs)}")
            print(f"{name}_peak_memory_mb={self.memory / 1e6:.0f}")

    def check(self, expected: int) -> None:
        """Assert that nothing went wrong, and that every file was tried."""
        assert not self.crashes
        assert not self.hangs
        assert not self.untyped
        assert not self.noise
        assert len(self.ends) == expected
        assert self.memory < MEMORY_LIMIT


def go_through(tasks: list[str], folder: Path) -> Outcome:
    """Open the files of all tasks in as many children as there are processors."""
    outcome = Outcome()
    count = min(os.cpu_count() or 1, 8)
    threads = [
        threading.Thread(target=_watch, args=(tasks[index::count], folder, index, outcome))
        for index in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def _watch(tasks: list[str], folder: Path, number: int, outcome: Outcome) -> None:
    """Run children until every task was tried: one that dies or hangs costs one task."""
    turn = 0
    while tasks:
        turn += 1
        listing, done, noise = (
            folder / f"{number}-{turn}.{kind}" for kind in ("list", "done", "noise")
        )
        listing.write_text("\n".join(tasks), "utf-8")
        done.touch()
        with noise.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.security.child", str(listing), str(done)],
                stderr=stderr,
                stdout=stderr,
                cwd=Path(__file__).parents[2],
            )
            hung = _wait(process, done)
        _collect(done, outcome)
        tried = done.read_text("utf-8").splitlines()[::2]
        if process.returncode:
            culprit = tried[-1] if tried else "the start"
            (outcome.hangs if hung else outcome.crashes).append(
                f"{culprit} ({process.returncode}): {noise.read_text('utf-8', 'replace')[-2000:]}"
            )
        else:
            outcome.noise += noise.read_text("utf-8", "replace")[:2000]
        tasks = tasks[len(tried) :] if tried else []


def _wait(process: subprocess.Popen[bytes], done: Path) -> bool:
    """Wait for a child; True when it had to be killed since it said nothing for too long."""
    size, since = -1, time.monotonic()
    while process.poll() is None:
        now = done.stat().st_size
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > HANG_SECONDS:
            process.kill()
            process.wait()
            return True
        time.sleep(0.1)
    return False


def _collect(done: Path, outcome: Outcome) -> None:
    lines = done.read_text("utf-8").splitlines()
    for task, answer in zip(lines[::2], lines[1::2], strict=False):
        found = json.loads(answer)
        outcome.ends[task] = found["end"]
        outcome.seconds[task] = found["seconds"]
        outcome.memory = max(outcome.memory, found["memory"])


def test_every_malformed_file(shared: Path, tmp_path: Path) -> None:
    files = sorted(path for path in (shared / "data/malformed").rglob("*") if path.is_file())
    assert len(files) > 300
    outcome = go_through([str(path) for path in files], tmp_path)
    outcome.report("malformed")
    outcome.check(len(files))


def test_a_thousand_mutants_of_each_reader(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    tasks: dict[str, list[str]] = {}
    for reader, makers in SMALL.items():
        each = -(-MUTANTS // len(makers))
        paths = [make(made / name) for name, make in makers.items()]
        tasks[reader] = [f"{path}\t{seed}" for path in paths for seed in range(each)]
    whole = go_through([task for reader in tasks.values() for task in reader], tmp_path)
    for reader, wanted in tasks.items():
        part = Outcome(
            {task: whole.ends[task] for task in wanted if task in whole.ends},
            {task: whole.seconds[task] for task in wanted if task in whole.seconds},
        )
        part.report(f"mutants_{reader}")
        assert len(part.ends) >= min(1000, MUTANTS) - len(whole.crashes) - len(whole.hangs)
    whole.report("mutants")
    whole.check(sum(map(len, tasks.values())))


def test_the_files_that_mutants_come_from_are_valid(tmp_path: Path) -> None:
    files = [make(tmp_path / name) for group in SMALL.values() for name, make in group.items()]
    outcome = go_through([str(path) for path in files], tmp_path)
    assert set(outcome.ends.values()) == {"opened"}, outcome.ends


def test_files_made_to_hurt(tmp_path: Path) -> None:
    made = {}
    for name, make in HOSTILE.items():
        (tmp_path / name).mkdir()
        made[name] = make(tmp_path / name)
    outcome = go_through([str(path) for path, _ in made.values()], tmp_path)
    outcome.report("hostile")
    outcome.check(len(made))
    for name, (path, expected) in made.items():
        ends, seconds = outcome.ends[str(path)].split(), outcome.seconds[str(path)]
        print(f"hostile_{name}={'+'.join(ends)} hostile_{name}_s={seconds:.3f}")
        assert expected in ends, name
        assert seconds < (1.0 if name.startswith("million") else 10.0), name
    assert outcome.memory < 300e6
