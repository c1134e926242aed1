"""Converting in a process of its own: a model folder, or one error and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ssldiff_gui.core.conversion import ConvertRequest
from ssldiff_gui.core.errors import (
    BadRequest,
    Cancelled,
    ConversionFailed,
    MissingFile,
    OutOfMemory,
    UnsupportedFile,
    UserError,
)
from ssldiff_gui.core.specs import PixelSize
from ssldiff_gui.jobs import convert as job
from ssldiff_gui.jobs import convert_child
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.models.generators import load_generator
from tests.plugins.cvlab import made
from tests.security.checkpoints import with_pickle

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def request_of(tmp_path):
    """A request that can be fulfilled; arguments change it."""
    config = made.config_of()
    checkpoint, settings = made.write(tmp_path / "given", config, made.state_of(config))

    def request(**changes):
        paths = {"checkpoint": str(checkpoint), "config": str(settings)}
        return ConvertRequest(**(paths | {"output": str(tmp_path / "out" / "a")} | changes))

    return request


@pytest.fixture
def odd(monkeypatch):
    """Put a process in the place of ours that behaves as it is told."""

    def behave(how):
        monkeypatch.setattr(job, "CHILD", "tests.jobs.odd_child")
        monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
        monkeypatch.setenv("SSLDIFF_ODD", how)

    return behave


class Watch:
    """Notes what is reported, and asks for an end when it is told to."""

    def __init__(self, *, end=False):
        self.seen, self.end = [], end

    def report(self, done, total, words=""):
        self.seen.append((done, total, words))

    def check(self):
        if self.end:
            raise Cancelled("Stopped.")


def test_a_checkpoint_becomes_a_model_folder(tmp_path, request_of):
    watch = Watch()
    pixel = PixelSize(size=0.5, unit="µm")
    result = job.convert(request_of(encoder="uni@1", pixel=pixel), watch)
    output = tmp_path / "out" / "a"
    assert Path(result.folder) == output
    assert [path.name for path in output.parent.iterdir()] == ["a"]
    assert watch.seen[0][:2] == (0, 1)
    assert watch.seen[-1][:2] == (1, 1)
    model = read_model(output)
    assert model.generator == result.spec
    spec = result.spec
    assert (spec.name, spec.encoder, spec.pixel) == ("a", "uni@1", pixel)
    assert set(model.provenance["converted from"]) == {"checkpoint", "config"}
    assert model.provenance["tensors"] == result.tensors
    assert "synthetic" in (output / "README.md").read_text("utf-8")
    generator = load_generator(output, "cpu", "float32")
    x = torch.zeros(1, 3, 16, 16)
    assert generator.encode(x).isfinite().all()


def test_the_same_checkpoint_becomes_the_same_bytes(tmp_path, request_of):
    folders = []
    for name in ("one", "two"):
        output = tmp_path / name
        convert_child.convert(request_of(output=str(output), name="same"))
        folders.append({path.name: path.read_bytes() for path in output.iterdir()})
    assert folders[0] == folders[1]


def test_notes_ask_for_what_only_a_person_knows(tmp_path, request_of):
    open_questions = convert_child.convert(request_of(output=str(tmp_path / "one"))).notes
    assert any("--encoder" in note for note in open_questions)
    assert any("--pixel" in note for note in open_questions)
    pixel = PixelSize(size=1, unit="m")
    answered = request_of(output=str(tmp_path / "two"), encoder="e", pixel=pixel)
    answers = " ".join(convert_child.convert(answered).notes)
    assert "--encoder" not in answers
    assert "--pixel" not in answers


def test_an_encoder_for_a_model_that_takes_none(tmp_path):
    config = made.config_of("ClassEmbedder")
    checkpoint, settings = made.write(tmp_path, config, made.state_of(config))
    request = ConvertRequest(
        checkpoint=str(checkpoint), config=str(settings), output=str(tmp_path / "a"), encoder="e"
    )
    with pytest.raises(BadRequest, match="no encoder"):
        convert_child.convert(request)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("which", ["checkpoint", "config", "base", "classifier"])
def test_a_file_that_is_not_there_is_said_before_anything_starts(request_of, odd, which):
    odd("crash")
    more = {"classifier_config": request_of().config} if which == "classifier" else {}
    with pytest.raises(MissingFile, match="nowhere"):
        job.convert(request_of(**{which: "nowhere.ckpt"}, **more))


def test_a_classifier_without_its_configuration(request_of):
    with pytest.raises(BadRequest, match="go together"):
        job.convert(request_of(classifier=request_of().checkpoint))


def test_somebodys_folder_is_left_alone(tmp_path, request_of):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(BadRequest, match="no model folder"):
        job.convert(request_of(output=str(mine)))
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]


def test_a_model_that_is_there_stays_until_the_new_one_is_whole(tmp_path, request_of, odd):
    output = tmp_path / "out" / "a"
    convert_child.convert(request_of())
    before = (output / "model.json").read_bytes()
    odd("crash")
    with pytest.raises(ConversionFailed):
        job.convert(request_of(name="other"))
    assert (output / "model.json").read_bytes() == before
    assert [path.name for path in output.parent.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("crash", ConversionFailed, "exit status 3"),
        ("traceback", ConversionFailed, "ZeroDivisionError"),
        ("chatter", ConversionFailed, "without an answer"),
        ("unknown", UserError, "m h"),
        pytest.param(
            "killed",
            OutOfMemory,
            "want of memory",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there are no signals"),
        ),
    ],
)
def test_a_process_that_fails_fails_alone(request_of, odd, how, kind, words):
    odd(how)
    request = request_of()
    with pytest.raises(kind) as caught:
        job.convert(request)
    assert words in str(caught.value)
    assert not list(Path(request.output).parent.iterdir())


def test_a_process_that_hangs_is_ended(tmp_path, request_of, odd):
    odd("hang")
    with pytest.raises(ConversionFailed, match="no answer in"):
        job.convert(request_of(), limit=0.5)
    with pytest.raises(Cancelled):
        job.convert(request_of(), Watch(end=True))
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="whether a process lives is not asked there")
def test_what_a_killed_conversion_left_is_gone_after_the_next(tmp_path, request_of, odd):
    odd("hang")
    request = request_of()
    code = (
        "import sys; from ssldiff_gui.core.conversion import ConvertRequest; "
        "from ssldiff_gui.jobs import convert as job; job.CHILD = 'tests.jobs.odd_child'; "
        "job.convert(ConvertRequest.model_validate_json(sys.argv[1]))"
    )
    out = tmp_path / "out"
    out.mkdir()
    somebodys = out / ".a.notes"
    somebodys.mkdir()
    victim = subprocess.Popen(
        [sys.executable, "-c", code, request.model_dump_json()], start_new_session=True
    )
    children = Path(f"/proc/{victim.pid}/task/{victim.pid}/children")
    ends = time.monotonic() + 60
    while not any((folder / "words").exists() for folder in out.iterdir()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    time.sleep(0.2)
    orphans = children.read_text().split() if children.exists() else []
    victim.kill()
    victim.wait()
    for orphan in orphans:
        os.kill(int(orphan), signal.SIGKILL)
    assert len(list(out.iterdir())) == 2
    odd("crash")
    with pytest.raises(ConversionFailed):
        job.convert(request)
    assert list(out.iterdir()) == [somebodys]


def test_tokens_stay_here(request_of, odd, monkeypatch):
    odd("environment")
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    with pytest.raises(BadRequest) as caught:
        job.convert(request_of())
    passed_on = set(caught.value.message.split())
    assert {"PATH", "HF_HUB_OFFLINE"} <= passed_on
    assert not passed_on & {"HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD"}


def test_paths_are_not_on_the_command_line(request_of, odd):
    odd("arguments")
    with pytest.raises(BadRequest) as caught:
        job.convert(request_of())
    assert "model.ckpt" not in caught.value.message


def test_a_configuration_that_nobody_recognises(request_of, tmp_path):
    strange = tmp_path / "strange.yaml"
    strange.write_text("model: {params: {cond_stage_config: {target: a.Stranger}}}", "utf-8")
    with pytest.raises(UnsupportedFile, match="No converter") as caught:
        convert_child.convert(request_of(config=str(strange)))
    assert "lid" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")
def test_a_checkpoint_that_asks_for_all_memory(request_of, tmp_path):
    path = tmp_path / "greedy.ckpt"
    many = (40_000_000_000).to_bytes(5, "little")
    path.write_bytes(with_pickle(b"\x80\x02cbuiltins\nbytearray\n\x8a\x05" + many + b"\x85R."))
    with pytest.raises(OutOfMemory, match="greedy"):
        job.convert(request_of(checkpoint=str(path), memory=2 << 30))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(request_of, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(UserError, match="cannot be written"):
        job.convert(request_of(output=str(closed / "a")))
