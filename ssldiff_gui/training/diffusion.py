"""Training a diffusion network on latents: v-prediction, weighted by min-SNR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.core.specs import GeneratorSpec
from ssldiff_gui.core.support import SAMPLE, Support
from ssldiff_gui.models.folder_writing import Content
from ssldiff_gui.models.generators.conditioners import Conditioner, build_conditioner
from ssldiff_gui.models.generators.latent import LatentDiffusion
from ssldiff_gui.models.generators.loading import load_generator, save_generator
from ssldiff_gui.models.generators.networks import Network, build_network
from ssldiff_gui.models.generators.schedules import Schedule
from ssldiff_gui.sampling.solver import dpmpp_2m
from ssldiff_gui.storage.support import SUPPORT, support_arrays
from ssldiff_gui.training.conditions import Conditions, Dropped, Place, conditions_of
from ssldiff_gui.training.conditions_layout import Layouts, layouts_of
from ssldiff_gui.training.describing import described, loaded_autoencoder
from ssldiff_gui.training.latents import Looking, View, Views, look
from ssldiff_gui.training.model_settings import DiffusionModel
from ssldiff_gui.training.pictures import Pictures
from ssldiff_gui.training.settings import Settings
from ssldiff_gui.training.starting import started
from ssldiff_gui.training.tensors import write_picture

Find = Callable[[str], Path]
_SHOWN = 8
_STEPS = 20


class DiffusionTask:
    """A step of training a diffusion network.

    Parameters
    ----------
    settings
        Of a run of the kind "diffusion".
    pictures
        All of them.
    folder
        Of the run; the cache lies in it.
    find
        From a model's name to its folder.
    progress
        Told of what is cached.
    """

    def __init__(
        self,
        settings: Settings,
        pictures: Pictures,
        folder: Path,
        *,
        find: Find,
        progress: Progress,
    ) -> None:
        assert isinstance(settings.model, DiffusionModel)  # noqa: S101 - the kind has seen to it
        self.settings, self.told = settings, _with_labels(settings.model, pictures)
        self.find = find
        self.coder = loaded_autoencoder(find(self.told.autoencoder))
        self.conditions: Conditions = conditions_of(self.told, find)
        data, seed = settings.data, settings.run.seed
        self.layouts: Layouts | None = layouts_of(self.told, find, seed)
        self.spec: GeneratorSpec = described(settings, self.coder, self.conditions)
        how = Looking(
            self.coder.encode, self.conditions.embed, self.spec.channels, self.spec.factor,
            self.spec.cell, self.conditions.dim, self.told.views,
            f"{self.coder.key} {self.conditions.key}",
        )  # fmt: skip
        if self.layouts is not None:
            self.layouts.fit(pictures, progress)
            how = replace(how, key=f"{how.key} {self.layouts.key}", areas=self.layouts.areas)
        cache = folder / "cache"
        self.training = look(cache / "training", pictures.training(), data, how, progress)
        held = pictures.held_out() if len(pictures.held_out()) else pictures.training()
        self.shown = look(cache / "held-out", held, data, replace(how, views=1), progress)
        self.conditions.fit(self.training, pictures, cache)
        self.spec = described(settings, self.coder, self.conditions, self.layouts)
        for part in (self.coder, self.conditions, self.layouts):
            if part is not None:
                part.release()
        self.schedule = Schedule(self.spec.schedule)
        self._find_windows(self.spec.window // self.spec.cell)
        self.modules = self._modules()

    def _find_windows(self, side: int) -> None:
        """Note which views have room for windows, and how many each has."""
        self.usable = [v for v in self.training.views if min(v.rows, v.columns) >= side]
        self.side = side
        areas = [(v.rows - side + 1) * (v.columns - side + 1) for v in self.usable]
        self._shares = np.cumsum(np.array(areas, np.float64) / sum(areas))

    def _modules(self) -> Both:
        torch.manual_seed(self.settings.run.seed)
        if self.told.start is not None:
            begun = load_generator(self.find(self.told.start), "cpu", "float32")
            self.spec, network, teller = started(begun, self.spec)
            self.schedule = Schedule(self.spec.schedule)
        else:
            network, teller = build_network(self.spec.network), build_conditioner(self.spec)
        self.network, self.teller = network, self.conditions.teller(self.spec) or teller
        teller = self.teller
        parts = {"network": network.module}
        if teller.module is not None:
            parts["teller"] = teller.module
        made = nn.ModuleDict(parts)
        made.requires_grad_(requires_grad=True)
        return Both(made, network, teller)

    def loss(
        self, modules: nn.Module, random: np.random.Generator, _step: int
    ) -> tuple[torch.Tensor, Mapping[str, float]]:
        """Return the loss of one batch of windows."""
        count = self.settings.run.batch
        device = next(modules.parameters()).device
        clean, given = self._batch(random, count)
        clean = clean.to(device)
        spread = (np.arange(count) + random.random(count)) / count
        steps = (random.permutation(spread) * len(self.schedule.table)).astype(np.int64)
        sigma = torch.from_numpy(self.schedule.table[steps]).float()[:, None, None, None].to(device)
        noise = torch.from_numpy(random.standard_normal(clean.shape, np.float32)).to(device)
        size = (1 + sigma**2).sqrt()
        x, wanted = (clean + sigma * noise) / size, self._wanted(clean, noise, sigma)
        answer = modules(x, torch.from_numpy(steps).float().to(device), given)
        answer = answer[:, : self.spec.channels_used].float()
        errors = (answer - wanted).square().mean(dim=(1, 2, 3))
        weight = self._weight(sigma.flatten())
        loss = (weight * errors).sum() / weight.sum()
        low = sigma.flatten() < 1
        return loss, {"fine": _mean(errors[low]), "coarse": _mean(errors[~low])}

    def _wanted(
        self, clean: torch.Tensor, noise: torch.Tensor, sigma: torch.Tensor
    ) -> torch.Tensor:
        if self.spec.prediction == "epsilon":
            return noise
        if self.spec.prediction == "x0":
            return clean
        return (noise - sigma * clean) / (1 + sigma**2).sqrt()

    def _weight(self, sigma: torch.Tensor) -> torch.Tensor:
        """Return min-SNR's weights for what is predicted."""
        snr = sigma**-2
        kept = snr.clamp(max=self.told.snr_limit)
        return {"epsilon": kept / snr, "v": kept / (snr + 1), "x0": kept}[self.spec.prediction]

    def _batch(self, random: np.random.Generator, count: int) -> tuple[torch.Tensor, Given]:
        chosen = np.searchsorted(self._shares, random.random(count), side="right")
        views = [self.usable[min(int(k), len(self.usable) - 1)] for k in chosen]
        places = [self._place(view, random) for view in views]
        dropped = random.random(count) < self.told.dropped
        return self._read(self.training, places), self._given(self.training, places, dropped)

    def _given(self, views: Views, places: list[Place], dropped: Dropped) -> Given:
        """Return what windows are conditioned on; condition and layout are dropped together."""
        given = self.conditions.given(views, places, self.side, dropped)
        if self.layouts is None:
            return given
        return replace(given, maps=self.layouts.given(views, places, self.side, dropped))

    def _place(self, view: View, random: np.random.Generator) -> Place:
        """Draw a window of a view, by its first cell."""
        top, left = (int(random.integers(n - self.side + 1)) for n in (view.rows, view.columns))
        return view, top, left

    def _read(self, views: Views, places: list[Place]) -> torch.Tensor:
        found = np.stack([views.latents(*place, self.side) for place in places]).astype(np.float32)
        shift, scale = self.spec.latent_shift, self.spec.latent_scale
        return (torch.from_numpy(found) - shift) * scale

    def show(self, folder: Path, step: int) -> None:
        """Write held-out windows as they are, their layout, and what the network draws instead."""
        random = np.random.default_rng(0)
        usable = [v for v in self.shown.views if min(v.rows, v.columns) >= self.side]
        if not usable:
            return
        picked = [usable[int(k)] for k in np.linspace(0, len(usable) - 1, _SHOWN)]
        places = [self._place(view, random) for view in picked]
        clean = self._read(self.shown, places)
        given = self._given(self.shown, places, np.zeros(_SHOWN, bool))
        drawn = self._draw(given, clean.shape, random)
        rows = [self.coder.decode(self._raw(part)) for part in (clean, drawn)]
        if given.maps is not None:
            rows.insert(1, _in_grey(torch.from_numpy(given.maps), self.spec.factor))
        sheet = torch.cat([torch.cat([*row], 2) for row in rows], 1)
        write_picture(folder / f"windows-{step:06d}.png", sheet / 2 + 0.5)
        self.coder.release()

    def _raw(self, latents: torch.Tensor) -> torch.Tensor:
        return latents / self.spec.latent_scale + self.spec.latent_shift

    def _draw(self, given: Given, shape: torch.Size, random: np.random.Generator) -> torch.Tensor:
        device = next(self.modules.parameters()).device
        model = LatentDiffusion(
            self.spec, self.network, self.coder.module, self.teller, device=device
        )
        condition, levels = model.condition(given), model.sigmas(_STEPS)
        x = torch.from_numpy(random.standard_normal(shape, np.float32)).to(device) * levels[0]
        before = None
        for k in range(_STEPS):
            seen = model.denoise(x, levels[k], condition)
            past = levels[k - 1] if k else None
            x, before = dpmpp_2m(x, seen, before, (past, levels[k], levels[k + 1])), seen
        return x.cpu()

    def save(
        self,
        folder: Path,
        average: Mapping[str, torch.Tensor],
        card: str,
        provenance: dict[str, Any],
    ) -> None:
        """Write the generator's folder; the autoencoder's weights are copied into it."""
        states: dict[str, dict[str, torch.Tensor]] = {
            "network": {}, "teller": {**self.conditions.weights()},
        }  # fmt: skip
        for name, value in average.items():
            part, _, rest = name.removeprefix("parts.").partition(".")
            states[part][rest] = value.half() if value.is_floating_point() else value
        save_generator(
            folder, self.spec, states["network"], self.coder.weights, states["teller"],
            licence=self.settings.card.licence, provenance=provenance, card=card,
            files={**self.conditions.files(), **self._seen()},
        )  # fmt: skip

    def _seen(self) -> dict[str, Content]:
        """Return the file that says which embeddings it was trained on, when there are any."""
        if self.spec.encoder is None:
            return {}
        random = np.random.default_rng(self.settings.run.seed)
        known, other = (v.some_vectors(random, 8 * SAMPLE) for v in (self.training, self.shown))
        arrays = support_arrays(Support.of(known, other))
        return {SUPPORT: {name: torch.from_numpy(array) for name, array in arrays.items()}}


