"""A small generator, trained within minutes on real tissue, to measure with how good ways look.

Each latent is a linear picture of a patch of 8 × 8 pixels, so nothing has to be trained but the
network: 16 × 16 latents a window, conditioned on the colours and textures of its 128 pixels. What
is trained goes on where it was stopped; it depends on the number of steps alone.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec, ScheduleSpec
from ssldiff_gui.models.generators import save_generator
from ssldiff_gui.models.generators.conditioners import build_conditioner
from ssldiff_gui.models.generators.networks import build_network
from ssldiff_gui.models.generators.patches import PatchTransform
from ssldiff_gui.models.generators.schedules import Schedule
from tests.benchmarks.local_statistics import DIM, SIDE, statistics

ENCODER = "local-statistics@000000000001"
FACTOR = 8
WINDOW = SIDE // FACTOR
CHANNELS = 24
WIDTH = 40
BATCH = 32
RATE = 5e-4
WARM_UP = 200
DROPPED = 0.1
SNR_LIMIT = 5.0
KEPT = 0.99  # of the running mean of the weights, at each step
WINDOWS_PER_PICTURE = 250
SAVE_EVERY = 60.0  # seconds

HELD_OUT = ("Case-3-A18", "Case-4-C22", "Case-48-P5-C22", "P9-B6")
"""Slides that are never trained on."""


@dataclass
class Tissue:
    """Pictures to train on and pictures to measure with; no slide is in both."""

    train: list[Path]
    held_out: list[Path]


def tissue(data: Path) -> Tissue:
    """Split the pictures of the osteosarcoma set by slide; held-out slides take turns."""
    slides = {}
    for path in sorted((data / "osteosarcoma").glob("*/*.jpg")):
        slides.setdefault(re.sub(r"-\d+-\d+_\d+$", "", path.stem), []).append(path)
    held = [slides.pop(name, []) for name in HELD_OUT]
    turns = max(map(len, held))
    return Tissue(
        [path for paths in slides.values() for path in paths],
        [paths[turn] for turn in range(turns) for paths in held if turn < len(paths)],
    )


def read(path):
    """Return (height, width, 3) uint8."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def spec() -> GeneratorSpec:
    """Describe the generator."""
    network = {
        "sample_size": WINDOW, "in_channels": CHANNELS, "out_channels": CHANNELS,
        "block_out_channels": [WIDTH, 2 * WIDTH, 4 * WIDTH], "layers_per_block": 1,
        "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
        "attention_head_dim": 40, "norm_num_groups": 8, "class_embed_type": "identity",
        "resnet_time_scale_shift": "scale_shift",
    }  # fmt: skip
    conditioner = {"dim": DIM, "width": 4 * WIDTH, "null": "zeros", "place": "labels"}
    return GeneratorSpec(
        name="quality", title="Small, for measuring", channels=CHANNELS, factor=FACTOR,
        window=WINDOW, cell=WINDOW, encoder=ENCODER, dim=DIM, prediction="v",
        schedule=ScheduleSpec(), local_decoder=True, guidance=1.5,
        network=PartSpec(type="UNet2DModel", config=network),
        autoencoder=PartSpec(
            type="PatchTransform", config={"factor": FACTOR, "channels": CHANNELS}
        ),
        conditioner=PartSpec(type="embedding", config=conditioner),
    )  # fmt: skip


def principal_patches(pictures) -> PatchTransform:
    """Return the linear patches that keep most; strong and weak ones are brought halfway together.

    Patches stand on the lattice of the pictures' JPEG blocks.
    """
    patches = np.concatenate([_patches(picture)[::4] for picture in pictures])
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((patches - mean).T))
    strongest = np.argsort(values)[::-1][:CHANNELS]
    size = np.sqrt(values[strongest]) ** 0.5  # of a latent; then of its picture
    unit = np.sqrt(np.mean(size**2))
    basis = vectors[:, strongest].T * (size * unit)[:, None]
    made = PatchTransform(FACTOR, CHANNELS)
    made.mean.copy_(torch.from_numpy(mean).view_as(made.mean))
    made.basis.copy_(torch.from_numpy(basis).view_as(made.basis))
    _say(f"{CHANNELS} channels keep {values[strongest].sum() / values.sum():.2%} of the variance")
    return made


def _patches(picture):
    """Return (n, 3 · 8 · 8) from -1 to 1, in the order of `pixel_unshuffle`."""
    found = picture.astype(np.float64) / 127.5 - 1
    rows, columns = (length // FACTOR for length in found.shape[:2])
    found = found[: rows * FACTOR, : columns * FACTOR]
    found = found.reshape(rows, FACTOR, columns, FACTOR, 3).transpose(0, 2, 4, 1, 3)
    return found.reshape(rows * columns, -1)


def as_tensor(picture):
    """Return (1, 3, height, width) from -1 to 1."""
    return torch.from_numpy(picture.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]


@dataclass
class Windows:
    """What there is to train on.

    Parameters
    ----------
    latents
        (pictures, channels, height, width).
    places
        (n, 3) picture, top, left, in latents.
    vectors
        (n, dim) float32, standardised.
    mean, spread
        (dim,) by which they were.
    """

    latents: torch.Tensor
    places: np.ndarray
    vectors: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    def batch(self, random, count):
        """Return latents (count, channels, window, window) and vectors (count, 1, dim)."""
        chosen = random.integers(0, len(self.places), count)
        latents = [
            self.latents[k, :, top : top + WINDOW, left : left + WINDOW]
            for k, top, left in self.places[chosen]
        ]
        vectors = self.vectors[chosen]
        vectors[random.random(count) < DROPPED] = np.nan
        return torch.stack(latents), torch.from_numpy(vectors)[:, None]


def windows(pictures, coder, kept: Path) -> Windows:
    """Choose windows at random and look at each once; what was seen is kept in a file."""
    if not kept.exists():
        np.savez(kept, **_looked_at(pictures))
    with np.load(kept) as seen:
        places, vectors = seen["places"], seen["vectors"]
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0)
    latents = torch.cat([coder.encode(as_tensor(picture)) for picture in pictures])
    standard = ((vectors - mean) / spread).astype(np.float32)
    return Windows(latents, places, standard, mean, spread)


