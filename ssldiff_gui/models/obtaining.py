"""Getting a model: what it is and its terms first, then its files, then a folder of ours."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import BadRequest, MissingModel, NeedsConsent, UnsafeFile, UserError
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.core.specs import EncoderSpec, Licence, ModelFile
from ssldiff_gui.models.catalogue import CatalogueEntry, catalogue
from ssldiff_gui.models.encoder_networks import check_network
from ssldiff_gui.models.encoder_sources import (
    CONFIG,
    PREPROCESSOR,
    read_json,
    spec_of,
    with_tensors,
)
from ssldiff_gui.models.encoders import save_encoder
from ssldiff_gui.models.folders import installed_folder, installed_name, read_model
from ssldiff_gui.models.hub import HUB, HubFile, Repository, fetch, look
from ssldiff_gui.models.weights import load_tensors, sha256_of

if TYPE_CHECKING:
    import torch

FIRST_USE = "first use"
PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be had, before anything of it is downloaded.

    Parameters
    ----------
    entry
        What is known of it.
    repository
        What the hub says it holds; None when it is installed from a file.
    licence
        The terms to accept.
    """

    entry: CatalogueEntry
    repository: Repository | None
    licence: Licence

    @property
    def size(self) -> int | None:
        """Bytes to download, as far as the hub says."""
        if self.repository is None:
            return None
        return self.repository.files.get(self.entry.weights, HubFile(None, None)).size

    @property
    def pinned(self) -> bool:
        """Whether its content is known beforehand."""
        return self.entry.sha256 is not None or self.entry.revision is not None


@dataclass(frozen=True, slots=True)
class Obtained:
    """What was installed.

    Parameters
    ----------
    folder
        The model folder.
    encoder
        What it is.
    revision, sha256
        The commit, and the content of the weights as they were given.
    trust
        "pinned" when they had to match what was known before; "first use" when they had not, and
        are what a later download has to match.
    """

    folder: Path
    encoder: EncoderSpec
    revision: str | None
    sha256: str
    trust: str


def offer(name: str, *, local: bool = False) -> Offer:
    """Find out what a name stands for and under which terms it can be had.

    Parameters
    ----------
    name
        Of the catalogue; "hf-hub:OWNER/NAME"; or "timm:NAME".
    local
        Whether the weights are at hand, so that the hub need not be asked.

    Raises
    ------
    MissingModel
        Nobody knows it, or it cannot be downloaded; the hint says what can be done.
    GatedModel
        Its owners want to be asked first.
    """
    entry = _with_pin(catalogue().get(name) or _on_the_hub(name))
    if local:
        return Offer(entry, None, entry.licence)
    if entry.repository is None or entry.obtain == "convert":
        raise MissingModel(
            f"{entry.title} is given by its owners as a pickle only, which is not downloaded.",
            f"Get it from {entry.source} yourself. {_two_steps(entry)}",
        )
    found = look(entry.repository, entry.revision or entry.branch)
    if entry.weights not in found.files:
        raise _no_safetensors(entry, found)
    licence = entry.licence if entry.licence.name else found.licence
    if licence.gate is None and found.licence.gate is not None:
        licence = licence.model_copy(update={"gate": found.licence.gate})
    return Offer(entry, found, licence)


def check_consent(licence: Licence, accepted: str | None) -> None:
    """Raise unless the terms were accepted by their name.

    Raises
    ------
    NeedsConsent
        They were not; the message says them.
    """
    if accepted is not None and accepted.strip().lower() == licence.name.lower():
        return
    raise NeedsConsent(terms(licence), f"Accept it with --accept-licence {licence.name!r}.")


def terms(licence: Licence) -> str:
    """Say a licence in words."""
    use = {
        True: "commercial use is allowed",
        False: "no commercial use",
        None: "commercial use is unclear",
    }
    parts = [f"Licence: {licence.name} ({use[licence.commercial]})"]
    if licence.url:
        parts.append(licence.url)
    if licence.gate:
        parts.append(f"access has to be asked for at {licence.gate}")
    return "; ".join(parts) + "."


def obtain(given: Offer, progress: Progress | None = None) -> Obtained:
    """Download and install what was offered and accepted.

    Parameters
    ----------
    given
        Of `offer`; its licence was accepted.
    progress
        Who watches, and may ask for an end.
    """
    entry, repository = given.entry, given.repository
    if repository is None:
        raise BadRequest("There is nothing to download here.", "Give the file with --from.")
    watch = progress or Silent()
    room = installed_folder() / f".download-{entry.name}"
    with_config = CONFIG in repository.files
    files = [CONFIG] if with_config else []
    files += [name for name in (PREPROCESSOR,) if name in repository.files]
    paths = {name: fetch(repository, name, room) for name in files}
    config = read_json(paths[CONFIG]) if with_config else {}
    extra = read_json(paths[PREPROCESSOR]) if PREPROCESSOR in paths else {}
    spec = _spec(entry, config, extra)
    check_network(spec.architecture, spec.arguments)  # before gigabytes are fetched for it
    weights = fetch(repository, entry.weights, room, sha256=entry.sha256, progress=watch)
    watch.report(0, 1, "Installing")
    done = _install(given, spec, weights, repository.commit)
    shutil.rmtree(room, ignore_errors=True)
    return done


def install_file(given: Offer, path: Path) -> Obtained:
    """Install weights that are at hand, as safetensors.

    Parameters
    ----------
    given
        Of ``offer(name, local=True)``; its licence was accepted.
    path
        The file; `config.json` beside it is read when the model needs one.
    """
    return _install(given, spec_beside(given.entry, path), path, None)


