from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import torch

from ssldiff_gui.core.errors import BadRequest, DamagedModel, FileProblem, MissingModel
from ssldiff_gui.core.specs import GeneratorSpec, ModelFile, PartSpec
from ssldiff_gui.models import folders
from ssldiff_gui.models.folders import (
    find_model,
    installed_folder,
    installed_models,
    read_model,
    verify_model,
    write_model,
)
from tests.models.tiny_encoders import LICENCE, tiny_encoder_spec

CONTENTS = {"model.safetensors": {"a": torch.arange(4.0)}}


def model(name: str = "a") -> ModelFile:
    return ModelFile(kind="encoder", encoder=tiny_encoder_spec(name), licence=LICENCE)


def generator() -> ModelFile:
    part = PartSpec(type="x", file="network.safetensors")
    spec = GeneratorSpec(
        name="g", title="G", channels=4, factor=4, window=16, cell=8, network=part,
        autoencoder=PartSpec(type="y"),
    )  # fmt: skip
    return ModelFile(kind="generator", generator=spec, licence=LICENCE)


def test_a_folder_is_written_and_read(tmp_path: Path) -> None:
    written = write_model(tmp_path / "a", model(), "# A card\n", CONTENTS)
    assert set(written.files) == {"README.md", "model.safetensors"}
    assert read_model(tmp_path / "a") == written
    assert (tmp_path / "a" / "README.md").read_text("utf-8") == "# A card\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_files_that_lie_there_already_are_taken(tmp_path: Path) -> None:
    (tmp_path / "network.safetensors").write_bytes(b"x")
    written = write_model(tmp_path, generator(), "card")
    assert set(written.files) == {"README.md", "network.safetensors"}


def leave(folder: Path, days: float) -> Path:
    """Leave what a killed write leaves, so old."""
    inner = folder / "a"
    inner.mkdir(parents=True)
    (inner / "model.json").write_text("{}", "utf-8")
    then = time.time() - days * 86_400
    for path in (inner / "model.json", inner, folder):
        os.utime(path, (then, then))
    return folder


def test_what_a_killed_write_left_is_swept_after_a_day(tmp_path: Path) -> None:
    old = [leave(tmp_path / name, 1.1) for name in (".a.x7_abcde", ".a.old.12345678")]
    kept = [
        leave(tmp_path / ".a.x7_abcdf", 0.9),  # somebody may be writing it
        leave(tmp_path / ".b.x7_abcde", 9),
        leave(tmp_path / ".a.settings.d", 9),
        leave(tmp_path / "a.x7_abcde", 9),
    ]
    write_model(tmp_path / "a", model(), "card", CONTENTS)
    assert not any(folder.exists() for folder in old)
    assert all(folder.exists() for folder in kept)
    read_model(tmp_path / "a")


