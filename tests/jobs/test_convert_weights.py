"""Encoders that are published as pickles: from their owners' layout to a model that embeds."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import stat

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from ssldiff_gui.cli import app
from ssldiff_gui.core.conversion import ConvertRequest
from ssldiff_gui.core.errors import (
    BadRequest,
    BrokenFile,
    MissingModel,
    MissingPart,
    UnknownWeights,
)
from ssldiff_gui.jobs import convert_child, convert_weights
from ssldiff_gui.jobs.convert import convert
from ssldiff_gui.models import obtaining
from ssldiff_gui.models.catalogue import catalogue
from ssldiff_gui.models.encoder_keys import for_network
from ssldiff_gui.models.encoder_networks import make_network
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.hub import HubFile, Repository
from ssldiff_gui.models.weights import load_into, load_tensors

SMALL = {
    "uni": {"embed_dim": 24, "depth": 2, "num_heads": 3},
    "uni2-h": {"embed_dim": 24, "depth": 2, "num_heads": 3},
    "hipt-patch": {"embed_dim": 24, "depth": 2, "num_heads": 3},
    "ctranspath": {},
}
"""What makes a network small; CTransPath's stem has one size only."""


def vit(width, depth, hidden, tokens, *, scale=True, inner=None, registers=0, device="cpu"):
    """Return the tensors of a vision transformer by the names of timm and DINO."""
    inner = inner or hidden
    sizes = {
        "cls_token": (1, 1, width),
        "pos_embed": (1, tokens, width),
        "patch_embed.proj.bias": (width,),
        "norm.weight": (width,),
        "norm.bias": (width,),
    }
    if registers:
        sizes["reg_token"] = (1, registers, width)
    for block in range(depth):
        layers = {
            "norm1": (width,),
            "attn.qkv": (3 * width, width),
            "attn.proj": (width, width),
            "norm2": (width,),
            "mlp.fc1": (hidden, width),
            "mlp.fc2": (width, inner),
        }
        for name, size in layers.items():
            sizes[f"blocks.{block}.{name}.weight"] = size
            sizes[f"blocks.{block}.{name}.bias"] = size[:1]
        if scale:
            sizes |= {f"blocks.{block}.ls{n}.gamma": (width,) for n in (1, 2)}
    return {name: torch.randn(size, device=device) * 0.1 for name, size in sizes.items()}


def vit_of(name, *, width=24, depth=2, device="cpu"):
    """Return what the owners' checkpoint of UNI, UNI2-h or HIPT holds, of any size."""
    patch = 14 if name == "uni2-h" else 16
    if name == "uni2-h":  # no position for the class token; gated units; eight registers
        hidden = int(width * 5.33334)
        found = vit(width, depth, hidden, 256, inner=hidden // 2, registers=8, device=device)
    else:
        found = vit(width, depth, 4 * width, 197, scale=name == "uni", device=device)
    projection = torch.randn(width, 3, patch, patch, device=device) * 0.1
    return found | {"patch_embed.proj.weight": projection}


def swin():
    """Return what ctranspath.pth holds: as timm 0.5.4 stored a Swin, tables and all."""
    spec = catalogue()["ctranspath"].encoder
    network = make_network(spec.architecture, spec.arguments)
    found = {}
    for name, value in network.state_dict().items():
        stage = re.match(r"layers\.(\d)\.downsample", name)
        found[
            name.replace(stage[0], f"layers.{int(stage[1]) - 1}.downsample") if stage else name
        ] = value
    return found | {
        "layers.0.blocks.1.attn_mask": torch.zeros(64, 49, 49),
        "layers.0.blocks.0.attn.relative_position_index": torch.zeros(49, 49, dtype=torch.int64),
    }


def dino(state):
    """Return a training's checkpoint around a teacher's backbone."""
    teacher = {f"module.backbone.{name}": value for name, value in state.items()}
    teacher["module.head.last_layer.weight_g"] = torch.ones(8, 1)
    student = {name: value + 1 for name, value in teacher.items()}
    options = argparse.Namespace(arch="vit_small", lr=0.0005, use_fp16=True)
    return {"student": student, "teacher": teacher, "epoch": 100, "args": options,
            "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.ones(3)}}}}  # fmt: skip


def published(name):
    """Return a small checkpoint in its owners' layout."""
    if name == "ctranspath":
        return {"model": swin()}
    return dino(vit_of(name)) if name == "hipt-patch" else vit_of(name)


@pytest.fixture
def small(monkeypatch):
    """Make the catalogue's networks small; all else about them stays."""
    there = dict(catalogue())
    for name, sizes in SMALL.items():
        spec = there[name].encoder
        changes = {"arguments": spec.arguments | sizes, "dim": sizes.get("embed_dim", spec.dim)}
        changes = {"encoder": spec.model_copy(update=changes)}
        there[name] = there[name].model_copy(update=changes)
    monkeypatch.setattr(obtaining, "catalogue", lambda: there)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def saved(folder, content, name="published.pth"):
    torch.save(content, folder / name)
    return folder / name


def cells(encoder):
    side = encoder.spec.cell
    return np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_the_hint_of_every_pickle_leads_to_an_installed_model(name, small, tmp_path, monkeypatch):
    files = {"pytorch_model.bin": HubFile(1, None)}
    monkeypatch.setattr(
        obtaining, "look", lambda *_: Repository("a/b", "0" * 40, files, catalogue()[name].licence)
    )
    with pytest.raises(MissingModel) as caught:
        obtaining.offer(name)
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, published(name), "FILE")
    commands = re.findall(r"`ssldiff ([^`]*)`", caught.value.hint)
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command)
        if words[0] == "models":
            words += ["--accept-licence", catalogue()[name].licence.name]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
    encoder = load_encoder(name, "cpu")
    assert np.isfinite(encoder.embed(cells(encoder))).all()


