"""What a request would take, before it is made."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ssldiff_gui.core.specs import EncoderSpec
from ssldiff_gui.jobs.costs import embed_cost, generate_cost
from ssldiff_gui.jobs.speeds import Speeds
from tests.sampling.fakes import fake_spec

SPEC = fake_spec(window=16, cell=4, factor=8)
ENCODER = EncoderSpec(
    id="e@1", name="e", architecture="x", dim=384, input=224, cell=224, mean=(0, 0, 0),
    std=(1, 1, 1),
)  # fmt: skip


def test_a_render_and_a_part_of_it():
    whole = generate_cost(64, 64, SPEC, 20, "a CPU")
    assert (whole.cells, whole.pixels, whole.tiles) == (4096, 2048 * 2048, 4)
    assert whole.seconds is None
    assert 2048 * 2048 * 3 * 0.7 < whole.disk < 2048 * 2048 * 3 * 1.5
    Speeds("fake", "a CPU").note(1_000_000, 2.0)
    whole = generate_cost(64, 64, SPEC, 20, "a CPU")
    assert whole.seconds == pytest.approx(2048 * 2048 * 20 / 500_000)
    changed = np.zeros((64, 64), np.bool_)
    changed[3, 60] = True
    part = generate_cost(64, 64, SPEC, 20, "a CPU", changed=changed)
    assert part.cells == (3 + 1 + 10) * (3 + 1 + 10)
    assert part.tiles == 1
    assert part.seconds is not None
    assert part.seconds < whole.seconds / 10
    nothing = generate_cost(64, 64, SPEC, 20, "a CPU", changed=np.zeros((64, 64), np.bool_))
    assert (nothing.cells, nothing.tiles, nothing.disk) == (0, 0, 0)


def test_a_grid():
    cost = embed_cost(100, 50, 2.0, ENCODER, "a CPU")
    assert cost.cells == 5000
    assert cost.pixels == 5000 * 448 * 448
    assert cost.disk >= 5000 * 384 * 4
    assert cost.seconds is None
    Speeds("e@1", "a CPU").note(1000, 10.0)
    assert embed_cost(100, 50, 2.0, ENCODER, "a CPU").seconds == pytest.approx(50)


def test_neither_costs_nor_the_client_bring_torch():
    code = (
        "import sys, ssldiff_gui.jobs.costs, ssldiff_gui.jobs.client, ssldiff_gui.jobs.messages\n"
        "assert not {'torch', 'timm', 'diffusers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
