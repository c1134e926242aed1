"""What the originals answered: inputs, answers and tolerances, one folder a system."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from ssldiff_gui.core.conversion import ConvertRequest
from ssldiff_gui.jobs.convert_child import convert
from ssldiff_gui.models.generators import LatentDiffusion, load_generator

# Read when this is imported: each test is given an environment without our variables.
GIVEN = os.environ.get("SSLDIFF_PARITY")
BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "parity"


class System:
    """A published system, converted, beside what the original answered.

    Parameters
    ----------
    name
        Of its folder.
    scratch
        Where converted models go.
    """

    def __init__(self, name: str, scratch: Path) -> None:
        self.folder = Path(GIVEN) / name if GIVEN else BESIDE / name
        self.scratch = scratch
        if not self.folder.is_dir() and GIVEN:
            pytest.fail(f"SSLDIFF_PARITY has no folder {name}")
        if not self.folder.is_dir():
            pytest.skip("the originals' answers are not beside this checkout")
        self.answers = load_file(self.folder / "io.safetensors")
        self.params: dict[str, Any] = json.loads((self.folder / "params.json").read_text("utf-8"))

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.answers[name]

    def config(self, file: str = "config.yaml") -> dict[str, Any]:
        """Return a configuration of the original."""
        return yaml.safe_load((self.folder / file).read_text("utf-8"))

    def state(self, file: str = "model.ckpt") -> dict[str, torch.Tensor]:
        """Return the tensors of a checkpoint."""
        found = torch.load(self.folder / file, map_location="cpu", weights_only=True)
        return found.get("state_dict", found)

    def model(
        self, name: str = "model", config: dict[str, Any] | str = "config.yaml", **files: str
    ) -> LatentDiffusion:
        """Convert a checkpoint and load what comes out.

        Parameters
        ----------
        name
            Of the model folder.
        config
            Name of the YAML file, or what to write into one.
        files
            Other files of the conversion.
        """
        folder = self.scratch / name
        if isinstance(config, dict):
            path = self.scratch / f"{name}.yaml"
            path.write_text(yaml.safe_dump(config), "utf-8")
        else:
            path = self.folder / config
        paths = {key: str(self.folder / file) for key, file in files.items()}
        paths = {"checkpoint": str(self.folder / "model.ckpt"), **paths}
        convert(ConvertRequest(config=str(path), output=str(folder), name=name, **paths))
        return load_generator(folder, "cpu", "float32")

    @cached_property
    def generator(self) -> LatentDiffusion:
        """The system's own checkpoint, converted and loaded."""
        return self.model()

    def off(self, name: str, found: torch.Tensor, part: Any = ...) -> float:
        """Return how far an answer is from the original's, in units of the tolerance."""
        expected = self[name][part].double()
        found = found.detach().double()
        assert found.shape == expected.shape
        tolerance = self.params["tolerance"][name]
        allowed = tolerance.get("atol", 0.0) + tolerance.get("rtol", 0.0) * expected.abs()
        return float(((found - expected).abs() / allowed).max())

    def agrees(self, name: str, found: torch.Tensor, part: Any = ...) -> None:
        """Check an answer against the original's."""
        assert self.off(name, found, part) <= 1

    def disagrees(self, name: str, found: torch.Tensor, part: Any = ...) -> None:
        """Check that an answer is clearly not the original's."""
        assert not self.off(name, found, part) <= 2  # NaN is no agreement either
