"""What a training run is told: the tables of its configuration file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.specs import Frozen, Licence, PixelSize
from ssldiff_gui.training.mistakes import bad_settings, near
from ssldiff_gui.training.model_settings import (
    MODELS,
    AutoencoderModel,
    ClassifierModel,
    DiffusionModel,
    EncoderModel,
    Model,
    PriorModel,
)

__all__ = [
    "KINDS",
    "AutoencoderModel",
    "Card",
    "ClassifierModel",
    "Data",
    "DiffusionModel",
    "EncoderModel",
    "Kind",
    "Model",
    "PriorModel",
    "Run",
    "Settings",
    "Source",
    "read_settings",
    "read_table",
    "settings_of",
]

Kind = Literal["encoder", "autoencoder", "diffusion", "prior", "classifier"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which a family is trained."""


class Source(Frozen):
    """Pictures of one origin.

    Parameters
    ----------
    path
        A folder of pictures, a slide, or an archive (zip, tar) of pictures; relative to the
        folder that `--data` names.
    pixel
        Width of a pixel in its files, in the run's unit; None takes what the files say.
    labels
        Whether the names of the folders right above the pictures are their classes.
    regions
        Annotations (GeoJSON) in which a slide is read; None reads all its tissue.
    crop
        Share of each picture's sides that is kept, in its middle.
    groups
        Pictures that must not be parted between training and holding out: "alike" finds those
        that look alike, "file" takes each by itself, anything else is a regular expression whose
        first match in the name tells the case.
    held_out
        Regular expression: a picture whose name it finds is held out. None holds out `share` of
        the groups.
    share
        Of the groups, chosen by their names' hashes.
    """

    path: str
    pixel: float | None = Field(default=None, gt=0)
    labels: bool = True
    regions: str | None = None
    crop: float = Field(default=1.0, gt=0, le=1)
    groups: str = "file"
    held_out: str | None = None
    share: float = Field(default=0.15, ge=0, lt=1)

    @field_validator("groups", "held_out")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression ({error})") from None
        return value


class Data(Frozen):
    """What is trained on.

    Parameters
    ----------
    pixel
        The resolution of the training; pictures are brought to it.
    sources
        Where the pictures come from.
    smallest
        Pictures with a shorter side, at `pixel`, are left out.
    stain
        How far the stains (or colours) are varied, as a share; 0 leaves them.
    flips
        Whether pictures are flipped and turned by quarters.
    """

    pixel: PixelSize
    sources: tuple[Source, ...] = Field(min_length=1)
    smallest: int = Field(default=128, gt=0)
    stain: float = Field(default=0.05, ge=0, le=1)
    flips: bool = True


class Run(Frozen):
    """How the steps are taken.

    Parameters
    ----------
    steps, batch
        How many steps, of how many pictures in all.
    rate
        Largest learning rate.
    warm_up
        Steps until it is reached.
    schedule
        How it falls: timm's "cosine", or not at all.
    optimiser
        By timm's names. "adafactorbv" remembers a fourth of what "adamw" does, and may take more
        steps.
    weight_decay
        Of the optimiser.
    clip
        Largest norm of the gradients.
    average
        Share that the running mean of the weights keeps at each step.
    seed
        Of all that is drawn.
    save_every, show_every
        Steps between checkpoints, and between early pictures; a checkpoint is also written every
        five minutes.
    checkpointing
        Whether activations are computed twice instead of kept: less memory, more time.
    precision
        Of the activations: "auto" takes bfloat16 where a GPU has it, and float32 on the CPU.
    accumulate
        Parts that the pictures of a step are taken in, one after the other, when they do not fit
        into memory at once. Several processes share each part.
    """

    steps: int = Field(gt=0)
    batch: int = Field(gt=0)
    rate: float = Field(default=5e-4, gt=0)
    warm_up: int = Field(default=100, ge=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    optimiser: str = "adamw"
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0)
    average: float = Field(default=0.999, ge=0, lt=1)
    seed: int = Field(default=0, ge=0)
    save_every: int = Field(default=500, gt=0)
    show_every: int = Field(default=500, gt=0)
    checkpointing: bool = False
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    accumulate: int = Field(default=1, gt=0)

    @field_validator("optimiser")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "adamw":
            return value  # timm takes a while to come
        from timm.optim import list_optimizers  # type: ignore[attr-defined]

        known = [str(name) for name in list_optimizers()]
        if value not in known:
            few = ", ".join(near(value, known) or ["adamw", "lamb", "sgd"])
            raise ValueError(f"timm has no optimiser {value!r}; it has, among others, {few}")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.batch % self.accumulate:
            raise ValueError(
                f"a batch of {self.batch} cannot be taken in {self.accumulate} equal parts"
            )
        return self


