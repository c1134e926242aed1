"""What models there are, as facts: made where models may be touched, read where they may not."""

from __future__ import annotations

from pydantic import Field

from ssldiff_gui.core.grid import NO_ENCODER, EmbeddingGrid
from ssldiff_gui.core.specs import Frozen, GeneratorSpec, Licence, ModelFile


class InstalledModel(Frozen):
    """A model folder.

    Parameters
    ----------
    name, folder
        What requests call it, and where it is.
    model
        What it holds; None when that cannot be read.
    problem
        Why it cannot be read, in words.
    size
        Bytes of the folder.
    carried
        Whether it came with the program: such a one cannot be removed.
    """

    name: str
    folder: str
    model: ModelFile | None = None
    problem: str = ""
    size: int = 0
    carried: bool = False

    @property
    def title(self) -> str:
        """What people call it."""
        model = self.model
        if model is None:
            return self.name
        found = model.generator or model.prior or model.autoencoder or model.map
        return self.name if found is None else found.title


class OfferedModel(Frozen):
    """A model that can be had.

    Parameters
    ----------
    name, title
        What requests call it, and what people do.
    licence
        Its terms.
    obtain
        "hub" when it can be downloaded; "convert" when its owners give a pickle only.
    source
        Address for people.
    notes
        What a person should know.
    """

    name: str
    title: str
    licence: Licence
    obtain: str = "hub"
    source: str = ""
    notes: str = ""


class PresetFacts(Frozen):
    """A way to render: its name, its title, its steps and its guidance if it has one.

    Parameters
    ----------
    pixels
        Whether it is for networks of pixels only, without latents.
    """

    name: str
    title: str
    steps: int
    guidance: float | None = None
    pixels: bool = False


class Inventory(Frozen):
    """All of it.

    Parameters
    ----------
    installed, offered
        Models that are here, and those that can be had.
    presets
        Ways to render.
    offline
        Whether downloads are switched off.
    """

    installed: tuple[InstalledModel, ...] = ()
    offered: tuple[OfferedModel, ...] = ()
    presets: tuple[PresetFacts, ...] = ()
    offline: bool = False

    def named(self, name: str) -> InstalledModel | None:
        """Return an installed model."""
        return next((entry for entry in self.installed if entry.name == name), None)

    @property
    def encoders(self) -> tuple[InstalledModel, ...]:
        """Those that embed; the person's own ones first."""
        return self._of("encoder")

    @property
    def generators(self) -> tuple[InstalledModel, ...]:
        """Those that render."""
        return self._of("generator")

    def generators_for(self, grid: EmbeddingGrid) -> tuple[InstalledModel, ...]:
        """Return those that render grids of this encoder; of a blank grid, those that need none."""

        def fits(spec: GeneratorSpec) -> bool:
            if grid.encoder == NO_ENCODER:
                return spec.encoder is None and spec.cell * spec.factor == grid.cell
            return spec.encoder == grid.encoder

        return tuple(
            entry
            for entry in self.generators
            if entry.model is not None
            and entry.model.generator is not None
            and fits(entry.model.generator)
        )

    def priors_for(self, encoder: str | None) -> tuple[InstalledModel, ...]:
        """Return those that draw grids of an encoder; None stands for any."""
        return tuple(
            entry
            for entry in self._of("prior")
            if entry.model is not None
            and entry.model.prior is not None
            and encoder in {None, entry.model.prior.encoder}
        )

    def encoder_for(self, unit: str | None) -> InstalledModel | None:
        """Return the encoder that suits pixels of a unit: the first that was trained at it."""
        exact = [e for e in self.encoders if _unit(e) == unit]
        natural = [e for e in self.encoders if _unit(e) is None]
        return next(iter(exact or natural), None)

    def _of(self, kind: str) -> tuple[InstalledModel, ...]:
        found = [e for e in self.installed if e.model is not None and e.model.kind == kind]
        return tuple(sorted(found, key=lambda entry: (entry.carried, entry.name)))


def _unit(entry: InstalledModel) -> str | None:
    assert entry.model is not None  # noqa: S101 - only encoders are asked
    assert entry.model.encoder is not None  # noqa: S101
    pixel = entry.model.encoder.pixel
    return None if pixel is None else pixel.unit


class Verified(Frozen):
    """What came of hashing a model's files again.

    Parameters
    ----------
    name
        The model.
    whole
        Whether all is what was installed.
    words
        What is not, and what to do.
    """

    name: str
    whole: bool
    words: str = ""


class Answer(Frozen):
    """What the process that takes stock says.

    Parameters
    ----------
    inventory
        When it was asked for.
    verified
        One for each model that was asked about.
    problem, hint
        Why it could not.
    """

    inventory: Inventory | None = None
    verified: tuple[Verified, ...] = Field(default=())
    problem: str = ""
    hint: str = ""
