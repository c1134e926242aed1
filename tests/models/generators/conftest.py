"""What the tests of generators share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from ssldiff_gui.models.generators import LatentDiffusion, load_generator
from tests.models.tiny import tiny_generator_folder

# read when imported: each test runs without the variables of the person who runs it
PARITY = Path(
    os.environ.get("SSLDIFF_PARITY", Path(__file__).resolve().parents[4] / "shared" / "parity")
)


@pytest.fixture(scope="session")
def parity() -> Path:
    """Numbers that the published systems' own code has given."""
    if not PARITY.is_dir():
        pytest.skip("the fixtures made by the published code are not beside this checkout")
    return PARITY


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