class Card(Frozen):
    """What a model's card says that no figure tells.

    Parameters
    ----------
    title
        For people.
    data
        What it was trained on, and under which terms.
    licence
        Of the weights.
    limits
        What it cannot do.
    """

    title: str = ""
    data: str = ""
    licence: Licence = Licence(name="unknown")
    limits: str = "Not for diagnosis."


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class Settings(Frozen):
    """A whole configuration file.

    Parameters
    ----------
    name
        Of the model, and of its folder.
    kind
        What is trained; filled in by the command.
    data, run, model, card
        Its tables.
    """

    name: Name
    kind: Kind
    data: Data
    run: Run
    model: Model
    card: Card = Card()

    @field_validator("model", mode="before")
    @classmethod
    def _right_kind(cls, value: Any, info: Any) -> Any:
        if isinstance(value, dict) and "kind" in info.data:
            return MODELS[info.data["kind"]].model_validate(value)
        return value


def read_settings(path: str | Path, kind: Kind, changes: dict[str, Any] | None = None) -> Settings:
    """Read a configuration file.

    Parameters
    ----------
    path
        TOML with the tables `data`, `run`, `model` and `card`.
    kind
        What is to be trained.
    changes
        Values instead of the file's, by dotted keys: ``{"run.steps": 100}``.

    Raises
    ------
    MissingFile
        There is no such file.
    BadRequest
        It cannot be understood; the message names the keys, the hint what is allowed.
    """
    path = Path(path)
    found = read_table(path)
    for key, value in (changes or {}).items():
        _put(found, key.split("."), value)
    if found.setdefault("kind", kind) != kind:
        raise BadRequest(
            f"{path.name} describes a run of the kind {found['kind']!r}, not {kind!r}.",
            f"Run `ssldiff train {found['kind']}` with it.",
        )
    return settings_of(found, path.name)


def read_table(path: Path) -> dict[str, Any]:
    """Read a file of TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise MissingFile(
            path,
            f"There is no configuration {path} that can be read.",
            "Name a file, or one of the recipes that `ssldiff train --list` lists.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"{path.name} is no valid TOML: {error}.", "Mend that line.") from error


def settings_of(found: dict[str, Any], where: str = "the configuration") -> Settings:
    """Check a configuration; see `read_settings`."""
    kind = found.get("kind")
    if kind not in KINDS:
        raise BadRequest(
            f"{where}: there is no kind {kind!r} of run.", f"Take one of: {', '.join(KINDS)}."
        )
    told: dict[str, Any] = {**found}
    errors: list[Any] = []
    if isinstance(found.get("model"), dict):  # by itself, so that mistakes have their own keys
        try:
            told["model"] = MODELS[kind].model_validate(found["model"])
        except ValidationError as error:
            few = error.errors(include_url=False, include_context=False)
            errors = [{**each, "loc": ("model", *each["loc"])} for each in few]
            told["model"] = _unchecked(MODELS[kind])
    elif "model" in found:
        raise BadRequest(f"{where}: model is no table.", "Begin it with a line [model].")
    try:
        made = Settings.model_validate(told)
    except ValidationError as error:
        errors = [*error.errors(include_url=False, include_context=False), *errors]
    if errors:
        raise bad_settings(where, errors, Settings, MODELS[kind])
    return made


def _unchecked(table: Any) -> Any:
    """Return a table that stands in for a wrong one, while the others are checked."""
    return table.model_construct()


def _put(table: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put a value where a dotted key says; the items of a list have numbers."""
    words = ".".join(keys)
    place: Any = table
    for key, last in zip(keys, [False] * (len(keys) - 1) + [True], strict=True):
        at: Any = key
        if isinstance(place, list):
            if not key.isdecimal() or int(key) >= len(place):
                raise BadRequest(f"{words}: there is no item {key!r}.", "Items count from 0.")
            at = int(key)
        elif not isinstance(place, dict) or not key:
            raise BadRequest(f"{words} is no key of a table.", "Name one as in run.steps.")
        if last:
            place[at] = value
        elif isinstance(place, dict):
            place = place.setdefault(key, {})
        else:
            place = place[at]
