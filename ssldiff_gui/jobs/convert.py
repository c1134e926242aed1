"""Converting a checkpoint: read in a process of its own, and there whole or not at all.

A checkpoint is a pickle. What reads it refuses everything but tensors and plain values; that it
is another process keeps a file that crashes or fills the memory from taking anything with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ssldiff_gui.core import errors
from ssldiff_gui.core.conversion import ConvertRequest, ConvertResult
from ssldiff_gui.core.errors import (
    BadRequest,
    ConversionFailed,
    FileProblem,
    MissingFile,
    OutOfMemory,
    UserError,
)
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.storage.leftovers import sweep, unfinished_prefix

CHILD = "ssldiff_gui.jobs.convert_child"
LIMIT = 3600.0
"""Seconds after which an answer is no more expected."""

_MODEL_FILE = "model.json"
_POLL = 0.2
_PASSED_ON = frozenset(
    {
        *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "COMSPEC"),
        *("TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH"),
        *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "OMP_NUM_THREADS"),
    }
)
"""Of the environment; tokens and passwords stay here."""


def convert(
    request: ConvertRequest, progress: Progress | None = None, *, limit: float = LIMIT
) -> ConvertResult:
    """Turn a published checkpoint into a model folder, or into safetensors.

    Parameters
    ----------
    request
        What to convert; a model folder or safetensors that are there already are replaced,
        nothing else is.
    progress
        Watches, and may ask for an end.
    limit
        Seconds that it may take.

    Raises
    ------
    UnsafeFile
        The checkpoint holds more than tensors and plain values; nothing of it was run.
    UnknownWeights
        A tensor too many, too few, or of another shape.
    FileProblem
        A file is missing, broken, or of a kind that nobody here knows.
    OutOfMemory
        There was no room for it.
    ConversionFailed
        The process that read it crashed or gave no answer in time.
    """
    progress = progress or Silent()
    output = Path(request.output).expanduser().absolute()
    _check(request, output)
    checkpoint = Path(request.checkpoint)
    progress.report(0, 1, f"Converting {checkpoint.name}")
    with _scratch(output) as scratch:
        made = scratch / "made"
        name = request.name or (output.name if request.config else None)
        inside = request.model_copy(update={"output": str(made), "name": name})
        answer = _ask(inside, scratch, progress, limit)
        result = ConvertResult.model_validate(answer)
        _put(made, output, scratch)
    progress.report(1, 1, f"Converted {checkpoint.name}")
    return result.model_copy(update={"folder": str(output)})


def _check(request: ConvertRequest, output: Path) -> None:
    """Say what is wrong with a request before anything is started."""
    named = (request.checkpoint, request.config, request.base)
    for path in (*named, request.classifier, request.classifier_config):
        if path is not None and not Path(path).is_file():
            raise MissingFile(path, f"There is no file {path}.", "Check the path.")
    if request.config is None:
        _check_no_generator(request)
    elif request.known_as is not None:
        raise BadRequest(
            "An encoder of the catalogue needs no configuration.", "Give --config or --as."
        )
    if request.config is None and request.known_as is None:
        _check_file(request, output)
        return
    if (request.classifier is None) != (request.classifier_config is None):
        raise BadRequest(
            "A classifier and its configuration go together.",
            "Give both --classifier and --classifier-config.",
        )
    taken = output.exists() and not (output.is_dir() and not any(output.iterdir()))
    if taken and not (output / _MODEL_FILE).is_file():
        raise BadRequest(
            f"{output} is there already, and is no model folder.", "Choose another folder."
        )


def _check_no_generator(request: ConvertRequest) -> None:
    """Refuse what only a generator has, rather than pass over it."""
    given = {
        "--base": request.base,
        "--classifier": request.classifier,
        "--encoder": request.encoder,
        "--pixel": request.pixel,
        "--name": request.name,
    }
    idle = [option for option, value in given.items() if value is not None]
    if idle:
        raise BadRequest(
            f"{', '.join(idle)} can be said of a generator only.",
            "Give the YAML file that it was trained with, with --config.",
        )


def _check_file(request: ConvertRequest, output: Path) -> None:
    """Refuse to write tensors where they would not be found, or over something else."""
    if output.suffix != ".safetensors":
        raise BadRequest(
            "What the checkpoint holds is not said.",
            "Give --config FILE.yaml for a generator, --as NAME for an encoder of `ssldiff "
            "models`, or an output that ends with .safetensors for its tensors alone.",
        )
    if output.exists() and (not output.is_file() or output.samefile(request.checkpoint)):
        raise BadRequest(f"{output} is there already.", "Choose another file.")


@contextlib.contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """Offer a folder on the same disk, which is gone afterwards whatever happens.

    If this process is killed it is left; the next conversion to the same place removes it.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        sweep(output)
        folder = Path(tempfile.mkdtemp(prefix=unfinished_prefix(output), dir=output.parent))
    except OSError as error:
        raise _unwritable(output, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(made: Path, output: Path, scratch: Path) -> None:
    """Put what is finished in its place; what was there is kept until then."""
    old = scratch / output.name  # by this name it is put back, should this process be killed
    try:
        if output.is_dir():
            output.replace(old)
        try:
            made.replace(output)
        except OSError:
            if old.exists():
                old.replace(output)
            raise
    except OSError as error:
        raise _unwritable(output, error) from error


def _ask(
    request: ConvertRequest, scratch: Path, progress: Progress, limit: float
) -> dict[str, Any]:
    """Have a process of its own convert; return its answer, or raise the error it tells."""
    checkpoint = Path(request.checkpoint)
    words = scratch / "words"
    ends = time.monotonic() + limit
    with words.open("wb") as said, _child(said) as child:
        asked: str | None = request.model_dump_json()
        while True:
            try:
                told, _ = child.communicate(asked, timeout=_POLL)
                break
            except subprocess.TimeoutExpired:
                asked = None
            progress.check()
            if time.monotonic() > ends:
                raise ConversionFailed(
                    checkpoint,
                    f"The conversion of {checkpoint.name} gave no answer in {limit:g} seconds.",
                    "Check that the file is what it should be, or try again on a faster disk.",
                )
    try:
        answer = json.loads(told)
    except ValueError as error:
        progress.check()
        last = words.read_text("utf-8", errors="replace").strip().rpartition("\n")[2][-300:]
        raise _crashed(checkpoint, child.returncode, last) from error
    if "error" in answer:
        raise _error(answer["error"])
    found: dict[str, Any] = answer["done"]
    return found


@contextlib.contextmanager
def _child(words: Any) -> Iterator[subprocess.Popen[str]]:
    """Start the process; it does not outlive this block."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _PASSED_ON or name.startswith(("SSLDIFF_", "XDG_"))
    }
    child = subprocess.Popen(  # noqa: S603 - our own module, and no shell
        [sys.executable, "-P", "-m", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        text=True,
        encoding="utf-8",
        env=kept | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "PYTHONUTF8": "1"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        start_new_session=True,  # Ctrl-C is ours to answer
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()


def _error(told: dict[str, str]) -> UserError:
    """Return an error of the kind that the process tells."""
    message, hint = told["message"], told["hint"]
    kind: type[UserError] = getattr(errors, told["kind"], UserError)
    if issubclass(kind, FileProblem):
        return kind(told["path"], message, hint)
    return kind(message, hint)


def _crashed(checkpoint: Path, code: int, last: str) -> UserError:
    """Say what is known about a process that ended without an answer."""
    if os.name != "nt" and code == -signal.SIGKILL:
        return OutOfMemory(
            f"The system ended the conversion of {checkpoint.name}, most likely for want of "
            "memory.",
            "Close other programs, or convert it on a machine with more memory.",
        )
    return ConversionFailed(
        checkpoint,
        f"The conversion of {checkpoint.name} ended without an answer (exit status {code}).",
        f"The file may be damaged. The last words were: {last or 'none'}",
    )


def _unwritable(output: Path, error: OSError) -> FileProblem:
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    return FileProblem(
        output,
        f"The model {output.name} cannot be written: {reason}.",
        "Free some space, or choose a folder that you may write to.",
    )
