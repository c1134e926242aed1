"""Windows of finished phases, kept so that an edit renders only what it changes.

They can be made again at any time, so they lie in the cache folder and old ones make room.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ssldiff_gui.core.folders import cache_folder
from ssldiff_gui.core.recipe import Recipe
from ssldiff_gui.sampling.plan import Layer, Place, Plan
from ssldiff_gui.sampling.store import WindowStore
from ssldiff_gui.storage.atomic import link_or_copy, write_bytes

KEEP = 1 << 30
"""Bytes of windows that one canvas may keep; a larger one keeps none."""

CAP = 4 << 30
"""Bytes that all canvases may keep."""

_STATE = "state.json"


class PhaseCache:
    """The kept windows of one canvas, and what was asked for when they were made.

    Parameters
    ----------
    canvas
        Its folder.
    recipe
        Anything in it that changes, but for what is asked for, makes what is kept useless.
    plan
        Says how much there would be to keep.
    """

    def __init__(self, canvas: Path, recipe: Recipe, plan: Plan) -> None:
        self.folder = folder_of(canvas)
        self._plan = plan
        self._token = _token(recipe)
        self.keep = size_of(plan) <= KEEP
        if self._state().get("token") != self._token:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.keep:
            make_room(self.folder.parent, CAP - size_of(plan), spare=self.folder)

    @property
    def asked(self) -> str | None:
        """`Recipe.asked` that the kept windows belong to; None when there are none."""
        found = self._state().get("grid")
        return found if isinstance(found, str) else None

    def store(self, limit: int) -> WindowStore:
        """Return the windows that are there, to be used and added to."""
        return WindowStore(self.folder, limit=limit, keep=self.keep)

    def belong_to(self, asked: str) -> None:
        """Note what was asked for when the windows were made that are kept from now on."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"token": self._token, "grid": asked, "bytes": size_of(self._plan)}
        write_bytes(self.folder / _STATE, json.dumps(state).encode())

    def change(
        self,
        changed: Callable[[Layer], set[Place]],
        asked: tuple[str, str],
        store: WindowStore,
    ) -> list[set[Place]]:
        """Forget the windows that a change reaches; return them, as `Plan.touched` does.

        A kill in between leaves windows of nothing, which are not used again.

        Parameters
        ----------
        changed
            Returns the windows of a phase that are conditioned on something else now.
        asked
            What was asked for, and what is now.
        store
            The windows.
        """
        reached = self._plan.touched(changed)
        if self.asked == asked[0]:
            (self.folder / _STATE).unlink(missing_ok=True)
            store.forget((index, *p) for index, places in enumerate(reached) for p in places)
        else:
            store.clear()
        self.belong_to(asked[1])
        return reached

    def remove(self) -> None:
        """Let everything go."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _state(self) -> dict[str, object]:
        return _state_in(self.folder)


def _state_in(folder: Path) -> dict[str, object]:
    with suppress(OSError, ValueError):
        found = json.loads((folder / _STATE).read_bytes())
        return found if isinstance(found, dict) else {}
    return {}


def folder_of(canvas: Path) -> Path:
    """Return where the windows of a canvas are kept."""
    name = hashlib.sha256(str(canvas.resolve()).encode()).hexdigest()[:24]
    return cache_folder() / "phases" / name


def copy_windows(source: Path, canvas: Path) -> None:
    """Give a copy of a canvas the kept windows of the original; they take no room twice.

    Windows are replaced and never changed, so that a link to one stays what it is. Without them,
    or when they cannot be had, an edit takes longer.
    """
    old, new = folder_of(source), folder_of(canvas)
    shutil.rmtree(new, ignore_errors=True)
    with suppress(OSError):
        for path in old.glob("*/*.latents"):
            there = new / path.parent.name
            there.mkdir(parents=True, exist_ok=True)
            link_or_copy(path, there / path.name)
        if (old / _STATE).is_file():
            write_bytes(new / _STATE, (old / _STATE).read_bytes())  # last: now they are all there


def size_of(plan: Plan) -> int:
    """Return how many bytes the windows of all phases take."""
    spec = plan.spec
    window = 4 * spec.channels * spec.window**2
    return sum(2 * window * len(layer) for layer in plan.phases)


def make_room(folder: Path, cap: int, *, spare: Path) -> None:
    """Remove the canvases' windows that were used longest ago until `cap` bytes are left."""
    if not folder.is_dir():
        return
    found = [path for path in folder.iterdir() if path.is_dir() and path != spare]
    sizes = {path: _bytes_in(path) for path in found}
    for path in sorted(found, key=lambda p: p.stat().st_mtime):
        if sum(sizes.values()) <= cap:
            return
        shutil.rmtree(path, ignore_errors=True)
        del sizes[path]


def _bytes_in(folder: Path) -> int:
    """Return what a canvas's windows take at most; they are counted only when nobody says."""
    told = _state_in(folder).get("bytes")
    if isinstance(told, int):
        return told
    return sum(file.stat().st_size for file in folder.rglob("*.latents"))


def _token(recipe: Recipe) -> str:
    asked = {"grid", "edits", "prior", "text", "label", "layout", "region"}
    if recipe.lead is None:
        asked.add("lead")
    facts = recipe.model_dump(mode="json", exclude=asked)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
