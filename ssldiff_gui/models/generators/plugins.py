"""Parts that other installed packages bring, found by their entry points.

A network is ``callable(**config) -> nn.Module`` with ``forward(x, t, tokens, labels)``, which
returns its prediction. A conditioner is the same with ``forward(given)``, where `given` has tensors
under "vectors", "classes" and "text" as far as they are given, and ``null(batch)``; both return
(batch, count, width) tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from ssldiff_gui.core.errors import MissingPart

if TYPE_CHECKING:
    import torch

Maker = Callable[..., "torch.nn.Module"]

NETWORKS = "ssldiff_gui.networks"
CONDITIONERS = "ssldiff_gui.conditioners"

_PACKAGES = ("cvlab", "zoomldm", "pixcell", "selfguided")


def find_maker(group: str, name: str) -> Maker:
    """Return what makes a part of a generator.

    Parameters
    ----------
    group
        `NETWORKS` or `CONDITIONERS`.
    name
        The part's type, as `model.json` names it.

    Raises
    ------
    MissingPart
        No installed package brings it, or the one that does is broken.
    """
    found: EntryPoint | None = next(iter(entry_points(group=group, name=name)), None)
    if found is None:
        raise MissingPart(
            f"This model needs a part named {name!r}, which no installed package brings.",
            _hint(name),
        )
    try:
        maker: Maker = found.load()
    except (ImportError, AttributeError) as error:
        package = found.dist.name if found.dist else found.module
        raise MissingPart(
            f"The package {package} cannot give the part {name!r}: {error}.",
            f"Install {package} again, in the version that fits this one.",
        ) from error
    return maker


def _hint(name: str) -> str:
    """Name the package: a plugin's types begin with the name of its family."""
    family = name.partition("-")[0].partition(".")[0].lower()
    if family in _PACKAGES:
        return f"Install the package ssldiff-{family}."
    return "Install the plugin of the model's family; the model's card names it."
