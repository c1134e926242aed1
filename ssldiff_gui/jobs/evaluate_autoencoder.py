"""How much of a picture an autoencoder keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ssldiff_gui.core.errors import IncompatibleGrid
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import GeneratorSpec, PixelSize
from ssldiff_gui.evaluation.distances import Space, frechet, too_few
from ssldiff_gui.evaluation.fidelity import psnr, ssim
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.evaluation.resampling import bootstrap
from ssldiff_gui.evaluation.seams import block_ratio
from ssldiff_gui.jobs.evaluate_features import embed_pictures, recoded, sheet, to_levels
from ssldiff_gui.jobs.evaluate_report import Report
from ssldiff_gui.jobs.evaluate_sources import Crops, Measured, draw_crops, side_of, sources
from ssldiff_gui.models.encoders import TimmEncoder, load_encoder
from ssldiff_gui.models.folders import find_model
from ssldiff_gui.training.describing import loaded_autoencoder

RGB = npt.NDArray[np.uint8]

SAMPLES, QUICK_SAMPLES = 96, 48
SIDE = 256
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Coder:
    """An autoencoder, of its own folder or a generator's.

    Parameters
    ----------
    title
        For people.
    factor
        Pixels for each latent.
    pixel
        The resolution it was trained at.
    encoder
        Id of the encoder that goes with it, when its folder says it.
    through
        (n, height, width, 3) uint8 → the same, coded and decoded.
    """

    title: str
    factor: int
    pixel: PixelSize | None
    encoder: str | None
    through: Callable[[RGB], RGB]


def load_coder(name: str | Path) -> Coder:
    """Load the autoencoder of an autoencoder's or a generator's folder; it computes on the CPU."""
    made = loaded_autoencoder(find_model(name))
    spec = made.spec

    def through(pictures: RGB) -> RGB:
        with torch.inference_mode():
            values = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
            return to_levels(made.decode(made.encode(values.float() / 127.5 - 1)).numpy())

    encoder = spec.encoder if isinstance(spec, GeneratorSpec) else None
    return Coder(spec.title, spec.factor, spec.pixel, encoder, through)


def evaluate_autoencoder(request: EvaluateRequest, progress: Progress) -> Report:
    """Measure an autoencoder by what its reconstructions lack."""
    coder = load_coder(request.model)
    report = Report(request, coder.title)
    judge = _judge(request, coder, report)
    cell = judge.spec.cell if judge is not None else 4 * coder.factor
    count = request.settle(request.samples, SAMPLES, QUICK_SAMPLES)
    with sources(request, coder.pixel, progress) as found:
        side = side_of(found[0].held_out, SIDE, int(np.lcm(cell, coder.factor)))
        space = None if judge is None else space_of(judge, found[0], side, request.seed, progress)
        report.settings |= {"crops": count, "side": side}
        for number, source in enumerate(found):
            here = side if not number else side_of(source.held_out, side, cell)
            crops = draw_crops(source.held_out, count, here, request.seed)
            made = recoded(coder.through, crops.pixels, progress)
            figures = _pixel_figures(crops, made, coder.factor)
            if judge is not None and space is not None:
                figures += _distances(crops, made, judge, space, progress)
            report.add(source.name, figures)
            rows = [list(crops.pixels[:SHOWN]), list(made[:SHOWN])]
            report.sheets["autoencoder" if not number else "autoencoder-unseen"] = sheet(rows)
    return report


def _judge(request: EvaluateRequest, coder: Coder, report: Report) -> TimmEncoder | None:
    name = request.encoder or coder.encoder
    if name is None:
        report.warn("No encoder was named: distances in its features are left out (--encoder).")
        return None
    judge = load_encoder(name, request.device)
    if coder.encoder is not None and judge.spec.id != coder.encoder:
        raise IncompatibleGrid(
            f"{coder.title} goes with {coder.encoder}, not with {judge.spec.id}.",
            "Leave --encoder out, or name that one.",
        )
    report.settings["encoder"] = judge.spec.id
    return judge


def space_of(
    judge: TimmEncoder, known: Measured, side: int, seed: int, progress: Progress
) -> Space:
    """Return the space of an encoder's features: centred and scaled by the training pictures'."""
    crops = draw_crops(known.training, 64, side, seed)
    words = "Embedding training pictures"
    vectors = embed_pictures(judge, crops.pixels, judge.spec.cell, progress, words)
    return Space.of(vectors.reshape(-1, judge.spec.dim))


def _pixel_figures(crops: Crops, made: RGB, factor: int) -> list[Figure]:
    found = []
    for name, values in (
        ("PSNR (dB)", psnr(crops.pixels, made)),
        ("SSIM", ssim(crops.pixels, made)),
    ):
        low, high = bootstrap(lambda n, v=values: v[n].mean(), crops.groups)  # type: ignore[misc]
        found.append(
            Figure(name, float(values.mean()), "higher", {}, float(low), float(high),
                   f"mean over {len(crops)} crops")
        )  # fmt: skip
    real = block_ratio(crops.pixels, factor)
    note = f"change across the lines between patches of {factor}, over that elsewhere"
    found.append(
        Figure("block ratio", block_ratio(made, factor), "nearer", {"real": real}, note=note)
    )
    return found


def _distances(
    crops: Crops, made: RGB, judge: TimmEncoder, space: Space, progress: Progress
) -> list[Figure]:
    """Compare reconstructions with the same pictures, and a half of them with the other half."""
    cell, dim = judge.spec.cell, judge.spec.dim
    real, ours = (
        embed_pictures(judge, pixels, cell, progress, words)
        for pixels, words in (
            (crops.pixels, "Embedding real pictures"),
            (made, "Embedding reconstructions"),
        )
    )
    spaced = [space(v.reshape(-1, dim)).reshape(len(v), -1, dim) for v in (real, ours)]
    first, second = crops.halves()
    flat = [v.reshape(-1, dim) for v in spaced]
    across = [
        frechet(spaced[0][a].reshape(-1, dim), part[b].reshape(-1, dim))
        for part in spaced
        for a, b in ((first, second),)
    ]
    few = too_few(len(first) * spaced[0].shape[1], dim, "cells") or ""
    return [
        Figure(
            "Fréchet distance of cells, to the same pictures", frechet(flat[0], flat[1]), "lower",
            {"real, two halves": across[0]}, note=f"{len(flat[0]):,} cells. {few}".strip(),
        ),
        Figure(
            "Fréchet distance of cells, to other pictures", across[1], "nearer",
            {"real": across[0]}, note="one half reconstructed, against the other half as it is",
        ),
    ]  # fmt: skip
