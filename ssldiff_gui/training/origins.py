"""What a source is, and which pictures it offers: none of them is read yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.slides.formats import OPENSLIDE_SUFFIXES, Family, family_of
from ssldiff_gui.slides.problems import naming, unsupported
from ssldiff_gui.training.archives import is_archive, members
from ssldiff_gui.training.found import Found, Shelf, unusable
from ssldiff_gui.training.reading import ENDINGS, read_picture
from ssldiff_gui.training.settings import Data, Source
from ssldiff_gui.training.slide_parts import COARSEST, Cutter

SLIDES = OPENSLIDE_SUFFIXES | {
    ".bif", ".dcm", ".geotiff", ".gtiff", ".ndpi", ".qptiff", ".scn", ".svs", ".zarr",
}  # fmt: skip
"""Endings of files that are slides or scenes without a second look."""

_TIFF = frozenset({".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, and where it lies.

    Parameters
    ----------
    there
        Its file or folder.
    source, data
        What the configuration says of it, and of all.
    regions
        Annotations, or a folder of them; None for none.
    """

    there: Path
    source: Source
    data: Data
    regions: Path | None = None

    @classmethod
    def of(cls, source: Source, data: Data, root: Path) -> Origin:
        """Look whether all of it is there.

        Raises
        ------
        MissingFile
            A path leads nowhere.
        BadRequest
            Its pixels are too coarse for the run.
        """
        regions = None if source.regions is None else root / source.regions
        for path, key in ((root / source.path, "path"), (regions, "regions")):
            if path is not None and not path.exists():
                hint = f"Check `{key}` in [[data.sources]], and the folder that --data names."
                raise MissingFile(path, f"There is nothing at {path}.", hint)
        if source.pixel is not None and source.pixel > COARSEST * data.pixel.size:
            raise BadRequest(
                f"{source.path} has {source.pixel:g} {data.pixel.unit} a pixel, too coarse for a "
                f"run at {data.pixel.size:g}.",
                "Take finer pictures, or a larger `pixel` in [data].",
            )
        return cls(root / source.path, source, data, regions)

    def found(self, shelf: Shelf, progress: Progress) -> Iterator[Found]:
        """Yield its pictures.

        Parameters
        ----------
        shelf
            Keeps files open while pictures of them are read.
        progress
            Asked whether to go on.

        Raises
        ------
        BadRequest
            There is no picture at all, or nobody says how large the pixels of a slide are.
        """
        if is_archive(self.there):
            for found in members(self.there, shelf, progress):
                label = _text(found.label) if self.source.labels else ""
                yield replace(found, name=_text(found.name), label=label)
            return
        folder, names = self._files()
        self._check_regions(names)
        slides = self.regions is not None or any(map(_is_slide, names))
        cutter = Cutter(self.source, self.data, self.regions, len(names) > 1, shelf)
        for k, name in enumerate(names):
            for found in self._in_file(folder / name, name, cutter, slides=slides):
                yield replace(found, name=_text(found.name), at=k / len(names))

    def _in_file(self, path: Path, name: str, cutter: Cutter, *, slides: bool) -> Iterator[Found]:
        """Yield what a file offers: beside slides, mere pictures are labels and thumbnails."""
        label = _text(path.parent.name) if self.source.labels else ""
        tiff = path.suffix.lower() in _TIFF
        if tiff or _is_slide(name) or self.regions is not None:
            yield from cutter.parts(path, name, label)
        elif slides:
            hint = "Make it a source of its own if it is wanted."
            yield unusable(name, unsupported(path, "it is a picture beside slides", hint))
        else:
            yield Found(name, label, partial(read_picture, path))

    def _files(self) -> tuple[Path, list[str]]:
        """Return a folder, and the names of what is worth a look in it."""
        if not self.there.is_dir() or family_of(self.there) is Family.ZARR:
            return self.there.parent, [self.there.name]
        with naming(self.there):
            names = sorted(_walked(self.there), key=lambda name: PurePosixPath(name).parts)
        if not names:
            raise BadRequest(
                f"{self.there} holds no picture.",
                f"Check `path`; pictures end in {', '.join(sorted(ENDINGS))}.",
            )
        return self.there, names

    def _check_regions(self, names: list[str]) -> None:
        if self.regions is not None and len(names) > 1 and not self.regions.is_dir():
            raise BadRequest(
                f"{self.regions.name} cannot tell which of {len(names)} slides it is for.",
                "Let `regions` name a folder with a file for each slide, named as the slide is.",
            )


def _walked(folder: Path) -> Iterator[str]:
    """Yield the files at any depth that may be pictures; links are followed, but not in circles."""
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place)
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        images = [name for name in folders if name.lower().endswith(".zarr")]
        folders[:] = [name for name in folders if name not in images and not _hidden(name)]
        for name in [*files, *images]:
            path = here / name
            wanted = path.suffix.lower() in ENDINGS | SLIDES and not _hidden(name)
            if wanted and (name in images or path.is_file()):
                yield path.relative_to(folder).as_posix()


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _is_slide(name: str) -> bool:
    lower = name.lower()
    return Path(lower).suffix in SLIDES or lower.endswith((".ome.tif", ".ome.tiff"))


def _text(name: str) -> str:
    """Return a name as text that can be printed, whatever a file system or an archive allows."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in name
    )
