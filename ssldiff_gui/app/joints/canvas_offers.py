"""What a new canvas can be made of: each prior with its words and classes, and the palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ssldiff_gui.core.inventory import InstalledModel
from ssldiff_gui.core.specs import GeneratorSpec, PriorSpec
from ssldiff_gui.widgets.new_canvas_dialog import CanvasOffer

if TYPE_CHECKING:
    from ssldiff_gui.app.joints.canvas import PaletteGrid


LITTLE = 3
"""Letters of a word that says little by itself: "of", "the"."""


def offers_of(
    priors: Sequence[InstalledModel],
    palette: Sequence[PaletteGrid],
    encoder: str,
    unit: str = "µm",
    generators: Sequence[InstalledModel] = (),
) -> tuple[CanvasOffer, ...]:
    """Return what is offered: those of an encoder first, then others.

    Parameters
    ----------
    priors
        Models that draw.
    palette
        Embeddings that a canvas can be filled with; without a prior of their encoder they are
        an offer of their own.
    encoder
        Of the grid at hand; empty when there is none.
    unit
        Of the scale of the picture in view: what was trained on such comes next.
    generators
        Models that render; those that take no grid are offered an empty canvas.
    """
    specs = {e.name: e.model.prior for e in priors if e.model is not None and e.model.prior}
    ordered = sorted(specs.items(), key=lambda pair: _far(pair[1], encoder, unit))
    drawn = {spec.encoder for spec in specs.values()}
    alone = dict.fromkeys(one.encoder for one in palette if one.encoder not in drawn)
    found = [_of_prior(name, spec, palette) for name, spec in ordered]
    bare = [(e.name, e.model.generator) for e in generators if e.model is not None]
    blank = [_blank(name, spec) for name, spec in bare if spec is not None and not spec.encoder]
    return (*found, *[_of_palette(name, palette) for name in alone], *blank)


def _blank(name: str, spec: GeneratorSpec) -> CanvasOffer:
    classes = ", ".join(kind for kind in (*spec.layout, *spec.classes) if kind)
    if spec.layout:
        what = f"Draw areas on it and give them a class: {classes}." if classes else "Draw areas."
    else:
        what = f"Generate asks for a class: {classes}." if classes else "Generate fills it."
    return CanvasOffer(
        name,
        spec.title,
        cell=spec.cell * spec.factor,
        pixel=None if spec.pixel is None else spec.pixel.size,
        unit="µm" if spec.pixel is None else spec.pixel.unit,
        blank=f"An empty canvas for {spec.title}. {what}",
    )


def _far(spec: PriorSpec, encoder: str, unit: str) -> tuple[bool, bool]:
    return spec.encoder != encoder, spec.pixel is None or spec.pixel.unit != unit


def _of_prior(name: str, spec: PriorSpec, palette: Sequence[PaletteGrid]) -> CanvasOffer:
    captions = dict(zip(spec.classes, spec.captions, strict=False))
    classes = tuple([(key, class_title(key, captions.get(key, ""))) for key in spec.classes])
    pixel = spec.pixel
    return CanvasOffer(
        name,
        spec.title,
        words_of(spec),
        spec.captions[0] if spec.captions else "",
        tuple(sorted(classes, key=lambda pair: pair[1].lower())),
        tuple([one.item for one in palette if one.encoder == spec.encoder]),
        spec.cell,
        None if pixel is None else pixel.size,
        "µm" if pixel is None else pixel.unit,
        spec.guidance,
    )


def _of_palette(encoder: str, palette: Sequence[PaletteGrid]) -> CanvasOffer:
    own = [one for one in palette if one.encoder == encoder]
    scale = own[0].scale
    measured = scale is not None and scale.unit in {"µm", "m"}
    return CanvasOffer(
        f"palette of {encoder}",
        f"Palette of {encoder.partition('@')[0]}",
        palette=tuple([one.item for one in own]),
        cell=own[0].cell,
        pixel=scale.x if scale is not None and measured else None,
        unit="m" if scale is not None and scale.unit == "m" else "µm",
    )


def words_of(spec: PriorSpec) -> tuple[str, ...]:
    """Return the words that a prior knows, those that say most first; none if it reads no text.

    Those of its captions come first; the keys of its classes, which only its makers know, last.
    """
    known = None if spec.reader is None else spec.reader.config.get("words")
    words = [str(word) for word in known] if isinstance(known, list) else []
    said = {word.strip(".,").lower() for text in spec.captions for word in text.split()}
    keys = {key.lower() for key in spec.classes} - said

    def rank(word: str) -> int:
        return 0 if word in said and len(word) > LITTLE else 2 if word in keys else 1

    return tuple(sorted(words, key=rank))


def class_title(key: str, caption: str) -> str:
    """Return a class in words: "Normal lung (lungn)", or its key alone."""
    if not caption or caption.lower() == key.lower():
        return key[:1].upper() + key[1:]
    return f"{caption[:1].upper()}{caption[1:]} ({key})"
