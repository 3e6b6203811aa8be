"""A registry on this machine that answers as told: manifests, challenges, faults."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Reply:
    """One answer: `headers` go over those that a registry sends."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def manifest(content: str, media_type: str = INDEX) -> Reply:
    body = json.dumps({"schemaVersion": 2, "mediaType": media_type, "annotations": {"content": content}}).encode()
    return Reply(body, headers={"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)})


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@dataclass
class FakeRegistry:
    """What it was told, and what it was asked: (path with query, headers)."""

    host: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    token: str = ""

    def has(self, image: str, *replies: Reply) -> str:
        """Answer for an image (``path:tag``) with these, one after the other and then the last; return its full name."""
        path, _, tag = image.rpartition(":")
        self.replies[f"/v2/{path}/manifests/{tag}"] = list(replies)
        return f"{self.host}/{image}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append((self.path, dict(self.headers.items())))
            reply = answer(registry, self.path, self.headers.get("Authorization"))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *arguments: Any) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(registry: FakeRegistry, path: str, authorization: str | None) -> Reply:
    if path.startswith("/token"):
        return Reply(json.dumps({"token": registry.token}).encode())
    if registry.token and authorization != f"Bearer {registry.token}":
        challenge = f'Bearer realm="http://{registry.host}/token",service="fake",scope="repository:x:pull"'
        return Reply(status=401, headers={"WWW-Authenticate": challenge})
    replies = registry.replies.get(path)
    if not replies:
        return Reply(status=404)
    return replies.pop(0) if len(replies) > 1 else replies[0]
