"""A checkpoint may come from anybody: nothing of it is run, and nothing of it fills the machine."""

from __future__ import annotations

import argparse
import sys
import time
import types

import pytest
import torch
import yaml
from ssldiff_cvlab.reading import read_state, read_weights

from ssldiff_gui.core.conversion import ConvertRequest
from ssldiff_gui.core.errors import BrokenFile, FileProblem, UnsafeFile
from ssldiff_gui.jobs.convert import convert
from ssldiff_gui.jobs.convert_child import read_config
from tests.plugins.cvlab import made
from tests.security.checkpoints import EVIL, Reduced, saved, source, touch

pytestmark = pytest.mark.security

NAMES = (".ckpt", ".pt", ".bin", ".safetensors")


def test_the_marks_would_be_left(tmp_path):
    mark = tmp_path / "mark"
    torch.load(write(tmp_path, EVIL["call in torch's archive"](mark)), weights_only=False)
    assert mark.exists()


def write(folder, content, name="evil.ckpt"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_nothing_of_a_checkpoint_is_run(tmp_path):
    refused = unsafe = 0
    marks = []
    for number, (form, evil) in enumerate(EVIL.items()):
        mark = tmp_path / f"mark-{number}"
        marks.append(mark)
        content = evil(mark)
        for ending in NAMES:
            path = write(tmp_path, content, f"evil{ending}")
            for read in (read_state, read_weights):
                with pytest.raises(FileProblem) as caught:
                    read(path)
                assert path.name in caught.value.message, form
                assert caught.value.hint
                refused += 1
                unsafe += isinstance(caught.value, UnsafeFile)
    executed = sum(mark.exists() for mark in marks)
    given = 2 * len(EVIL) * len(NAMES)
    print(f"\ncheckpoint_canaries={given}")
    print(f"checkpoint_executed={executed}")
    print(f"checkpoint_refused={refused}")
    assert executed == 0
    assert refused == given
    assert unsafe == refused


def test_an_evil_checkpoint_ends_in_one_typed_error_and_leaves_no_folder(tmp_path):
    config = made.config_of()
    _, settings = made.write(tmp_path, config, {"a": torch.zeros(1)})
    mark, output = tmp_path / "mark", tmp_path / "made"
    path = write(tmp_path, EVIL["call in torch's archive"](mark))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UnsafeFile) as caught:
        convert(ConvertRequest(checkpoint=str(path), config=str(settings), output=str(output)))
    assert caught.value.path == path
    assert not mark.exists()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("known_as", [None, "hipt-patch"])
def test_no_pickle_gets_past_as_an_encoder(tmp_path, known_as):
    mark, output = tmp_path / "mark", tmp_path / "made.safetensors"
    path = write(tmp_path, EVIL["call in a teacher"](mark))
    request = ConvertRequest(checkpoint=str(path), output=str(output), known_as=known_as)
    with pytest.raises(UnsafeFile) as caught:
        convert(request)
    assert caught.value.path == path
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch {mark}']",
        "model: !!python/object/new:os.system ['touch {mark}']",
        "model: !!python/name:os.system",
        "a: &a [1]\nb: *a",
        "a: &a [*a]",
        "- no names",
        "{unclosed: [",
        "[" * 5000,
        "\x00\x01",
    ],
    ids=range(9),
)
def test_a_configuration_says_plain_values_only(tmp_path, text):
    mark = tmp_path / "mark"
    path = tmp_path / "evil.yaml"
    path.write_text(text.replace("{mark}", str(mark)), "utf-8")
    with pytest.raises(BrokenFile, match=r"evil\.yaml"):
        read_config(path)
    assert not mark.exists()


def test_a_configuration_that_unfolds_into_everything(tmp_path):
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(rows), "utf-8")
    started = time.monotonic()
    with pytest.raises(BrokenFile, match="refers back"):
        read_config(path)
    assert time.monotonic() - started < 5


A, B = torch.zeros(2), torch.ones(2)


