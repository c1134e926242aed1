"""The process that reads a checkpoint: a request comes in as JSON, an answer goes out as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ssldiff_gui.core.conversion import (
    CONVERTERS,
    Checkpoint,
    Converted,
    Converter,
    ConvertRequest,
    ConvertResult,
)
from ssldiff_gui.core.errors import (
    BadRequest,
    BrokenFile,
    FileProblem,
    MissingPart,
    OutOfMemory,
    UnsupportedFile,
    UserError,
)
from ssldiff_gui.core.specs import GeneratorSpec

LARGEST_CONFIG = 1 << 20
DEEPEST_CONFIG = 50


def main() -> int:
    """Answer one request."""
    # What libraries print must not get between the answer's lines.
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    request = ConvertRequest.model_validate_json(sys.stdin.read())
    import torch  # noqa: F401 - what it takes for itself does not count

    _limit_memory(request)
    try:
        told: dict[str, Any] = {"done": convert(request).model_dump(mode="json")}
    except UserError as error:
        told = {"error": _told(error)}
    except MemoryError:
        name = Path(request.checkpoint).name
        told = {
            "error": _told(
                OutOfMemory(
                    f"{name} does not fit into this machine's memory.",
                    "Close other programs, or convert it on a machine with more memory.",
                )
            )
        }
    with answer:
        answer.write(json.dumps(told))
    return 0


def convert(request: ConvertRequest) -> ConvertResult:
    """Read a checkpoint and write what is asked for; see `jobs.convert.convert`."""
    if request.config is None:
        from ssldiff_gui.jobs.convert_weights import convert_encoder, convert_tensors

        return convert_tensors(request) if request.known_as is None else convert_encoder(request)
    return _convert_generator(request, _checkpoint(request, Path(request.config)))


def _convert_generator(request: ConvertRequest, checkpoint: Checkpoint) -> ConvertResult:
    family, converter = _converter(checkpoint)
    converted = converter.convert(checkpoint)
    wanted = _finished(converted.spec, request)
    told = _provenance(converted, family, request)
    spec = _write(Path(request.output), converted, wanted, told)
    return ConvertResult(
        folder=request.output,
        family=family,
        spec=spec,
        licence=converted.licence,
        tensors=_counts(converted),
        left_out=list(converted.left_out),
        notes=_notes(converted, request),
    )


def _checkpoint(request: ConvertRequest, config: Path) -> Checkpoint:
    classifier = None
    if request.classifier is not None and request.classifier_config is not None:
        path = Path(request.classifier_config)
        classifier = Checkpoint(Path(request.classifier), read_config(path), path.parent)
    base = None if request.base is None else Path(request.base)
    return Checkpoint(
        Path(request.checkpoint),
        read_config(config),
        config.parent,
        base=base,
        classifier=classifier,
    )


def read_config(path: Path) -> dict[str, Any]:
    """Return a YAML file's content, in plain values.

    Raises
    ------
    BrokenFile
        It is no YAML, far too large, or refers back to itself.
    """
    import yaml

    try:
        if path.stat().st_size > LARGEST_CONFIG:
            raise _broken(path, "it is far too large")
        text = path.read_text("utf-8")
        _check_unfolding(path, text)
        found = yaml.safe_load(text)
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        raise _broken(path, " ".join(str(error).split())[:300]) from error
    if not isinstance(found, dict):
        raise _broken(path, "it names nothing")
    return found


def _check_unfolding(path: Path, text: str) -> None:
    """Refuse references back, which unfold into more than any memory holds, and endless depth."""
    import yaml

    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _broken(path, "it refers back to itself")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_CONFIG:
            raise _broken(path, "it is nested too deeply")


def _broken(path: Path, reason: str) -> BrokenFile:
    return BrokenFile(
        path,
        f"{path.name} cannot be read as a configuration: {reason}.",
        "Give the YAML file that the checkpoint was trained with.",
    )


def _converter(checkpoint: Checkpoint) -> tuple[str, Converter]:
    """Return the first converter that recognises a configuration, and its name."""
    there = sorted(entry_points(group=CONVERTERS), key=lambda entry: entry.name)
    if not there:
        raise MissingPart(
            "No converter is installed.", "Install one, such as the package ssldiff-cvlab."
        )
    for entry in there:
        try:
            converter: Converter = entry.load()
        except (ImportError, AttributeError) as error:
            raise MissingPart(
                f"The converter {entry.name} does not start: {error}.", "Install it again."
            ) from error
        if converter.recognises(checkpoint.config):
            return entry.name, converter
    raise UnsupportedFile(
        checkpoint.path,
        f"No converter recognises the configuration of {checkpoint.path.name}.",
        f"Installed are converters for {', '.join(entry.name for entry in there)}.",
    )


def _limit_memory(request: ConvertRequest) -> None:
    """Have this process fail, rather than the machine, when a file claims too much."""
    from ssldiff_gui.models.devices import free_main_memory

    free = request.memory or free_main_memory()
    if sys.platform == "linux" and free is not None:
        import resource

        held = _held()
        files = (request.checkpoint, request.base, request.classifier)
        mapped = sum(Path(path).stat().st_size for path in files if path is not None)
        resource.setrlimit(resource.RLIMIT_DATA, (held + mapped + free,) * 2)


def _held() -> int:
    """Return how many bytes of its own this process has been given."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _finished(spec: GeneratorSpec, request: ConvertRequest) -> GeneratorSpec:
    """Return a spec with what only a person knows."""
    if request.encoder is not None and spec.dim is None:
        raise BadRequest(
            f"{spec.title} takes no embeddings, so no encoder belongs to it.",
            "Leave --encoder out.",
        )
    known = {"name": request.name, "encoder": request.encoder, "pixel": request.pixel}
    return spec.model_copy(update={key: value for key, value in known.items() if value is not None})


