"""Texts read by a CLIP's tower: as transformers reads them; what is unsafe is refused."""

from __future__ import annotations

import builtins
import json

import pytest
import torch

from ssldiff_gui.core.errors import (
    BadRequest,
    DamagedModel,
    MissingFile,
    MissingPart,
    UnsafeFile,
    UserError,
)
from ssldiff_gui.models.priors.clip_reader import ClipReader, config_of, read_clip
from tests.models.tiny_clips import LENGTH, SIZE, tiny_clip_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_clip_folder(tmp_path_factory.mktemp("texts") / "tiny-clip")


@pytest.fixture(scope="module")
def reader(folder):
    return read_clip(folder, 16)[0]


def copy_of(folder, path):
    path.mkdir()
    for one in folder.iterdir():
        (path / one.name).write_bytes(one.read_bytes())
    return path


def test_it_says_what_transformers_says(folder, reader):
    from transformers import CLIPTextModelWithProjection

    plain = CLIPTextModelWithProjection.from_pretrained(folder).eval()
    for value in plain.parameters():
        value.data = value.data.half().float()
    plain.text_model.eos_token_id = 3  # any number but 2, which stands for an old way to pool
    ids = reader.tokens("trees in a meadow")
    assert (ids[0], ids[-1]) == (1, 2)
    with torch.no_grad():
        states = plain.text_model(input_ids=torch.tensor([ids])).last_hidden_state[:, -1]
        wanted = torch.nn.functional.normalize(plain.text_projection(states)[0], dim=0)
    torch.testing.assert_close(reader.embedded(["trees in a meadow"])[0], wanted)


def test_texts_say_the_same_in_any_company(reader):
    texts = ["poppies", "a forest of firs", "poppies"]
    together = reader.embedded(texts)
    assert torch.equal(together[0], together[2])
    assert not torch.allclose(together[0], together[1])
    reader._known.clear()
    assert torch.equal(reader.embedded(["a forest of firs"])[0], together[1])


def test_a_long_text_ends_where_its_reader_does(reader):
    long = " ".join(["trees"] * 40)
    assert len(reader.tokens(long)) > LENGTH
    assert torch.isfinite(reader.embedded([long])).all()


def test_the_tower_is_not_trained(reader):
    trained = {name for name, value in reader.named_parameters() if value.requires_grad}
    assert trained == {"project.weight", "project.bias"}
    reader(["trees"]).sum().backward()
    assert reader.project.weight.grad is not None


def test_texts_that_lie_close_together_are_told_apart(folder):
    reader = read_clip(folder, 16)[0]
    texts = ["trees", "poppies", "a forest of firs"]
    reader.measure(texts)
    apart = (reader.embedded(texts) - reader.centre) / reader.spread
    torch.testing.assert_close(apart.mean(0), torch.zeros(SIZE), atol=1e-4, rtol=0)
    torch.testing.assert_close(apart.square().mean(), torch.tensor(1.0))
    reader.measure(texts[:1])
    assert torch.isfinite(reader(["trees"])).all()


def test_it_can_be_made_again_from_what_it_says(reader):
    again = ClipReader(**json.loads(json.dumps(config_of(reader))))
    again.load_state_dict(reader.state_dict(), strict=True)
    again.tokenizer = reader.tokenizer
    assert torch.equal(again(["green woods"]), reader(["green woods"]))


def test_of_a_whole_clip_the_text_is_taken(folder, reader, tmp_path):
    from safetensors.torch import load_file, save_file

    whole = tiny_clip_folder(tmp_path / "whole", whole=True)
    tensors = load_file(whole / "model.safetensors")
    tensors |= {
        "vision_model.embeddings.class_embedding": torch.zeros(4),
        "text_model.embeddings.position_ids": torch.arange(LENGTH)[None],
        "logit_scale": torch.tensor(1.0),
    }
    save_file(tensors, whole / "model.safetensors")
    found = read_clip(whole, 16)[0]
    assert torch.equal(found.embedded(["trees"]), reader.embedded(["trees"]))


def without(name):
    return lambda path: (path / name).unlink()


def pickled(path):
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def another(path):
    (path / "config.json").write_text('{"model_type": "bert"}', "utf-8")


def other_sizes(path):
    told = json.loads((path / "config.json").read_text("utf-8"))
    (path / "config.json").write_text(json.dumps(told | {"hidden_size": 32}), "utf-8")


def giant(path):
    told = json.loads((path / "config.json").read_text("utf-8"))
    (path / "config.json").write_text(json.dumps(told | {"hidden_size": 1 << 30}), "utf-8")


def no_rules(path):
    (path / "tokenizer.json").write_text("{}", "utf-8")


def endless(path):
    told = json.loads((path / "tokenizer.json").read_text("utf-8"))
    (path / "tokenizer.json").write_text(json.dumps(told | {"post_processor": None}), "utf-8")


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (without("config.json"), MissingFile, "config.json"),
        (without("tokenizer.json"), MissingFile, "tokenizer.json"),
        (without("model.safetensors"), MissingFile, "model.safetensors"),
        (pickled, UnsafeFile, "pytorch_model.bin"),
        (another, BadRequest, "bert"),
        (other_sizes, DamagedModel, "do not fit"),
        (giant, DamagedModel, "hidden_size"),
        (no_rules, DamagedModel, "no tokeniser"),
        (endless, BadRequest, "end of a text"),
    ],
)
def test_folders_of_no_use_are_refused(folder, tmp_path, change, kind, words):
    copy = copy_of(folder, tmp_path / "copy")
    change(copy)
    with pytest.raises(kind, match=words) as caught:
        read_clip(copy, 16)
    assert isinstance(caught.value, UserError)
    assert caught.value.hint


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MissingFile, match="no text model"):
        read_clip(tmp_path / "nothing", 16)


@pytest.mark.parametrize("package", ["transformers", "tokenizers"])
def test_without_the_package_the_command_to_get_it_is_told(folder, monkeypatch, package):
    plain = builtins.__import__

    def missing(name, *rest, **more):
        if name == package:
            raise ModuleNotFoundError(name=package)
        return plain(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingPart, match=package) as caught:
        read_clip(folder, 16)
    assert "pip install" in caught.value.hint
