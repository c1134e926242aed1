"""Models that stay loaded between jobs, so that a second small job does not load them again."""

from __future__ import annotations

import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ssldiff_gui.core.errors import OutOfMemory
from ssldiff_gui.jobs.held_memory import held_device_memory, held_memory

if TYPE_CHECKING:
    from ssldiff_gui.core.protocols import Generator
    from ssldiff_gui.models.encoders import TimmEncoder
    from ssldiff_gui.models.priors import Prior

MOST = 6
"""Models; those used longest ago make room."""

Model = TypeVar("Model")
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A model, and the files that it came from."""

    name: str
    model: Any
    stamp: Key


class Kept:
    """Loads each model once; asked again, it answers with the one that is there.

    A model whose files have changed since is loaded anew, and verified as ever.

    Parameters
    ----------
    most
        How many are kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._lock = threading.RLock()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models that are loaded; may be asked from any thread."""
        return tuple(dict.fromkeys(held.name for held in list(self._held.values())))

    def generator(
        self, folder: Path, device: str, precision: str, *, compiled: bool = False
    ) -> Generator:
        """Return a generator; see `models.generators.load_generator`."""
        from ssldiff_gui.models.generators import load_generator

        return self._one(
            folder,
            ("generator", _device(device), precision, compiled),
            lambda: load_generator(folder, device, precision, compiled=compiled),
        )

    def encoder(self, name_or_folder: str | Path, device: str) -> TimmEncoder:
        """Return an encoder; see `models.encoders.load_encoder`."""
        from ssldiff_gui.models.encoder_sources import is_foreign_folder
        from ssldiff_gui.models.encoders import load_encoder
        from ssldiff_gui.models.folders import find_model

        if is_foreign_folder(name_or_folder):
            folder = Path(name_or_folder).expanduser()
        else:
            folder = find_model(name_or_folder, "encoder")
        return self._one(
            folder, ("encoder", _device(device)), lambda: load_encoder(name_or_folder, device)
        )

    def prior(self, folder: Path, device: str) -> Prior:
        """Return a prior; see `models.priors.load_prior`."""
        from ssldiff_gui.models.priors import load_prior

        return self._one(folder, ("prior", _device(device)), lambda: load_prior(folder, device))

    def unload(self) -> int:
        """Let all models go; return how many bytes of host and device that gave back."""
        before = held_memory() + (held_device_memory() or 0)
        with self._lock:
            self._held.clear()
        _give_back()
        return max(0, before - held_memory() - (held_device_memory() or 0))

    def _one(self, folder: Path, how: Key, load: Callable[[], Model]) -> Model:
        key, stamp = (str(folder.resolve()), *how), _stamp(folder)
        with self._lock:
            found = self._held.get(key)
            if found is not None and found.stamp == stamp:
                self._held.move_to_end(key)
                return found.model  # type: ignore[no-any-return]
            self._held.pop(key, None)
            while len(self._held) >= self._most:
                self._held.popitem(last=False)
            model = self._loaded(load)
            self._held[key] = _Held(folder.name, model, stamp)
            return model

    def _loaded(self, load: Callable[[], Model]) -> Model:
        try:
            return load()
        except OutOfMemory:
            if not self._held:
                raise
        self.unload()
        return load()


def _give_back() -> None:
    """Give what is not used any more back to the system."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if sys.platform.startswith("linux"):
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _device(name: str) -> str:
    from ssldiff_gui.models import devices

    return str(devices.choose(name))


def _stamp(folder: Path) -> Key:
    """Return what changes when a file of a model folder does."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    facts = ((path.name, path.stat()) for path in files)
    return tuple((name, found.st_size, found.st_mtime_ns) for name, found in facts)
