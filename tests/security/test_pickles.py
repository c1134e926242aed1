"""Pickles under any name, and the calls that could load one: nothing is ever run."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from ssldiff_gui.core.errors import DamagedModel, UnsafeFile, UserError
from ssldiff_gui.models.encoders import load_encoder
from ssldiff_gui.models.obtaining import install_file, offer
from ssldiff_gui.models.weights import load_tensors
from tests.models.tiny_encoders import tiny_encoder_folder

pytestmark = pytest.mark.security

PACKAGE = Path(__file__).resolve().parents[2] / "ssldiff_gui"


class Canary:
    """Leaves a file behind when it is unpickled by whoever trusts it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (self.path,)


def plain(canary: Canary, protocol: int) -> bytes:
    return pickle.dumps({"weight": canary}, protocol=protocol)


def zipped(canary: Canary) -> bytes:
    made = io.BytesIO()
    torch.save({"weight": torch.ones(1), "evil": canary}, made)
    return made.getvalue()


def legacy(canary: Canary) -> bytes:
    made = io.BytesIO()
    torch.save(
        {"weight": torch.ones(1), "evil": canary}, made, _use_new_zipfile_serialization=False
    )
    return made.getvalue()


def tar(canary: Canary, kind: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
        content = plain(canary, 2)
        for name in ("storages", "tensors", "pickle"):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def old_tar(canary: Canary) -> bytes:
    """A tar of before 1988, without a mark of its own."""
    made = bytearray(tar(canary, tarfile.USTAR_FORMAT))
    made[257:265] = bytes(8)
    total = sum(made[:148]) + 8 * 32 + sum(made[156:512])
    made[148:156] = b"%06o\0 " % total
    return bytes(made)


def exported(canary: Canary) -> bytes:
    """As torch.export writes .pt2: a zip with pickles among its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data/weights/weights.pt", zipped(canary))
        archive.writestr("archive/models/model.json", "{}")
    return made.getvalue()


def polyglot(canary: Canary) -> bytes:
    """Safetensors at the front, a zip with a pickle at the end."""
    return save({"weight": torch.ones(1)}) + zipped(canary)


def disguised(canary: Canary) -> bytes:
    """A pickle whose first bytes, read as a header's length, are small."""
    content = plain(canary, 2)
    return struct.pack("<Q", len(content)) + content


FORMS: dict[str, Callable[[Canary], bytes]] = {
    "weights.pt": zipped,
    "weights.pth": legacy,
    "weights.ckpt": lambda canary: plain(canary, 5),
    "pytorch_model.bin": lambda canary: plain(canary, 2),
    "weights.pkl": lambda canary: plain(canary, 0),
    "protocol1.pickle": lambda canary: plain(canary, 1),
    "protocol3.pt": lambda canary: plain(canary, 3),
    "protocol4.safetensors": lambda canary: plain(canary, 4),
    "zip.safetensors": zipped,
    "legacy.safetensors": legacy,
    "tar.safetensors": lambda canary: tar(canary, tarfile.USTAR_FORMAT),
    "gnu.tar": lambda canary: tar(canary, tarfile.GNU_FORMAT),
    "old-tar.pt": old_tar,
    "exported.pt2": exported,
    "gzip.safetensors": lambda canary: gzip.compress(plain(canary, 4)),
    "bzip.safetensors": lambda canary: bz2.compress(plain(canary, 4)),
    "polyglot.safetensors": polyglot,
    "disguised.safetensors": disguised,
    "no-suffix": zipped,
    "UPPER.SAFETENSORS": legacy,
}
"""Name → content; each goes through every door that weights come in by."""

NOT_RECOGNISED = {"polyglot.safetensors", "disguised.safetensors"}
"""Refused as damaged safetensors, which they are to whoever reads them as such."""


def doors(path: Path) -> dict[str, Callable[[], object]]:
    """All ways by which a file of weights is read."""
    foreign = path.parent / "foreign"
    foreign.mkdir()
    (foreign / "config.json").write_text(json.dumps({"architecture": "resnet10t"}))
    (foreign / "model.safetensors").write_bytes(path.read_bytes())
    ours = path.parent / "ours"
    tiny_encoder_folder(ours)
    (ours / "model.safetensors").write_bytes(path.read_bytes())
    return {
        "weights": lambda: load_tensors(path),
        "a folder of the hub": lambda: load_encoder(foreign, "cpu"),
        "a model folder": lambda: load_encoder(ours, "cpu"),
        "a file at hand": lambda: install_file(offer("dinov2-small-reg", local=True), path),
    }


def test_no_canary_is_ever_executed(tmp_path: Path) -> None:
    executed, refused = 0, 0
    for number, (name, made) in enumerate(FORMS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        canary = folder / "EXECUTED"
        path = folder / name
        path.write_bytes(made(Canary(canary)))
        for door, enter in doors(path).items():
            with pytest.raises(UserError) as caught:
                enter()
            assert isinstance(caught.value, UnsafeFile | DamagedModel), (name, door)
            refused += 1
            if door == "weights" and name not in NOT_RECOGNISED:
                assert isinstance(caught.value, UnsafeFile), name
                assert "ssldiff convert" in caught.value.hint
                assert name in caught.value.message
        executed += canary.exists()
    print(f"\ncanaries={len(FORMS)}\ncanaries_refused={refused}\ncanaries_executed={executed}")
    assert len(FORMS) >= 12
    assert executed == 0


def test_the_canaries_are_live(tmp_path: Path) -> None:
    pickle.loads(plain(Canary(tmp_path / "a"), 4))  # noqa: S301 - our own
    assert (tmp_path / "a").is_dir()
    (tmp_path / "b.pt").write_bytes(legacy(Canary(tmp_path / "c")))
    torch.load(tmp_path / "b.pt", weights_only=False)
    assert (tmp_path / "c").is_dir()


def test_a_stray_pickle_in_a_model_folder_is_never_read(tmp_path: Path) -> None:
    tiny_encoder_folder(tmp_path / "a")
    for name in ("pytorch_model.bin", "model.pt", "model.safetensors.ckpt"):
        (tmp_path / "a" / name).write_bytes(plain(Canary(tmp_path / "EXECUTED"), 4))
    load_encoder(tmp_path / "a", "cpu")
    assert not (tmp_path / "EXECUTED").exists()


FORBIDDEN_WORDS = {"trust_remote_code", "custom_pipeline", "custom_revision", "torch.hub"}


def faults(tree: ast.AST) -> list[str]:
    """Return the calls that could run what a file or a repository says."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        keywords = {word.arg: word.value for word in node.keywords}
        loader = name.rpartition(".")[2]
        safe = keywords.get("use_safetensors")
        if loader in {"from_pretrained", "from_single_file"} and not (
            isinstance(safe, ast.Constant) and safe.value is True
        ):
            found.append(f"{node.lineno}: {name} without use_safetensors=True")
        if name in {"torch.load", "torch.jit.load", "torch.hub.load"} or (
            loader in {"load_state_dict_from_url", "load_state_dict_from_hf"}
        ):
            found.append(f"{node.lineno}: {name}")
        pretrained = keywords.get("pretrained")
        if pretrained is not None and not (
            isinstance(pretrained, ast.Constant) and pretrained.value is False
        ):
            found.append(f"{node.lineno}: {name} loads on its own")
        found += [f"{node.lineno}: {word}" for word in keywords if word in FORBIDDEN_WORDS]
    return found


def test_no_call_of_the_package_can_load_code() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    found = {
        path.relative_to(PACKAGE).as_posix(): wrong
        for path in files
        if (wrong := faults(ast.parse(path.read_text("utf-8"))))
    }
    print(f"\nfiles_checked={len(files)}\nunsafe_calls={sum(map(len, found.values()))}")
    assert len(files) > 50
    assert found == {}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("torch.load(path)", 1),
        ("Model.from_pretrained(name)", 1),
        ("Model.from_pretrained(name, use_safetensors=False)", 1),
        ("Model.from_pretrained(name, use_safetensors=True)", 0),
        ("Model.from_pretrained(name, use_safetensors=True, trust_remote_code=True)", 1),
        ("Pipe.load(a, custom_pipeline='x')", 1),
        ("timm.create_model(a, pretrained=True)", 1),
        ("timm.create_model(a, pretrained=wanted)", 1),
        ("timm.create_model(a, pretrained=False)", 0),
        ("json.load(file)", 0),
    ],
)
def test_unsafe_calls_are_recognised(line: str, count: int) -> None:
    assert len(faults(ast.parse(line))) == count
