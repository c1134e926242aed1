"""The steps of a run: stopped, resumed, refused, and failing without losing anything."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from ssldiff_gui.core.errors import (
    BadNumbers,
    BadRequest,
    Cancelled,
    DamagedModel,
    FileProblem,
    NoSpace,
    OutOfMemory,
)
from ssldiff_gui.training import checkpoints, curves
from ssldiff_gui.training.loop import LOG, rate_at, run
from ssldiff_gui.training.machine import keep_less, part_of
from tests.training.tiny_tasks import TinyTask, Watch, tiny_settings


@pytest.fixture(autouse=True)
def undrawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no curves where nobody looks: a picture takes longer than these runs."""
    if "learns" not in request.node.name:
        monkeypatch.setattr(curves, "draw", lambda _: None)


def go(folder: Path, watch: Watch | None = None, **told: Any) -> dict[str, torch.Tensor]:
    settings = tiny_settings(**told)
    return run(TinyTask(settings), settings, folder, watch or Watch())


def sha(folder: Path) -> str:
    last = checkpoints.checkpoints(folder)[-1]
    return hashlib.sha256((last / checkpoints.TENSORS).read_bytes()).hexdigest()


def stopped_at(folder: Path, step: int, **told: Any) -> None:
    with pytest.raises(Cancelled, match=f"after {step} of"):
        go(folder, Watch(lambda done: done == step - 1), **told)


def lines(folder: Path) -> list[dict[str, Any]]:
    found = curves.read(folder / LOG)
    return [{k: v for k, v in line.items() if k != "seconds"} for line in found]


def test_a_run_learns_logs_and_keeps_two_checkpoints(tmp_path: Path) -> None:
    settings = tiny_settings(steps=60, rate=0.02, show_every=25)
    task, watch = TinyTask(settings), Watch()
    average = run(task, settings, tmp_path, watch)
    found = lines(tmp_path)
    assert [line["step"] for line in found] == [10, 20, 30, 40, 50, 60]
    assert found[-1]["loss"] < 0.7 * found[0]["loss"]
    assert found[0]["twice"] == pytest.approx(2 * found[0]["loss"])
    assert len(checkpoints.checkpoints(tmp_path)) == 2
    assert (tmp_path / curves.PICTURE).stat().st_size > 1000
    assert task.shown == [25, 50, 60]
    assert average.keys() == task.modules.state_dict().keys()
    assert watch.words.startswith("Step 60 of 60, loss ")


def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    go(tmp_path / "whole")
    for step in (3, 11, 19):
        stopped_at(tmp_path / "cut", step)
    go(tmp_path / "cut")
    assert sha(tmp_path / "cut") == sha(tmp_path / "whole")
    assert lines(tmp_path / "cut") == lines(tmp_path / "whole")


def test_time_that_is_up_stops_with_a_checkpoint_and_without_an_error(tmp_path: Path) -> None:
    settings = tiny_settings()
    for step in (1, 2):  # one step at least, each time
        run(TinyTask(settings), settings, tmp_path, Watch(), until=0)
        assert checkpoints.last_facts(tmp_path)["step"] == step  # type: ignore[index]


