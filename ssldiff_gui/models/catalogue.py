"""The field's encoders: what each is, what it is for, and under which terms it can be had.

Nothing of them is part of this package. Each entry says where its weights are and, where that is
known for certain, the commit and the SHA-256 that a download has to match. Where one of the two
is null, nobody here could check it: the first download then records what it found in the
`model.json` it writes, says so, and every later download of that model has to match. The first
one is trusted; that is weaker than a pin, and no value is made up to hide it.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from ssldiff_gui.core.specs import EncoderSpec, Frozen, Licence
from ssldiff_gui.resources import resource_path


class CatalogueEntry(Frozen):
    """A model that is known, installed or not.

    Parameters
    ----------
    name, title
        Short name for the command line, and the one people read.
    repository
        On the hub, as OWNER/NAME; None when it is not there.
    branch
        What is looked up when no revision is pinned.
    revision
        Pinned commit; None when none could be checked.
    sha256
        Of `weights`; None when it could not be checked.
    weights
        The file with the weights.
    layout
        Whose names the weights have.
    obtain
        "hub" when safetensors can be had there; "convert" when its owners give a pickle only.
    source
        Address for people.
    encoder
        What it is, without an id: that comes with the weights.
    licence
        Its terms.
    notes
        What a person should know.
    """

    name: str
    title: str
    repository: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    branch: str = "main"
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    weights: str = "model.safetensors"
    layout: Literal["timm", "transformers"] = "timm"
    obtain: Literal["hub", "convert"] = "hub"
    source: str = ""
    encoder: EncoderSpec | None = None
    licence: Licence
    notes: str = ""


class Catalogue(Frozen):
    """`resources/catalogue.json`."""

    format: Literal[1] = 1
    models: list[CatalogueEntry]


@cache
def catalogue() -> dict[str, CatalogueEntry]:
    """Return all entries by name."""
    content = resource_path("catalogue.json").read_bytes()
    return {entry.name: entry for entry in Catalogue.model_validate_json(content).models}
