"""Setting a machine up: says only what is missing, does nothing twice, pins what it needs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PACKAGING = Path(__file__).resolve().parents[1] / "packaging"


@pytest.fixture
def system(monkeypatch):
    monkeypatch.syspath_prepend(PACKAGING)
    import system

    return system


@pytest.fixture
def bootstrap(system):
    import bootstrap

    return bootstrap


@pytest.fixture
def bare(system, monkeypatch):
    """A Linux machine that lacks nothing yet, whose needs a test can take away."""
    monkeypatch.setattr(system.sys, "platform", "linux")
    monkeypatch.setattr(system, "_loads", lambda _: True)
    monkeypatch.setattr(system, "_has_opengl_driver", lambda: True)
    monkeypatch.setattr(system, "_has_fonts", lambda: True)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return system


def test_a_complete_machine_is_left_in_peace(bare):
    assert bare.missing_packages(display=True) == []


def test_only_what_is_missing_is_named(bare, monkeypatch):
    monkeypatch.setattr(bare, "_loads", lambda name: name != "libxcb-cursor.so.0")
    assert bare.missing_packages(display=True) == ["libxcb-cursor0"]
    assert bare.missing_packages(display=False) == []


def test_a_virtual_display_is_asked_for_only_where_there_is_no_other(bare, monkeypatch):
    monkeypatch.setattr(bare.shutil, "which", lambda _: None)
    assert "xvfb" in bare.missing_packages(display=True)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "xvfb" not in bare.missing_packages(display=True)


def test_nothing_is_installed_without_the_right_to(bare, monkeypatch):
    ran = []
    monkeypatch.setattr(bare.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        bare.subprocess,
        "run",
        lambda command, **_: ran.append(command) or subprocess.CompletedProcess(command, 1),
    )
    assert not bare.install(["xvfb"])
    assert ran == [["/usr/bin/sudo", "-n", "true"]]


def test_root_updates_the_lists_first_and_installs_what_was_named(bare, monkeypatch):
    ran = []
    monkeypatch.setattr(bare.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        bare.subprocess,
        "run",
        lambda command, **_: ran.append(command) or subprocess.CompletedProcess(command, 0),
    )
    assert bare.install(["xvfb", "libegl1"])
    assert ran[0][-1] == "update"
    assert ran[1][-2:] == ["xvfb", "libegl1"]


def test_a_person_is_told_what_to_type(bootstrap, bare, monkeypatch):
    monkeypatch.setattr(bare, "_loads", lambda name: name != "libEGL.so.1")
    monkeypatch.setattr(bare, "install", lambda _: False)
    monkeypatch.delenv("SSLDIFF_SETUP_SYSTEM", raising=False)
    with pytest.raises(bootstrap.SetupError, match="apt-get install libegl1\n"):
        bootstrap.ensure_system(display=True)


def test_a_finished_setup_is_not_done_again(bootstrap, monkeypatch, tmp_path):
    stamp = tmp_path / "stamp"
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    ran = []
    monkeypatch.setattr(bootstrap, "installers", lambda: [["pip", "install"]])
    monkeypatch.setattr(bootstrap, "run", lambda command, **_: ran.append(command) or True)
    bootstrap.ensure_package()
    bootstrap.ensure_package()
    assert len(ran) == 1
    stamp.write_text("of an older checkout", encoding="utf-8")
    bootstrap.ensure_package()
    assert len(ran) == 2


def test_the_second_installer_is_tried_when_the_first_fails(bootstrap, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / "stamp")
    ran = []
    monkeypatch.setattr(bootstrap, "installers", lambda: [["uv"], ["pip"]])
    monkeypatch.setattr(
        bootstrap, "run", lambda command, **_: ran.append(command[0]) or command[0] == "pip"
    )
    bootstrap.ensure_package()
    assert ran == ["uv", "pip"]
    assert bootstrap.STAMP.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_a_command_gets_a_display_of_its_own():
    environment = {"PATH": "/usr/bin:/bin"}
    command = [
        sys.executable,
        PACKAGING / "with_display.py",
        "sh",
        "-c",
        "echo at $DISPLAY; exit 3",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"at :\d+\n", done.stdout), done.stderr
    assert done.returncode == 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_a_command_that_is_told_to_end_leaves_no_server_behind():
    script = "import os; print(os.environ['DISPLAY'], flush=True); import time; time.sleep(60)"
    command = [sys.executable, PACKAGING / "with_display.py", sys.executable, "-c", script]
    environment = {"PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        number = running.stdout.readline().strip().removeprefix(":")
        assert Path(f"/tmp/.X11-unix/X{number}").exists()  # noqa: S108 - X11's own place
        running.terminate()
        assert running.wait(timeout=20) == 128 + signal.SIGTERM
    assert not Path(f"/tmp/.X11-unix/X{number}").exists()  # noqa: S108


def test_every_direct_dependency_is_pinned_by_name_and_version_only(repository):
    lines = (PACKAGING / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.+]*", line) for line in pins)
    pinned = {line.partition("==")[0] for line in pins}
    assert not any(name.startswith(("nvidia-", "triton")) for name in pinned)
    assert {requirement.name.lower() for requirement in direct(repository)} <= pinned


def test_the_pins_are_versions_that_the_project_takes(repository):
    text = (PACKAGING / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(line.split("==") for line in text.splitlines() if not line.startswith("#"))
    refused = [
        str(requirement)
        for requirement in direct(repository)
        if not requirement.specifier.contains(pinned[requirement.name.lower()])
    ]
    assert refused == []


def direct(repository: Path) -> list[Requirement]:
    """Return what the project asks for by itself, for every Python."""
    text = (repository / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    found = [Requirement(line) for line in lines]
    return [requirement for requirement in found if requirement.name != project["name"]]
