"""The hub over a loopback server: pins, gates, lies, tokens, and no network at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save

from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    DamagedModel,
    GatedModel,
    MissingModel,
    NeedsConsent,
    NoSpace,
    UnsafeFile,
)
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.requests import ModelRequest
from ssldiff_gui.jobs.inline import do
from ssldiff_gui.models import hub as our_hub
from ssldiff_gui.models.encoders import encoder_id, load_encoder
from ssldiff_gui.models.folders import find_model, installed_folder, read_model
from ssldiff_gui.models.hub import fetch, look, scrubbed
from ssldiff_gui.models.obtaining import check_consent, install_file, obtain, offer, terms
from tests.models.hub_server import COMMIT, FakeHub, FakeRepository, fake_hub
from tests.models.tiny_encoders import tiny_encoder_spec, tiny_tensors

NAME = "hf-hub:someone/tiny-vit"
TOKEN = "hf_" + "abcdefghijklmnop"


def timm_files(seed: int = 0) -> dict[str, bytes]:
    """A repository as timm's `push_to_hf_hub` makes them."""
    spec = tiny_encoder_spec()
    arguments = {**spec.arguments, "num_classes": 0}
    config = {
        "architecture": spec.architecture, "num_features": 24, "model_args": arguments,
        "pretrained_cfg": {
            "input_size": [3, 32, 32], "crop_pct": 1.0, "interpolation": "bilinear",
            "mean": [0.7, 0.5, 0.6], "std": [0.2, 0.3, 0.2],
        },
    }  # fmt: skip
    return {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": save(tiny_tensors(spec, seed)),
        "README.md": b"# tiny",
        "pytorch_model.bin": b"\x80\x02}q\x00.",
    }


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fake_hub() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        pattern = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", pattern)
        server.repositories["someone/tiny-vit"] = FakeRepository(timm_files())
        yield server


def test_a_model_is_looked_at_before_anything_is_downloaded(hub: FakeHub) -> None:
    given = offer(NAME)
    assert hub.downloads() == []
    assert given.licence.name == "mit"
    assert given.licence.commercial is True
    assert given.size == len(hub.repositories["someone/tiny-vit"].files["model.safetensors"])
    assert given.repository is not None
    assert given.repository.commit == COMMIT
    with pytest.raises(NeedsConsent, match="mit"):
        check_consent(given.licence, None)
    with pytest.raises(NeedsConsent):
        check_consent(given.licence, "apache-2.0")
    check_consent(given.licence, "MIT")


def test_a_model_is_installed_with_its_own_preprocessing_and_pinned(hub: FakeHub) -> None:
    done = obtain(offer(NAME))
    assert sorted(hub.downloads()) == ["config.json", "model.safetensors"]
    assert done.trust == "first use"
    model = read_model(find_model(NAME, "encoder"))
    assert model.encoder is not None
    assert model.encoder.mean == (0.7, 0.5, 0.6)
    assert model.encoder.std == (0.2, 0.3, 0.2)
    assert model.encoder.interpolation == "bilinear"
    assert model.provenance["revision"] == COMMIT
    assert model.provenance["sha256"] == done.sha256
    tensors = tiny_tensors(tiny_encoder_spec())
    assert model.encoder.id == encoder_id(model.encoder, tensors)
    assert load_encoder(NAME, "cpu").spec == model.encoder
    assert load_encoder("someone--tiny-vit", "cpu").spec == model.encoder
    left = [path.name for path in installed_folder().iterdir()]
    assert left == ["someone--tiny-vit"]


def test_what_was_trusted_once_has_to_stay_the_same(hub: FakeHub) -> None:
    obtain(offer(NAME))
    again = obtain(offer(NAME))
    assert again.trust == "pinned"
    hub.repositories["someone/tiny-vit"].files |= timm_files(seed=1)
    with pytest.raises(DamagedModel, match="pinned"):
        obtain(offer(NAME))
    assert load_encoder(NAME, "cpu").spec.id == again.encoder.id


def test_other_bytes_than_the_hub_promised_are_refused(hub: FakeHub, tmp_path: Path) -> None:
    repository = hub.repositories["someone/tiny-vit"]
    content = bytearray(repository.files["model.safetensors"])
    content[-1] ^= 1
    repository.lies["model.safetensors"] = bytes(content)
    with pytest.raises(DamagedModel, match="SHA-256"):
        fetch(look("someone/tiny-vit", "main"), "model.safetensors", tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.py", "../config.json", "a/model.safetensors", "x.ckpt"]
)
def test_only_harmless_files_are_fetched(hub: FakeHub, tmp_path: Path, name: str) -> None:
    found = look("someone/tiny-vit", "main")
    asked = len(hub.asked)
    with pytest.raises(UnsafeFile):
        fetch(found, name, tmp_path)
    assert len(hub.asked) == asked