def known(name: str) -> CatalogueEntry:
    """Return an entry of the catalogue.

    Raises
    ------
    MissingModel
        There is none of that name.
    """
    try:
        return catalogue()[name]
    except KeyError as error:
        raise MissingModel(
            f"The catalogue has no model {name!r}.", f"It has {', '.join(catalogue())}."
        ) from error


def spec_beside(entry: CatalogueEntry, path: Path) -> EncoderSpec:
    """Return the specification for a file of weights; `config.json` beside it is read too."""
    beside = path.parent / CONFIG
    return _spec(entry, read_json(beside) if beside.is_file() else {}, {})


def fitted(
    entry: CatalogueEntry, spec: EncoderSpec, tensors: Mapping[str, torch.Tensor]
) -> tuple[EncoderSpec, dict[str, torch.Tensor]]:
    """Fit weights, by the names their owners gave them, to the network of an entry.

    Raises
    ------
    DamagedModel, BadRequest
        They are another network's.
    """
    spec, tensors = with_tensors(spec, tensors)
    if entry.encoder is not None and entry.encoder.dim != spec.dim:
        raise BadRequest(
            f"{entry.title} gives {entry.encoder.dim} values for a cell, and these weights "
            f"{spec.dim}.",
            "They belong to another model.",
        )
    return spec, tensors


def card_of(entry: CatalogueEntry, licence: Licence) -> str:
    """Return the text of the README of an entry's model folder."""
    return (
        f"# {entry.title}\n\n{entry.notes}\n\nFrom {entry.source}. {terms(licence)}\n\n"
        "The weights were renamed to fit timm's network; their values are unchanged, but for "
        "position embeddings where the notes say so.\n"
    )


def _install(given: Offer, spec: EncoderSpec, weights: Path, commit: str | None) -> Obtained:
    entry = given.entry
    digest = sha256_of(weights)
    if entry.sha256 is not None and digest != entry.sha256:
        raise UnsafeFile(
            weights, f"{weights.name} is not the file that is known as {entry.title}.",
            "Get it again from its owners.",
        )  # fmt: skip
    trust = PINNED if given.pinned else FIRST_USE
    spec, tensors = fitted(entry, spec, load_tensors(weights))
    folder = installed_folder() / entry.name
    made = save_encoder(
        folder, spec, tensors, licence=given.licence, card=card_of(entry, given.licence),
        provenance=_provenance(entry, commit, digest, trust),
    )  # fmt: skip
    return Obtained(folder, made, commit, digest, trust)


def _spec(
    entry: CatalogueEntry, config: Mapping[str, Any], preprocessor: Mapping[str, Any]
) -> EncoderSpec:
    """Return the specification: the catalogue's, or else that of the files."""
    if entry.encoder is None:
        return spec_of(entry.name, config, preprocessor)
    if entry.layout == "timm" or not config:
        return entry.encoder
    told = spec_of(entry.name, config, preprocessor)  # its layer norms are in its files only
    return entry.encoder.model_copy(
        update={"architecture": told.architecture, "arguments": told.arguments}
    )


def _with_pin(entry: CatalogueEntry) -> CatalogueEntry:
    """Take the pin that an earlier download has left, where the catalogue has none."""
    try:
        model: ModelFile = read_model(installed_folder() / entry.name, verify=False)
    except UserError:
        return entry
    told = model.provenance
    if told.get("repository") != entry.repository:
        return entry
    if entry.sha256 is not None or entry.revision not in {None, told.get("revision")}:
        return entry
    changes = {"revision": told.get("revision"), "sha256": told.get("sha256")}
    return CatalogueEntry.model_validate(entry.model_dump() | changes)


def _on_the_hub(name: str) -> CatalogueEntry:
    """Return an entry for a repository that is in no catalogue; its terms are the hub's."""
    prefix, _, rest = name.partition(":")
    if prefix == "timm" and rest:
        from timm.models import get_pretrained_cfg

        config = get_pretrained_cfg(rest, allow_unregistered=True)
        repository = getattr(config, "hf_hub_id", None)
        if not repository:
            raise MissingModel(
                f"timm knows no weights for {rest!r} on the hub.",
                "`python -c 'import timm; print(timm.list_pretrained())'` lists what it knows.",
            )
        rest = str(repository)
    elif prefix not in {"hf-hub", "hf_hub"} or rest.count("/") != 1:
        raise MissingModel(
            f"Nobody here knows a model {name!r}.",
            "`ssldiff models` lists what is known; hf-hub:OWNER/NAME and timm:NAME work too.",
        )
    return CatalogueEntry(
        name=installed_name(name), title=rest, repository=rest, source=HUB + rest,
        licence=Licence(name=""),
    )  # fmt: skip


def _no_safetensors(entry: CatalogueEntry, found: Repository) -> MissingModel:
    others = [name for name in found.files if name.endswith((".bin", ".pt", ".pth", ".ckpt"))]
    what = f"only {', '.join(others[:3])}" if others else "no single file of weights"
    return MissingModel(
        f"{found.name} holds {what}: no {entry.weights}, and pickles are not downloaded.",
        f"Get it from {entry.source} yourself. {_two_steps(entry)}",
    )


def _two_steps(entry: CatalogueEntry) -> str:
    """Say how a pickle that is at hand becomes an installed model."""
    file = f"{installed_name(entry.name)}.safetensors"
    beside = "" if entry.encoder else f", with its {CONFIG} beside them,"
    return (
        f"Then turn it into safetensors with `ssldiff convert FILE -o {file}`, and install those"
        f"{beside} with `ssldiff models get {entry.name} --from {file}`."
    )


def _provenance(
    entry: CatalogueEntry, commit: str | None, digest: str, trust: str
) -> dict[str, Any]:
    return {
        "repository": entry.repository,
        "revision": commit,
        "file": entry.weights,
        "sha256": digest,
        "trust": trust,
        "source": entry.source,
    }
