"""A ledger keeps what was appended, whatever happens to its end."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ssldiff_gui.storage.ledger import Ledger, line_of, read_ledger

RECORDS = [b'{"a":1}', b"", b'{"long":"' + b"x" * 300 + b'"}', b"last"]


def made(path: Path) -> Path:
    path.touch()
    with Ledger(path, 0) as ledger:
        for record in RECORDS[:2]:
            ledger.append([record])
        ledger.append(RECORDS[2:])
    return path


def test_records_come_back_in_order(tmp_path: Path) -> None:
    found = read_ledger(made(tmp_path / "ledger"))
    assert list(found.records) == RECORDS
    assert found.length == (tmp_path / "ledger").stat().st_size


def test_a_ledger_cut_anywhere_keeps_all_whole_records(tmp_path: Path) -> None:
    content = made(tmp_path / "ledger").read_bytes()
    ends = [sum(len(line_of(r)) for r in RECORDS[:count]) for count in range(len(RECORDS) + 1)]
    for length in range(len(content) + 1):
        path = tmp_path / "cut"
        path.write_bytes(content[:length])
        kept = sum(end <= length for end in ends) - 1
        found = read_ledger(path)
        assert list(found.records) == RECORDS[:kept]
        with Ledger(path, found.length) as ledger:
            ledger.append([b"more"])
        assert list(read_ledger(path).records) == [*RECORDS[:kept], b"more"]


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    content = made(tmp_path / "ledger").read_bytes()
    for position in range(len(content)):
        harmed = bytearray(content)
        harmed[position] ^= 1 << position % 8
        (tmp_path / "harmed").write_bytes(harmed)
        found = read_ledger(tmp_path / "harmed").records
        good = [record for record in found if record is not None]
        assert len(good) < len(RECORDS)
        assert set(good) <= set(RECORDS)


def test_damage_between_records_leaves_a_mark(tmp_path: Path) -> None:
    lines = [line_of(record) for record in RECORDS]
    (tmp_path / "ledger").write_bytes(lines[0] + b"rubbish\nmore rubbish\n" + lines[3])
    assert read_ledger(tmp_path / "ledger").records == (RECORDS[0], None, RECORDS[3])


@pytest.mark.parametrize("call", ["write", "fsync"])
@pytest.mark.parametrize("written", [0, 5])
def test_a_full_disk_leaves_the_ledger_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, written: int
) -> None:
    path = made(tmp_path / "ledger")
    before = path.read_bytes()
    write, fsync = os.write, os.fsync
    full = True

    def short(handle: int, content: bytes) -> int:
        nonlocal written
        if full and call == "write":
            if not written:
                raise OSError(errno.ENOSPC, "full")
            count, written = write(handle, bytes(content)[:written]), 0
            return count
        return write(handle, content)

    def failing(handle: int) -> None:
        if full and call == "fsync":
            raise OSError(errno.ENOSPC, "full")
        fsync(handle)

    with Ledger(path, len(before)) as ledger:
        monkeypatch.setattr(os, "write", short)
        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="full"):
            ledger.append([b"too much"])
        assert path.read_bytes() == before
        full = False
        ledger.append([b"now"])
    assert list(read_ledger(path).records) == [*RECORDS, b"now"]


def test_a_closed_ledger_takes_nothing(tmp_path: Path) -> None:
    ledger = Ledger(made(tmp_path / "ledger"), 0)
    ledger.close()
    ledger.close()
    with pytest.raises(ValueError, match="closed"):
        ledger.append([b"late"])
