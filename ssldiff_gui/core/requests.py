"""Work as data: each request carries all that influences its result, and can be kept as JSON."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.specs import Frozen, PixelSize

Corner = tuple[int, int, int, int]


class EmbedRequest(Frozen):
    """Turn a region of a slide or a scene into a grid.

    Parameters
    ----------
    slide
        Path of the file.
    scene
        Which image of the file.
    region
        x, y, width, height in level-0 pixels; None is the whole scene.
    model
        Name of an installed encoder, or a model folder.
    output
        The grid's file; what is done already is kept beside it until the grid is whole.
    pixel
        Size of a level-0 pixel, when the file does not say.
    skip_background
        Leave out glass and nodata.
    tissue
        Share of a cell, from 0 to 1, that has to be tissue for the cell to be embedded; in a
        scene on Earth, that has to have data, and there never less than a half.
    batch
        Cells the network sees at once.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["embed"] = "embed"
    slide: str
    scene: int = 0
    region: Corner | None = None
    model: str
    output: str
    pixel: PixelSize | None = None
    skip_background: bool = True
    tissue: float = Field(default=0.1, ge=0, le=1)
    batch: int = Field(default=32, gt=0)
    device: str = "auto"


class Lead(Frozen):
    """A classifier whose gradient leads a generator to a class.

    Parameters
    ----------
    classifier
        Name or folder of a classifier of latents.
    label
        The class.
    scale
        Of the gradient; HistoDiffusion's is 10.
    """

    classifier: str
    label: str
    scale: float = Field(default=10.0, ge=0)


class GenerateRequest(Frozen):
    """Render a grid, or what is asked for in words, as a class, or by a layout.

    Parameters
    ----------
    grid
        Path of the grid's file; None has a prior draw it, or asks a generator that takes none.
    text, label
        What to show, for generators that take it; without a grid, what the prior draws.
    features, case
        A table of features and a line of it, as `PriorRequest` has them.
    prior
        Name or folder of the prior, when there is no grid and the generator takes one.
    layout
        Path of a layout: boxes, masks, and texts or classes of areas.
    rows, columns
        Of the canvas in cells, when there is no grid.
    lead
        A classifier that leads to a class.
    canvas
        The OME-Zarr folder to make, or to go on with.
    model
        Name of an installed generator, or a model folder; None takes the installed one that
        fits the grid.
    seed
        Of the noise.
    preset
        Name of a way to render, see `sampling.presets`.
    steps, guidance
        Instead of the preset's and the model's.
    region
        x, y, width, height in pixels of the canvas: only the tiles it touches are rendered.
    resume
        Go on with a canvas that exists, and render again what another grid changes.
    start_from
        A canvas of the same model and settings. When there is none at `canvas` yet, what is
        finished in it is taken over, so that only what the grid changes is rendered; the pixels
        are those of a render from nothing.
    batch
        Windows that a GPU's network sees at once; part of what the last bits depend on. A CPU's
        always sees the same number, so that there it is not.
    compiled
        Compile the network on a GPU: minutes at first, quicker afterwards, other last bits.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    precision
        "auto" takes bfloat16 where the device has it and float32 elsewhere.
    """

    kind: Literal["generate"] = "generate"
    grid: str | None = None
    text: str | None = None
    label: str | None = None
    features: str | None = None
    case: str | None = None
    prior: str | None = None
    layout: str | None = None
    rows: int | None = Field(default=None, gt=0)
    columns: int | None = Field(default=None, gt=0)
    lead: Lead | None = None
    canvas: str
    model: str | None = None
    seed: int = Field(default=0, ge=0, lt=2**63)
    preset: str = "default"
    steps: int | None = Field(default=None, gt=0, le=1000)
    guidance: float | None = None
    region: Corner | None = None
    resume: bool = False
    start_from: str | None = None
    batch: int | None = Field(default=None, gt=0)
    compiled: bool = False
    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"


