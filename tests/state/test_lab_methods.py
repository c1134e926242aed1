"""What can be tried: every method makes a request of its answers, and says what is missing."""

from __future__ import annotations

import pytest

from ssldiff_gui.core.errors import BadRequest
from ssldiff_gui.core.lab.train import TrainRequest
from ssldiff_gui.core.requests import parse_request
from ssldiff_gui.state.lab_fields import LabMethod
from ssldiff_gui.state.lab_measuring import GROUPS, METHODS, method_named, title_of
from ssldiff_gui.state.lab_places import PARTS
from ssldiff_gui.state.lab_training import changes_of, recipe_names

ANSWERS = {"folder": "/a", "file": "/a.toml", "files": ["/a", "/b"], "model": "m",
           "captions": {"a": "an a"}, "text": "x/y"}  # fmt: skip


def filled(method: LabMethod) -> dict[str, object]:
    needed = {f.key: ANSWERS[f.kind] for f in method.fields if f.needed}
    return {**method.defaults, **needed}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
@pytest.mark.parametrize("budget", ["minutes", "gpu"])
def test_every_method_makes_a_request(method: LabMethod, budget: str) -> None:
    request = method.request({**filled(method), "budget": budget})
    assert request.kind in PARTS
    assert parse_request(request.model_dump(mode="json")) == request
    assert all(method.budgets)
    if hasattr(request, "device"):
        assert request.device == ("cuda" if budget == "gpu" else "auto")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_what_is_needed_is_asked_for_in_words(method: LabMethod) -> None:
    words = method.missing(method.defaults)
    assert words.startswith(("Choose the ", "Write the "))
    with pytest.raises(BadRequest) as error:
        method.request(method.defaults)
    assert error.value.hint == words


@pytest.mark.parametrize("condition", ["class", "cluster", "text", "boxes", "masks", "none"])
def test_a_generator_is_told_what_was_chosen(condition: str) -> None:
    method = method_named("train-condition")
    values = {**filled(method), "condition": condition, "changes": "run.steps=3, card.title=Mine"}
    request = method.request(values)
    assert isinstance(request, TrainRequest)
    assert request.what == "diffusion"
    assert request.changes["model.condition"] == condition
    assert (request.changes["run.steps"], request.changes["card.title"]) == (3, "Mine")
    assert ("model.texts" in request.changes) == (condition == "text")
    assert ("model.clusters" in request.changes) == (condition == "cluster")
    assert ("model.areas" in request.changes) == (condition == "masks")


def test_a_gpu_takes_the_larger_recipe_and_a_file_ones_own() -> None:
    method = method_named("train-encoder")
    values = {**filled(method), "budget": "gpu"}
    assert method.request(values).config == f"{values['recipe']}-gpu/encoder"
    assert method.request({**values, "budget": "minutes"}).config == f"{values['recipe']}/encoder"
    own = {**values, "recipe": "file", "config": "/my.toml", "minutes": 0}
    assert method.request(own).config == "/my.toml"
    assert method.request(own).minutes is None
    with pytest.raises(BadRequest):
        method.request({**own, "config": ""})


def test_settings_that_are_none() -> None:
    assert changes_of(None) == {}
    assert changes_of("a.b=[1, 2], c=x\nd=2e-3") == {"a.b": [1, 2], "c": "x", "d": 0.002}
    with pytest.raises(BadRequest):
        changes_of("steps 4")


def test_the_methods_are_told_apart() -> None:
    assert len({method.key for method in METHODS}) == len(METHODS) == 13
    assert len(GROUPS) == 3
    assert title_of("fid", "fid") == "How far apart are two sets?"
    assert title_of("", "augment") == "Augment"
    assert method_named("unknown") is None


def test_recipes_have_a_first_line() -> None:
    names = recipe_names()
    assert len(names) >= 20
    assert all(recipe.about and "`" not in recipe.about for recipe in names)
