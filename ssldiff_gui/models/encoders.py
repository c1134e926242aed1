"""Encoders: timm networks with their own preprocessing, from folders with checked weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadNumbers, BadRequest, DamagedModel, OutOfMemory
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.specs import EncoderSpec, Licence, ModelFile
from ssldiff_gui.models import devices
from ssldiff_gui.models.encoder_networks import filled_network, tokens_of
from ssldiff_gui.models.encoder_sources import is_foreign_folder, read_foreign_folder
from ssldiff_gui.models.folder_writing import ENCODER_WEIGHTS, write_model
from ssldiff_gui.models.folders import find_model, read_model
from ssldiff_gui.models.preprocessing import Preprocessing
from ssldiff_gui.models.weights import load_tensors

if TYPE_CHECKING:
    import torch


class TimmEncoder:
    """An encoder over a network of timm.

    Parameters
    ----------
    spec
        What it is.
    network
        Without a classifier, in evaluation mode.
    device
        Where it computes.
    precision
        Type of its arithmetic; what comes out is float32.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        network: torch.nn.Module,
        device: torch.device,
        precision: torch.dtype,
    ) -> None:
        self.spec = spec
        self.device = device
        self.precision = precision
        self._network = network.to(device).eval()
        self._preprocessing = Preprocessing.of(spec)

    @property
    def network(self) -> torch.nn.Module:
        """What computes, for those that want more of it than vectors."""
        return self._network

    @property
    def preprocessing(self) -> Preprocessing:
        """What comes before it."""
        return self._preprocessing

    def casting(self) -> AbstractContextManager[Any]:
        """Have what is computed within be of its precision."""
        return self._casting(self.precision)

    def embed(self, cells: npt.NDArray[np.uint8]) -> Vectors:
        """Return (n, dim) float32 for (n, cell, cell, 3) uint8 RGB."""
        return self.embed_pictures(self.pictures(cells))

    def pictures(self, cells: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Resize and crop on the CPU, from any thread: (n, 3, input, input) uint8."""
        return self._preprocessing.pictures(cells)

    def embed_pictures(self, pictures: torch.Tensor) -> Vectors:
        """Return (n, dim) float32 for what `pictures` made.

        A device without memory for all of them is given half of them at a time. What comes out
        as NaN or infinity in a short type is computed again in float32.

        Raises
        ------
        OutOfMemory
            Not even one picture fits.
        BadNumbers
            float32 gives NaN or infinity as well.
        """
        import torch

        if not len(pictures):
            return np.zeros((0, self.spec.dim), np.float32)
        found = self._forward(pictures, self.precision)
        if np.isfinite(found).all():
            return found
        if self.precision != torch.float32:
            found = self._forward(pictures, torch.float32)
        if not np.isfinite(found).all():
            raise BadNumbers(
                f"The encoder {self.spec.name} answered with NaN or infinity.",
                "Verify it with `ssldiff models verify`, or get it again.",
            )
        return found

    def _forward(self, pictures: torch.Tensor, precision: torch.dtype) -> Vectors:
        import torch

        try:
            with torch.inference_mode(), self._casting(precision):
                values = self._preprocessing.normalised(pictures, self.device)
                found = tokens_of(self._network, values, self.spec.pool)
                return self._checked(found.to(device="cpu", dtype=torch.float32).numpy())
        except AssertionError as error:  # timm's, for pictures of another size
            raise self._unfit(str(error)) from error
        except RuntimeError as error:
            if not _lacks_memory(error):
                raise
            count = len(pictures)
            if count == 1:
                raise OutOfMemory(
                    f"{devices.describe(self.device)} has no memory for {self.spec.name}.",
                    "Close other programs that use it, or compute with --device cpu.",
                ) from error
        torch.cuda.empty_cache()
        parts = (pictures[: count // 2], pictures[count // 2 :])
        return np.concatenate([self._forward(part, precision) for part in parts])

    def _checked(self, found: npt.NDArray[Any]) -> Vectors:
        if found.ndim != 2 or found.shape[1] != self.spec.dim:
            raise self._unfit(f"it gives an array of the shape {found.shape}")
        return np.asarray(found, np.float32)

    def _unfit(self, reason: str) -> DamagedModel:
        return DamagedModel(
            f"The encoder {self.spec.name} is not what its specification says: {reason}.",
            "Check `input`, `dim` and `pool` in its model.json, or get it again.",
        )

    def _casting(self, precision: torch.dtype) -> AbstractContextManager[Any]:
        import torch

        if precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=precision)


def encoder_spec(name_or_folder: str | Path) -> EncoderSpec:
    """Return what an encoder is, without loading or verifying its weights where that is possible.

    Parameters
    ----------
    name_or_folder
        As for `load_encoder`.
    """
    if is_foreign_folder(name_or_folder):
        return read_foreign_folder(Path(name_or_folder).expanduser())[0]
    folder = find_model(name_or_folder, "encoder")
    return _encoder_of(folder, read_model(folder, verify=False))


def load_encoder(
    name_or_folder: str | Path, device: str = "auto", *, precision: str = "auto"
) -> TimmEncoder:
    """Load an encoder; nothing is downloaded.

    Parameters
    ----------
    name_or_folder
        The name or the id of an installed encoder; "timm:NAME" or "hf-hub:OWNER/NAME", once
        `ssldiff models get` has installed it; a model folder; or a folder with a `config.json`
        and a `model.safetensors` as the hub has them.
    device
        See `models.devices.choose`.
    precision
        See `models.devices.precision`.

    Raises
    ------
    MissingModel
        It is not there; the hint says how it can be had.
    DamagedModel
        A file is not what its hash says, or the weights do not fit the network.
    """
    where = devices.choose(device)
    kind = devices.precision(where, precision)
    if is_foreign_folder(name_or_folder):
        spec, tensors = read_foreign_folder(Path(name_or_folder).expanduser())
        spec = spec.model_copy(update={"id": encoder_id(spec, tensors)})
    else:
        folder = find_model(name_or_folder, "encoder")
        spec = _encoder_of(folder, read_model(folder))
        tensors = load_tensors(folder / ENCODER_WEIGHTS)
    network = filled_network(spec.architecture, spec.arguments, tensors)
    return TimmEncoder(spec, network, where, kind)


def save_encoder(
    folder: str | Path,
    spec: EncoderSpec,
    tensors: Mapping[str, torch.Tensor],
    *,
    licence: Licence,
    card: str = "",
    provenance: Mapping[str, Any] | None = None,
) -> EncoderSpec:
    """Write an encoder as a model folder.

    Parameters
    ----------
    folder
        Where; a model folder of that name is replaced.
    spec
        What it is; its id is computed here.
    tensors
        Weights, by the names of the network that `spec` describes.
    licence, card, provenance
        What the folder says of the weights.

    Returns
    -------
    EncoderSpec
        With its id.
    """
    filled_network(spec.architecture, spec.arguments, tensors)  # or it could never be loaded
    spec = spec.model_copy(update={"id": encoder_id(spec, tensors)})
    made = ModelFile(
        kind="encoder", encoder=spec, licence=licence, provenance=dict(provenance or {})
    )
    write_model(folder, made, card or f"# {spec.name}\n", {ENCODER_WEIGHTS: tensors})
    return spec


def encoder_id(spec: EncoderSpec, tensors: Mapping[str, torch.Tensor]) -> str:
    """Return name, "@" and 12 hexadecimal digits over weights, network and preprocessing.

    The same weights in another file give the same id; a bit of a weight, another mean or another
    crop give another one.
    """
    import torch

    facts = spec.model_dump(mode="json", exclude={"id", "name", "pixel"})
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return f"{spec.name}@{digest.hexdigest()[:12]}"


def _lacks_memory(error: RuntimeError) -> bool:
    """Whether a device has no memory left; for the CPU, torch says so in words only."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def _encoder_of(folder: Path, model: ModelFile) -> EncoderSpec:
    if model.encoder is None:  # find_model has seen to it, unless the folder changed since
        raise BadRequest(f"{folder.name} is no encoder.")
    return model.encoder
