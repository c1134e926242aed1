"""Self-guided diffusion: its four networks, converted, beside what the original answered."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ssldiff_gui.core.conversion import ConvertRequest
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.jobs.convert_child import convert
from ssldiff_gui.models.generators import LatentDiffusion, load_generator
from tests.parity.fixtures import BESIDE, GIVEN

NAMES = ("unet_fast", "unetca_fast", "unetca_box", "unetca_mask")
ROW = re.compile(r"\| `([\w.]+)` \|.*\| ([^|]+) \| [^|]+ \|")


class Originals:
    """The networks of the original and its answers.

    Parameters
    ----------
    scratch
        Where converted models go.
    """

    def __init__(self, scratch: Path) -> None:
        self.folder = Path(GIVEN) / "selfguided" if GIVEN else BESIDE / "selfguided"
        if not self.folder.is_dir():
            pytest.skip("the originals' answers are not beside this checkout")
        self.scratch = scratch
        self.answers = load_file(self.folder / "io.safetensors")
        told = (self.folder / "README.md").read_text("utf-8")
        self.tolerances = dict(ROW.findall(told))
        self.generator = cache(self._generator)

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.answers[name]

    def state(self, name: str) -> dict[str, torch.Tensor]:
        """Return the tensors of a checkpoint."""
        found = torch.load(self.folder / f"{name}.ckpt", map_location="cpu", weights_only=True)
        return found["state_dict"]

    def _generator(self, name: str) -> LatentDiffusion:
        """Convert a checkpoint and load what comes out."""
        checkpoint, config = (str(self.folder / f"{name}.{end}") for end in ("ckpt", "yaml"))
        output = self.scratch / name
        convert(ConvertRequest(checkpoint=checkpoint, config=config, output=str(output), name=name))
        return load_generator(output, "cpu", "float32")

    def given(self, name: str) -> Given:
        """Return what the original's samples were conditioned on."""
        maps = self.answers.get(f"{name}.layout")
        classes = None if name == "unetca_mask" else self[f"{name}.cond"].argmax(1).numpy()
        return Given(classes=classes, maps=None if maps is None else maps.numpy())

    def off(self, name: str, found: torch.Tensor) -> float:
        """Return how far an answer is from the original's, in units of the tolerance."""
        expected, told = self[name].double(), self.tolerances[name]
        assert found.shape == expected.shape
        apart = (found.detach().double() - expected).abs().max().item()
        if told == "exact":
            return apart * 2
        return apart / float(told.removeprefix("<=").split()[0])

    def agrees(self, name: str, found: torch.Tensor) -> None:
        """Check an answer against the original's."""
        assert name in self.tolerances
        assert self.off(name, found) <= 1

    def disagrees(self, name: str, found: torch.Tensor) -> None:
        """Check that an answer is clearly not the original's."""
        assert not self.off(name, found) <= 2  # NaN is no agreement either
