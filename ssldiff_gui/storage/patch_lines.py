"""Patches as lines of JSON, and what many such lines amount to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ssldiff_gui.core.annotations import AnnotationClass
from ssldiff_gui.core.geometry import Scale
from ssldiff_gui.core.patches import KEEP, Keep, Patch
from ssldiff_gui.storage.feature_texts import feature_texts
from ssldiff_gui.storage.features import parse_features


def patch_to_line(patch: Patch) -> bytes:
    """Return a patch as one line, the line's end included."""
    rest: dict[str, Any] = {}
    if patch.drop:
        rest["drop"] = [str(identity) for identity in patch.drop]
    if not isinstance(patch.classes, Keep):
        rest["classes"] = [[known.name, list(known.colour)] for known in patch.classes]
    if not isinstance(patch.scale, Keep):
        scale = patch.scale
        rest["scale"] = None if scale is None else [scale.x, scale.y, scale.unit]
    texts = feature_texts([annotation for _, annotation in patch.put.values()])
    ranks = [rank for rank, _ in patch.put.values()]
    put = ",".join(f"[{rank},{text}]" for rank, text in zip(ranks, texts, strict=True))
    return f'{{"put":[{put}],"rest":{json.dumps(rest)}}}\n'.encode()


class Replay:
    """The sum of many lines; shapes are built once, at the end."""

    def __init__(self) -> None:
        self._put: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._rest: dict[str, Any] = {}

    def add(self, line: bytes) -> None:
        """Take one more line.

        Raises
        ------
        ValueError, KeyError, TypeError
            When it is damaged; the sum is then as it was.
        """
        entry = json.loads(line)
        rest = entry["rest"]
        put = {feature["id"]: (int(rank), feature) for rank, feature in entry["put"]}
        drop = [str(identity) for identity in rest.pop("drop", ())]
        for identity in drop:
            self._put.pop(identity, None)
        self._put.update(put)
        self._rest.update(rest)

    def patch(self) -> Patch:
        """Return the patch that makes the sum out of nothing.

        Raises
        ------
        ValueError, KeyError, TypeError
            When some line was JSON but no patch.
        """
        ranked = sorted(self._put.values(), key=lambda pair: pair[0])
        annotations = parse_features([feature for _, feature in ranked]).annotations
        ranks = [rank for rank, _ in ranked]
        put = {a.id: (rank, a) for rank, a in zip(ranks, annotations, strict=True)}
        return Patch(put=put, classes=self._classes(), scale=self._scale())

    def _classes(self) -> tuple[AnnotationClass, ...] | Keep:
        if "classes" not in self._rest:
            return KEEP
        pairs: Iterable[Any] = self._rest["classes"]
        return tuple(AnnotationClass(name=name, colour=tuple(colour)) for name, colour in pairs)

    def _scale(self) -> Scale | Keep | None:
        if "scale" not in self._rest:
            return KEEP
        given = self._rest["scale"]
        return None if given is None else Scale(float(given[0]), float(given[1]), given[2])