def test_a_model_that_was_moved_away_and_never_replaced_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(tmp_path / ".a.old.12345678", 2)

    def full(*_: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr("ssldiff_gui.models.folder_writing._write", full)
    with pytest.raises(FileProblem, match="cannot be written"):
        write_model(tmp_path / "a", model(), "card", CONTENTS)
    assert (tmp_path / "a" / "model.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_tensors_that_share_memory_are_written_whole(tmp_path: Path) -> None:
    from ssldiff_gui.models.weights import load_tensors

    whole = torch.arange(6.0)
    shared = {"a": whole, "b": whole, "c": whole[2:4], "d": whole.view(2, 3).T}
    write_model(tmp_path / "a", model(), "", {"model.safetensors": shared})
    found = load_tensors(tmp_path / "a" / "model.safetensors")
    assert all(torch.equal(found[name], value) for name, value in shared.items())


@pytest.mark.parametrize("name", ["README.md", "model.safetensors"])
def test_one_changed_byte_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a"
    write_model(folder, model(), "card", CONTENTS)
    read_model(folder)  # what was verified once is not taken for granted
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(DamagedModel, match=name):
        read_model(folder)
    (folder / name).unlink()
    with pytest.raises(DamagedModel, match=name):
        read_model(folder)


def test_a_file_is_hashed_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "a", model(), "card", CONTENTS)
    hashed: list[str] = []
    original = folders.sha256_of
    monkeypatch.setattr(
        folders, "sha256_of", lambda path: hashed.append(path.name) or original(path)
    )
    found = read_model(tmp_path / "a")
    read_model(tmp_path / "a")
    assert sorted(hashed) == ["README.md", "model.safetensors"]
    assert verify_model(tmp_path / "a", found) > 0
    assert len(hashed) == 4  # whoever asks for a verification gets one


def test_strange_files_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    write_model(tmp_path / "a", model(), "card", CONTENTS)
    (tmp_path / "a" / "stray.pt").write_bytes(b"\x80\x02}q\x00.")
    assert "stray.pt" not in read_model(tmp_path / "a").files


@pytest.mark.parametrize(
    "name",
    [
        "../evil.safetensors", "/etc/passwd", "a/b.safetensors", "..", "C:evil", "C:\\evil",
        "\\\\host\\share", "model.json", "trailing.", "trailing ", "", "a\0b", "~root",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    facts = json.loads(generator().model_dump_json())
    facts["generator"]["network"]["file"] = name
    facts["files"] = {name: "0" * 64}
    (tmp_path / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(DamagedModel, match="plain name"):
        read_model(tmp_path, verify=False)


def test_weights_without_a_hash_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(generator().model_dump_json(), "utf-8")
    with pytest.raises(DamagedModel, match=r"no hash for network.safetensors"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"format": 2}', b"\xff\xfe", b'{"format": 1}'],
)
def test_a_model_file_that_makes_no_sense_is_one_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(DamagedModel, match=r"model.json"):
        read_model(tmp_path)


def test_a_file_that_describes_something_else_than_it_says(tmp_path: Path) -> None:
    facts = json.loads(model().model_dump_json()) | {"kind": "generator"}
    (tmp_path / "model.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(DamagedModel, match="describes something else"):
        read_model(tmp_path)


def test_models_are_found_by_name_id_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny_encoder_spec("a").model_copy(update={"id": "a@0123456789ab"})
    made = ModelFile(kind="encoder", encoder=spec, licence=LICENCE)
    folder = installed_folder() / "a"
    write_model(folder, made, "", CONTENTS)
    write_model(tmp_path / "elsewhere", made, "", CONTENTS)
    assert find_model("a", "encoder") == folder
    assert find_model("a@0123456789ab") == folder
    assert find_model(tmp_path / "elsewhere") == tmp_path / "elsewhere"
    assert find_model(str(tmp_path / "elsewhere" / "model.json")) == tmp_path / "elsewhere"
    monkeypatch.chdir(tmp_path)
    assert find_model("elsewhere", "encoder") == tmp_path / "elsewhere"
    assert find_model("./elsewhere") == tmp_path / "elsewhere"


def test_a_missing_model_says_what_there_is_and_what_can_be_had() -> None:
    write_model(installed_folder() / "mine", model("mine"), "", CONTENTS)
    with pytest.raises(MissingModel) as caught:
        find_model("nope", "encoder")
    assert "mine" in caught.value.hint
    with pytest.raises(MissingModel, match=r"not there|installed") as caught:
        find_model("phikon-v2", "encoder")
    assert "ssldiff models get phikon-v2" in caught.value.hint
    with pytest.raises(MissingModel) as caught:
        find_model("hf-hub:a/b", "encoder")
    assert "ssldiff models get hf-hub:a/b" in caught.value.hint


def test_the_wrong_kind_is_said(tmp_path: Path) -> None:
    write_model(installed_folder() / "mine", model("mine"), "", CONTENTS)
    with pytest.raises(MissingModel, match="mine is an encoder, and a generator is wanted"):
        find_model("mine", "generator")


def test_a_broken_folder_does_not_hide_the_others() -> None:
    write_model(installed_folder() / "good", model("good"), "", CONTENTS)
    (installed_folder() / "bad").mkdir()
    (installed_folder() / "bad" / "model.json").write_text("{", "utf-8")
    found = {entry.name: entry for entry in installed_models()}
    assert found["good"].model is not None
    assert found["bad"].model is None
    assert isinstance(found["bad"].problem, DamagedModel)


def test_a_folder_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ssldiff_gui.models import folder_writing

    folder = tmp_path / "a"
    before = write_model(folder, model(), "first", CONTENTS)
    original = folder_writing.sha256_of

    def full(path: Path) -> str:
        if path.name == "model.safetensors":
            raise OSError(28, "No space left on device")
        return original(path)

    monkeypatch.setattr(folder_writing, "sha256_of", full)
    with pytest.raises(FileProblem, match="no space left"):
        write_model(folder, model(), "second", CONTENTS)
    monkeypatch.undo()
    assert read_model(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    after = write_model(folder, model(), "second", CONTENTS)
    assert read_model(folder) == after
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_somebodys_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work", "utf-8")
    with pytest.raises(BadRequest):
        write_model(tmp_path, model(), "", CONTENTS)
    assert (tmp_path / "thesis.doc").exists()
