"""A real registry on this machine, built from a pinned Go module as the tools of a local region are, and images in it."""

import datetime as dt
import hashlib
import ipaddress
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aifactory.errors import ToolError
from aifactory.local.locks import hold
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import build, golang
from aifactory.local.tools.catalog import GoModule

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.oci.image.config.v1+json"

READER = ("reader", "reader")
PASSWORDS = "reader:$2a$04$/Dx0iYVUMTsbr95WtYvYn.DAhVfJhCEWdX9dzgfGhhvOCsVM6jfXS\n"
"""The file of passwords with that one: a name and a bcrypt hash, made for these tests and of no use elsewhere."""


class _Module(GoModule):
    """A Go module that lies with the tests, since no user needs what is built from it."""

    @property
    def source(self) -> Path:
        return Path(__file__).parent / self.name


MODULE = _Module(
    name="registry",
    version="3.1.2",
    targets={".": ("registry",)},
    variables={"github.com/distribution/distribution/v3/version.version": "v3.1.2"},
    packages=573,
    cpu_seconds=110.0,
    link_seconds=5.0,
    cache_gib=1.0,
    memory_gib=1.0,
)


def registry_program(paths: Paths, reporter: Reporter) -> Path:
    """Return the registry, built into the user's cache when it is not there yet."""
    go = golang.discover(MODULE.source, MODULE.least_go)
    if isinstance(go, str):
        raise ToolError(go)
    program = build.directory(MODULE, go, paths) / "registry"
    if not program.exists():
        with hold(paths.tools / ".build.lock", "building the registry of the tests", reporter):
            build.clear_leftovers(paths)
            if not program.exists():
                build.build(build.plan(MODULE, ["."], go, paths, reporter), go, paths, reporter)
    return program


@dataclass(frozen=True)
class RealRegistry:
    """A running registry.

    Attributes:
        url: with the scheme by which it answers.
        user: name and password that it asks for; None: it asks nobody.
    """

    url: str
    user: tuple[str, str] | None = None

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    def push(self, image: str, content: str = "", media_type: str = MANIFEST) -> str:
        """Push an image for one architecture under ``path:tag``, and return the digest of its manifest."""
        path, _, tag = image.rpartition(":")
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"content": content}}}).encode()
        layer = f"layer of {image} {content}".encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": {"mediaType": CONFIG} | self._blob(path, config),
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar"} | self._blob(path, layer)],
        }
        return self._put(path, tag, manifest, media_type)

    def push_index(self, image: str, architectures: tuple[str, ...], media_type: str = INDEX) -> str:
        """Push an image for several architectures under ``path:tag``, and return the digest of its index."""
        path, _, tag = image.rpartition(":")
        part = MANIFEST if media_type == INDEX else DOCKER_MANIFEST
        parts = [
            {
                "mediaType": part,
                "digest": self.push(f"{path}:{tag}-{architecture}", architecture, part),
                "size": len(self.manifest(f"{path}:{tag}-{architecture}")),
                "platform": {"os": "linux", "architecture": architecture},
            }
            for architecture in architectures
        ]
        return self._put(path, tag, {"schemaVersion": 2, "mediaType": media_type, "manifests": parts}, media_type)

    def manifest(self, image: str) -> bytes:
        """Return what it has under ``path:tag`` or ``path@digest``."""
        path, _, name = image.rpartition("@") if "@" in image else image.rpartition(":")
        accept = f"{INDEX}, {MANIFEST}, {DOCKER_LIST}, {DOCKER_MANIFEST}"
        return self._ask("GET", f"/v2/{path}/manifests/{name}", headers={"Accept": accept})[1]

    def _put(self, path: str, tag: str, manifest: dict[str, object], media_type: str) -> str:
        body = json.dumps(manifest).encode()
        self._ask("PUT", f"/v2/{path}/manifests/{tag}", body, {"Content-Type": media_type})
        return digest_of(body)

    def _blob(self, path: str, body: bytes) -> dict[str, object]:
        location, _ = self._ask("POST", f"/v2/{path}/blobs/uploads/", b"")
        digest = digest_of(body)
        place = location.removeprefix(self.url)
        self._ask("PUT", f"{place}&digest={digest}", body, {"Content-Type": "application/octet-stream"})
        return {"digest": digest, "size": len(body)}

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[str, bytes]:
        known = {"Authorization": f"Basic {b64encode(':'.join(self.user).encode()).decode()}"} if self.user else {}
        url = f"{self.url}{path}"
        request = urllib.request.Request(url, body, {**(headers or {}), **known}, method=method)  # noqa: S310 -- http or https
        with _direct().open(request, timeout=20) as answer:
            return answer.headers.get("Location", ""), answer.read()


@contextmanager
def running(
    program: Path, folder: Path, *, passwords: bool = False, address: str = "127.0.0.1", tls: bool = False
) -> Iterator[RealRegistry]:
    """Run a registry with storage of its own, and end it.

    Args:
        program: the registry.
        folder: where its files are; with TLS also ``tls.crt``, which is the certificate and whom to trust for it.
        passwords: whether it asks for one.
        address: that it listens on.
        tls: whether it speaks TLS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    host = f"{address}:{_free_port(address)}"
    http: dict[str, object] = {"addr": host, "secret": "of a test"}
    if tls:
        _certificate(folder, address)
        http["tls"] = {"certificate": str(folder / "tls.crt"), "key": str(folder / "tls.key")}
    config: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": http,
    }
    if passwords:
        (folder / "passwords").write_text(PASSWORDS)
        config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "passwords")}}
    file = folder / "config.json"
    file.write_text(json.dumps(config))  # JSON is YAML
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "serve", file], stdout=log, stderr=log, env={**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        )
        try:
            _wait(process, address, int(host.rpartition(":")[2]), folder / "log")
            yield RealRegistry(f"{'https' if tls else 'http'}://{host}", READER if passwords else None)
        finally:
            process.terminate()
            process.wait(timeout=20)


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _free_port(address: str) -> int:
    with socket.socket() as found:
        found.bind((address, 0))
        return found.getsockname()[1]


def _wait(process: subprocess.Popen[bytes], address: str, port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the registry did not come up:\n{log.read_text()}")


def _certificate(folder: Path, address: str) -> None:
    """Write a certificate that is signed by itself, for an address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry of a test")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(minutes=5)).not_valid_after(now + dt.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
