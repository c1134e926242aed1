"""The folder that a demo leaves: what is in it, and how one that was stopped is known again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssldiff_gui.core.errors import AlreadyThere
from ssldiff_gui.jobs.demo_places import CANVAS, DONOR, EDITED, REGION
from ssldiff_gui.storage.atomic import cannot_write, write_bytes

if TYPE_CHECKING:
    from ssldiff_gui.jobs.demo import DemoResult

STATE, SUMMARY, FIGURE = "demo.json", "README.md", "comparison.png"
FORMAT = "ssldiff demo"


class DemoFolder:
    """A demo's folder; see `take`.

    Parameters
    ----------
    path
        Where it is.
    state
        What its `demo.json` says.
    """

    def __init__(self, path: Path, state: dict[str, Any]) -> None:
        self.path, self._state = path, state
        self.grid, self.donor, self.edited = (path / name for name in (REGION, DONOR, EDITED))
        self.canvas = path / CANVAS

    @classmethod
    def take(cls, path: Path, settings: dict[str, object]) -> DemoFolder:
        """Make the folder, or take it again after a stop.

        Parameters
        ----------
        path
            Where.
        settings
            All that the results depend on.

        Raises
        ------
        AlreadyThere
            It holds a finished demo, a demo of other settings, or something else.
        FileProblem
            It cannot be made.
        """
        found = _read(path / STATE)
        if found is None:
            _require_empty(path)
        elif found.get("finished"):
            raise AlreadyThere(
                path,
                f"{path.name} holds a finished demo already.",
                "Look at its README.md, or choose another folder with --out.",
            )
        elif found.get("settings") != json.loads(json.dumps(settings)):
            raise AlreadyThere(
                path,
                f"{path.name} holds the beginning of another demo: of another sample, or models.",
                "Remove that folder, or choose another with --out.",
            )
        else:
            return cls(path, found)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path, error) from error
        folder = cls(path, {"format": FORMAT, "finished": False, "settings": settings})
        folder._keep()
        return folder

    def rendered(self, seconds: float | None) -> float:
        """Return how long rendering took: now, or in the run that was stopped afterwards."""
        if seconds is not None:
            self._state["render_seconds"] = seconds
            self._keep()
        return float(self._state.get("render_seconds", 0.0))

    def finish(self, result: DemoResult) -> None:
        """Write the summary, and that this is the end."""
        write_bytes(self.path / SUMMARY, summary(result).encode())
        self._state |= {"finished": True, "results": facts_of(result)}
        self._keep()

    def _keep(self) -> None:
        write_bytes(self.path / STATE, (json.dumps(self._state, indent=2) + "\n").encode())


def facts_of(result: DemoResult) -> dict[str, Any]:
    """Return a result as JSON knows it; files are called by their names in the folder."""
    facts = asdict(result)
    for key in ("figure", "picture", "canvas"):
        facts[key] = Path(facts[key]).name
    facts["folder"] = str(result.folder)
    facts["seconds"] = round(result.seconds, 1)
    facts["render_seconds"] = round(result.render_seconds, 1)
    return facts | {"synthetic": True}


def summary(result: DemoResult) -> str:
    """Say in Markdown what was done, what came of it, and how to do the same."""
    commands = "\n".join(result.commands)
    likeness = f"{result.check.get('centred', 0):.2f}"
    inside = f"{result.check_changed.get('centred', 0):.2f}"
    return f"""# A demo of SSLDiff Studio

**Everything here that looks like a photograph is synthetic.** It is good for seeing how the
program works, and for nothing else: not for diagnosis, and no map of any place.

![original, grid, result, check map]({result.figure.name})

A region of the sample became a grid of embeddings, {result.changed} of its cells were replaced by
cells from elsewhere, and the grid was rendered as a picture of {result.width} × {result.height}
pixels in {result.render_seconds:.0f} s. Then the picture was embedded again and compared with what
had been asked for: the likeness (cosine, what all cells share taken away) is {likeness} on
average, {inside} in the replaced cells.

| file | what it is |
|---|---|
| `{result.figure.name}` | original, grid, result and check map side by side |
| `{result.picture.name}` | the result for other programs; its `.json` says how it was made |
| `{result.canvas.name}` | the same as OME-Zarr: what `ssldiff generate --resume` goes on with |
| `{REGION}`, `{DONOR}`, `{EDITED}` | the grids: of the region, of the cells' origin, and edited |

## The same, command by command

```sh
{commands}
```

Another `--seed` for `ssldiff generate` gives a variation; other edits are in `ssldiff edit --help`.
"""


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def _require_empty(path: Path) -> None:
    try:
        empty = not path.exists() or (path.is_dir() and not any(path.iterdir()))
    except OSError as error:
        raise cannot_write(path, error) from error
    if not empty:
        raise AlreadyThere(
            path,
            f"{path.name} is there already, and is no demo.",
            "Choose another folder with --out.",
        )
