"""Which generator, and which prior before it, make a picture that no grid was given for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import BadRequest, IncompatibleGrid, MissingModel
from ssldiff_gui.core.requests import GenerateRequest, PriorRequest
from ssldiff_gui.core.specs import GeneratorSpec, ModelFile, PriorSpec
from ssldiff_gui.jobs.fields import class_names, number_of, takes_text
from ssldiff_gui.models.folders import (
    Installed,
    find_model,
    installed_models,
    own_first,
    read_model,
)

if TYPE_CHECKING:
    from ssldiff_gui.jobs.kept import Kept

_MOST = 512
"""Rows and columns that a layout is tried on, while nobody has said how large the picture is."""

_LIST = "See what there is with `ssldiff models list`."


@dataclass(frozen=True, slots=True)
class Choice:
    """Who makes a picture.

    Parameters
    ----------
    folder, model, spec
        Of the generator.
    prior
        Folder of the prior that draws the grid; None when the generator takes none.
    """

    folder: Path
    model: ModelFile
    spec: GeneratorSpec
    prior: Path | None

    @property
    def side(self) -> int:
        """Of a cell in pixels: canvases are whole numbers of cells."""
        return self.spec.cell * self.spec.factor


def choose(request: GenerateRequest, models: Kept | None = None) -> Choice:
    """Return who makes a picture that no grid was given for.

    Parameters
    ----------
    request
        Says what to show, and may name a generator, a prior or both.
    models
        Those that are loaded already.

    Raises
    ------
    BadRequest
        Nothing is asked for, or what is asked for nobody knows, or several do.
    MissingModel
        Nobody here makes such pictures.
    IncompatibleGrid
        The prior draws other grids than the generator takes.
    """
    _check(request)
    if request.model is not None:
        folder = find_model(request.model, "generator")
        return _before(folder, request, models)
    if request.prior is not None:
        return _behind(find_model(request.prior, "prior"), request)
    return _all(request, models)


def prior_request(
    request: GenerateRequest, prior: Path, rows: int, columns: int, *, areas: bool = True
) -> PriorRequest:
    """Return what a prior is asked for, so that its grid shows what a request wants.

    Parameters
    ----------
    request
        What is wanted.
    prior
        Who draws.
    rows, columns
        Of the grid.
    areas
        Whether the layout is for the prior.
    """
    return PriorRequest(
        output="",
        model=str(prior),
        label=request.label,
        text=request.text,
        features=request.features,
        case=request.case,
        layout=request.layout if areas else None,
        rows=rows,
        columns=columns,
        seed=request.seed,
        device=request.device,
    )


def _check(request: GenerateRequest) -> None:
    for name, word in (("text", request.text), ("class", request.label)):
        if word is not None and not word.strip():
            raise BadRequest(f"The {name} is empty.", f"Say what to show: --{name}.")
    if request.case is not None and request.features is None:
        raise BadRequest("A case is named, and no table.", "Give the table with --features.")


def _before(folder: Path, request: GenerateRequest, models: Kept | None) -> Choice:
    """Return the prior that draws for a generator."""
    model, spec = _generator(folder)
    if spec.encoder is None:
        if request.prior is not None or request.features is not None:
            raise BadRequest(
                f"{spec.title} takes no embeddings, and no prior draws for it.",
                "Leave the prior and the features out, or choose another model.",
            )
        _require_serving(spec, request)
        return Choice(folder, model, spec, None)
    _require_something(request, spec)
    if request.prior is not None:
        prior = find_model(request.prior, "prior")
        _require_fit(_prior(prior), spec)
        return Choice(folder, model, spec, prior)
    fits = [entry for entry in _priors() if _fits(entry.model, spec)]
    if not fits:
        raise MissingModel(
            f"No installed prior draws grids of {spec.encoder}, which {spec.title} takes.",
            "Train one with `ssldiff train prior`, or give a grid.",
        )
    known = fits if len(fits) == 1 else [e for e in fits if _knows(e, request, models)]
    return Choice(folder, model, spec, _one(known, "prior", "--prior").folder)


def _behind(prior: Path, request: GenerateRequest) -> Choice:
    """Return the generator that renders what a prior draws."""
    told = _prior(prior)
    fits = [
        entry
        for entry in _generators()
        if entry.model and entry.model.generator and _draws(told, entry.model.generator)
    ]
    if not fits:
        raise MissingModel(f"No installed generator takes grids of {told.encoder}.", _LIST)
    folder = _one(fits, "model", "--model").folder
    model, spec = _generator(folder)
    _require_something(request, spec)
    return Choice(folder, model, spec, prior)


def _all(request: GenerateRequest, models: Kept | None) -> Choice:
    """Return the only generator here, with or without a prior, that does what is asked for."""
    before: dict[str, Installed] = {}
    serving: list[Installed] = []
    told = request.text or request.label or request.features or request.layout
    priors = [e for e in _priors() if told and _knows(e, request, models)]
    for entry in _generators():
        assert entry.model is not None  # noqa: S101 - `_generators` saw to it
        spec = entry.model.generator
        assert spec is not None  # noqa: S101
        if spec.encoder is None:
            if _serves(spec, request):
                serving.append(entry)
            continue
        drawing = [e for e in priors if _fits(e.model, spec)]
        if drawing:
            before[entry.name] = _one(drawing, "prior", "--prior")
            serving.append(entry)
    if not serving:
        raise BadRequest(
            "No installed model knows what is asked for." if told else "Nothing is asked for.",
            "Give a grid, a text or a class, or name a model with --model: it tells what it knows.",
        )
    chosen = _one(serving, "model", "--model")
    model, spec = _generator(chosen.folder)
    prior = before.get(chosen.name)
    return Choice(chosen.folder, model, spec, None if prior is None else prior.folder)


def _serves(spec: GeneratorSpec, request: GenerateRequest) -> bool:
    try:
        _require_serving(spec, request)
    except BadRequest:
        return False
    told = request.text or request.label or request.layout
    return bool(told) and request.features is None


def _require_serving(spec: GeneratorSpec, request: GenerateRequest) -> None:
    """See that a generator without embeddings is told what it takes, and nothing else."""
    if request.text is not None and not takes_text(spec):
        raise BadRequest(f"{spec.title} takes no text.", _instead(spec))
    if request.label is not None:
        number_of(spec, request.label)
    if request.layout is not None and not (spec.layout or class_names(spec) or takes_text(spec)):
        raise BadRequest(f"{spec.title} takes no layout.", _instead(spec))
    if takes_text(spec) and request.text is None and request.layout is None:
        raise BadRequest(f"{spec.title} draws what a text says.", "Give one: --text.")


def _instead(spec: GeneratorSpec) -> str:
    if names := class_names(spec):
        return f"Give a class: {', '.join(names[:40])}."
    if takes_text(spec):
        return "Give a text: --text."
    if spec.layout:
        return "Give a layout: --layout."
    return "Leave it out, or choose another model."


def _require_something(request: GenerateRequest, spec: GeneratorSpec) -> None:
    told = request.text, request.label, request.features
    if all(one is None for one in told) and (request.layout is None or spec.layout):
        raise BadRequest(
            f"Nothing says what {spec.title} shall show.",
            "Give a grid, or a text, a class or features for a prior to draw one.",
        )


def _require_fit(prior: PriorSpec, spec: GeneratorSpec) -> None:
    if not _draws(prior, spec):
        raise IncompatibleGrid(
            f"{prior.title} draws cells of {prior.cell} pixels for {prior.encoder}; {spec.title} "
            f"takes cells of {spec.cell * spec.factor} for {spec.encoder}.",
            "Choose a prior and a generator of one encoder, or fit a map between the two: "
            "ssldiff map fit.",
        )


def _draws(prior: PriorSpec, spec: GeneratorSpec) -> bool:
    return prior.encoder == spec.encoder and prior.cell == spec.cell * spec.factor


def _fits(model: ModelFile | None, spec: GeneratorSpec) -> bool:
    return model is not None and model.prior is not None and _draws(model.prior, spec)


def _knows(entry: Installed, request: GenerateRequest, models: Kept | None) -> bool:
    """Whether a prior knows what is asked for."""
    from ssldiff_gui.jobs.prior_asked import Wish
    from ssldiff_gui.models.priors import load_prior

    told = request.text, request.label, request.features
    areas = all(one is None for one in told)
    asked = prior_request(request, entry.folder, _MOST, _MOST, areas=areas)
    wish = Wish.of(asked)
    prior = (load_prior if models is None else models.prior)(entry.folder, request.device)
    try:
        wish.understood(prior)
    except BadRequest:
        return False
    return True


def _one(entries: list[Installed], what: str, option: str) -> Installed:
    """Return the only one; what the person installed comes before what the package carries."""
    first = own_first(entries)
    names = ", ".join(entry.name for entry in first)
    if not first:
        raise BadRequest(
            f"No installed {what} knows what is asked for.",
            f"Choose one with {option}: it tells what it knows.",
        )
    if len(first) > 1:
        raise BadRequest(
            f"More than one installed {what} could do this: {names}.", f"Choose one with {option}."
        )
    return first[0]


def _generator(folder: Path) -> tuple[ModelFile, GeneratorSpec]:
    model = read_model(folder)
    if model.generator is None:
        raise MissingModel(f"{folder.name} is no generator.", _LIST)
    return model, model.generator


def _prior(folder: Path) -> PriorSpec:
    model = read_model(folder)
    if model.prior is None:
        raise MissingModel(f"{folder.name} is no prior.", _LIST)
    return model.prior


def _generators() -> list[Installed]:
    return [e for e in installed_models() if e.model is not None and e.model.generator is not None]


def _priors() -> list[Installed]:
    return [e for e in installed_models() if e.model is not None and e.model.prior is not None]
