"""A hub on the loopback: repositories of files, gates, and a memory of who asked what."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeRepository:
    """Files by name; `gated` asks for a token; `lies` are sent in the place of the files."""

    files: dict[str, bytes]
    licence: str = "mit"
    gated: bool = False
    lies: dict[str, bytes] = field(default_factory=dict)


@dataclass
class FakeHub:
    """What the server offers, and what it was asked for."""

    repositories: dict[str, FakeRepository] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    url: str = ""

    def downloads(self) -> list[str]:
        return [path.rsplit("/", 1)[1] for path in self.asked if path.startswith("GET ")
                and "/resolve/" in path]  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Answers for `hub`, which a subclass has."""

    hub: FakeHub

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(f"{self.command} {path}")
        token = self.headers.get("Authorization", "")
        self.hub.tokens.append(token)
        parts = path.strip("/").split("/")
        api = parts[:2] == ["api", "models"]
        name = "/".join(parts[2:4] if api else parts[:2])
        found = self.hub.repositories.get(name)
        if found is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
        elif api:
            self._send(200, _info(name, found), {}, body=body)
        elif found.gated and not token:
            self._send(401, b"{}", {"X-Error-Code": "GatedRepo"}, body=body)
        else:
            self._file(found, parts[-1], body=body)

    def _file(self, found: FakeRepository, name: str, *, body: bool) -> None:
        if name not in found.files:
            self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"}, body=body)
            return
        tag = hashlib.sha256(found.files[name]).hexdigest()
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{tag}"', "X-Linked-ETag": f'"{tag}"'}
        self._send(200, found.lies.get(name, found.files[name]), headers, body=body)

    def _send(self, status: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    """Serve until the block ends."""
    hub = FakeHub()

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _info(name: str, found: FakeRepository) -> bytes:
    siblings = []
    for file, content in found.files.items():
        facts: dict[str, object] = {"rfilename": file, "size": len(content)}
        if file.endswith(".safetensors"):
            digest = hashlib.sha256(content).hexdigest()
            facts["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
        siblings.append(facts)
    return json.dumps({
        "id": name, "modelId": name, "sha": COMMIT, "private": False, "disabled": False,
        "gated": "manual" if found.gated else False, "tags": [], "downloads": 0, "likes": 0,
        "cardData": {"license": found.licence}, "siblings": siblings,
        "lastModified": "2024-01-01T00:00:00.000Z", "createdAt": "2024-01-01T00:00:00.000Z",
    }).encode()  # fmt: skip
