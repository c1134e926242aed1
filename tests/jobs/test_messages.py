"""Messages: all of them there and back, and bytes that are none refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core import errors
from ssldiff_gui.core.errors import BadRequest, MissingFile, OutOfMemory, UserError
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.core.requests import GenerateRequest, ModelRequest, parse_request
from ssldiff_gui.jobs import messages as told
from ssldiff_gui.jobs.messages import BadMessage, from_bytes, to_bytes

MESSAGES = [
    told.Submit("a", GenerateRequest(grid="g", canvas="c", start_from="b"), yes=True),
    told.Submit("b", ModelRequest(name="uni", accept=True)),
    told.Cancel("a"),
    told.Pause("a"),
    told.Resume("a"),
    told.Unload(),
    told.Shutdown(),
    told.Ready(7, "cuda:0", "a GPU", 1 << 37, ("cuda:0", "cpu")),
    told.Started("a"),
    told.Progressed("a", 1.5, 3, "Rendering", None),
    told.Progressed("a", 1, 3, "Rendering", 2.5),
    told.TileWritten("a", Box(1, 2, 3, 4)),
    told.Finished("a", {"canvas": "x", "missing": 0, "notes": ["y"], "sha256": None}),
    told.Failed("a", "NoSpace", "The disk is full.", "Free some.", "Traceback"),
    told.Cancelled("a"),
    told.Unloaded(5, 6, None),
    told.Heartbeat(5, 6, ("starter",)),
    told.Gone("Killed"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_messages_arrive_as_they_left(message):
    found = from_bytes(to_bytes(message))
    assert found == message
    assert type(found) is type(message)


def test_a_picture_travels_as_raw_bytes():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    content = to_bytes(told.Preview("a", Box(0, 0, 70, 50), picture))
    assert content.endswith(picture.tobytes())
    found = from_bytes(content)
    assert isinstance(found, told.Preview)
    assert found.box == Box(0, 0, 70, 50)
    np.testing.assert_array_equal(found.picture, picture)


@given(st.binary(max_size=200))
def test_rubbish_is_refused(content):
    with pytest.raises(BadMessage):
        from_bytes(content)


@pytest.mark.parametrize(
    "header",
    [
        {"is": "Nobody"},
        {"is": "Cancel"},
        {"is": "Cancel", "job": 3},
        {"is": "Cancel", "job": "a", "more": 1},
        {"is": "TileWritten", "job": "a", "box": [0, 0, -1, 4]},
        {"is": "Preview", "job": "a", "box": [0, 0, 1, 1], "picture": [9, 9, 3]},
        {"is": "Submit", "job": "a", "request": {"kind": "format disk"}},
        {"is": "__init__"},
        {"is": "TileWritten", "job": "a", "box": [0, 0, float("inf"), 4]},
        ["Cancel"],
        None,
    ],
)
def test_well_formed_nonsense_is_refused(header):
    text = json.dumps(header).encode()
    with pytest.raises(BadMessage):
        from_bytes(len(text).to_bytes(4, "big") + text)


def test_a_header_without_an_end_is_refused():
    text = b"[" * 100_000
    with pytest.raises(BadMessage):
        from_bytes(len(text).to_bytes(4, "big") + text)


def test_errors_come_back_as_their_kind():
    assert isinstance(told.Failed("a", "OutOfMemory", "m", "h").problem(), OutOfMemory)
    found = told.Failed("a", "MissingFile", "m", "h").problem()
    assert isinstance(found, MissingFile)
    assert (found.message, found.hint) == ("m", "h")
    for odd in ("Path", "annotations", "Nobody", "Exception"):
        assert type(told.Failed("a", odd, "m").problem()) is UserError
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, UserError)]
    for kind in kinds:
        assert type(told.Failed("a", kind.__name__, "m").problem()) is kind


def test_requests_are_told_apart_by_their_kind():
    request = GenerateRequest(grid="g", canvas="c", seed=4)
    assert parse_request(request.model_dump(mode="json")) == request
    for odd in ({}, {"kind": "x"}, {"kind": "model"}, 3, None):
        with pytest.raises(BadRequest):
            parse_request(odd)
