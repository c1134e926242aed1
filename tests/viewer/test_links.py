from __future__ import annotations

import pytest
from napari.components import ViewerModel

from ssldiff_gui.viewer.links import link_cameras
from ssldiff_gui.viewer.scene_view import SceneView


@pytest.fixture
def views(qapp):
    views = [SceneView(ViewerModel()) for _ in range(2)]
    yield views
    for view in views:
        view.close()


def look(view: SceneView, x: float, y: float, zoom: float) -> None:
    view.model.scene.camera.zoom = zoom
    view.model.scene.camera.center = (0, y, x)


def where(view: SceneView) -> tuple[float, ...]:
    camera = view.model.scene.camera
    return (*camera.center[-2:], camera.zoom)


def test_the_second_goes_where_the_first_is_and_each_follows_the_other(views):
    first, second = views
    look(first, 10, 20, 3)
    link = link_cameras(first, second)
    assert where(second) == (20, 10, 3)
    look(second, 50, 60, 0.5)
    assert where(first) == (60, 50, 0.5)
    look(first, 1, 2, 4)
    assert where(second) == (2, 1, 4)
    link.close()


def test_a_link_can_be_switched_off_and_on(views):
    first, second = views
    link = link_cameras(first, second)
    heard = []
    link.enabled_changed.connect(heard.append)
    link.enabled = False
    look(first, 7, 7, 2)
    assert where(second) != where(first)
    link.enabled = True
    assert where(second) == where(first)
    assert heard == [False, True]
    link.close()
    look(first, 9, 9, 9)
    assert where(second) != where(first)


def test_one_move_is_one_event_on_each_side(views):
    first, second = views
    link = link_cameras(first, second)
    events = []
    second.model.scene.camera.events.center.connect(lambda _: events.append("second"))
    first.model.scene.camera.events.center.connect(lambda _: events.append("first"))
    first.model.scene.camera.center = (0, 5, 5)
    assert sorted(events) == ["first", "second"]
    link.close()
