from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ssldiff_gui.commands.evaluate import evaluate
from tests.jobs.evaluated import picture_folder, tiny_models

run = CliRunner()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    room = tmp_path_factory.mktemp("evaluated")
    picture_folder(room / "pictures")
    return tiny_models(room)


def said(place, *words, code=0):
    given = [*map(str, words), "--pictures", str(place / "pictures")]
    result = run.invoke(evaluate, given)
    assert result.exit_code == code, result.output
    return result


def test_a_table_with_what_each_figure_is_read_against(place, tmp_path):
    words = ["autoencoder", place / "generator", "--encoder", place / "encoder"]
    result = said(place, *words, "--samples", 4, "--out", tmp_path / "out")
    for part in ("measure", "value", "against", "better", "PSNR", "higher", "real"):
        assert part in result.stdout
    assert (tmp_path / "out" / "figures.json").is_file()
    assert (tmp_path / "out" / "autoencoder.synthetic.png").is_file()


def test_the_same_as_json(place):
    words = ["autoencoder", place / "generator", "--encoder", place / "encoder", "--samples", 4]
    facts = json.loads(said(place, *words, "--json").stdout)
    assert facts["kind"] == "autoencoder"
    assert facts["request"]["samples"] == 4
    first = facts["figures"]["held out"][0]
    assert set(first) == {"measure", "value", "low", "high", "better", "against", "note"}
    assert facts["files"] == []


def test_what_is_wrong_is_said_with_what_to_do(place):
    result = said(place, "encoder", "no-such-model", code=1)
    assert "no encoder 'no-such-model'" in result.stderr
    result = said(place, "generator", place / "encoder", "--json", code=1)
    assert json.loads(result.stdout)["error"]["kind"] == "MissingModel"


def test_a_wrong_option_is_named(place):
    result = said(place, "autoencoder", place / "generator", "--unseen-pixel", "-1", code=1)
    assert "--unseen-pixel" in result.stderr


@pytest.mark.parametrize("kind", ["encoder", "autoencoder", "generator", "canvas", "prior"])
def test_every_kind_has_its_help(kind):
    assert run.invoke(evaluate, [kind, "--help"]).exit_code == 0
