"""What the tests of generators share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ssldiff_gui.models.generators import LatentDiffusion, load_generator
from tests.models.tiny import tiny_generator_folder


@pytest.fixture(autouse=True)
def own_random_numbers():
    """Give each test the same random numbers, whatever ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Make tiny generators, each once; call it with what `tiny_generator_folder` takes."""
    made: dict[str, Path] = {}

    def make(**settings) -> LatentDiffusion:
        key = repr(sorted(settings.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("tiny") / "model"
            made[key] = tiny_generator_folder(folder, **settings)
        return load_generator(made[key], device="cpu")

    return make
