"""What of a scene is in view, and how to look at another part of it."""

from __future__ import annotations

from napari.components import ViewerModel

from ssldiff_gui.viewer.world import World

Viewport = tuple[float, float, float, float]
"""Left, top, right and bottom in level-0 pixels; may reach beyond the scene."""


def box_size(model: ViewerModel) -> tuple[float, float]:
    """Return width and height of a canvas; of one of its boxes while napari's grid is on."""
    height, width = model.canvas.size
    grid = model.canvas.grid
    if not grid.enabled:
        return width, height
    rows, columns = grid.actual_shape(model.layers)
    gap = grid._compute_canvas_spacing((width, height), model.layers)  # noqa: SLF001
    return (width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows


def pixel_at(model: ViewerModel, world: World, x: float, y: float) -> tuple[float, float]:
    """Return the level-0 pixel coordinate under a place on a canvas.

    All boxes of napari's grid look at the same place, so that each of them will do.
    """
    width, height = box_size(model)
    if model.canvas.grid.enabled:
        canvas_height, canvas_width = model.canvas.size
        gap = model.canvas.grid._compute_canvas_spacing(  # noqa: SLF001
            (canvas_width, canvas_height), model.layers
        )
        x, y = x % (width + gap), y % (height + gap)
    left, top, right, bottom = viewport_of(model, world)
    return left + x / width * (right - left), top + y / height * (bottom - top)


def viewport_of(model: ViewerModel, world: World) -> Viewport:
    """Return what a viewer shows, in level-0 pixels of a scene at its origin."""
    camera = model.scene.camera
    row, column = (float(value) for value in camera.center[-2:])
    width, height = box_size(model)
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
    canvas_width, canvas_height = box_size(model)
    across = canvas_width / max(width * world.x, 1e-12)
    down = canvas_height / max(height * world.y, 1e-12)
    return float(min(across, down) * (1 - 2 * margin))
