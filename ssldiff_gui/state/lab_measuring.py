"""Labelling, making more of a set, and measuring, as a person asks for them."""

from __future__ import annotations

from pydantic import JsonValue

from ssldiff_gui.core.lab.augment import AugmentRequest
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.core.lab.fid import FidRequest
from ssldiff_gui.core.lab.fit_map import MapRequest
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.lab.study import StudyRequest
from ssldiff_gui.core.requests import AnyRequest
from ssldiff_gui.state.lab_fields import (
    DEVICE,
    PIXEL,
    SEED,
    Budget,
    LabField,
    LabMethod,
    Values,
    given,
    list_of,
    number_of,
    text_of,
    whole_of,
)
from ssldiff_gui.state.lab_training import TRAINING

LATER = ""
"""Where it writes is set when the experiment begins."""

_CLASSES = LabField(
    "folder", "Pictures", "folder", "Real ones, one folder a class.", needed=True
)  # fmt: skip
_FRACTION = LabField(
    "labels", "Labels that may be seen", "number",
    "Share of the training pictures whose class is known.", 5, low=0.1, high=100, decimals=1,
    unit=" %",
)  # fmt: skip
_JUDGE = LabField(
    "judge", "Judge", "model", "Whose features are compared; one that fits when none is chosen.",
    models=("encoder",), advanced=True,
)  # fmt: skip


def _common(values: Values, budget: Budget) -> dict[str, JsonValue]:
    """Return the answers that many requests share, under the requests' names."""
    device = text_of(values, "device") or "auto"
    return given(
        seed=whole_of(values, "seed"),
        pixel=values.get("pixel"),
        device="cuda" if budget == "gpu" and device == "auto" else device,
        judge=text_of(values, "judge"),
    )


def _augment(values: Values, budget: Budget) -> AnyRequest:
    count = number_of(values, "count", 50)
    return AugmentRequest.model_validate(
        {
            **_common(values, budget),
            "folder": text_of(values, "folder"),
            "output": LATER,
            "count": round(count),
            **given(
                method=text_of(values, "method"),
                model=text_of(values, "model"),
                classifier=text_of(values, "classifier"),
                captions=values.get("captions"),
                select=text_of(values, "select"),
                strength=values.get("strength"),
                split=text_of(values, "split"),
                labels_fraction=number_of(values, "labels", 100) / 100,
            ),
        }
    )


def _study(subject: str, values: Values, budget: Budget) -> AnyRequest:
    return StudyRequest.model_validate(
        {
            **_common(values, budget),
            "subject": subject,
            "folder": text_of(values, "folder"),
            "output": LATER,
            "budget": budget,
            "augmented": list_of(values, "augmented"),
            "labels_fraction": number_of(values, "labels", 5) / 100,
            "seeds": round(number_of(values, "seeds", 3)),
            **given(steps=whole_of(values, "steps") or None, split=text_of(values, "split")),
        }
    )


def _fid(values: Values, budget: Budget) -> AnyRequest:
    usual = 500 if budget == "minutes" else 5000
    common = _common(values, budget)
    common.pop("pixel", None)
    return FidRequest.model_validate(
        {
            **common,
            "real": text_of(values, "real"),
            "fake": text_of(values, "fake"),
            "output": LATER,
            "samples": whole_of(values, "samples") or usual,
            **given(crop=whole_of(values, "crop") or None),
        }
    )


def _evaluate(values: Values, budget: Budget) -> AnyRequest:
    common = _common(values, budget)
    return EvaluateRequest.model_validate(
        {
            **given(seed=common.get("seed"), device=common.get("device")),
            "what": text_of(values, "what"),
            "model": text_of(values, "model"),
            "data": text_of(values, "data"),
            "quick": budget == "minutes",
            "output": LATER,
            **given(encoder=text_of(values, "encoder"), config=text_of(values, "config")),
        }
    )


