"""The pictures that a model is measured on, and the parts of them that are looked at."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.evaluate_report import HELD_OUT
from ssldiff_gui.resources import resource_path
from ssldiff_gui.training.gathering import gather
from ssldiff_gui.training.pictures import Entry, Pictures
from ssldiff_gui.training.settings import Data, Source

RGB = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_SAME_SCALE = 0.02
_SMALLEST = 64


@dataclass(frozen=True, slots=True)
class Measured:
    """Pictures of one kind.

    Parameters
    ----------
    name
        What the figures are headed with.
    training
        What probes learn from.
    held_out
        What is measured.
    """

    name: str
    training: Pictures
    held_out: Pictures


@contextmanager
def sources(
    request: EvaluateRequest, pixel: PixelSize | None, progress: Progress
) -> Iterator[list[Measured]]:
    """Open the pictures of a request, those of the model's own sources first.

    Parameters
    ----------
    request
        Says where they are.
    pixel
        The model's resolution; None takes any.
    progress
        Told of each picture that has to be read.
    """
    with TemporaryDirectory(prefix="ssldiff-", ignore_cleanup_errors=True) as room:
        pictures = _known(request, Path(room) / "known", progress)
        _require_scale(pictures, pixel)
        found = [Measured(HELD_OUT, pictures.training(), pictures.held_out())]
        if not len(found[0].held_out):
            raise BadRequest(
                "None of the pictures is held out.", "Set `share` or `held_out` of a source."
            )
        if request.unseen is not None:
            folder = Path(request.unseen).expanduser()
            unseen = gather(_unseen(request, pictures, pixel), folder, Path(room) / "unseen",
                            progress)  # fmt: skip
            found.append(Measured(f"unseen: {folder.name}", unseen.training(), unseen.held_out()))
        yield found


def _known(request: EvaluateRequest, room: Path, progress: Progress) -> Pictures:
    if request.pictures is not None:
        folder = Path(request.pictures).expanduser()
        try:
            return Pictures(folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MissingFile(
                folder,
                f"{folder} holds no gathered pictures.",
                "Name the folder `pictures` of a training run, or give --data and --config.",
            ) from error
    if request.data is None or request.config is None:
        raise BadRequest(
            "There are no pictures to measure on.",
            "Give --pictures, the gathered pictures of a training run; or --data and --config.",
        )
    return gather(_data_of(request.config), Path(request.data).expanduser(), room, progress)


def _data_of(config: str) -> Data:
    """Return what a configuration says of the pictures, whichever kind of model it is for."""
    path = Path(config).expanduser()
    if not path.is_file():
        try:
            path = resource_path("recipes", *f"{config.removesuffix('.toml')}.toml".split("/"))
        except FileNotFoundError:
            raise MissingFile(
                path,
                f"There is no configuration {config}.",
                "Name a TOML file, or a recipe as starter-histology/encoder.",
            ) from None
    try:
        return Data.model_validate(tomllib.loads(path.read_text("utf-8")).get("data", {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(map(str, ("data", *first["loc"])))
        raise BadRequest(f"{path.name}: {key}: {first['msg']}.", "Correct that key.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path.name} is no valid TOML: {error}.", "Mend that line.") from error


def _unseen(request: EvaluateRequest, pictures: Pictures, pixel: PixelSize | None) -> Data:
    wanted = pixel or _pixel_of(pictures)
    if request.unseen_pixel is None or wanted is None:
        raise BadRequest(
            "Nobody said how wide a pixel of the unseen pictures is.",
            "Give --unseen-pixel, in the model's unit.",
        )
    facts = {"path": ".", "pixel": request.unseen_pixel, "share": 0.5}
    if request.unseen_held_out is not None:
        facts["held_out"] = request.unseen_held_out
    return Data(pixel=wanted, sources=(Source.model_validate(facts),), smallest=_SMALLEST)


def _require_scale(pictures: Pictures, pixel: PixelSize | None) -> None:
    found = _pixel_of(pictures)
    if found is None or pixel is None:
        return
    if found.unit != pixel.unit or abs(found.size / pixel.size - 1) > _SAME_SCALE:
        raise BadRequest(
            f"The pictures have {found.size:g} {found.unit} a pixel; the model was trained at "
            f"{pixel.size:g} {pixel.unit}.",
            "Measure it on pictures of its own resolution.",
        )


def _pixel_of(pictures: Pictures) -> PixelSize | None:
    """Return the resolution that pictures were gathered at, when their index says it."""
    wanted = pictures.facts.get("wanted", {})
    try:
        return PixelSize.model_validate(wanted.get("pixel"))
    except (ValidationError, AttributeError):
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Square parts of pictures, all of one size.

    Parameters
    ----------
    pixels
        (n, side, side, 3) uint8.
    labels, groups
        Of the pictures they are from.
    """

    pixels: RGB
    labels: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def halves(self) -> tuple[Numbers, Numbers]:
        """Return two parts of equal size with the same classes, that share few pictures."""
        order = sorted(range(len(self)), key=lambda k: (self.labels[k], self.groups[k], k))
        first: list[int] = []
        second: list[int] = []
        for label in sorted(set(self.labels)):
            of_it = [k for k in order if self.labels[k] == label]
            ahead = len(first) > len(second)
            middle = len(of_it) // 2 if ahead else -(-len(of_it) // 2)
            first += of_it[:middle]
            second += of_it[middle:]
        count = min(len(first), len(second))
        return np.array(first[:count], np.int64), np.array(second[:count], np.int64)


