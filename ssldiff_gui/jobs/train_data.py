"""Which pictures a run is trained on: the recipe's, or somebody's own in their place."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs.train_recipes import Configuration
from ssldiff_gui.training.pictures import INDEX, Pictures
from ssldiff_gui.training.settings import Data, Source

PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is trained on.

    Parameters
    ----------
    data
        The sources, and how they are read.
    root
        What their paths are relative to.
    own
        Whether somebody's own pictures take the place of the recipe's.
    """

    data: Data
    root: Path
    own: bool

    @property
    def words(self) -> str:
        """For people."""
        if self.own:
            return f"all of {self.root / self.data.sources[0].path}, in place of the recipe's"
        return ", ".join(str(self.root / source.path) for source in self.data.sources)


def choose(data: Data, given: Path | None, found: Configuration, pixel: PixelSize | None) -> Chosen:
    """Say what is trained on.

    Parameters
    ----------
    data
        As the configuration has it.
    given
        What `--data` names. When all that the configuration lists lies below it, it is the folder
        that they are relative to. When nothing of that does, it is trained on as a whole, with
        whatever pictures, slides or archives are in it. None takes the configuration's folder.
    found
        The configuration.
    pixel
        Width of a pixel in files that do not say it; for somebody's own pictures.

    Raises
    ------
    BadRequest
        Nothing says where the pictures are, or only some of them are there.
    """
    if given is None:
        if found.carried:
            raise BadRequest(
                f"{found.name} has no pictures beside it.",
                "Say with --data where they are: a folder of pictures or slides of your own, a "
                "slide, or an archive.",
            )
        given = found.path.resolve().parent
    given = given.expanduser().absolute()
    if not given.exists():
        raise MissingFile(given, f"There is nothing at {given}.", "Check what --data names.")
    missing = [source.path for source in data.sources if not (given / source.path).exists()]
    if not missing:
        if pixel is not None:
            raise BadRequest(
                "--pixel is for pictures of your own, and --data holds the configuration's.",
                "Say it in the configuration: pixel, below [[data.sources]].",
            )
        return Chosen(data, given, own=False)
    if len(missing) < len(data.sources):
        raise BadRequest(
            f"Of the sources of {found.name}, {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not in {given}.",
            "Put them there; or name a folder with pictures of your own, which is then taken as "
            "a whole.",
        )
    if pixel is not None and pixel.unit != data.pixel.unit:
        raise BadRequest(
            f"--pixel is in {pixel.unit}, and {found.name} trains in {data.pixel.unit}.",
            "Give it in the same unit, or take another recipe.",
        )
    root, path = (given, ".") if given.is_dir() else (given.parent, given.name)
    source = Source(path=path, pixel=None if pixel is None else pixel.size)
    return Chosen(data.model_copy(update={"sources": (source,)}), root, own=True)


def pictures_folder(out: Path, chosen: Chosen, *, share: bool) -> Path:
    """Return where the pictures of a run lie.

    Parameters
    ----------
    out
        Of the run.
    chosen
        What is trained on.
    share
        Whether the runs beside this one are of the same family. Their pictures lie beside them
        all; those that lie there already, of the same sources, are taken in any case.
    """
    beside = out.parent / PICTURES
    try:
        known = json.loads((beside / INDEX).read_text("utf-8"))["wanted"]
    except (OSError, ValueError, KeyError, TypeError):
        return beside if share and not (beside / INDEX).exists() else out / PICTURES
    wanted = chosen.data.model_dump(mode="json", include={"pixel", "sources", "smallest"})
    wanted["root"] = str(chosen.root.resolve())
    alike = isinstance(known, dict) and all(known.get(key) == wanted[key] for key in wanted)
    return beside if alike else out / PICTURES


def digest_of(pictures: Pictures) -> str:
    """Return a hash over what the pictures are called, how large they are, and who holds out."""
    told = [[e.name, e.label, e.group, e.held_out, e.height, e.width] for e in pictures.entries]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def described(pictures: Pictures) -> dict[str, Any]:
    """Return what a model's folder says of the pictures it was trained on."""
    held = [entry.held_out for entry in pictures.entries]
    return {
        "count": len(held),
        "held_out": sum(held),
        "megapixels": round(pictures.megapixels, 1),
        "classes": pictures.labels,
        "sha256": digest_of(pictures),
    }
