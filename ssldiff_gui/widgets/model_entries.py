"""What the list of models says of each: made from the inventory, told in people's words."""

from __future__ import annotations

from dataclasses import dataclass

from ssldiff_gui.core.inventory import InstalledModel, Inventory, OfferedModel
from ssldiff_gui.core.specs import ModelFile, PixelSize

KINDS = {
    "encoder": "Encoder",
    "generator": "Generator",
    "prior": "Prior for text and class",
    "autoencoder": "Autoencoder",
    "classifier": "Classifier",
    "map": "Map between encoders",
}


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that is here, or can be had.

    Parameters
    ----------
    name, title
        What signals carry, and what people call it.
    installed
        Whether it is here.
    kind
        In words: "Generator".
    size
        Bytes, on the disk or to download; 0 when nobody knows.
    licence, terms
        Name of its licence, and where it can be read.
    commercial
        Whether commercial use is allowed; None when its owners contradict themselves.
    gate
        Where access is asked for; empty when it is open to all.
    scale
        "0.5 µm per pixel", "any scale".
    encoder
        Id of the encoder: its own, or that whose grids it takes.
    where
        Its folder, as text.
    source
        Address for people.
    notes
        What a person should know.
    own
        Whether it can be removed: it did not come with the program.
    convert
        Whether its owners give a file only that has to be converted first.
    problem, hint
        Why it cannot be used or had, and what to do.
    """

    name: str
    title: str
    installed: bool = True
    kind: str = ""
    size: int = 0
    licence: str = ""
    terms: str = ""
    commercial: bool | None = None
    gate: str = ""
    scale: str = ""
    encoder: str = ""
    where: str = ""
    source: str = ""
    notes: str = ""
    own: bool = True
    convert: bool = False
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ModelWork:
    """What is being done to a model: words, and the part that is done (None: unknown)."""

    words: str
    part: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """Where models compute.

    Parameters
    ----------
    name
        "NVIDIA RTX A5000", "This computer's processor".
    used, total
        Bytes of its memory; a total of 0 when nobody knows.
    loaded
        Titles of models that are held in it.
    offline
        Why nothing can be downloaded; empty when it can.
    """

    name: str
    used: int = 0
    total: int = 0
    loaded: tuple[str, ...] = ()
    offline: str = ""


def in_size(size: float) -> str:
    """Return a number of bytes as people read it: "412 kB", "1.2 GB"."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= step:
            number = size / step
            return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return f"{size:.0f} bytes"


def use_words(entry: ModelEntry) -> str:
    """Return what the licence says of commercial use."""
    if entry.commercial is None:
        return "Its owners do not say clearly whether it may be used commercially."
    if entry.commercial:
        return "Commercial use is allowed."
    return "Not for commercial use."


def entries_of(inventory: Inventory) -> tuple[ModelEntry, ...]:
    """Return what is installed, and after that what can be had and is not here yet."""
    names = {entry.name for entry in inventory.installed}
    offered = (entry for entry in inventory.offered if entry.name not in names)
    return (*map(_installed, inventory.installed), *map(_offered, offered))


def _installed(entry: InstalledModel) -> ModelEntry:
    model = entry.model
    if model is None:
        return ModelEntry(
            entry.name,
            entry.title,
            size=entry.size,
            where=entry.folder,
            own=not entry.carried,
            problem=entry.problem or "It cannot be read.",
        )
    return ModelEntry(
        entry.name,
        entry.title,
        kind=KINDS.get(model.kind, model.kind),
        size=entry.size,
        licence=model.licence.name,
        terms=model.licence.url,
        commercial=model.licence.commercial,
        gate=model.licence.gate or "",
        scale=_scale(model),
        encoder=_encoder(model),
        where=entry.folder,
        own=not entry.carried,
        problem=entry.problem,
    )


def _offered(entry: OfferedModel) -> ModelEntry:
    licence = entry.licence
    return ModelEntry(
        entry.name,
        entry.title,
        installed=False,
        kind=KINDS["encoder"],
        licence=licence.name,
        terms=licence.url,
        commercial=licence.commercial,
        gate=licence.gate or "",
        source=entry.source,
        notes=entry.notes,
        convert=entry.obtain == "convert",
    )


def _encoder(model: ModelFile) -> str:
    if model.encoder is not None:
        return model.encoder.id
    described = model.generator or model.prior or model.classifier
    return "" if described is None else described.encoder or ""


def _scale(model: ModelFile) -> str:
    described = model.encoder or model.generator or model.prior
    pixel: PixelSize | None = None if described is None else described.pixel
    if described is None:
        return ""
    return "Any scale" if pixel is None else f"{pixel.size:g} {pixel.unit} per pixel"