class PriorRequest(Frozen):
    """Draw a grid from a class or a text.

    Parameters
    ----------
    output
        The grid's file.
    model
        Name of an installed prior, or a model folder; None takes the installed one that knows
        what is asked for.
    label
        A class that the prior knows.
    text
        Words. With a class as well, the grid is half of each.
    features
        A table (CSV, TSV) of the modality that the prior was trained on, one line a case.
    case
        Which line of it; None takes the first.
    layout
        Path of a layout whose areas have texts or classes of their own; what is asked for above
        is for the rest.
    rows, columns
        Of the grid, in cells.
    seed
        Of the noise.
    guidance
        How far it goes towards what is asked for, as
        ``null + guidance · (conditional - null)``; None takes the model's.
    steps
        Evaluations of the network; None takes the default.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["prior"] = "prior"
    output: str
    model: str | None = None
    label: str | None = None
    text: str | None = None
    features: str | None = None
    case: str | None = None
    layout: str | None = None
    rows: int = Field(default=32, gt=0)
    columns: int = Field(default=32, gt=0)
    seed: int = Field(default=0, ge=0, lt=2**63)
    guidance: float | None = Field(default=None, ge=0, le=20)
    steps: int | None = Field(default=None, ge=2, le=500)
    device: str = "auto"


class ExportRequest(Frozen):
    """Write a canvas, or a part of it, as a file other programs open.

    Parameters
    ----------
    canvas
        An OME-Zarr folder.
    output
        The file; its suffix says the format.
    region
        x, y, width, height in pixels of the canvas; None is all of it.
    level
        Which resolution.
    """

    kind: Literal["export"] = "export"
    canvas: str
    output: str
    region: Corner | None = None
    level: int = Field(default=0, ge=0)


class CheckRequest(Frozen):
    """Embed a finished canvas again, and compare each cell with what was asked for.

    Parameters
    ----------
    canvas
        An OME-Zarr folder.
    output
        The check's file; what it holds already of the same canvas is not computed again.
    encoder
        Name or folder; None takes the installed one that made the grid.
    device
        "auto", "cpu", "cuda", "cuda:1", "mps".
    """

    kind: Literal["check"] = "check"
    canvas: str
    output: str
    encoder: str | None = None
    device: str = "auto"


class FigureRequest(Frozen):
    """Draw original, grid, synthetic and check map beside each other.

    Parameters
    ----------
    canvas
        An OME-Zarr folder.
    output
        A PNG.
    slide
        File that the grid was taken from; None leaves the original out.
    scene
        Which image of the file.
    check
        A check's file; None leaves the map out.
    """

    kind: Literal["figure"] = "figure"
    canvas: str
    output: str
    slide: str | None = None
    scene: int = 0
    check: str | None = None


class ModelRequest(Frozen):
    """Fetch a model of the catalogue.

    Parameters
    ----------
    name
        In the catalogue.
    accept
        Whether somebody has read the licence and agrees.
    """

    kind: Literal["model"] = "model"
    name: str
    accept: bool = False


AnyRequest = (
    EmbedRequest
    | GenerateRequest
    | PriorRequest
    | ExportRequest
    | CheckRequest
    | FigureRequest
    | ModelRequest
    | TrainRequest
    | EvaluateRequest
    | FidRequest
    | AugmentRequest
    | StudyRequest
    | LabelRequest
    | MapRequest
)

_ANY: TypeAdapter[AnyRequest] = TypeAdapter(Annotated[AnyRequest, Field(discriminator="kind")])


def parse_request(data: JsonValue) -> AnyRequest:
    """Return the request that `model_dump(mode="json")` has made.

    Raises
    ------
    BadRequest
        It is none.
    """
    try:
        return _ANY.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadRequest(
            f"That is no request: {place or 'it'}: {first['msg']}.",
            "It was written by another version, or changed by hand: ask for it anew.",
        ) from error