def _provenance(converted: Converted, family: str, request: ConvertRequest) -> dict[str, Any]:
    from ssldiff_gui.models.weights import sha256_of

    given = {
        "checkpoint": request.checkpoint,
        "config": request.config,
        "base": request.base,
        "classifier": request.classifier,
        "classifier_config": request.classifier_config,
    }
    files = {
        what: {"name": Path(path).name, "sha256": sha256_of(path)}
        for what, path in given.items()
        if path is not None
    }
    return {
        **converted.provenance,
        "family": family,
        "converted from": files,
        "tensors": _counts(converted),
        "left out": list(converted.left_out),
    }


def _counts(converted: Converted) -> dict[str, int]:
    parts = {name: len(tensors) for name, tensors in converted.tensors.items()}
    return parts | {name: len(extra.tensors) for name, extra in converted.extras.items()}


def _notes(converted: Converted, request: ConvertRequest) -> list[str]:
    notes = list(converted.notes)
    if converted.spec.dim is not None and request.encoder is None:
        notes.append(
            f"The model takes grids whose encoder is named {converted.spec.encoder!r}. Name the "
            "encoder that it was trained with: --encoder ID."
        )
    if request.pixel is None:
        notes.append("Nobody has said at which resolution it was trained: --pixel 0.5um.")
    return notes


def _write(
    folder: Path, converted: Converted, spec: GeneratorSpec, provenance: Mapping[str, Any]
) -> GeneratorSpec:
    """Write the model folder; return the spec with the names of its files."""
    from ssldiff_gui.models.folders import write_model
    from ssldiff_gui.models.generators import save_generator

    parts = converted.tensors
    model = save_generator(
        folder,
        spec,
        parts["network"],
        parts["autoencoder"],
        parts["conditioner"],
        licence=converted.licence,
        provenance=provenance,
        card=converted.card,
    )
    if converted.extras:
        _add(folder, converted)
        write_model(folder, model, converted.card)
    return model.generator or spec


def _add(folder: Path, converted: Converted) -> None:
    """Write the networks that go with a model, each with what it is made with."""
    from ssldiff_gui.models.folder_writing import save_tensors

    for name, extra in converted.extras.items():
        part = extra.part.model_copy(update={"file": f"{name}.safetensors"})
        save_tensors(folder / f"{name}.safetensors", extra.tensors)
        (folder / f"{name}.json").write_text(part.model_dump_json(indent=2) + "\n", "utf-8")


def _told(error: UserError) -> dict[str, str]:
    told = {"kind": type(error).__name__, "message": error.message, "hint": error.hint}
    return told | {"path": str(error.path)} if isinstance(error, FileProblem) else told


if __name__ == "__main__":
    sys.exit(main())
