"""What the studio and its worker tell each other: a JSON header, and raw bytes. Never pickle."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue, TypeAdapter

from ssldiff_gui.core import errors
from ssldiff_gui.core.errors import FileProblem, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.requests import AnyRequest, parse_request

RGB = npt.NDArray[np.uint8]

Result = Mapping[str, JsonValue]

LARGEST = 1 << 24
"""Bytes of a message: a preview takes 200,000, and pixels do not travel."""

_HEADER = struct.Struct(">I")
_WRONG = (
    *(struct.error, ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, RecursionError, UserError),
)


class BadMessage(UserError):
    """Bytes that are no message."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Down: do this next.

    Parameters
    ----------
    job
        Name that all that is heard of it carries.
    request
        What to do.
    yes
        Whether somebody has seen what it costs and agrees.
    """

    job: str
    request: AnyRequest
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Down: end a job at its next step; what is finished stays."""

    job: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Down: wait at the next step."""

    job: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Down: go on."""

    job: str


@dataclass(frozen=True, slots=True)
class Unload:
    """Down: let the models go that are kept between jobs."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Down: end a running job, and the process."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Up: the worker can be asked.

    Parameters
    ----------
    pid
        Of its process.
    device
        What "auto" takes: "cpu", "cuda:0".
    name
        Of the device, for people; measured speeds are kept under it.
    memory
        Bytes that the device has in all; the machine's for a CPU. None where it cannot be told.
    devices
        All that can be named in a request.
    """

    pid: int
    device: str = "cpu"
    name: str = ""
    memory: int | None = None
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True, slots=True)
class Started:
    """Up: a job is being done."""

    job: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """Up: how far a job is.

    Parameters
    ----------
    job
        Which.
    done, total
        In units that mean nothing by themselves.
    words
        Name of the step, for people.
    left
        Seconds that it will still take; None when that cannot be told yet.
    """

    job: str
    done: float
    total: float
    words: str = ""
    left: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """Up: how a part of a canvas looks as far as it is.

    Parameters
    ----------
    job
        Which.
    box
        What the picture covers, in pixels of the canvas.
    picture
        (height, width, 3) RGB, at most 256 pixels a side.
    """

    job: str
    box: Box
    picture: RGB


@dataclass(frozen=True, slots=True)
class TileWritten:
    """Up: a part of the canvas is on the disk, and entered in its ledger.

    Parameters
    ----------
    job
        Which.
    box
        In pixels of the canvas.
    """

    job: str
    box: Box


@dataclass(frozen=True, slots=True)
class Finished:
    """Up: a job is done.

    Parameters
    ----------
    job
        Which.
    result
        What came of it; paths are texts.
    """

    job: str
    result: Result = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Up: a job came to nothing; what was finished stays.

    Parameters
    ----------
    job
        Which.
    error
        Name of the kind in `core.errors`; "UserError" for what nobody expected.
    message, hint
        For a person.
    trace
        For the log.
    """

    job: str
    error: str
    message: str
    hint: str = ""
    trace: str = ""

    def problem(self) -> UserError:
        """Return it as an error of its kind."""
        kind = getattr(errors, self.error, None)
        if isinstance(kind, type) and issubclass(kind, FileProblem):
            return kind("", self.message, self.hint)
        if isinstance(kind, type) and issubclass(kind, UserError):
            return kind(self.message, self.hint)
        return UserError(self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Up: a job was ended because somebody asked for it."""

    job: str


@dataclass(frozen=True, slots=True)
class Unloaded:
    """Up: no model is kept any more.

    Parameters
    ----------
    freed
        Bytes of host and device that were given back.
    memory
        Bytes that the process holds now.
    device_memory
        Bytes that it holds of the device; None on a CPU.
    """

    freed: int
    memory: int
    device_memory: int | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Up, each second: the worker is there.

    Parameters
    ----------
    memory
        Bytes that the process holds.
    device_memory
        Bytes that it holds of the device; None on a CPU.
    models
        Names of the models that are kept loaded.
    """

    memory: int = 0
    device_memory: int | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Said by the client itself: the worker died or hung, and is being replaced.

    Parameters
    ----------
    words
        What it said last.
    """

    words: str = ""


Down = Submit | Cancel | Pause | Resume | Unload | Shutdown
Up = (
    Ready
    | Started
    | Progressed
    | Preview
    | TileWritten
    | Finished
    | Failed
    | Cancelled
    | Unloaded
    | Heartbeat
    | Gone
)
Message = Down | Up

_KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in (*Down.__args__, *Up.__args__)}


def to_bytes(message: Message) -> bytes:
    """Return a message as bytes: length of the header, the header, and a picture's pixels."""
    body = b""
    fields: dict[str, Any] = {}
    for part in dataclasses.fields(message):
        value = getattr(message, part.name)
        if isinstance(value, Box):
            value = [value.x, value.y, value.width, value.height]
        elif isinstance(value, np.ndarray):
            body = np.ascontiguousarray(value, np.uint8).tobytes()
            value = list(value.shape)
        elif part.name == "request":
            value = value.model_dump(mode="json")
        fields[part.name] = value
    header = json.dumps({"is": type(message).__name__, **fields}).encode()
    return _HEADER.pack(len(header)) + header + body


def from_bytes(data: bytes) -> Message:
    """Return the message that bytes hold.

    Raises
    ------
    BadMessage
        They hold none.
    """
    try:
        (length,) = _HEADER.unpack_from(data)
        fields = json.loads(data[4 : 4 + length])
        kind = _KINDS[fields.pop("is")]
        if kind is Preview:
            body = np.frombuffer(data, np.uint8, offset=4 + length)
            height, width, _ = fields["picture"]
            fields["picture"] = body.reshape(height, width, 3)
        if kind is Submit:
            fields["request"] = parse_request(fields["request"])
        if "box" in fields:
            fields["box"] = Box(*(int(value) for value in fields["box"]))
        return kind(**_checked(kind, fields))
    except _WRONG as error:
        raise BadMessage(
            f"That is no message of the studio's worker: {error}.",
            "Another program, or another version of this one, is on the line: start the studio "
            "again.",
        ) from error


def _checked(kind: type[Message], fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a message with the types it says it has."""
    wanted = get_type_hints(kind)
    if unknown := set(fields) - set(wanted):
        raise ValueError(f"it does not have {sorted(unknown)}")
    found = dict(fields)
    for name, value in fields.items():
        if not isinstance(value, (Box, np.ndarray)) and name != "request":
            found[name] = _reader(kind, name).validate_python(value)
    return found


def _reader(kind: type[Message], name: str) -> TypeAdapter[Any]:
    key = f"{kind.__name__}.{name}"
    if key not in _READERS:
        _READERS[key] = TypeAdapter(get_type_hints(kind)[name])
    return _READERS[key]


_READERS: dict[str, TypeAdapter[Any]] = {}

__all__ = [
    "BadMessage",
    "Cancel",
    "Cancelled",
    "Down",
    "Failed",
    "Finished",
    "Gone",
    "Heartbeat",
    "Message",
    "Pause",
    "Preview",
    "Progressed",
    "Ready",
    "Resume",
    "Shutdown",
    "Started",
    "Submit",
    "TileWritten",
    "Unload",
    "Unloaded",
    "Up",
    "from_bytes",
    "to_bytes",
]
