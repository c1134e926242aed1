"""The house rules, held by machine: arrows, light imports, short files, no dangerous calls."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "ssldiff_gui"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PYTHON = sorted([*SOURCES, *(REPOSITORY / "packaging").glob("*.py")])

HEAVY = ("torch", "diffusers", "timm", "transformers")
WINDOWS = (
    "PySide6",
    "PyQt6",
    "PyQt5",
    "PySide2",
    "shiboken6",
    "qtpy",
    "napari",
    "vispy",
    "superqt",
)

REFUSE = """
import sys

class Refuse:
    names = {names!r}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise SystemExit(f"{{name}} was imported")
        return None

sys.meta_path.insert(0, Refuse())
{imports}
"""


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def run_refusing(names: tuple[str, ...], imports: str) -> subprocess.CompletedProcess[str]:
    """Run imports in a fresh interpreter that ends at the first import of one of `names`."""
    code = REFUSE.format(names=names, imports=imports)
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_without_docstring(
    function: ast.FunctionDef | ast.AsyncFunctionDef, *, body_only: bool = False
) -> int:
    first = function.body[0].lineno if body_only else function.lineno
    lines = (function.end_lineno or function.lineno) - first + 1
    if ast.get_docstring(function) is not None:
        text = function.body[0]
        lines -= (text.end_lineno or text.lineno) - text.lineno + 1
    return lines


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield the name and text of every tracked file that is text and no test."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=False, cwd=REPOSITORY)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = REPOSITORY / name
        if name and not name.startswith("tests/") and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode("utf-8")


def test_arrows_point_down():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    "imports",
    [
        "import ssldiff_gui",
        "import ssldiff_gui.state",
        "import ssldiff_gui.cli",
        "import ssldiff_gui.state.session, ssldiff_gui.state.editor, ssldiff_gui.state.settings",
        "from ssldiff_gui import open_slide, UserError",
    ],
)
def test_light_imports_load_neither_models_nor_windows(imports):
    done = run_refusing((*HEAVY, *WINDOWS), imports)
    assert done.returncode == 0, done.stderr


def test_the_package_itself_costs_nothing():
    done = run_refusing(
        ("numpy", "pydantic", "typer", "rasterio", "tifffile"), "import ssldiff_gui"
    )
    assert done.returncode == 0, done.stderr


def test_the_refusal_works():
    done = run_refusing(("fractions",), "import fractions")
    assert done.returncode == 1
    assert "fractions was imported" in done.stderr


def test_files_and_functions_are_short():
    long = {}
    for path in PYTHON:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") >= 400:
            long[name_of(path)] = text.count("\n")
        command = path.parent.name == "commands"  # its options are its signature, a line each
        for function in functions(ast.parse(text)):
            lines = length_without_docstring(function, body_only=command)
            if lines > 40:
                long[f"{name_of(path)}:{function.name}"] = lines
    assert long == {}


def test_files_say_what_they_are_for():
    texts = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PYTHON}
    assert [name_of(path) for path, tree in texts.items() if not ast.get_docstring(tree)] == []
    vague = re.compile(r"util|helper|manager|misc|common")
    assert [name_of(path) for path in PYTHON if vague.search(path.stem)] == []


FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "cloudpickle"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_METHODS = {("torch", "load"), ("os", "system"), ("np", "load"), ("numpy", "load")}


def test_nothing_runs_what_a_file_says():
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if forbidden(node)
    ]
    assert found == []


def forbidden(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return not FORBIDDEN_MODULES.isdisjoint(alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.module in FORBIDDEN_MODULES
    return isinstance(node, ast.Call) and dangerous(node)


def dangerous(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in FORBIDDEN_CALLS
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        shell = any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords)
        return shell or (call.func.value.id, call.func.attr) in FORBIDDEN_METHODS
    return False


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("eval(text)", True),
        ("torch.load(path)", True),
        ("subprocess.run(command, shell=True)", True),
        ("json.load(file)", False),
        ("re.compile(text)", False),
    ],
)
def test_dangerous_calls_are_recognised(line, expected):
    call = ast.parse(line).body[0].value
    assert dangerous(call) is expected


def test_no_file_names_a_registry_or_a_machine():
    # The brackets keep this test from being what it looks for.
    hosts = r"https?://[a-z.]*(?:pyp[i]|pythonhoste[d]|debia[n]|npmj[s])"
    roots = r"(?:^|[^A-Za-z0-9._-])/(?:wor[k]|far[m]|op[t]|roo[t]|hom[e])/"
    beside = r"\.\./share[d]|/share[d]/"
    wrong = re.compile(f"{hosts}|{roots}|{beside}", re.MULTILINE)
    found = {name: match.group() for name, text in tracked_texts() if (match := wrong.search(text))}
    assert found == {}


def test_the_base_install_brings_no_window_system():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0] for line in project["dependencies"]}
    assert names.isdisjoint({"PySide6", "PyQt6", "PyQt5", "PySide2", "napari", "torch"})
    assert any(line.startswith("PySide6") for line in project["optional-dependencies"]["app"])


def test_the_napari_manifest_is_found_and_all_its_commands_exist():
    from npe2 import PluginManifest

    found = [e for e in entry_points(group="napari.manifest") if e.name == "ssldiff-gui"]
    assert [e.value for e in found] == ["ssldiff_gui:napari.yaml"]
    manifest = PluginManifest.from_file(PACKAGE / "napari.yaml")
    assert manifest.name == "ssldiff-gui"
    names = [command.python_name for command in manifest.contributions.commands or []]
    assert names
    for name in names:
        module, _, attribute = name.partition(":")
        tree = ast.parse((REPOSITORY / (module.replace(".", "/") + ".py")).read_text("utf-8"))
        defined = {getattr(node, "name", None) for node in tree.body}
        assert attribute in defined, name
