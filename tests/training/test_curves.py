"""Logs that are torn, shortened and drawn."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from ssldiff_gui.training import curves


def write(path: Path, count: int, tail: bytes = b"") -> None:
    lines = [{"step": k, "seconds": 0.1, "loss": 1 / k} for k in range(1, count + 1)]
    path.write_bytes("".join(json.dumps(line) + "\n" for line in lines).encode() + tail)


def test_torn_lines_are_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    for tail in (b'{"step": 4, "lo', b"\xc3", b"4", b'{"loss": 1}\n', b'{"step": "4"}', b"\0\0"):
        write(log, 3, tail)
        assert [line["step"] for line in curves.read(log)] == [1, 2, 3]


def test_a_shortened_log_can_be_added_to(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    write(log, 5, b'{"step": 6, "l')
    curves.shorten(log, 3)
    curves.add(log, {"step": 4, "loss": 0.5})
    assert [line["step"] for line in curves.read(log)] == [1, 2, 3, 4]
    curves.shorten(log, 0)
    assert curves.read(log) == []


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    curves.shorten(tmp_path / "log.jsonl", 3)
    assert curves.read(tmp_path / "log.jsonl") == []
    curves.draw(tmp_path / "log.jsonl")
    assert not [*tmp_path.iterdir()]


def test_every_figure_is_drawn_in_a_panel_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    write(log, 4)
    curves.add(log, {"step": 5, "seconds": 1.0, "loss": 0.1, "psnr": 20.0, "note": "a"})
    curves.draw(log)
    with Image.open(tmp_path / curves.PICTURE) as picture:
        assert picture.width > 1.9 * picture.height
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "log.jsonl"]
