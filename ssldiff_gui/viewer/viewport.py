"""What of a scene is in view, and how to look at another part of it."""

from __future__ import annotations

from napari.components import ViewerModel

from ssldiff_gui.viewer.world import World

Viewport = tuple[float, float, float, float]
"""Left, top, right and bottom in level-0 pixels; may reach beyond the scene."""


def viewport_of(model: ViewerModel, world: World) -> Viewport:
    """Return what a viewer shows, in level-0 pixels of a scene at its origin."""
    camera = model.scene.camera
    row, column = (float(value) for value in camera.center[-2:])
    height, width = model.canvas.size
    half_x, half_y = width / camera.zoom / 2, height / camera.zoom / 2
    return (
        (column - half_x) / world.x,
        (row - half_y) / world.y,
        (column + half_x) / world.x,
        (row + half_y) / world.y,
    )


def look_at(model: ViewerModel, world: World, x: float, y: float, zoom: float) -> None:
    """Centre a viewer on a level-0 pixel coordinate.

    Parameters
    ----------
    model
        The viewer.
    world
        Size of a level-0 pixel.
    x, y
        Level-0 pixel coordinates.
    zoom
        Canvas pixels for one unit of the world.
    """
    camera = model.scene.camera
    camera.zoom = zoom
    camera.center = (0.0, y * world.y, x * world.x)


def zoom_to_show(
    model: ViewerModel, world: World, width: float, height: float, margin: float = 0.04
) -> float:
    """Return the zoom at which a rectangle fills the canvas, less a margin."""
    canvas_height, canvas_width = model.canvas.size
    across = canvas_width / max(width * world.x, 1e-12)
    down = canvas_height / max(height * world.y, 1e-12)
    return float(min(across, down) * (1 - 2 * margin))
