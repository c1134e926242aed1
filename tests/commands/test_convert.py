"""`ssldiff convert` as a person types it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.convert import convert, pixel_size
from ssldiff_gui.core.conversion import ConvertResult
from ssldiff_gui.core.errors import UnsafeFile
from ssldiff_gui.core.specs import GeneratorSpec, Licence, PartSpec, PixelSize
from ssldiff_gui.jobs import convert as job
from ssldiff_gui.models.catalogue import catalogue

app = typer.Typer()
app.command()(convert)
run = CliRunner()

SPEC = GeneratorSpec(
    name="a", title="A title", channels=3, factor=4, window=64, cell=64,
    network=PartSpec(type="n"), autoencoder=PartSpec(type="a"),
)  # fmt: skip
RESULT = ConvertResult(
    folder="there", family="lid", spec=SPEC, licence=Licence(name="MIT"),
    tensors={"network": 7}, left_out=["betas"], notes=["mind the gap"],
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """The requests that were made; all are fulfilled."""
    requests = []

    def fulfil(request, progress):
        progress.report(1, 1, "done")
        requests.append(request)
        return RESULT

    monkeypatch.setattr(job, "convert", fulfil)
    return requests


def test_all_options_reach_the_request(asked):
    result = run.invoke(
        app,
        ["c.ckpt", "--config", "c.yaml", "-o", "out", "--name", "n", "--encoder", "e@1",
         "--pixel", "0.5um", "--base", "b.ckpt", "--classifier", "k.pt",
         "--classifier-config", "k.yaml"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (request,) = asked
    assert (request.checkpoint, request.config, request.output) == ("c.ckpt", "c.yaml", "out")
    assert (request.name, request.encoder, request.base) == ("n", "e@1", "b.ckpt")
    assert (request.classifier, request.classifier_config) == ("k.pt", "k.yaml")
    assert request.pixel == PixelSize(size=0.5, unit="µm")
    for words in ("A title", "256 × 256", "network 7", "MIT", "mind the gap"):
        assert words in result.stdout


def test_json(asked):
    result = run.invoke(app, ["c.ckpt", "--config", "c.yaml", "-o", "out", "--json"])
    assert ConvertResult.model_validate(json.loads(result.stdout)) == RESULT
    assert asked[0].pixel is None


def test_an_encoder_is_named_and_tensors_are_counted(asked, monkeypatch):
    result = run.invoke(app, ["c.pth", "--as", "hipt-patch", "-o", "out"])
    assert result.exit_code == 0, result.output
    assert (asked[0].known_as, asked[0].config) == ("hipt-patch", None)
    spec = catalogue()["hipt-patch"].encoder.model_copy(update={"id": "hipt-patch@1"})
    answers = {
        "hipt-patch@1 → there": {"family": "encoder", "spec": spec},
        "7 tensors → there": {"family": "tensors", "spec": None, "licence": None,
                              "tensors": {"file": 7}},
    }  # fmt: skip
    for words, changes in answers.items():
        made = RESULT.model_copy(update=changes)
        monkeypatch.setattr(job, "convert", lambda *_, made=made: made)
        result = run.invoke(app, ["c.pth", "-o", "out"])
        assert words in result.stdout
        result = run.invoke(app, ["c.pth", "-o", "out", "--json"])
        assert ConvertResult.model_validate_json(result.stdout) == made


def test_a_refusal_is_an_exit_code_and_data(monkeypatch):
    def refuse(request, progress):
        raise UnsafeFile(request.checkpoint, "It could run code.", "Ask for safetensors.")

    monkeypatch.setattr(job, "convert", refuse)
    result = run.invoke(app, ["c.ckpt", "--config", "c.yaml", "-o", "out", "--json"])
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error == {
        "kind": "UnsafeFile", "message": "It could run code.", "hint": "Ask for safetensors.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size", "unit"),
    [("0.5um", 0.5, "µm"), ("0.25 µm", 0.25, "µm"), (".5μm/px", 0.5, "µm"), ("1m", 1, "m"),
     ("0.6 M/px", 0.6, "m")],
)  # fmt: skip
def test_sizes_of_a_pixel(text, size, unit):
    assert pixel_size(text) == PixelSize(size=size, unit=unit)


@pytest.mark.parametrize("text", ["", "0.5", "um", "0um", "-1um", "5 inches", "1 2um", "nan um"])
def test_no_sizes_of_a_pixel(asked, text):
    result = run.invoke(app, ["c.ckpt", "--config", "c.yaml", "-o", "out", f"--pixel={text}"])
    assert result.exit_code == 2
    assert not asked