def test_a_finished_run_takes_no_step(tmp_path: Path) -> None:
    first = go(tmp_path)
    watch = Watch()
    again = go(tmp_path, watch)
    assert watch.steps == 0
    assert all(torch.equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize("name", ["sgd", "lamb", "lion", "adafactor", "muon", "adopt", "nadamw"])
def test_optimisers_of_timm_go_on_to_the_same_bits(tmp_path: Path, name: str) -> None:
    told = {"optimiser": name, "steps": 6, "save_every": 50}
    go(tmp_path / "whole", **told)
    stopped_at(tmp_path / "cut", 3, **told)
    go(tmp_path / "cut", **told)
    assert sha(tmp_path / "cut") == sha(tmp_path / "whole")


def test_how_long_and_in_how_much_memory_may_change(tmp_path: Path) -> None:
    stopped_at(tmp_path, 5)
    go(tmp_path, steps=12, save_every=3, accumulate=2)
    assert checkpoints.last_facts(tmp_path)["step"] == 12  # type: ignore[index]


def test_other_settings_are_refused_by_their_names(tmp_path: Path) -> None:
    stopped_at(tmp_path, 5)
    with pytest.raises(BadRequest, match=r"begun otherwise: run\.batch, run\.rate differ"):
        go(tmp_path, rate=0.1, batch=4)
    settings = tiny_settings()
    stopped = sha(tmp_path)
    with pytest.raises(BadRequest, match="another architecture"):
        run(TinyTask(settings, width=17), settings, tmp_path, Watch())
    assert sha(tmp_path) == stopped


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    settings = tiny_settings(steps=4)
    run(TinyTask(settings), settings, tmp_path, Watch(), same={"pictures": "a"})
    with pytest.raises(BadRequest, match="pictures"):
        run(TinyTask(settings), settings, tmp_path, Watch(), same={"pictures": "b"})


def test_checkpoints_of_before_a_key_was_known_go_on(tmp_path: Path) -> None:
    stopped_at(tmp_path, 5)
    path = checkpoints.checkpoints(tmp_path)[-1] / checkpoints.FACTS
    facts = json.loads(path.read_text())
    del facts["settings"]["data"]["flips"], facts["settings"]["run"]["clip"], facts["sha256"]
    path.write_text(json.dumps(facts))
    go(tmp_path)
    assert checkpoints.last_facts(tmp_path)["step"] == 20  # type: ignore[index]


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    go(tmp_path / "whole")
    stopped_at(tmp_path / "cut", 10)
    older, newer = checkpoints.checkpoints(tmp_path / "cut")
    with (newer / checkpoints.TENSORS).open("r+b") as file:  # one flipped bit in a weight
        file.seek(-5, 2)
        byte = file.read(1)[0]
        file.seek(-5, 2)
        file.write(bytes([byte ^ 1]))
    steps: list[int] = []
    go(tmp_path / "cut", Watch(steps.append))
    assert steps[0] == int(older.name.removeprefix("checkpoint-")) + 1
    assert sha(tmp_path / "cut") == sha(tmp_path / "whole")


def test_when_no_checkpoint_is_whole_nothing_is_begun_anew(tmp_path: Path) -> None:
    stopped_at(tmp_path, 6)
    for place in checkpoints.checkpoints(tmp_path):
        (place / checkpoints.FACTS).write_text("{")
    with pytest.raises(DamagedModel, match="None of the checkpoints"):
        go(tmp_path)


def test_a_loss_that_is_no_number_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    settings = tiny_settings()
    task = TinyTask(settings)
    usual = task.loss

    def loss(modules: Any, random: Any, step: int) -> Any:
        found, figures = usual(modules, random, step)
        return (found * float("nan") if step == 9 else found), figures

    task.loss = loss  # type: ignore[method-assign]
    with pytest.raises(BadNumbers, match="loss is no number any more, at step 9"):
        run(task, settings, tmp_path, Watch())
    assert checkpoints.last_facts(tmp_path)["step"] == 8  # type: ignore[index]


def test_a_gradient_that_is_no_number_reaches_no_weight(tmp_path: Path) -> None:
    settings = tiny_settings()
    task = TinyTask(settings)

    def loss(modules: Any, random: Any, step: int) -> Any:
        weight = next(modules.parameters())
        return (weight * 0).abs().sqrt().sum(), {}  # whose slope at 0 is infinite

    task.loss = loss  # type: ignore[method-assign]
    with pytest.raises(BadNumbers, match="gradient"):
        run(task, settings, tmp_path, Watch())
    assert all(value.isfinite().all() for value in task.modules.state_dict().values())


def _full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def _full_for_safetensors(*_: Any, **__: Any) -> Any:
    from safetensors import SafetensorError

    raise SafetensorError("I/O error: No space left on device (os error 28)")


@pytest.mark.parametrize("fails", [_full, _full_for_safetensors])
def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Any
) -> None:
    go(tmp_path / "whole")
    stopped_at(tmp_path / "cut", 6)
    kept = sha(tmp_path / "cut")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_tensors", fails)
        with pytest.raises(NoSpace, match="The disk is full") as caught:
            go(tmp_path / "cut")
    assert "the same command goes on" in caught.value.hint
    assert sha(tmp_path / "cut") == kept
    assert not [*(tmp_path / "cut").glob(".checkpoint*")]
    go(tmp_path / "cut")
    assert sha(tmp_path / "cut") == sha(tmp_path / "whole")


@pytest.mark.parametrize("name", ["add", "draw"])
def test_a_disk_that_is_too_full_for_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(curves, name, _full)
    with pytest.raises(NoSpace):
        go(tmp_path)


def test_no_room_for_checkpoints_is_said_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssldiff_gui.storage.preflight.free_bytes", lambda _: 1000)
    watch = Watch()
    with pytest.raises(NoSpace):
        go(tmp_path, watch)
    assert watch.steps == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="cannot be written"):
        go(tmp_path / "file" / "run")


def test_no_memory_is_said_with_what_helps(tmp_path: Path) -> None:
    settings = tiny_settings()
    task = TinyTask(settings)

    def loss(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    task.loss = loss  # type: ignore[method-assign]
    with pytest.raises(OutOfMemory) as caught:
        run(task, settings, tmp_path, Watch())
    assert "run.accumulate=2" in caught.value.hint


def test_parts_of_a_step_are_taken_with_their_share_of_the_pictures() -> None:
    settings = tiny_settings(batch=12, accumulate=2)
    assert part_of(settings, 3).run.batch == 2
    with pytest.raises(BadRequest, match=r"run\.batch = 12 .* 5 processes"):
        part_of(settings, 5)


def test_networks_that_can_keep_less_are_told_to() -> None:
    class Ours(torch.nn.Module):
        checkpointing = False

    class Theirs(torch.nn.Module):
        def set_grad_checkpointing(self, enable: bool = True) -> None:
            self.told = enable

    ours, theirs = Ours(), Theirs()
    keep_less(torch.nn.ModuleList([ours, theirs]))
    assert ours.checkpointing
    assert theirs.told
    with pytest.raises(BadRequest, match=r"run\.checkpointing"):
        keep_less(torch.nn.Linear(1, 1))


def test_the_rate_rises_then_falls() -> None:
    told = tiny_settings(steps=100, warm_up=10, rate=1.0).run
    assert rate_at(told, 0) == pytest.approx(0.1)
    assert rate_at(told, 9) == pytest.approx(1.0)
    assert rate_at(told, 50) == pytest.approx(0.51)
    assert rate_at(told, 99) < 0.03
    steady = told.model_copy(update={"schedule": "constant"})
    assert rate_at(steady, 99) == 1.0


def test_optimisers_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="adahessian"):
        go(tmp_path, optimiser="adahessian")
    with pytest.raises(BadRequest, match="kept in a checkpoint"):
        go(tmp_path, optimiser="kron")
    with pytest.raises(BadRequest, match="cannot be made"):
        go(tmp_path, optimiser="fusedlamb")
