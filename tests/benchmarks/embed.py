"""How much of the encoder's own speed is left when tiles come from a slide.

``python -m tests.benchmarks.embed [--json] [--runs 3] [--tiles 96] [--batch 16] [--device auto]``:
a ViT-S/16 with random weights embeds the sample slide, from opening the file to the finished
grid, and in turn the same number of pictures that lie in memory already. Loading the encoder
counts for neither: its weights are the same for a slide of any size.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch

from ssldiff_gui.core.requests import EmbedRequest
from ssldiff_gui.core.specs import EncoderSpec, Licence, PixelSize
from ssldiff_gui.jobs.embed import embed
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder, save_encoder
from ssldiff_gui.resources import resource_path

RATIO = 0.9
COLUMNS, SIDE = 12, 224
CORNER = (300, 120)
"""In the tissue of the sample slide."""


def vit_small(folder: Path) -> None:
    """Write a ViT-S/16 of 22 million random weights."""
    torch.manual_seed(0)
    spec = EncoderSpec(
        id="", name="vit-small", architecture="vit_small_patch16_224", dim=384, input=SIDE,
        cell=SIDE, pixel=PixelSize(size=0.5, unit="µm"), mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
    )  # fmt: skip
    tensors = make_network(spec.architecture, spec.arguments).state_dict()
    save_encoder(folder, spec, tensors, licence=Licence(name="CC0-1.0"))


def bare(encoder: TimmEncoder, tiles: int, batch: int) -> float:
    """Return tiles a second, for pictures in memory."""
    pictures = torch.randint(0, 256, (batch, 3, SIDE, SIDE), dtype=torch.uint8)
    begun = time.perf_counter()
    for _ in range(tiles // batch):
        encoder.embed_pictures(pictures)
    return tiles / (time.perf_counter() - begun)


def measure(runs: int, tiles: int, batch: int, device: str) -> dict[str, float | str]:
    """Return medians of tiles a second, and of the ratio within each run."""
    ours, alone = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        vit_small(folder / "vit")
        encoder = load_encoder(folder / "vit", device)
        bare(encoder, batch, batch)
        rows = tiles // COLUMNS
        request = EmbedRequest(
            slide=str(resource_path("samples", "sample-slide.tif")), model=str(folder / "vit"),
            region=(*CORNER, COLUMNS * SIDE, rows * SIDE), output=str(folder / "g.safetensors"),
            skip_background=False, batch=batch, device=device,
        )  # fmt: skip
        for _ in range(runs):
            alone.append(bare(encoder, tiles, batch))
            result = embed(request)
            ours.append(result.tiles_per_second)
            alone[-1] = (alone[-1] + bare(encoder, tiles, batch)) / 2
    ratios = [one / other for one, other in zip(ours, alone, strict=True)]
    middle = statistics.median
    return {
        "embed_tiles_per_s": middle(ours),
        "bare_tiles_per_s": middle(alone),
        "ratio": middle(ratios),
        "device": result.device,
    }


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tiles", type=int, default=96)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--device", default="auto")
    wanted = parser.parse_args()
    found = measure(wanted.runs, wanted.tiles, wanted.batch, wanted.device)
    if wanted.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:20} {value if isinstance(value, str) else f'{value:10.3f}'}")
    return 0 if float(found["ratio"]) >= RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
