"""Memory for pictures: lent, not drawn over while in use, taken back by itself."""

from __future__ import annotations

from ssldiff_gui.slides.buffers import PictureBuffers


def test_a_picture_in_use_is_not_lent_again():
    buffers = PictureBuffers()
    held = [buffers.picture(300, 200) for _ in range(5)]
    assert len({picture.ctypes.data for picture in held}) == 5


def test_a_picture_that_nobody_refers_to_is_lent_again():
    buffers = PictureBuffers()
    first, second = buffers.picture(300, 200), buffers.picture(300, 200)
    addresses = {first.ctypes.data, second.ctypes.data}
    del first
    third = buffers.picture(200, 100)
    assert third.ctypes.data in addresses
    assert third.ctypes.data != second.ctypes.data


def test_what_was_prepared_is_lent_first():
    buffers = PictureBuffers()
    buffers.prepare()
    pictures = [buffers.picture(100, 100) for _ in range(2)]
    assert len({picture.ctypes.data for picture in pictures}) == 2
    assert all((picture == 255).all() for picture in pictures)
