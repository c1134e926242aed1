"""Seams of a large canvas: ours, the published ways', and the real image's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.geometry import Box, Region
from ssldiff_gui.core.grid import Vectors
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.protocols import Generator
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.evaluation.figures import Better, Figure
from ssldiff_gui.evaluation.likeness import cosines
from ssldiff_gui.evaluation.seams import block_ratio, border_ratio
from ssldiff_gui.jobs.evaluate_features import cells_of, embed_pictures, sheet
from ssldiff_gui.jobs.evaluate_rendering import Rendered, load_pair, render
from ssldiff_gui.jobs.evaluate_report import HELD_OUT, Report
from ssldiff_gui.jobs.evaluate_sources import sources
from ssldiff_gui.models.encoders import TimmEncoder
from ssldiff_gui.sampling.presets import Preset, preset_named
from ssldiff_gui.slides import open_slide
from ssldiff_gui.training.pictures import Pictures

RGB = npt.NDArray[np.uint8]

SIZE, QUICK_SIZE = 2048, 768
SMALL, QUICK_SMALL = 512, 384
COUNT, QUICK_COUNT = 4, 2
"""Of the small canvases, that the published ways are compared on."""

OURS, REAL = "ours", "real"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Canvases by each way to render, beside what they were made from.

    Parameters
    ----------
    real
        (n, size, size, 3) uint8.
    vectors
        (n, rows, columns, dim) of their cells.
    made
        The canvases, by the way to render.
    """

    real: RGB
    vectors: Vectors
    made: Mapping[str, list[Rendered]]

    def pictures(self) -> dict[str, RGB]:
        """Return (n, size, size, 3) of each way, and of the real pictures."""
        made = {name: np.stack([one.pixels for one in them]) for name, them in self.made.items()}
        return made | {REAL: self.real}


def evaluate_canvas(request: EvaluateRequest, progress: Progress) -> Report:
    """Measure seams and cost of a large canvas, and of small ones by the published ways too."""
    generator, spec, judge = load_pair(request.model, request.encoder, request.device)
    report = Report(request, spec.title)
    preset = preset_named(request.preset)
    ways = {name: preset_named(name) for name in request.published}
    cell, least = judge.spec.cell, 2 * spec.window * spec.factor
    # A border ratio needs every place of a window's lattice, and more than once.
    size = max(request.settle(request.size, SIZE, QUICK_SIZE), least) // cell * cell
    small = request.settle(request.published_size, SMALL, QUICK_SMALL)
    small = min(size, max(small, least)) // cell * cell
    count = request.settle(request.samples, COUNT, QUICK_COUNT) if ways else 0
    large, several, names = _real(request, spec.pixel, (size, small, count), progress)
    report.settings |= {
        "size": size, "published_size": small, "published_pictures": count,
        "preset": preset.name, "pictures": names, "patch": spec.factor,
        "moduli": _moduli(generator, preset, ways),
    }  # fmt: skip
    drawing = _Drawing(generator, judge, request.seed, progress)
    drawn = drawing.draw(large, {OURS: preset})
    report.add(HELD_OUT, _figures(drawn, drawing, report, f"{size}²"))
    report.sheets["canvas"] = sheet([[one[0] for one in (drawn.real, drawn.pictures()[OURS])]])
    if ways:
        drawn = drawing.draw(several, {OURS: preset, **ways})
        report.add(HELD_OUT, _figures(drawn, drawing, report, f"{len(several)} of {small}²"))
        shown = drawn.pictures()
        rows = [[shown[name][k] for name in (REAL, OURS, *ways)] for k in range(len(several))]
        report.sheets["canvas-published"] = sheet(rows)
    return report


