"""Ways to need less memory: precision, an optimiser that remembers less, models let go."""

import pytest
import torch
from torch import nn

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.training.machine import machine, optimiser_of
from ssldiff_gui.training.settings import settings_of
from tests.training.made_places import diffusion, made_place
from tests.training.tiny_tasks import tiny_settings


def test_runs_of_one_process_may_differ_in_precision():
    kinds = []
    for precision, wanted in (("float32", torch.float32), ("bfloat16", torch.bfloat16),
                              ("auto", torch.float32)):  # fmt: skip
        on = machine("cpu", precision)
        with on.autocast():
            kinds.append(nn.functional.linear(torch.ones(2, 2), torch.ones(2, 2)).dtype)
        assert kinds[-1] == wanted


def test_a_precision_that_there_is_not_is_refused():
    told = tiny_settings().model_dump()
    told["run"]["precision"] = "float8"
    with pytest.raises(BadRequest, match=r"run\.precision"):
        settings_of(told)


def test_a_lean_optimiser_remembers_a_third_of_adamw_at_most():
    sizes = []
    for name in ("adamw", "adafactorbv"):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(32, 64, 3), nn.Conv2d(64, 64, 3))
        optimiser = optimiser_of(network, tiny_settings(optimiser=name))
        network(torch.randn(1, 32, 8, 8)).square().mean().backward()
        optimiser.step()
        kept = [v for state in optimiser.state.values() for v in state.values()
                if isinstance(v, torch.Tensor)]  # fmt: skip
        sizes.append(sum(v.numel() * v.element_size() for v in kept))
    assert sizes[1] < sizes[0] / 3


def test_what_has_looked_is_let_go_before_the_first_step(tmp_path):
    root = made_place(tmp_path / "place")
    _, task = diffusion(root, tmp_path / "run", layout="boxes")
    assert task.conditions.embed is None
    assert not task.coder._kept
    task.show(tmp_path, 1)
    assert not task.coder._kept