def _label(values: Values, budget: Budget) -> AnyRequest:
    common = _common(values, budget)
    common.pop("judge", None)
    return LabelRequest.model_validate(
        {
            **common,
            "source": text_of(values, "source"),
            "output": LATER,
            "method": text_of(values, "method"),
            "encoder": text_of(values, "encoder"),
            "count": round(number_of(values, "count", 8)),
        }
    )


def _map(values: Values, _: Budget) -> AnyRequest:
    return MapRequest.model_validate(
        {
            "source": list_of(values, "source"),
            "target": list_of(values, "target"),
            "output": LATER,
            **given(seed=whole_of(values, "seed")),
        }
    )


MAKING: tuple[LabMethod, ...] = (
    LabMethod(
        "augment", "Make more of a labelled set", "Make and label", "image-multiple-outline",
        "Draws synthetic pictures of each class, and keeps those that a judge takes for it.",
        (
            _CLASSES,
            LabField("method", "How", "choice", "Vary real ones, or ask a generator for a class.",
                     "representation",
                     choices=(("representation", "vary real pictures"),
                              ("guided", "lead a generator by a classifier"),
                              ("class", "ask for the class"), ("text", "ask by a text"))),
            LabField("model", "Generator", "model", "The installed one that fits, otherwise.",
                     models=("generator",)),
            LabField("classifier", "Classifier", "model", needed=True, models=("classifier",),
                     when=("method", ("guided",))),
            LabField("captions", "Texts", "captions", "A sentence for each class.", needed=True,
                     when=("method", ("text",))),
            LabField("count", "Of each class", "number", "Pictures that are kept, at most.", 50,
                     low=1, high=100_000),
            LabField("strength", "Variation", "number",
                     "0 repeats the picture's grid, 1 goes as far as another of its class.", 0.3,
                     high=1, decimals=2, when=("method", ("representation",)), advanced=True),
            LabField("select", "Has to agree", "choice", "What is thrown away otherwise.",
                     "centroid", advanced=True,
                     choices=(("centroid", "the nearest class"), ("confidence", "the classifier"),
                              ("both", "both"), ("none", "nothing"))),
            LabField("labels", "Labels that may be seen", "number",
                     "Share of the training pictures whose class is known.", 100, low=0.1,
                     high=100, decimals=1, unit=" %", advanced=True),
            LabField("split", "Split", "file", "Says what is for training.", advanced=True),
            _JUDGE, PIXEL, SEED, DEVICE,
        ),
        _augment,
        ("As many as asked for, on the processor.", "As many as asked for, on a CUDA device."),
    ),
    LabMethod(
        "label", "Label pictures by machine", "Make and label", "shape-plus-outline",
        "Finds clusters, boxes or masks in pictures that nobody has labelled.",
        (
            LabField("source", "Pictures", "folder", "A folder of pictures, or one slide or scene.",
                     needed=True),
            LabField("method", "What it looks for", "choice", "", "clusters",
                     choices=(("clusters", "clusters of alike ones"),
                              ("boxes", "boxes around what stands out"),
                              ("masks", "masks of alike parts"))),
            LabField("encoder", "Encoder", "model", "Whose embeddings are grouped.", needed=True,
                     models=("encoder",)),
            LabField("count", "How many", "number", "Clusters, or kinds of parts.", 8, low=2,
                     high=4096, when=("method", ("clusters", "masks"))),
            PIXEL, SEED, DEVICE,
        ),
        _label,
        ("On the processor.", "On a CUDA device."),
    ),
    LabMethod(
        "map", "Fit a map between encoders", "Make and label", "transit-connection-variant",
        "Lets grids of one encoder be rendered by a generator of another.",
        (
            LabField("source", "Grids of the one", "files", "Of the same regions, in one order.",
                     needed=True),
            LabField("target", "Grids of the other", "files", "Of the same regions, as above.",
                     needed=True),
            SEED,
        ),
        _map,
        ("Takes seconds to minutes.", "The same: no GPU is needed."),
    ),
)  # fmt: skip