@pytest.mark.parametrize("name", sorted(SMALL))
def test_both_ways_give_the_same_encoder(name, small, tmp_path):
    path = saved(tmp_path, published(name))
    folder, file = tmp_path / "made", tmp_path / "made.safetensors"
    result = convert_child.convert(
        ConvertRequest(checkpoint=str(path), output=str(folder), known_as=name)
    )
    convert_child.convert(ConvertRequest(checkpoint=str(path), output=str(file)))
    given = obtaining.offer(name, local=True)
    assert result.family == "encoder"
    assert result.spec == obtaining.install_file(given, file).encoder
    model = read_model(folder)
    assert model.encoder == result.spec
    assert model.licence == catalogue()[name].licence
    assert model.provenance["converted from"]["checkpoint"]["name"] == path.name
    assert model.provenance["left out"] == result.left_out


def test_the_teachers_values_arrive_unchanged_and_heads_are_named(small, tmp_path):
    state = vit_of("hipt-patch")
    path = saved(tmp_path, dino(state))
    request = ConvertRequest(
        checkpoint=str(path), output=str(tmp_path / "made"), known_as="hipt-patch"
    )
    result = convert_child.convert(request)
    assert result.left_out == ["module.head.last_layer.weight_g"]
    found = load_tensors(tmp_path / "made" / "model.safetensors")
    assert set(found) == set(state)
    assert all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize("name", ["uni", "uni2-h", "hipt-patch"])
def test_the_owners_names_and_sizes_fit_the_network_of_the_catalogue(name):
    spec = catalogue()[name].encoder
    depth = {"uni": 24, "uni2-h": 24, "hipt-patch": 12}[name]
    with torch.device("meta"):
        network = make_network(spec.architecture, spec.arguments)
    state = vit_of(name, width=spec.dim, depth=depth, device="meta")
    found = for_network(state, spec.architecture, network)
    with torch.device("meta"):
        load_into(network, found)


def test_an_encoder_is_converted_in_a_process_of_its_own(tmp_path):
    path = saved(tmp_path, dino(vit_of("hipt-patch", width=384, depth=12)))
    result = convert(
        ConvertRequest(checkpoint=str(path), output=str(tmp_path / "made"), known_as="hipt-patch")
    )
    assert result.folder == str(tmp_path / "made")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["made", path.name]
    assert load_encoder(tmp_path / "made", "cpu").spec == result.spec


