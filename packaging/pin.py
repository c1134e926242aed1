"""Write packaging/constraints.txt: the versions that this environment was tested with.

Run it in the environment that `make test` has just passed in. Only what the extra `dev` leads
to is written, by name and version; a package that exists on one platform only is left out.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "ssldiff-gui"
CHOSEN_BY_TORCH = ("nvidia-", "cuda-", "triton")
"""Packages for one platform or one kind of GPU: torch names the very versions that it wants."""

TARGET = Path(__file__).with_name("constraints.txt")
HEADING = "# The versions that the tests passed with. Written by packaging/pin.py; do not edit.\n"


def follow(name: str, extra: str, seen: dict[tuple[str, str], str]) -> None:
    """Add a package, and all that it and one of its extras lead to here, to `seen`."""
    key = (canonicalize_name(name), extra)
    if key in seen:
        return
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    seen[key] = found.version
    for line in found.requires or []:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            for inner in {"", *wanted.extras}:
                follow(wanted.name, inner, seen)


def main() -> None:
    """Write the file."""
    seen: dict[tuple[str, str], str] = {}
    follow(ROOT, "dev", seen)
    versions = {name: version for (name, _), version in seen.items() if name != ROOT}
    versions = {k: v for k, v in versions.items() if not k.startswith(CHOSEN_BY_TORCH)}
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    TARGET.write_text(HEADING + "".join(lines), encoding="utf-8")
    print(f"{len(lines)} versions in {TARGET.name}")


if __name__ == "__main__":
    main()
