"""Which installed encoder suits an image, when the person names none."""

from __future__ import annotations

from typing import Literal

from ssldiff_gui.core.errors import BadRequest, MissingModel
from ssldiff_gui.models.folders import installed_models, own_first


def only_encoder_for(unit: Literal["µm", "m"] | None) -> str:
    """Return the name of the one installed encoder for slides, or for scenes.

    What the person installed comes before what the package carries; encoders for natural images,
    which have no scale, are taken when there is none for the unit.

    Parameters
    ----------
    unit
        "µm" for slides, "m" for scenes, None when nobody knows.

    Raises
    ------
    MissingModel
        There is none.
    BadRequest
        There are several: the person has to choose.
    """
    there = [
        (entry, entry.model.encoder)
        for entry in installed_models()
        if entry.model is not None and entry.model.encoder is not None
    ]
    exact = [entry for entry, spec in there if spec.pixel is not None and spec.pixel.unit == unit]
    natural = [entry for entry, spec in there if spec.pixel is None]
    found = [entry.name for entry in own_first(exact or natural)]
    if len(found) == 1:
        return found[0]
    if not found:
        kind = {"µm": "slides", "m": "scenes"}.get(unit or "", "images of an unknown scale")
        have = f"Installed are: {', '.join(entry.name for entry, _ in there)}. " if there else ""
        raise MissingModel(
            f"No encoder for {kind} is installed.",
            f"{have}`ssldiff models` lists those that can be had; name one with --model.",
        )
    raise BadRequest(
        f"Several installed encoders suit: {', '.join(found)}.", "Choose one with --model."
    )