@pytest.mark.parametrize(
    "content",
    [
        {"a": A},
        {"state_dict": {"a": A}, "epoch": 3},
        {"model": {"a": A}, "optimizer": {"state": {}}},
        {"student": {"a": B}, "teacher": {"a": A}, "args": argparse.Namespace(lr=0.1, arch="x")},
        {"model": {"teacher": {"a": A}, "student": {"a": B}}, "iteration": 7},
    ],
    ids=["plain", "state_dict", "model", "DINO", "deeper"],
)
@pytest.mark.parametrize("new", [True, False])
def test_weights_are_found_where_trainings_put_them(tmp_path, content, new):
    found = read_weights(write(tmp_path, saved(content, _use_new_zipfile_serialization=new)))
    assert list(found) == ["a"]
    assert torch.equal(found["a"], A)


@pytest.mark.parametrize(
    "content",
    [
        {"a": torch.zeros(1).expand(1 << 40)},
        {"a": torch.zeros(4).to_sparse()},
        {"a": "text"},
        {"a": 1.5},
        {3: torch.zeros(1)},
        {"a": {"b": torch.zeros(1)}},
        {},
        [torch.zeros(1)],
        torch.zeros(1),
    ],
    ids=range(9),
)
def test_only_plain_tensors_by_name_are_taken(tmp_path, content):
    path = write(tmp_path, saved(content))
    for read in (read_state, read_weights):
        with pytest.raises(BrokenFile, match=r"evil\.ckpt"):
            read(path)


def test_an_archive_that_claims_more_than_it_holds(tmp_path):
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        archive.writestr("archive/data/0", bytes(1 << 26))
    with pytest.raises(BrokenFile, match="claims"):
        read_state(write(tmp_path, target.getvalue()))


def test_mutants_of_a_checkpoint_are_typed_errors_or_whole(tmp_path):
    config = made.config_of("ClassEmbedder")
    tensors = {n: t for n, t in made.state_of(config).items() if "cond_stage" in n}
    contents = [saved({"state_dict": tensors}, _use_new_zipfile_serialization=new)
                for new in (True, False)]  # fmt: skip
    random = torch.Generator().manual_seed(0)
    ends = {"whole": 0, "refused": 0}
    for whole in contents:
        for _ in range(150):
            mutant = bytearray(whole)
            place = int(torch.randint(len(whole), (1,), generator=random))
            if torch.rand(1, generator=random) < 0.3:
                del mutant[place:]
            else:
                mutant[place] ^= 1 << int(torch.randint(8, (1,), generator=random))
            try:
                read_state(write(tmp_path, bytes(mutant)))
                ends["whole"] += 1
            except FileProblem:
                ends["refused"] += 1
    print(f"\ncheckpoint_mutants={sum(ends.values())}")
    print(f"checkpoint_mutants_refused={ends['refused']}")
    assert sum(ends.values()) == 300
    assert ends["refused"] > 60


def test_what_lightning_leaves_in_a_checkpoint_does_no_harm(tmp_path, monkeypatch):
    names = ["pytorch_lightning", "callbacks", "model_checkpoint"]
    names = [".".join(names[: end + 1]) for end in range(3)]
    name = names[-1]
    callback = type("ModelCheckpoint", (), {"__module__": name})
    with monkeypatch.context() as there:
        for each in names:
            there.setitem(sys.modules, each, types.ModuleType(each))
        sys.modules[name].ModelCheckpoint = callback
        whole = {"state_dict": {"a": torch.ones(2)}, "callbacks": {callback: {"best": 0.5}}}
        content = saved(whole)
    found = read_state(write(tmp_path, content))
    assert torch.equal(found["a"], torch.ones(2))
    assert name not in sys.modules


def test_safetensors_are_read_whatever_their_name(tmp_path):
    from safetensors.torch import save

    found = read_state(write(tmp_path, save({"a": torch.ones(2)})))
    assert torch.equal(found["a"], torch.ones(2))
    with pytest.raises(BrokenFile):
        read_state(write(tmp_path, save({"a": torch.ones(200)})[:-9]))


def test_the_makers_of_marks_are_what_they_seem(tmp_path):
    for each in (touch(tmp_path / "a"), Reduced(exec, source(tmp_path / "b"))):
        function, arguments = each.__reduce__()
        function(*arguments)
    assert (tmp_path / "a").exists()
    assert (tmp_path / "b").exists()
    assert yaml.safe_load("a: 1") == {"a": 1}
