"""Who published what, and under which terms."""

from __future__ import annotations

from dataclasses import dataclass

from ssldiff_gui.core.specs import Licence

UNSAID = (
    "Its authors published code and weights without a licence: ask them before you use it for "
    "more than reading."
)


@dataclass(frozen=True, slots=True)
class Family:
    """A published system.

    Parameters
    ----------
    name, title
        Short name, and the one people read.
    paper, address
        Where it was published, and where its code is.
    licence
        Terms of the weights, as far as they were given.
    summary
        What it does, in a sentence.
    guidance
        Scale that its authors sampled with, in the form ``null + scale · (given - null)``.
    """

    name: str
    title: str
    paper: str
    address: str
    licence: Licence
    summary: str
    guidance: float


LID = Family(
    name="lid",
    title="Large-Image-Diffusion",
    paper="Graikos, Yellapragada et al.: Learned representation-guided diffusion models for "
    "large-image generation. CVPR 2024.",
    address="https://github.com/cvlab-stonybrook/Large-Image-Diffusion",
    licence=Licence(
        name="none given", url="https://github.com/cvlab-stonybrook/Large-Image-Diffusion"
    ),
    summary="It makes large images from grids of self-supervised embeddings.",
    guidance=4.0,  # its script says 3, in the form (1 + 3) · given - 3 · null
)
PATHLDM = Family(
    name="pathldm",
    title="PathLDM",
    paper="Yellapragada, Graikos et al.: PathLDM: Text conditioned latent diffusion model for "
    "histopathology. WACV 2024.",
    address="https://github.com/cvlab-stonybrook/PathLDM",
    licence=Licence(
        name="MIT",
        url="https://github.com/cvlab-stonybrook/PathLDM/blob/main/LICENSE",
        commercial=True,
    ),
    summary="It makes patches of breast tissue from a text or a class.",
    guidance=1.5,
)
HISTODIFFUSION = Family(
    name="histodiffusion",
    title="HistoDiffusion",
    paper="Ye, Ni et al.: Synthetic augmentation with large-scale unconditional pre-training. "
    "MICCAI 2023.",
    address="https://github.com/karenyyy/HistoDiffAug",
    licence=Licence(name="none given", url="https://github.com/karenyyy/HistoDiffAug"),
    summary="It makes patches without a condition; a classifier's gradient leads it to a class.",
    guidance=1.0,
)


def card_of(family: Family, sizes: str) -> str:
    """Return the text of a converted model's README."""
    terms = f"Licence: {family.licence.name}. {family.licence.url}"
    if family.licence.name == "none given":
        terms = f"{UNSAID} {family.licence.url}"
    return (
        f"# {family.title}\n\n{family.summary} {sizes}\n\n"
        f"Converted from a checkpoint of its authors, or one in their layout.\n\n"
        f"{family.paper}\n\nCode: {family.address}\n\n{terms}\n\n"
        "What it makes is synthetic. It is for research, not for diagnosis.\n"
    )
