"""A scene read where it lies, when that was asked for and not otherwise."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from ssldiff_gui.core.errors import FileProblem, RemoteFile
from ssldiff_gui.core.geometry import Box
from ssldiff_gui.slides import open_slide
from tests.slides.made.pixels import picture
from tests.slides.made.tiffs import geotiff


class Server(ThreadingHTTPServer):
    """Serves ranges of one file, and counts how often it is asked."""

    content: bytes = b""
    asked: int = 0


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        self.server.asked += 1
        content = self.server.content
        if not self.path.endswith("scene.tif"):
            self.send_error(404)
            return
        found = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, end = 0, len(content) - 1
        if found:
            start, end = int(found[1]), min(end, int(found[2] or end))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        if body:
            self.wfile.write(content[start : end + 1])

    def log_message(self, *args: object) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    data = np.moveaxis(picture(300, 200), -1, 0)
    path = geotiff(tmp_path / "scene.tif", data, tiled=True, blockxsize=64, blockysize=64)
    found = Server(("127.0.0.1", 0), Handler)
    found.content = path.read_bytes()
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def test_an_address_is_read_only_when_it_is_meant(server: Server) -> None:
    address = f"http://127.0.0.1:{server.server_port}/scene.tif"
    with pytest.raises(RemoteFile):
        open_slide(address)
    assert server.asked == 0
    with open_slide(address, remote=True) as slide:
        scene = slide.scenes[0]
        assert scene.georeference is not None
        part = Box(70, 30, 90, 80)
        assert np.array_equal(scene.read_level(0, part), picture(300, 200)[30:110, 70:160])
    assert server.asked


def test_nothing_at_an_address_is_a_typed_error(server: Server) -> None:
    address = f"http://127.0.0.1:{server.server_port}/missing.png"
    with pytest.raises(FileProblem, match=r"missing\.png"):
        open_slide(address, remote=True)


def test_addresses_that_cannot_be_read_in_place_say_so() -> None:
    with pytest.raises(RemoteFile, match="Download"):
        open_slide("s3://bucket/slide.svs", remote=True)