def side_of(pictures: Pictures, wanted: int, cell: int) -> int:
    """Return the side, in whole cells, of crops that nine in ten pictures have room for."""
    sides = sorted(min(entry.height, entry.width) for entry in pictures.entries)
    side = min(wanted, sides[len(sides) // 10]) // cell * cell
    if side < cell:
        raise BadRequest(
            f"The pictures are smaller than a cell of {cell} pixels.",
            "Measure on larger pictures.",
        )
    return int(side)


def draw_crops(pictures: Pictures, count: int, side: int, seed: int) -> Crops:
    """Draw crops that do not overlap: from each class as many, and from each picture, as can be.

    Parameters
    ----------
    pictures
        To draw from; those that are too small are left out.
    count
        How many are wanted; fewer come where the pictures have no more room.
    side
        In pixels.
    seed
        Of the draw.
    """
    random = np.random.default_rng(seed)
    waiting: dict[str, list[tuple[int, Entry, int, int]]] = {}
    for number in random.permutation(len(pictures)):
        entry = pictures.entries[number]
        places = _places(entry, side, random)
        for turn, (top, left) in enumerate(places):
            waiting.setdefault(entry.label, []).append((turn, entry, top, left))
    queues = [sorted(waiting[label], key=lambda item: item[0]) for label in sorted(waiting)]
    chosen: list[tuple[Entry, int, int]] = []
    for turn in range(max((len(queue) for queue in queues), default=0)):
        chosen += [queue[turn][1:] for queue in queues if turn < len(queue)]
    chosen = chosen[:count]
    if not chosen:
        raise BadRequest(
            f"No picture has room for {side} × {side} pixels.", "Measure on larger pictures."
        )
    by_start = {entry.start: number for number, entry in enumerate(pictures.entries)}
    pixels = [
        pictures[by_start[entry.start]][top : top + side, left : left + side]
        for entry, top, left in chosen
    ]
    return Crops(
        np.stack(pixels),
        tuple(entry.label for entry, _, _ in chosen),
        tuple(entry.group for entry, _, _ in chosen),
    )


def _places(entry: Entry, side: int, random: np.random.Generator) -> list[tuple[int, int]]:
    """Return corners on a lattice that begins anywhere, in any order."""
    rows, columns = entry.height // side, entry.width // side
    if not rows or not columns:
        return []
    top, left = (
        int(random.integers(0, length % side + 1)) for length in (entry.height, entry.width)
    )
    places = [
        (top + row * side, left + col * side) for row in range(rows) for col in range(columns)
    ]
    return [places[k] for k in random.permutation(len(places))]