def _real(
    request: EvaluateRequest,
    pixel: PixelSize | None,
    sizes: tuple[int, int, int],
    progress: Progress,
) -> tuple[RGB, RGB, list[str]]:
    """Return a large picture, several small ones, and what they are called."""
    size, small, count = sizes
    if request.image is not None:
        path = Path(request.image).expanduser()
        large = _of_file(path, size)
        places = [(row, col) for row in range(size // small) for col in range(size // small)]
        parts = [
            large[row * small : (row + 1) * small, col * small : (col + 1) * small]
            for row, col in places[:count]
        ]
        return large[None], np.stack(parts or [large[:small, :small]]), [path.name]
    with sources(request, pixel, progress) as found:
        pictures = found[0].held_out
        order = _fullest(pictures)
        chosen = order[: max(1, count)]
        parts = [mirrored(pictures[k], small) for k in chosen]
        names = [pictures.entries[k].name for k in chosen]
        return mirrored(pictures[chosen[0]], size)[None], np.stack(parts), names


def _of_file(path: Path, size: int) -> RGB:
    """Return the middle of the first image of a file."""
    with open_slide(path) as slide:
        scene = slide.scenes[0]
        if min(scene.width, scene.height) < size:
            raise BadRequest(
                f"{path.name} is smaller than {size} × {size} pixels.",
                "Choose a smaller --size, or a larger picture.",
            )
        box = Box((scene.width - size) // 2, (scene.height - size) // 2, size, size)
        return np.ascontiguousarray(scene.read(Region(box)))


def _fullest(pictures: Pictures) -> list[int]:
    """Return the numbers of the pictures: the large ones first, of these the least empty ones."""
    facts = []
    for number, entry in enumerate(pictures.entries):
        cells = cells_of(pictures[number][None], 32)[0, ..., 1]
        spread = cells.std(axis=(2, 3)).ravel()
        empty = float((spread < 8).mean()) if spread.size else 1.0
        facts.append((-entry.height * entry.width, round(empty, 2), number))
    return [number for _, _, number in sorted(facts)]


def mirrored(picture: RGB, size: int) -> RGB:
    """Return (size, size, 3): a picture continued by its mirror images, without a jump anywhere."""
    part = picture[:size, :size]
    more = [(0, size - length) for length in part.shape[:2]]
    return np.pad(part, [*more, (0, 0)], mode="reflect")


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """Renders pictures again, from what an encoder sees in them."""

    generator: Generator
    judge: TimmEncoder
    seed: int
    progress: Progress

    def draw(self, real: RGB, ways: Mapping[str, Preset]) -> Drawn:
        """Render (n, size, size, 3) by each way."""
        vectors = self.embed(real)
        made: dict[str, list[Rendered]] = {name: [] for name in ways}
        for turn, (name, preset) in enumerate(ways.items()):
            for number, grid in enumerate(vectors):
                words = f"Rendering {real.shape[1]}² pixels: {name}"
                self.progress.report(turn * len(real) + number, len(ways) * len(real), words)
                picture = render(
                    self.generator, grid, preset, self.seed + number, progress=self.progress
                )
                made[name].append(picture)
        return Drawn(real, vectors, made)

    def embed(self, pictures: RGB) -> Vectors:
        """Return (n, rows, columns, dim)."""
        cell = self.judge.spec.cell
        return embed_pictures(self.judge, pictures, cell, self.progress, "Embedding")


def _moduli(generator: Generator, preset: Preset, ways: Mapping[str, Preset]) -> list[int]:
    """Return the distances, in pixels, at which seams might stand: windows and their strides."""
    spec = generator.spec
    lattice = spec.cell if spec.tokens > 1 else 1
    latents = {spec.window}
    for one in (preset, *ways.values()):
        latents.add(max(lattice, round(one.stride * spec.window / lattice) * lattice))
    return sorted(n * spec.factor for n in latents if n > 1)


def _figures(drawn: Drawn, drawing: _Drawing, report: Report, what: str) -> list[Figure]:
    patch, moduli = drawing.generator.spec.factor, report.settings["moduli"]
    pictures = drawn.pictures()
    found = [
        _against(
            f"border ratio, every {modulus} pixels, {what}",
            {name: border_ratio(p, modulus, step=patch) for name, p in pictures.items()},
            "nearer",
        )
        for modulus in moduli
    ]
    every = {name: max(border_ratio(p, m) for m in moduli) for name, p in pictures.items()}
    found.append(_against(f"border ratio of any line, {what}", every, "nearer"))
    blocks = {name: block_ratio(p, patch) for name, p in pictures.items()}
    found.append(_against(f"block ratio of patches of {patch}, {what}", blocks, "nearer"))
    return found + _costs(drawn, drawing, what)


def _costs(drawn: Drawn, drawing: _Drawing, what: str) -> list[Figure]:
    count, height, width, _ = drawn.real.shape
    megapixels = count * height * width / 1e6
    centre = drawn.vectors.reshape(-1, drawn.vectors.shape[-1]).mean(axis=0)
    likeness, seconds, evaluations = {}, {}, {}
    for name, them in drawn.made.items():
        again = drawing.embed(np.stack([one.pixels for one in them]))
        likeness[name] = float(cosines(drawn.vectors, again, centre).mean())
        seconds[name] = sum(one.seconds for one in them) / megapixels
        evaluations[name] = sum(one.evaluations for one in them) / megapixels
    return [
        _against(f"embedding cosine, centred, {what}", likeness, "higher"),
        _against(f"seconds a megapixel, {what}", seconds, "lower"),
        _against(f"evaluations a megapixel, {what}", evaluations, "lower"),
    ]


def _against(measure: str, values: dict[str, float], better: Better) -> Figure:
    order = sorted(values, key=lambda name: name != REAL)
    return Figure(measure, values[OURS], better, {n: values[n] for n in order if n != OURS})
