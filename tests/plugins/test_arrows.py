"""What a plugin may do: see core and sampling, read pickles in one guarded place, run nothing."""

from __future__ import annotations

import ast
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PLUGINS = REPOSITORY / "plugins"
SOURCES = sorted(PLUGINS.glob("*/*/**/*.py"))
PROJECTS = sorted(PLUGINS.glob("*/pyproject.toml"))

ALLOWED = ("ssldiff_gui.core", "ssldiff_gui.sampling")
FORBIDDEN = {"exec", "eval", "compile", "__import__"}


def name_of(path):
    return path.relative_to(PLUGINS).as_posix()


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree):
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_there_is_something_to_look_at():
    assert SOURCES
    assert PROJECTS


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_plugins_see_core_and_sampling_only(path):
    tree = ast.parse(path.read_text("utf-8"))
    ours = {name for name in imports(tree) if name.partition(".")[0] == "ssldiff_gui"}
    assert {name for name in ours if not name.startswith(ALLOWED)} == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_pickles_are_read_for_weights_only_and_nothing_is_run(path):
    tree = ast.parse(path.read_text("utf-8"))
    pickles = {name for name in imports(tree) if name.startswith(("pickle", "dill", "joblib"))}
    assert pickles <= {"pickle.UnpicklingError"}
    for call in calls(tree):
        words = ast.unparse(call.func)
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert words not in FORBIDDEN
        assert "trust_remote_code" not in given
        assert words not in {"torch.jit.load", "torch.hub.load", "os.system"}
        if words == "torch.load":
            assert given["weights_only"] == "True"
            assert path.name == "reading.py"
        if words.endswith("from_pretrained"):
            assert given["use_safetensors"] == "True"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_plugins_keep_the_house_rules(path):
    text = path.read_text("utf-8")
    assert text.count("\n") < 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            said = node.body[0] if ast.get_docstring(node) else None
            lines = node.end_lineno - node.lineno + 1
            assert lines - (said.end_lineno - said.lineno + 1 if said else 0) <= 40, node.name


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_all_that_a_plugin_offers_is_there(path):
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    offered = project["entry-points"]
    assert set(offered) <= {
        "ssldiff_gui.converters", "ssldiff_gui.readers", "ssldiff_gui.networks",
        "ssldiff_gui.conditioners",
    }  # fmt: skip
    for group, names in offered.items():
        for name, place in names.items():
            (found,) = entry_points(group=group, name=name)
            assert found.value == place
            assert callable(found.load()) or hasattr(found.load(), "convert")
