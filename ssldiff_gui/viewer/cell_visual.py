"""Draws strokes of a width that stays the same on the screen, thin and crisp at any zoom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from ssldiff_gui.viewer.cell_strokes import NOTHING, Strokes

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Look:
    """How strokes look.

    Parameters
    ----------
    colour
        Of the strokes, or of every other dash.
    width
        In screen pixels.
    other
        Colour of the dashes between; None draws an unbroken line.
    dash
        Length of a dash in screen pixels.
    edge
        Colour of what sets the strokes off from the picture, a pixel wide on both sides; None
        leaves it out.
    """

    colour: Colour
    width: float = 1.0
    other: Colour | None = None
    dash: float = 5.0
    edge: Colour | None = None


_VERTEX = """
attribute vec4 a_ends;
attribute vec4 a_place;
uniform float u_half;
uniform float u_edge_half;
varying float v_half;
varying float v_edge;
varying vec2 v_spot;
varying float v_length;
varying float v_along;
varying float v_straight;

float snapped(float value, float whole) {
    return mod(whole, 2.0) < 0.5 ? floor(value + 0.5) : floor(value) + 0.5;
}

void main() {
    vec4 start = $to_framebuffer(vec4(a_ends.xy, 0.0, 1.0));
    vec4 end = $to_framebuffer(vec4(a_ends.zw, 0.0, 1.0));
    vec2 from = start.xy / start.w;
    vec2 to = end.xy / end.w;
    // What runs along the screen's own rows or columns fills whole pixels: no blur, no shimmer.
    v_edge = a_place.w;
    v_half = v_edge > 0.5 ? u_edge_half : u_half;
    float whole = floor(2.0 * v_half + 0.5);
    v_straight = 0.0;
    if (abs(from.x - to.x) < 0.01) {
        from.x = to.x = snapped(from.x, whole);
        v_straight = 1.0;
    } else if (abs(from.y - to.y) < 0.01) {
        from.y = to.y = snapped(from.y, whole);
        v_straight = 1.0;
    }
    vec2 way = to - from;
    float size = length(way);
    vec2 ahead = size > 1e-6 ? way / size : vec2(1.0, 0.0);
    float reach = v_half + 1.0;
    v_spot = vec2(a_place.x * size + (2.0 * a_place.x - 1.0) * reach, a_place.y * reach);
    v_length = size;
    float cells = max(length(a_ends.zw - a_ends.xy), 1e-9);
    v_along = a_place.z * size / cells + v_spot.x;
    vec2 spot = from + v_spot.x * ahead + v_spot.y * vec2(-ahead.y, ahead.x);
    gl_Position = $to_render(vec4(spot, 0.0, 1.0));
}
"""

_FRAGMENT = """
uniform vec4 u_colour;
uniform vec4 u_edge;
uniform vec4 u_other;
uniform float u_dash;
varying vec2 v_spot;
varying float v_length;
varying float v_along;
varying float v_straight;
varying float v_half;
varying float v_edge;

void main() {
    float beyond = max(max(-v_spot.x, v_spot.x - v_length), 0.0);
    float away = v_straight > 0.5 ? max(abs(v_spot.y), beyond) : length(vec2(beyond, v_spot.y));
    float covered = clamp(v_half + 0.5 - away, 0.0, 1.0);
    if (covered <= 0.0) {
        discard;
    }
    vec4 colour = v_edge > 0.5 ? u_edge : u_colour;
    if (v_edge < 0.5 && u_dash > 0.0 && mod(v_along, 2.0 * u_dash) >= u_dash) {
        colour = u_other;
    }
    gl_FragColor = vec4(colour.rgb, colour.a * covered);
}
"""

_CORNERS = np.array([(0, -1), (1, -1), (1, 1), (0, 1)], np.float32)
_FACES = np.array([0, 1, 2, 0, 2, 3], np.uint32)


class StrokesVisual(Visual):  # type: ignore[misc]
    """Strokes among cells; its transform leads from cells to the world.

    Parameters
    ----------
    look
        How the strokes look.
    """

    def __init__(self, look: Look) -> None:
        super().__init__(vcode=_VERTEX, fcode=_FRAGMENT)
        self._ends = gloo.VertexBuffer(np.zeros((4, 4), np.float32))
        self._place = gloo.VertexBuffer(np.zeros((4, 4), np.float32))
        self._faces = gloo.IndexBuffer(_FACES)
        self._count = 0
        self._look = look
        self.shared_program["a_ends"] = self._ends
        self.shared_program["a_place"] = self._place
        self._index_buffer = self._faces
        self._draw_mode = "triangles"
        self.set_gl_state("translucent", depth_test=False, cull_face=False)
        self.freeze()

    @property
    def count(self) -> int:
        """Number of corners that are drawn."""
        return self._count

    @property
    def look(self) -> Look:
        """How the strokes look; it has an edge for good, or never."""
        return self._look

    @look.setter
    def look(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self.update()

    def set_strokes(self, strokes: Strokes = NOTHING) -> None:
        """Draw these, and nothing else."""
        if not len(strokes) and not self._count:
            return
        if len(strokes):
            ends, place = _vertices(strokes, edged=self._look.edge is not None)
            self._ends.set_data(ends)
            self._place.set_data(place)
            if len(place) != self._count:
                first = np.arange(0, len(place), 4, dtype=np.uint32)[:, None]
                self._faces.set_data((first + _FACES).ravel())
            self._count = len(place)
        else:
            self._count = 0
        self.update()

    def _prepare_transforms(self, view: Any) -> None:
        shader = view.view_program.vert
        shader["to_framebuffer"] = view.get_transform("visual", "framebuffer")
        shader["to_render"] = view.get_transform("framebuffer", "render")

    def _prepare_draw(self, view: Any) -> bool | None:
        if not self._count:
            return False
        ratio = view.transforms.pixel_scale
        look, program = self._look, view.view_program
        half = max(1.0, round(look.width * ratio)) / 2
        program["u_half"] = half
        program["u_edge_half"] = half + max(1.0, round(ratio))
        program["u_colour"] = look.colour
        program["u_edge"] = look.colour if look.edge is None else look.edge
        program["u_other"] = look.colour if look.other is None else look.other
        program["u_dash"] = 0.0 if look.other is None else look.dash * ratio
        return None

    def _compute_bounds(self, axis: int, view: Any) -> tuple[float, float] | None:
        """Have no extent, so that nothing is laid out by what is drawn over it."""
        del axis, view
        return None


def _vertices(
    strokes: Strokes, *, edged: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the ends of each corner's stroke, and (ahead, beside, along, whether of the edge).

    All edges come first, so that none of them covers a stroke that crosses it.
    """
    times = 2 if edged else 1
    count = len(strokes)
    ends = np.concatenate([strokes.starts, strokes.ends], axis=1)
    place = np.empty((times, count, 4, 4), np.float32)
    place[..., :2] = _CORNERS
    place[..., 2] = strokes.along[:, None]
    place[..., 3] = 0
    if edged:
        place[0, ..., 3] = 1
    repeated = np.broadcast_to(ends[None, :, None], (times, count, 4, 4))
    return repeated.reshape(-1, 4).copy(), place.reshape(-1, 4)


StrokesNode: Any = create_visual_node(StrokesVisual)
"""The same, with a place in a scene."""