def test_a_repository_of_pickles_is_refused_with_a_way_out(hub: FakeHub) -> None:
    del hub.repositories["someone/tiny-vit"].files["model.safetensors"]
    with pytest.raises(MissingModel, match=r"pytorch_model\.bin") as caught:
        offer(NAME)
    assert "--from" in caught.value.hint
    assert hub.downloads() == []


def test_a_gate_says_where_to_ask(hub: FakeHub) -> None:
    hub.repositories["someone/tiny-vit"].gated = True
    given = offer(NAME)
    assert given.licence.gate == "https://huggingface.co/someone/tiny-vit"
    assert "has to be asked for" in terms(given.licence)
    with pytest.raises(GatedModel) as caught:
        obtain(given)
    assert "huggingface.co/someone/tiny-vit" in caught.value.hint
    assert "hf auth login" in caught.value.hint


def test_a_token_opens_the_gate_and_is_written_nowhere(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.repositories["someone/tiny-vit"].gated = True
    with caplog.at_level(logging.DEBUG):
        done = obtain(offer(NAME))
    assert f"Bearer {TOKEN}" in hub.tokens
    assert TOKEN not in caplog.text
    for path in done.folder.iterdir():
        assert TOKEN.encode() not in path.read_bytes()


def test_tokens_are_cut_out_of_texts() -> None:
    assert TOKEN not in scrubbed(f"Authorization: Bearer {TOKEN} and {TOKEN}!")
    assert scrubbed("nothing here") == "nothing here"


def test_unknown_repositories_and_no_network_are_said(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    with pytest.raises(MissingModel, match="no repository"):
        offer("hf-hub:nobody/nothing")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MissingModel, match="cannot be fetched"):
        offer(NAME)


def test_offline_asks_nobody(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingModel, match="HF_HUB_OFFLINE"):
        offer(NAME)
    assert hub.asked == []


def test_a_network_that_cannot_be_made_is_said_before_its_weights_are_fetched(
    hub: FakeHub,
) -> None:
    repository = hub.repositories["someone/tiny-vit"]
    config = json.loads(repository.files["config.json"])
    config["model_args"]["checkpoint_path"] = "evil.pt"
    repository.files["config.json"] = json.dumps(config).encode()
    with pytest.raises(DamagedModel, match="checkpoint_path cannot be set"):
        obtain(offer(NAME))
    assert hub.downloads() == ["config.json"]


def test_no_room_is_said_before_the_download(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_hub, "ROOM", 1 << 62)
    with pytest.raises(NoSpace):
        obtain(offer(NAME))
    assert hub.downloads() == []


def test_a_download_can_be_stopped(hub: FakeHub) -> None:
    class Impatient(Silent):
        def check(self) -> None:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        obtain(offer(NAME), Impatient())
    with pytest.raises(MissingModel):
        find_model(NAME)


@pytest.mark.parametrize("name", ["ctranspath", "hipt-patch"])
def test_models_that_are_pickles_only_say_how_to_go_on(hub: FakeHub, name: str) -> None:
    with pytest.raises(MissingModel) as caught:
        offer(name)
    assert "--from" in caught.value.hint
    assert hub.asked == []


def test_weights_at_hand_are_installed_only_when_they_fit(hub: FakeHub, tmp_path: Path) -> None:
    for name, content in timm_files().items():
        (tmp_path / name).write_bytes(content)
    done = install_file(offer(NAME, local=True), tmp_path / "model.safetensors")
    assert done.revision is None
    assert hub.asked == []
    with pytest.raises(DamagedModel, match=r"do not fit|not those"):
        install_file(offer("dinov2-small-reg", local=True), tmp_path / "model.safetensors")
    with pytest.raises(UnsafeFile):
        install_file(offer("phikon", local=True), tmp_path / "model.safetensors")


@pytest.mark.parametrize("name", ["nonsense", "hf-hub:only-one", "timm:no_such_model"])
def test_names_that_nobody_knows(hub: FakeHub, name: str) -> None:
    with pytest.raises((MissingModel, BadRequest)):
        offer(name)


def test_the_catalogue_pins_a_hash_when_it_has_one(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Any] = timm_files()
    hub.repositories["owkin/phikon-v2"] = FakeRepository(files)
    with pytest.raises(DamagedModel, match="261ae680fa69"):
        obtain(offer("phikon-v2"))


def test_the_studio_asks_for_a_model_by_a_request(hub: FakeHub) -> None:
    assert hub.repositories
    with pytest.raises(NeedsConsent, match="Licence"):
        do(ModelRequest(name=NAME))
    heard: list[str] = []

    class Listener(Silent):
        def report(self, done: float, total: float, words: str = "") -> None:
            heard.append(words)

    done = do(ModelRequest(name=NAME, accept=True), Listener())
    folder = find_model(str(done["name"]))
    assert done["folder"] == str(folder)
    assert read_model(folder).encoder is not None
    assert "Installing" in heard