class Both(nn.Module):
    """A network and what tells it its condition, trained together."""

    def __init__(self, parts: nn.ModuleDict, network: Network, teller: Conditioner) -> None:
        super().__init__()
        self.parts = parts
        self._predict, self._tell = network, teller.condition

    def forward(self, x: torch.Tensor, steps: torch.Tensor, given: Given) -> torch.Tensor:
        """Return what the network predicts."""
        return self._predict(x, steps, self._tell(given, x.device))


def _with_labels(told: DiffusionModel, pictures: Pictures) -> DiffusionModel:
    """Return a table whose folder of labels is found: beside the pictures, or from here."""
    beside = Path(pictures.facts["wanted"]["root"]) / told.labels
    if told.labels == "self" or not beside.exists():
        return told
    return told.model_copy(update={"labels": str(beside)})


def _in_grey(maps: torch.Tensor, factor: int) -> torch.Tensor:
    """Return (batch, 3, height, width) from -1 to 1: another grey for each class of maps."""
    count = maps.shape[1]
    greys = torch.arange(1, count + 1, dtype=maps.dtype) / count
    flat = (maps * greys[:, None, None]).amax(dim=1, keepdim=True) * 2 - 1
    large = flat.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    return large.expand(-1, 3, -1, -1)


def _mean(values: torch.Tensor) -> float:
    return float(values.detach().mean()) if len(values) else 0.0