def _looked_at(pictures):
    """Return places (n, 3) of windows, and the statistics (n, dim) of each."""
    random = np.random.default_rng(0)
    places, found = [], []
    for k, picture in enumerate(pictures):
        most = [length // FACTOR - WINDOW + 1 for length in picture.shape[:2]]
        corners = np.stack([random.integers(0, n, WINDOWS_PER_PICTURE) for n in most], axis=1)
        cells = [picture[y : y + SIDE, x : x + SIDE] for y, x in corners * FACTOR]
        found.append(statistics(np.stack(cells)))
        places.append(np.insert(corners, 0, k, axis=1))
    return {"places": np.concatenate(places), "vectors": np.concatenate(found)}


class Training:
    """The network, its optimiser, and the running mean of its weights."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.spec = spec()
        self.network = build_network(self.spec.network).module
        self.teller = build_conditioner(self.spec).module
        self.both = nn.ModuleDict({"network": self.network, "teller": self.teller})
        self.both.requires_grad_(requires_grad=True).train()
        self.optimiser = torch.optim.AdamW(self.both.parameters(), lr=RATE, weight_decay=0.01)
        self.mean = {name: value.clone() for name, value in self.both.state_dict().items()}
        self.table = Schedule(self.spec.schedule).table
        self.step = 0

    def once(self, data: Windows) -> float:
        """Take a step; return the loss."""
        random = np.random.default_rng([1, self.step])
        clean, vectors = data.batch(random, BATCH)
        spread = (np.arange(BATCH) + random.random(BATCH)) / BATCH
        step = (spread * len(self.table)).astype(np.int64)
        sigma = torch.from_numpy(self.table[step]).float()[:, None, None, None]
        noise = torch.from_numpy(random.standard_normal(clean.shape, np.float32))
        size = (1 + sigma**2).sqrt()
        x, wanted = (clean + sigma * noise) / size, (noise - sigma * clean) / size
        label = self.teller({"vectors": vectors})[:, 0]
        answer = self.network(x, torch.from_numpy(step), class_labels=label).sample
        snr = sigma.flatten() ** -2
        weight = snr.clamp(max=SNR_LIMIT) / (snr + 1)
        loss = (weight * (answer - wanted).square().mean(dim=(1, 2, 3))).sum() / weight.sum()
        self._follow(loss)
        return float(loss.detach())

    def _follow(self, loss) -> None:
        self.optimiser.param_groups[0]["lr"] = RATE * min(1, (self.step + 1) / WARM_UP)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.both.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        kept = min(KEPT, self.step / (self.step + 10))
        for name, value in self.both.state_dict().items():
            self.mean[name].lerp_(value, 1 - kept)

    def save(self, path: Path) -> None:
        """Write all that is needed to go on."""
        state = {
            "both": self.both.state_dict(), "optimiser": self.optimiser.state_dict(),
            "mean": self.mean, "step": self.step,
        }  # fmt: skip
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Go on from what was saved."""
        state = torch.load(path, weights_only=True)
        self.both.load_state_dict(state["both"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.mean, self.step = state["mean"], state["step"]

    def part(self, name: str):
        """Return the running mean of one part's weights."""
        start = name + "."
        return {
            key.removeprefix(start): value
            for key, value in self.mean.items()
            if key.startswith(start)
        }


def train(data: Path, out: Path, minutes: float) -> Path:
    """Train for so many minutes in all, and leave a model folder; return it.

    The minutes of earlier runs count.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder, resume, clock = out / "model", out / "training.pt", out / "seconds"
    spent = float(clock.read_text()) if clock.exists() else 0.0
    if spent >= 60 * minutes and folder.exists():
        return folder
    pictures = [read(path) for path in tissue(data).train]
    coder = principal_patches(pictures)
    found, training = windows(pictures, coder, out / "windows.npz"), Training()
    _say(f"{sum(p.numel() for p in training.both.parameters()) / 1e6:.1f} M parameters")
    if resume.exists():
        training.load(resume)
    began, losses = time.perf_counter(), []
    while (now := spent + time.perf_counter() - began) < 60 * minutes:
        last = float(clock.read_text()) if clock.exists() else 0.0
        losses.append(training.once(found))
        if now - last > SAVE_EVERY:
            _keep(training, coder, found, folder)
            training.save(resume)
            clock.write_text(f"{now:.0f}")
            _say(f"{now:6.0f} s, step {training.step}: {np.mean(losses):.4f}")
            losses.clear()
    _keep(training, coder, found, folder)
    training.save(resume)
    clock.write_text(f"{now:.0f}")
    return folder


def _keep(training: Training, coder, found: Windows, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    save_generator(
        folder,
        training.spec,
        training.part("network"),
        coder.state_dict(),
        training.part("teller"),
        licence=Licence(name="CC-BY-3.0"),
        provenance={
            "data": "60 H&E tiles of osteosarcoma (TCIA), those of four slides left out",
            "steps": training.step,
            "mean": found.mean.tolist(),
            "spread": found.spread.tolist(),
        },
        card="# Small, for measuring\n\nTrained within minutes by tests/benchmarks/quality.py.\n",
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