def test_tensors_alone_are_as_they_were_and_share_nothing(tmp_path):
    row = torch.arange(6.0)
    content = {"a": row[:3], "b": row[2:], "c": row, "d": row.view(2, 3).T,
               "e": torch.ones(2, dtype=torch.bfloat16)}  # fmt: skip
    path = saved(tmp_path, {"state_dict": content})
    output = tmp_path / "new" / "x.safetensors"
    result = convert(ConvertRequest(checkpoint=str(path), output=str(output)))
    assert (result.family, result.spec, result.tensors) == ("tensors", None, {"file": 5})
    found = load_file(output)
    assert set(found) == set(content)
    for name, value in content.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)
    before = output.read_bytes()
    convert(ConvertRequest(checkpoint=str(path), output=str(output)))
    assert output.read_bytes() == before
    assert [entry.name for entry in output.parent.iterdir()] == [output.name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("blocks.1.norm1.bias"), r"missing: blocks\.1\.norm1\.bias"),
        (lambda state: state.update(adapter=torch.ones(1)), "left over: adapter"),
        (lambda state: state.update(cls_token=torch.ones(1, 1, 25)), "of another shape: cls_token"),
    ],
    ids=["missing", "left over", "another shape"],
)
def test_every_tensor_has_to_fit(small, tmp_path, change, words):
    state = vit_of("uni")
    change(state)
    path = saved(tmp_path, state)
    with pytest.raises(UnknownWeights, match=words) as caught:
        convert_child.convert(
            ConvertRequest(checkpoint=str(path), output=str(tmp_path / "made"), known_as="uni")
        )
    assert caught.value.path == path
    assert "UNI" in caught.value.message
    assert not (tmp_path / "made").exists()


def test_without_a_reader_the_missing_part_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(convert_weights, "entry_points", lambda **_: ())
    path = saved(tmp_path, {"a": torch.ones(1)})
    with pytest.raises(MissingPart) as caught:
        convert_weights.read_tensors(path)
    assert "ssldiff-cvlab" in caught.value.hint


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"output": "folder"}, "--as NAME"),
        ({"output": "x.safetensors", "encoder": "e@1"}, "--encoder"),
        ({"output": "folder", "known_as": "uni", "base": "published.pth"}, "--base"),
        ({"output": "folder", "known_as": "uni", "config": "published.pth"}, "--config or --as"),
        ({"output": "published.safetensors", "checkpoint": "published.safetensors"}, "already"),
        ({"output": "there.safetensors"}, "already"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_read(
    tmp_path, monkeypatch, facts, words
):
    monkeypatch.chdir(tmp_path)
    for name in ("published.pth", "published.safetensors"):
        (tmp_path / name).write_bytes(b"nothing of this is read")
    (tmp_path / "there.safetensors").mkdir()
    with pytest.raises(BadRequest) as caught:
        convert(ConvertRequest(**({"checkpoint": "published.pth"} | facts)))
    assert words in str(caught.value)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_unknown_name_and_no_checkpoint_are_said(tmp_path):
    path = saved(tmp_path, {"a": torch.ones(1)})
    with pytest.raises(MissingModel, match="nobody") as caught:
        convert_child.convert(
            ConvertRequest(checkpoint=str(path), output=str(tmp_path / "m"), known_as="nobody")
        )
    assert "ctranspath" in caught.value.hint
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BrokenFile):
        convert_child.convert(
            ConvertRequest(checkpoint=str(path), output=str(tmp_path / "m"), known_as="uni")
        )


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_what_is_written_has_the_rights_of_other_files(small, tmp_path, mask):
    path = saved(tmp_path, published("uni"))
    before = os.umask(mask)
    try:
        for name, known_as in (("made", "uni"), ("made.safetensors", None)):
            output = str(tmp_path / name)
            convert_child.convert(
                ConvertRequest(checkpoint=str(path), output=output, known_as=known_as)
            )
    finally:
        os.umask(before)
    written = [tmp_path / "made.safetensors", *(tmp_path / "made").iterdir()]
    assert len(written) == 4
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in written} == {0o666 & ~mask}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o777 & ~mask
