"""A napari Shapes layer that holds some annotations, told apart by their ids.

Knows napari, knows nothing of editors: `AnnotationLayer` decides what is shown here and what an
edit means.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Shapes
from shapely.geometry import GeometryCollection, MultiLineString
from shapely.geometry.base import BaseGeometry

from ssldiff_gui.core.annotations import Annotation, Colour
from ssldiff_gui.viewer.shape_path import ShapePath, Vertices, edited, shape_paths
from ssldiff_gui.viewer.world import World

FACE_OPACITY = 0.12
LABEL_SIZE = 9


@dataclass(slots=True)
class _Entry:
    """One napari shape: whose it is, and how it looked when it was put there."""

    identity: UUID
    path: ShapePath


class AnnotationShapes:
    """The editable annotations of a view.

    Parameters
    ----------
    model
        Where the layer is added.
    world
        Size of a level-0 pixel.
    name
        What the layer is called in a list of layers.
    """

    def __init__(self, model: ViewerModel, world: World, name: str = "Annotations") -> None:
        self._model = model
        self._entries: list[_Entry] = []
        self._busy = 0
        self.layer: Shapes = Shapes(
            ndim=2,
            name=name,
            scale=world.scale,
            units=world.units,
            edge_width=1,
            opacity=1.0,
            # The picture lies at the same depth, and would hide the shapes.
            blending="translucent_no_depth",
            features={"label": np.empty(0, dtype=object)},
            feature_defaults={"label": ""},
            text={
                "string": "{label}",
                "size": LABEL_SIZE,
                # Glass is white; the ground, seen from above, is not.
                "color": "white" if world.unit == "m" else "black",
                "anchor": "upper_left",
                # Otherwise the faces of shapes drawn before hide the letters over them.
                "blending": "translucent_no_depth",
                "translation": (0, 0),
            },
        )
        model.add_layer(self.layer)

    def close(self) -> None:
        """Take the layer out of the viewer."""
        if self.layer in self._model.layers:
            with self.own_change():
                self._model.layers.remove(self.layer)

    @contextmanager
    def own_change(self) -> Iterator[None]:
        """Mark what happens to the layer meanwhile as ours, not the person's."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    @property
    def changing(self) -> bool:
        """Whether it is ourselves who change the layer just now."""
        return self._busy > 0

    @property
    def identities(self) -> frozenset[UUID]:
        """Whose shapes are here."""
        return frozenset(entry.identity for entry in self._entries)

    @property
    def drawing(self) -> Vertices | None:
        """Vertices of the shape that is being drawn, None when nothing is."""
        data = self.layer.data
        return np.asarray(data[-1], dtype=np.float64) if len(data) > len(self._entries) else None

    def identity_at(self, index: int) -> UUID | None:
        """Return whose a napari shape is; None for one that is being drawn."""
        return self._entries[index].identity if 0 <= index < len(self._entries) else None

    def put(self, annotations: Sequence[Annotation]) -> None:
        """Show annotations, in the place of what was shown of them before."""
        with self.own_change():
            self.drop([annotation.id for annotation in annotations])
            fresh = [
                _Entry(annotation.id, path)
                for annotation in annotations
                for path in shape_paths(annotation.geometry)
            ]
            if not fresh:
                return
            self.layer.add(
                [entry.path.vertices for entry in fresh],
                shape_type=[entry.path.shape_type for entry in fresh],
            )
            self._entries += fresh

    def drop(self, identities: Collection[UUID]) -> None:
        """Show annotations no longer."""
        gone = set(identities)
        places = [i for i, entry in enumerate(self._entries) if entry.identity in gone]
        if not places:
            return
        with self.own_change():
            self._entries = [entry for entry in self._entries if entry.identity not in gone]
            self.layer.remove(places)

    def adopt(self, annotation: Annotation) -> bool:
        """Take the shape that was just drawn for an annotation.

        Returns
        -------
        bool
            Whether the drawing looks like the annotation; if not it should be put afresh.
        """
        vertices = self.drawing
        paths = shape_paths(annotation.geometry)
        if vertices is None or not paths:
            return False
        self._entries.append(_Entry(annotation.id, paths[0]))
        same = paths[0].vertices
        return len(paths) == 1 and same.shape == vertices.shape and np.allclose(same, vertices)

    def forget(self, identity: UUID) -> None:
        """Note that the person took an annotation's shapes away."""
        self._entries = [entry for entry in self._entries if entry.identity != identity]

    def discard_drawing(self) -> None:
        """Take away what is drawn and belongs to nobody."""
        with self.own_change():
            strays = list(range(len(self._entries), self.layer.nshapes))
            if strays:
                self.layer.remove(strays)

    def edited_geometry(self, identity: UUID) -> BaseGeometry | None:
        """Return the geometry as it is after the person's edit, None when it makes no sense."""
        data = self.layer.data
        found = [
            edited(entry.path, np.asarray(data[i], dtype=np.float64))
            for i, entry in enumerate(self._entries)
            if entry.identity == identity
        ]
        parts = [part for part in found if part is not None]
        if not parts or len(parts) < len(found):
            return None
        if len(parts) == 1:
            return parts[0]
        lines = all(part.geom_type == "LineString" for part in parts)
        return MultiLineString(parts) if lines else GeometryCollection(parts)

    def shift(self, identity: UUID) -> tuple[float, float] | None:
        """Return by how much (x, y) the person moved an annotation, None if it was reshaped."""
        data = self.layer.data
        offsets = [
            np.asarray(data[i], dtype=np.float64) - entry.path.vertices
            for i, entry in enumerate(self._entries)
            if entry.identity == identity and len(data[i]) == len(entry.path.vertices)
        ]
        if not offsets:
            return None
        stacked = np.concatenate(offsets)
        mean = stacked.mean(axis=0)
        return (float(mean[1]), float(mean[0])) if np.abs(stacked - mean).max() < 0.05 else None

    def settle(self, annotation: Annotation) -> bool:
        """Take the edited shapes as the annotation's new look.

        Returns
        -------
        bool
            Whether they look like it; if not it should be put afresh.
        """
        data = self.layer.data
        places = [i for i, entry in enumerate(self._entries) if entry.identity == annotation.id]
        paths = shape_paths(annotation.geometry)
        if len(paths) != len(places):
            return False
        for place, path in zip(places, paths, strict=True):
            shown = np.asarray(data[place])
            if shown.shape != path.vertices.shape:
                return False
            if not np.allclose(shown, path.vertices, rtol=1e-6, atol=0.05):
                return False
            self._entries[place].path = path
        return True

    def style(self, looks: dict[UUID, tuple[Colour, str]], width: float) -> None:
        """Colour and name the shapes.

        Parameters
        ----------
        looks
            Colour and label of each annotation shown.
        width
            Of outlines, in level-0 pixels.
        """
        if not self._entries or self.drawing is not None:
            return
        colours = np.array([looks[entry.identity][0] for entry in self._entries]) / 255
        with self.own_change():
            self.layer.edge_color = _with_opacity(colours, 1.0)
            self.layer.face_color = _with_opacity(colours, FACE_OPACITY)
            self.layer.features = {"label": self._labels(looks)}
            self.layer.text.color = _with_opacity(colours, 1.0)
        self.set_edge_width(width)

    @property
    def edge_width(self) -> float:
        """Width of the widest outline, in level-0 pixels; of the next one when there is none."""
        layer = self.layer
        return float(max(layer.edge_width)) if layer.nshapes else float(layer.current_edge_width)

    def set_edge_width(self, width: float) -> None:
        """Make outlines `width` level-0 pixels wide, those drawn from now on included."""
        with self.own_change():
            if self.layer.nshapes:
                self.layer.edge_width = [width] * self.layer.nshapes
                self.layer.events.edge_width()  # napari's own setter tells nobody to draw again
            chosen = self.layer.selected_data
            if not chosen:
                self.layer.current_edge_width = width

    def set_drawing_colour(self, colour: Colour) -> None:
        """Draw new shapes in a colour."""
        with self.own_change():
            if not self.layer.selected_data:
                rgb = np.array([colour]) / 255
                self.layer.current_edge_color = _with_opacity(rgb, 1.0)[0]
                self.layer.current_face_color = _with_opacity(rgb, FACE_OPACITY)[0]

    @property
    def selected(self) -> frozenset[UUID]:
        """Whose shapes are selected in napari."""
        found = (self.identity_at(int(index)) for index in self.layer.selected_data)
        return frozenset(identity for identity in found if identity is not None)

    def select(self, identities: Collection[UUID]) -> None:
        """Select all shapes of annotations, and nothing else."""
        wanted = {i for i, entry in enumerate(self._entries) if entry.identity in identities}
        if wanted != set(self.layer.selected_data):
            with self.own_change():
                self.layer.selected_data = wanted

    def _labels(self, looks: dict[UUID, tuple[Colour, str]]) -> list[str]:
        """Return each shape's label; of an annotation with several shapes the first bears it."""
        labelled: set[UUID] = set()
        labels = []
        for entry in self._entries:
            labels.append("" if entry.identity in labelled else looks[entry.identity][1])
            labelled.add(entry.identity)
        return labels


def _with_opacity(rgb: npt.NDArray[np.float64], opacity: float) -> npt.NDArray[np.float64]:
    return np.concatenate([rgb, np.full((len(rgb), 1), opacity)], axis=1)


def has_shape(annotation: Annotation) -> bool:
    """Whether napari's shapes can draw all of it: points they cannot."""
    geometry = annotation.geometry
    kinds = {geometry.geom_type} if not hasattr(geometry, "geoms") else set()
    kinds |= {part.geom_type for part in getattr(geometry, "geoms", ())}
    return not kinds & {"Point", "MultiPoint"}


def near(one: tuple[float, float], other: tuple[float, float] | None) -> bool:
    """Whether two shifts are the same but for rounding."""
    return other is not None and abs(one[0] - other[0]) < 0.1 and abs(one[1] - other[1]) < 0.1
