"""What every description of a model is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ssldiff_gui.core.geometry import Scale


class Frozen(BaseModel):
    """Data that never changes and knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PixelSize(Frozen):
    """The resolution a model was trained at.

    Parameters
    ----------
    size
        Width of a pixel in `unit`.
    unit
        "µm" for slides, "m" for scenes.
    """

    size: float = Field(gt=0)
    unit: Literal["µm", "m"]

    @property
    def scale(self) -> Scale:
        """The same as a `Scale`."""
        return Scale(self.size, self.size, self.unit)


class Licence(Frozen):
    """What one may do with a model, and what has to be done before it can be had.

    Parameters
    ----------
    name
        SPDX identifier, or the name its owners gave it.
    url
        Where the terms are.
    commercial
        Whether commercial use is allowed; None when its owners contradict themselves.
    gate
        Where one asks for access; None when it is open to all.
    """

    name: str
    url: str = ""
    commercial: bool | None = None
    gate: str | None = None


class ScheduleSpec(Frozen):
    """The noise a network was trained with.

    Parameters
    ----------
    kind
        As diffusers names them: LDM's "linear" is "scaled_linear" here.
    start, end
        First and last beta; not used by the cosine schedule.
    steps
        Number of training steps.
    """

    kind: Literal["scaled_linear", "linear", "squaredcos_cap_v2"] = "scaled_linear"
    start: float = 0.0015
    end: float = 0.0195
    steps: int = Field(default=1000, gt=1)


class PartSpec(Frozen):
    """One network of a model folder.

    Parameters
    ----------
    type
        Name of a class we know, or of an entry point in the group "ssldiff_gui.networks".
    config
        What it is made with.
    file
        Its weights, safetensors beside `model.json`; None when it has none.
    """

    type: str
    config: dict[str, JsonValue] = Field(default={})
    file: str | None = None


BESIDE = frozenset({"README.md", "support.safetensors"})
"""Files of a model folder that no pixel depends on: what it says of itself, and has seen."""


def drawn_with(files: Mapping[str, str]) -> dict[str, str]:
    """Return those of a model's files, with their hashes, that pixels depend on."""
    return {name: digest for name, digest in files.items() if name not in BESIDE}
