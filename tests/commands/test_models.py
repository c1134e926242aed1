"""`ssldiff models` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.torch import save_file
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.models.folders import installed_folder
from tests.models.tiny_encoders import tiny_encoder_folder, tiny_encoder_spec, tiny_tensors

run = CliRunner()


def test_the_list_has_what_is_installed_and_what_can_be_had() -> None:
    tiny_encoder_folder(installed_folder() / "mine")
    for arguments in (["models", "--json"], ["models", "list", "--json"]):
        found = json.loads(run.invoke(app, arguments).stdout)
        installed = {entry["name"]: entry for entry in found["installed"]}
        assert installed["mine"]["kind"] == "encoder"
        assert installed["mine"]["pixel"] == {"size": 0.5, "unit": "µm"}
        known = {entry["name"]: entry for entry in found["catalogue"]}
        assert known["uni"]["licence"]["commercial"] is False
        assert known["ctranspath"]["obtain"] == "convert"
    words = run.invoke(app, ["models"]).stdout
    assert "mine" in words
    assert "virchow2" in words


def test_show_tells_of_both() -> None:
    spec = tiny_encoder_folder(installed_folder() / "mine")
    found = json.loads(run.invoke(app, ["models", "show", "mine", "--json"]).stdout)
    assert found["installed"] is True
    assert found["encoder"]["id"] == spec.id
    assert set(found["files"]) == {"README.md", "model.safetensors"}
    found = json.loads(run.invoke(app, ["models", "show", "phikon-v2", "--json"]).stdout)
    assert found["installed"] is False
    assert len(found["revision"]) == 40
    assert "non-commercial" in run.invoke(app, ["models", "show", "phikon-v2"]).stdout
    assert run.invoke(app, ["models", "show", "nobody"]).exit_code == 1


def test_verify_finds_one_changed_byte() -> None:
    for name in ("good", "bad"):
        tiny_encoder_folder(installed_folder() / name)
    assert run.invoke(app, ["models", "verify"]).exit_code == 0
    path = installed_folder() / "bad" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-9] ^= 4
    path.write_bytes(content)
    result = run.invoke(app, ["models", "verify", "--json"])
    assert result.exit_code == 4
    found = {entry["name"]: entry for entry in json.loads(result.stdout)["models"]}
    assert found["good"]["whole"] is True
    assert found["bad"]["whole"] is False
    assert "model.safetensors" in found["bad"]["error"]["message"]
    result = run.invoke(app, ["models", "verify", "bad"])
    assert result.exit_code == 1
    assert "model.safetensors" in result.stderr


def test_nothing_to_verify_is_no_error() -> None:
    result = run.invoke(app, ["models", "verify"])
    assert result.exit_code == 0


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    spec = tiny_encoder_spec()
    save_file(tiny_tensors(spec), tmp_path / "model.safetensors")
    config = {"architecture": spec.architecture, "model_args": spec.arguments}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path / "model.safetensors"


def test_a_licence_is_accepted_by_name_before_anything_is_installed(weights: Path) -> None:
    command = ["models", "get", "hipt-patch", "--from", str(weights)]
    result = run.invoke(app, [*command, "--json"])
    assert result.exit_code == 3
    error = json.loads(result.stdout)["error"]
    assert error["kind"] == "NeedsConsent"
    assert "Commons Clause" in error["message"]
    assert "--accept-licence" in error["hint"]
    assert not installed_folder().exists()
    result = run.invoke(app, [*command, "--accept-licence", "Apache-2.0 with Commons Clause"])
    assert result.exit_code == 1  # accepted; but these are the weights of something else
    assert "do not fit" in result.stderr or "not those" in result.stderr


def test_models_that_cannot_be_downloaded_say_what_to_do() -> None:
    result = run.invoke(app, ["models", "get", "ctranspath"])
    assert result.exit_code == 1
    assert "--from" in result.stderr
    result = run.invoke(app, ["models", "get", "nobody-knows-it"])
    assert result.exit_code == 1


def test_offline_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    result = run.invoke(app, ["models", "get", "dinov2-small-reg"])
    assert result.exit_code == 1
    assert "HF_HUB_OFFLINE" in result.stderr
