from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ssldiff_gui.core.errors import DamagedModel, MissingFile
from ssldiff_gui.models.weights import load_into, load_tensors, sha256_of


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"  # names do not matter
    save_file({"weight": torch.arange(6.0).view(2, 3), "bias": torch.ones(2)}, path)
    return path


def test_tensors_come_back(weights: Path) -> None:
    found = load_tensors(weights)
    assert torch.equal(found["weight"], torch.arange(6.0).view(2, 3))
    assert set(found) == {"weight", "bias"}


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 9, 40, -1])
def test_a_cut_file_is_damaged(weights: Path, cut: int) -> None:
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(DamagedModel, match=r"a.bin"):
        load_tensors(weights)


def test_a_header_that_lies_is_damaged(weights: Path) -> None:
    content = bytearray(weights.read_bytes())
    for value in (2**62, 10**9, 3):
        content[:8] = value.to_bytes(8, "little")
        weights.write_bytes(content)
        with pytest.raises(DamagedModel):
            load_tensors(weights)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"no.safetensors"):
        load_tensors(tmp_path / "no.safetensors")


def test_the_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "a") == known


@pytest.mark.parametrize("assign", [False, True])
def test_a_network_is_filled_completely(weights: Path, assign: bool) -> None:
    with torch.device("meta" if assign else "cpu"):
        network = torch.nn.Linear(3, 2)
    load_into(network, load_tensors(weights), assign=assign)
    assert torch.equal(network(torch.ones(1, 3)), torch.tensor([[4.0, 13.0]]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bias": None}, "1 missing: bias"),
        ({"extra": torch.ones(1)}, "1 left over: extra"),
        ({"bias": torch.ones(3)}, r"1 of another shape: bias \(3,\) for \(2,\)"),
    ],
)
def test_what_does_not_fit_is_listed_and_nothing_is_changed(
    weights: Path, change: dict[str, torch.Tensor | None], words: str
) -> None:
    network = torch.nn.Linear(3, 2)
    before = network.weight.clone()
    tensors = {n: v for n, v in (load_tensors(weights) | change).items() if v is not None}
    with pytest.raises(DamagedModel, match=words):
        load_into(network, tensors)
    assert torch.equal(network.weight, before)


def test_long_lists_are_shortened() -> None:
    network = torch.nn.Sequential(*(torch.nn.Linear(1, 1) for _ in range(9)))
    with pytest.raises(DamagedModel, match=r"18 missing: .*, …") as caught:
        load_into(network, {})
    assert len(caught.value.message) < 200
