"""From the pixels of a cell to what a network takes, as the model's own configuration says.

The resize works on 8-bit values on the CPU, which is what Pillow does and what the published
models were fed with; resizing in floating point differs from it by up to 20 of 255 in places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest, DamagedModel
from ssldiff_gui.core.specs import EncoderSpec

if TYPE_CHECKING:
    import torch

LARGEST = 8192
"""Pixels on a side: no encoder is known to want a hundredth of the area."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Resize, central crop and normalisation of square cells.

    Parameters
    ----------
    cell
        Side of what comes in, in pixels.
    resized
        Side after the resize; the same as `cell` when there is none.
    input
        Side of the central crop, which is what the network takes.
    mean, std
        Of the normalisation, for values from 0 to 1.
    interpolation
        Of the resize: "nearest", "bilinear", "bicubic" or "lanczos".
    """

    cell: int
    resized: int
    input: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str

    @classmethod
    def of(cls, spec: EncoderSpec) -> Preprocessing:
        """Return what an encoder's specification says."""
        resized = math.floor(spec.input / spec.crop)
        if max(spec.cell, resized) > LARGEST:
            raise DamagedModel(
                f"The encoder {spec.name} wants cells of {spec.cell} pixels, resized to {resized}.",
                "Check `cell`, `input` and `crop` in its model.json.",
            )
        return cls(
            cell=spec.cell,
            resized=resized,
            input=spec.input,
            mean=spec.mean,
            std=spec.std,
            interpolation=spec.interpolation,
        )

    def pictures(self, cells: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Resize and crop.

        Parameters
        ----------
        cells
            (n, cell, cell, 3) uint8 RGB.

        Returns
        -------
        Tensor
            (n, 3, input, input) uint8, on the CPU.
        """
        import torch

        if cells.ndim != 4 or cells.shape[1:] != (self.cell, self.cell, 3):
            raise BadRequest(
                f"This encoder takes cells of {self.cell} × {self.cell} RGB pixels, "
                f"and was given an array of the shape {cells.shape}."
            )
        resized = cells if self.resized == self.cell else self._resized(cells)
        first = round((self.resized - self.input) / 2)
        part = slice(first, first + self.input)
        cropped = np.ascontiguousarray(resized[:, part, part])
        return torch.from_numpy(cropped).permute(0, 3, 1, 2)

    def normalised(self, pictures: torch.Tensor, device: torch.device) -> torch.Tensor:
        """Return uint8 pictures as (n, 3, input, input) float32 on a device."""
        import torch

        mean = torch.tensor(self.mean, device=device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=device).view(1, 3, 1, 1)
        values = pictures.to(device, non_blocking=True).to(torch.float32)
        return values.contiguous().div_(255).sub_(mean).div_(std)

    def _resized(self, cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return (n, resized, resized, 3) uint8."""
        if self.interpolation not in {"bilinear", "bicubic"}:
            return self._resized_by_pillow(cells)
        import torch
        from torch.nn.functional import interpolate

        planes = torch.from_numpy(np.ascontiguousarray(cells)).permute(0, 3, 1, 2)
        found = interpolate(
            planes, size=(self.resized, self.resized), mode=self.interpolation, antialias=True
        )
        return np.asarray(found.permute(0, 2, 3, 1).numpy(), dtype=np.uint8)

    def _resized_by_pillow(self, cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        from PIL import Image

        kind = Image.Resampling[self.interpolation.upper()]
        size = (self.resized, self.resized)
        return np.stack([np.asarray(Image.fromarray(cell).resize(size, kind)) for cell in cells])
