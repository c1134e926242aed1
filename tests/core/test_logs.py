"""The log: one file, told who and when, never a secret."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssldiff_gui.core.diagnostics import details
from ssldiff_gui.core.errors import BrokenFile
from ssldiff_gui.core.logs import log_path, start_logging, stop_logging, without_secrets


@pytest.fixture(autouse=True)
def in_its_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSLDIFF_HOME", str(tmp_path))
    yield
    stop_logging()


def test_lines_say_when_how_bad_where_and_which_thread() -> None:
    assert start_logging("DEBUG") == log_path()
    log = logging.getLogger("ssldiff_gui.slides")
    worker = threading.Thread(target=lambda: log.debug("hello"), name="decoder-3")
    worker.start()
    worker.join()
    line = log_path().read_text(encoding="utf-8")
    assert "DEBUG" in line
    assert "ssldiff_gui.slides [decoder-3] hello" in line
    assert line[:2] == "20"


def test_starting_again_changes_the_level_and_doubles_nothing() -> None:
    for _ in range(3):
        start_logging("INFO")
    start_logging("WARNING")
    logging.getLogger("ssldiff_gui").info("quiet")
    logging.getLogger("ssldiff_gui").warning("loud")
    assert log_path().read_text().count("\n") == 1


def test_the_file_is_turned_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssldiff_gui.core.logs.LARGEST", 2000)
    start_logging("INFO")
    for number in range(200):
        logging.getLogger("ssldiff_gui").info("line %d", number)
    files = sorted(path.name for path in log_path().parent.iterdir())
    assert files == ["studio.log", "studio.log.1", "studio.log.2", "studio.log.3"]


def test_no_log_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    assert start_logging("CRITICAL") is None


SECRETS = [
    "HF_TOKEN=hf_abcdefghijkl",
    'token: "s3cr3t-value"',
    "Authorization: Bearer s3cr3t-value",
    "Authorization: Basic s3cr3t-value",
    "https://me:s3cr3t-value@example.org/x",
    "https://example.org/x?X-Amz-Signature=s3cr3t-value&a=1",
    "{'api_key': 's3cr3t-value'}",
    "password = s3cr3t-value",
    "pushed with ghp_abcdefghijkl",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_blackened(text: str) -> None:
    start_logging("INFO")
    log = logging.getLogger("ssldiff_gui")
    log.error("went wrong: %s", text, exc_info=ValueError(text))
    logged = log_path().read_text(encoding="utf-8")
    for secret in ("s3cr3t", "abcdefghijkl"):
        assert secret not in logged
        assert secret not in details(ValueError(text))


@pytest.mark.parametrize(
    "text", ["tokenizer = fast", "12:30:05", "https://example.org:8080/a?x=1", "a key: value"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def open_broken() -> None:
    raise BrokenFile("/data/a.svs", "a.svs is broken.", "Copy it again.")


def test_details_name_versions_the_machine_and_the_trace() -> None:
    with pytest.raises(BrokenFile) as caught:
        open_broken()
    text = details(caught.value, {"OpenGL": "Mesa 25"})
    assert "ssldiff-gui " in text
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in text
    assert "OpenGL: Mesa 25" in text
    assert "a.svs is broken. Copy it again." in text
    assert "in open_broken" in text
    assert "Log: " in text


def test_details_hide_whose_home_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert str(tmp_path) not in details(ValueError(f"no {tmp_path}/slides/a.svs"))
