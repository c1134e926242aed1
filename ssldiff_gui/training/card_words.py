"""What all cards of a kind of model say: what it is, what it is not for, whose ideas it uses."""

from __future__ import annotations

from ssldiff_gui.training.settings import (
    AutoencoderModel,
    ClassifierModel,
    DiffusionModel,
    EncoderModel,
    PriorModel,
    Settings,
)

_CONDITIONS = {
    "embeddings": "a grid of self-supervised embeddings, one for each cell",
    "class": "a class",
    "cluster": "a cluster that the machine found by itself among the embeddings",
    "text": "a text",
    "none": "nothing",
}

_PRIORS = {
    "text": (
        "a text or a class, or from neither",
        "Its texts are those of its captions: it knows no other words.",
    ),
    "class": ("a class, or from none", "It reads no texts."),
    "table": (
        "the features of a case, a line of a table",
        "What lies farther than six deviations from the training cases is taken to lie there.",
    ),
}

_ADAMW = "AdamW: Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019."
_CONTRAST = (
    "NT-Xent: Chen et al., *A simple framework for contrastive learning of visual "
    "representations*, ICML 2020."
)
_CONVNEXT = "ConvNeXt: Liu et al., *A ConvNet for the 2020s*, CVPR 2022."
_CRITIC = (
    "Critic of patches: Isola et al., *Image-to-image translation with conditional adversarial "
    "networks*, CVPR 2017; spectral normalisation: Miyato et al., ICLR 2018."
)
_DDPM = "Diffusion: Ho et al., *Denoising diffusion probabilistic models*, NeurIPS 2020."
_GUIDANCE = "Guidance: Ho and Salimans, *Classifier-free diffusion guidance*, 2022."
_HISTODIFFUSION = (
    "A latent classifier for augmentation: Ye et al., *Synthetic augmentation with large-scale "
    "unconditional pre-training*, MICCAI 2023."
)
_LATENT = (
    "Latents: Rombach et al., *High-resolution image synthesis with latent diffusion models*, "
    "CVPR 2022."
)
_LED = (
    "Classifier guidance: Dhariwal and Nichol, *Diffusion models beat GANs on image synthesis*, "
    "NeurIPS 2021."
)
_LID = (
    "Embeddings as condition: Graikos et al., *Learned representation-guided diffusion models for "
    "large-image generation*, CVPR 2024."
)
_PROBE = (
    "Probes: Alain and Bengio, *Understanding intermediate layers using linear classifier "
    "probes*, 2016."
)
_SELF_GUIDED = "Labels made by the machine: Hu et al., *Self-guided diffusion models*, CVPR 2023."
_SNR = (
    "Weights of the noise levels: Hang et al., *Efficient diffusion training via min-SNR "
    "weighting strategy*, ICCV 2023."
)
_UNCLIP = (
    "A prior over embeddings: Ramesh et al., *Hierarchical text-conditional image generation with "
    "CLIP latents*, 2022."
)
_V = (
    "v-prediction: Salimans and Ho, *Progressive distillation for fast sampling of diffusion "
    "models*, ICLR 2022."
)


def what_it_is(settings: Settings) -> str:
    """Return a paragraph: what the model takes and what it gives."""
    told = settings.model
    pixel = settings.data.pixel
    scale = f"{pixel.size:g} {pixel.unit} a pixel"
    if isinstance(told, EncoderModel):
        return (
            f"A self-supervised encoder. It turns a cell of {told.cell} × {told.cell} pixels, at "
            f"{scale}, into an embedding that says what the cell looks like. It learned that "
            "without labels: it tells cells apart, and can draw a small picture of each again. "
            f"Its network is timm's `{told.architecture}`."
        )
    if isinstance(told, AutoencoderModel):
        return f"An autoencoder between pictures at {scale} and latents{_coded(told)}"
    if isinstance(told, DiffusionModel):
        return (
            f"A latent diffusion network with its autoencoder. It draws pictures at {scale} from "
            f"noise; what they show is said by {_CONDITIONS[told.condition]}{_laid(told)}. "
            f"`ssldiff generate` renders canvases of any size with it."
        )
    if isinstance(told, PriorModel):
        asked, after = _PRIORS[told.condition]
        if told.condition == "text" and told.reader != "words":
            after = "Its texts are read by the tower of a CLIP, which was not trained any further."
        return (
            f"A prior. It draws grids of embeddings from {asked}; a generator for the same "
            f"embeddings, at {scale}, renders them. {after}"
        )
    assert isinstance(told, ClassifierModel)  # noqa: S101 - there is no other kind
    if told.on == "latents":
        how = "noisy or clean, and is told how noisy" if told.noise else "without noise"
        return (
            f"A classifier of latents of pictures at {scale}, {how}. Its gradient leads a "
            "generator of the same latents to a class: `ssldiff augment --method guided`."
        )
    return (
        "A classifier of pictures. It takes what an encoder says of a picture's cells, at "
        f"{scale}: their {'mean and spread' if told.pool == 'mean+std' else 'mean'}."
    )


def _coded(told: AutoencoderModel) -> str:
    if told.start is not None:
        kept = "; its latents are those of that one" if told.decoder_only else ""
        return f". It started from {told.start}, and went on with the pictures below{kept}."
    mended = ", and a network mends what they leave out" if told.depth else ""
    return (
        f": {told.channels} values for each {told.factor} × {told.factor} pixels. The latents are "
        f"the principal components of patches{mended}."
    )


def _laid(told: DiffusionModel) -> str:
    if told.layout is None:
        return ""
    where = "boxes around things" if told.layout == "boxes" else "a mask of classes"
    made = " that the machine made itself" if told.labels == "self" else ""
    return f", and by {where}{made}"


def what_it_is_not_for(settings: Settings) -> str:
    """Return the warning that stands above all."""
    slides = settings.data.pixel.unit == "µm"
    real = "no patient" if slides else "no place on Earth"
    care = (
        "It is for research and teaching, and was examined for no medical use."
        if slides
        else "It is for research and teaching: not for navigation, surveying, or any decision "
        "about real land or people."
    )
    made = (
        f"Pictures made with it are **synthetic**: they show {real}. Say so wherever they are "
        "shown; the studio's exports say it in their metadata. "
    )
    drawn = settings.kind in ("diffusion", "prior")
    return f"**Not for diagnosis.** {made if drawn else ''}{care}"


def methods(settings: Settings) -> list[str]:
    """Return whose ideas were used, one line each."""
    told = settings.model
    lines: list[str] = []
    if isinstance(told, EncoderModel):
        lines = [_CONTRAST] if told.contrast else []
        lines += [_CONVNEXT] if "convnext" in told.architecture else []
    elif isinstance(told, AutoencoderModel):
        first = "Principal components of patches: Pearson 1901, Hotelling 1933."
        lines = [_LATENT] if told.start else [first]
        lines += [_CRITIC] if told.adversary else []
    elif isinstance(told, DiffusionModel):
        lines = [_DDPM, _LATENT, _V, _SNR]
        lines += [_GUIDANCE] if told.dropped else []
        lines += [_LID] if told.condition == "embeddings" else []
        lines += [_SELF_GUIDED] if told.condition == "cluster" or told.layout else []
    elif isinstance(told, PriorModel):
        lines = [_DDPM, _V, _UNCLIP, _LID]
        lines += [_GUIDANCE] if told.dropped else []
    else:
        assert isinstance(told, ClassifierModel)  # noqa: S101 - there is no other kind
        lines = [_LED, _HISTODIFFUSION] if told.on == "latents" else [_PROBE]
    return [*lines, *([_ADAMW] if settings.run.optimiser == "adamw" else [])]