MEASURING: tuple[LabMethod, ...] = (
    LabMethod(
        "study-augmentation", "Does augmentation help?", "Measure and compare", "chart-bar",
        "Trains a classifier of few labels with and without synthetic pictures, several times.",
        (
            _CLASSES,
            LabField("augmented", "Synthetic pictures", "files",
                     "Folders that were made of the same pictures in the lab; none is fine.", []),
            _FRACTION,
            LabField("seeds", "Times each", "number", "More tell better what is chance.", 3, low=1,
                     high=20),
            LabField("steps", "Steps", "number", "Of each training; 0 leaves it to the budget.",
                     None, high=1_000_000, advanced=True),
            LabField("split", "Split", "file", "Says what is for training.", advanced=True),
            _JUDGE, PIXEL, SEED, DEVICE,
        ),
        lambda values, budget: _study("augmentation", values, budget),
        ("A small network and short trainings: minutes on two cores.",
         "A usual network and full trainings."),
    ),
    LabMethod(
        "study-guidance", "Do self-made labels help?", "Measure and compare", "chart-scatter-plot",
        "Trains generators that are told nothing, labels they made themselves, and true labels.",
        (
            _CLASSES,
            LabField("seeds", "Times each", "number", "More tell better what is chance.", 2, low=1,
                     high=20),
            LabField("steps", "Steps", "number", "Of each training; 0 leaves it to the budget.",
                     None, high=1_000_000, advanced=True),
            _JUDGE, PIXEL, SEED, DEVICE,
        ),
        lambda values, budget: _study("guidance", values, budget),
        ("Small networks and short trainings: minutes on two cores.",
         "Larger networks and full trainings."),
    ),
    LabMethod(
        "fid", "How far apart are two sets?", "Measure and compare", "arrow-left-right",
        "Compares made pictures with real ones: distance, precision, coverage, with intervals.",
        (
            LabField("real", "Real pictures", "folder", "A folder, or a large image.", needed=True),
            LabField("fake", "Made pictures", "folder", "A folder, or a large image or canvas.",
                     needed=True),
            LabField("samples", "Pictures of each", "number",
                     "At most; 0 leaves it to the budget.", None, high=1_000_000, advanced=True),
            LabField("crop", "Side of crops", "number", "Of large images; 0 takes what fits.",
                     None, high=4096, unit=" px", advanced=True),
            _JUDGE, SEED, DEVICE,
        ),
        _fid,
        ("Up to 500 pictures of each.", "Up to 5,000 pictures of each."),
    ),
    LabMethod(
        "evaluate", "Measure a model", "Measure and compare", "check-decagram-outline",
        "Tells how good a model is on pictures that it has not been trained on.",
        (
            LabField("what", "Kind of model", "choice", "", "generator",
                     choices=(("generator", "generator"), ("encoder", "encoder"),
                              ("autoencoder", "autoencoder"), ("prior", "prior"),
                              ("canvas", "generator, large canvases"))),
            LabField("model", "Model", "model", needed=True,
                     models=("generator", "encoder", "autoencoder", "prior")),
            LabField("data", "Pictures", "folder", "Where the model's pictures are.", needed=True),
            LabField("config", "Configuration", "text",
                     "Says which of the pictures are held out, such as starter-histology/encoder.",
                     "", advanced=True),
            LabField("encoder", "Judge", "model", "The model's own otherwise.",
                     models=("encoder",), advanced=True),
            SEED, DEVICE,
        ),
        _evaluate,
        ("Fewer samples and steps: a few minutes.", "All samples and steps."),
    ),
)  # fmt: skip

METHODS: tuple[LabMethod, ...] = (*TRAINING, *MAKING, *MEASURING)
GROUPS = tuple(dict.fromkeys(method.group for method in METHODS))
_BY_KEY = {method.key: method for method in METHODS}


def method_named(key: str) -> LabMethod | None:
    """Return a method, or None for one that this version does not know."""
    return _BY_KEY.get(key)


def title_of(key: str, kind: str) -> str:
    """Return what a method is called, also where only the request's kind is known."""
    found = _BY_KEY.get(key)
    return found.title if found is not None else kind.replace("_", " ").capitalize()
