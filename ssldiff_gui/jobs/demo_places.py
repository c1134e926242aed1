"""Where the demo goes: which sample, which region of it, which cells come from where."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ssldiff_gui.core.requests import Corner
from ssldiff_gui.resources import resource_path

REGION, DONOR, EDITED = "region.safetensors", "elsewhere.safetensors", "edited.safetensors"
CANVAS = "result.ome.zarr"


@dataclass(frozen=True, slots=True)
class Journey:
    """One of the demo's ways.

    Parameters
    ----------
    sample
        Name of the file among the samples.
    encoder, generator
        Names of the starter models.
    region, donor
        x, y, width, height in level-0 pixels: what is embedded and rendered, and where the
        transplanted cells are from.
    to
        Row and column, in the region's grid, of the first cell that is replaced.
    export
        Name of the exported picture, before "synthetic" comes into it.
    place
        What the sample is, for people: "slide", "scene".
    """

    sample: str
    encoder: str
    generator: str
    region: Corner
    donor: Corner
    to: tuple[int, int]
    export: str
    place: str

    @property
    def slide(self) -> Path:
        """The file."""
        return resource_path("samples", self.sample)

    def facts(self) -> dict[str, object]:
        """Return all of it, as JSON knows it."""
        return {
            "sample": self.sample,
            "region": list(self.region),
            "donor": list(self.donor),
            "to": list(self.to),
        }

    def commands(self) -> tuple[str, ...]:
        """Return what does the same, typed in the demo's folder."""
        slide = shlex.quote(str(self.slide))
        size = ",".join(str(length // 32) for length in (self.donor[3], self.donor[2]))
        where = ",".join(map(str, self.to))
        encoder = f"--model {self.encoder}"
        return (
            f"ssldiff embed {slide} --region {_text(self.region)} {encoder} -o {REGION}",
            f"ssldiff embed {slide} --region {_text(self.donor)} {encoder} -o {DONOR}",
            f"ssldiff edit {REGION} --transplant 0,0,{size}={where}@{DONOR} -o {EDITED}",
            f"ssldiff generate {EDITED} --model {self.generator} --device cpu -o {CANVAS}",
            f"ssldiff export {CANVAS} -o {self.export}",
        )


def _text(corner: Corner) -> str:
    return ",".join(map(str, corner))


SLIDE = Journey(
    sample="sample-slide.tif",
    encoder="starter-histology-encoder",
    generator="starter-histology",
    region=(640, 1024, 1024, 1024),
    donor=(2560, 768, 384, 384),
    to=(10, 10),
    export="result.ome.tif",
    place="slide",
)
SCENE = Journey(
    sample="sample-scene.tif",
    encoder="starter-aerial-encoder",
    generator="starter-aerial",
    region=(256, 64, 1024, 1024),
    donor=(2048, 320, 384, 384),
    to=(10, 10),
    export="result.tif",
    place="scene",
)
