"""Configurations: read as they are meant, and refused by the key that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.training.sameness import comparable
from ssldiff_gui.training.settings import KINDS, Kind, read_settings

TEXT = """
name = "mine"
[data]
pixel = { size = 0.5, unit = "µm" }
[[data.sources]]
path = "tiles"
[run]
steps = 30
batch = 4
[model]
architecture = "convnext_atto"
cell = 32
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT, "utf-8")
    return path


def test_a_file_is_read_with_its_defaults(file: Path) -> None:
    found = read_settings(file, "encoder", {"run.steps": 7, "data.sources.0.share": 0.5})
    assert (found.run.steps, found.run.batch, found.run.schedule) == (7, 4, "cosine")
    assert found.data.sources[0].share == 0.5
    assert found.kind == "encoder"


def test_what_is_stored_is_what_must_stay(file: Path) -> None:
    found = read_settings(file, "encoder", {"run.accumulate": 2, "card.title": "A"})
    stored = comparable(found)
    assert "card" not in stored
    assert not {"steps", "accumulate", "checkpointing"} & stored["run"].keys()
    assert comparable(read_settings(file, "encoder", {"run.steps": 5})) == stored


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"run.stpes": 3}, "run.stpes is unknown", "Did you mean steps? Allowed here are: steps, ba"),
    ({"model.cel": 3}, "model.cel is unknown", "Did you mean cell?"),
    ({"data.pixel.sise": 3}, "data.pixel.sise is unknown", "Allowed here are: size, unit."),
    ({"data.sources.0.grups": ""}, "data.sources.0.grups is unknown", "Did you mean groups?"),
    ({"card.licence": {"nam": "x"}}, "card.licence.nam is unknown", "name, url, commercial"),
    ({"cards": {}}, "cards is unknown", "Did you mean card? Allowed here are: name, data, run"),
    ({"run.steps": -1}, "run.steps = -1: should be greater than 0", "Correct run.steps"),
    ({"run.rate": "fast"}, "run.rate = 'fast': should be a valid number", "or with --set"),
    ({"run.rate": float("inf")}, "run.rate = inf: should be a finite number", ""),
    ({"run.schedule": "step"}, "run.schedule = 'step': should be 'cosine' or 'constant'", ""),
    ({"run.optimiser": "adamv"}, "timm has no optimiser 'adamv'", "Correct run.optimiser"),
    ({"run.accumulate": 3}, "a batch of 4 cannot be taken in 3 equal parts", ""),
    ({"run.average": 1}, "run.average = 1: should be less than 1", ""),
    ({"data.stain": -0.1}, "data.stain = -0.1", ""),
    ({"data.pixel.unit": "km"}, "data.pixel.unit = 'km': should be 'µm' or 'm'", ""),
    ({"data.sources": []}, "data.sources: is empty", ""),
    ({"data.sources.0.groups": "("}, "data.sources.0.groups = '(': '(' is no regular", ""),
    ({"data.sources.3.path": "a"}, "data.sources.3.path: there is no item '3'", ""),
    ({"model.cell": 0}, "model.cell = 0: should be greater than 0", ""),
    ({"model": 3}, "model is no table", "[model]"),
    ({"name": "My Model"}, "name = 'My Model': should be small letters", ""),
    ({"run.steps.more": 3}, "run.steps.more is no key of a table", "run.steps"),
    ({"kind": "prior"}, "describes a run of the kind 'prior'", "ssldiff train prior"),
]


@pytest.mark.parametrize(("changes", "message", "hint"), MISTAKES)
def test_mistakes_name_the_key_and_what_is_allowed(
    file: Path, changes: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        read_settings(file, "encoder", changes)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_several_mistakes_are_told_at_once(file: Path) -> None:
    changes = {f"run.a{number}": 1 for number in range(6)}
    with pytest.raises(BadRequest, match=r"run\.a0 is unknown; .*and 2 more"):
        read_settings(file, "encoder", changes)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_table_that_says_what_is_missing(file: Path, kind: Kind) -> None:
    with pytest.raises(BadRequest, match=r"model\.nonsense is unknown"):
        read_settings(file, kind, {"model": {"nonsense": 1}})


@pytest.mark.parametrize("content", [b"[run", b"a = \xff", b"name = ", b"\x00"])
def test_what_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(BadRequest, match=r"a\.toml is no valid TOML"):
        read_settings(path, "encoder")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no configuration"):
        read_settings(tmp_path / "a.toml", "encoder")
    with pytest.raises(MissingFile):
        read_settings(tmp_path, "encoder")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TEXT, "utf-8-sig")
    assert read_settings(path, "encoder").name == "mine"
