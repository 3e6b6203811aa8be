"""Ask a part whether it is well, over TLS, with the standard library alone: it happens many times at every start."""

import functools
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from aifactory.local.controlplane.parts import PartName
from aifactory.local.controlplane.pki import API, ETCD, Pki
from aifactory.local.controlplane.ports import LOOPBACK

_TIMEOUT_SECONDS: Final = 5.0
_SHORT: Final = 300

_QUESTIONS: Final[Mapping[PartName, tuple[str, str, str]]] = {
    "etcd": (ETCD, "apiserver-etcd-client", "/readyz"),
    "kube-apiserver": (API, "admin", "/readyz"),
    "kube-controller-manager": (API, "admin", "/healthz"),
    "kube-scheduler": (API, "admin", "/readyz"),
    "kwok": (API, "admin", "/healthz"),
}
"""Of each part: who signed its certificate, which certificate to show it, and the path that answers 200 when it is
well."""


def get(
    pki: Pki, authority: str, client: str, port: int, path: str, *, accept: str = "application/json"
) -> tuple[int, bytes]:
    """Return status and body of a GET request to a part.

    Args:
        pki: where the certificates are.
        authority: who signed the part's certificate.
        client: the leaf whose certificate is shown to it.
        port: its port on loopback.
        path: what is asked for.
        accept: in which form.

    Raises:
        OSError: nobody answers there (refused, reset, TLS failure, timeout).
        http.client.HTTPException: what answers does not speak HTTP.
    """
    files = (pki.certificate(authority), pki.certificate(client), pki.key(client))
    context = _context(*files, files[0].stat().st_mtime_ns)
    connection = http.client.HTTPSConnection(LOOPBACK, port, timeout=_TIMEOUT_SECONDS, context=context)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def get_json(
    pki: Pki, authority: str, client: str, port: int, path: str, *, accept: str = "application/json"
) -> dict[str, object] | None:
    """Return the object that a part answers with, None when it answers anything but 200; arguments as of `get`.

    Raises:
        OSError: nobody answers there.
        http.client.HTTPException: what answers does not speak HTTP.
    """
    status, body = get(pki, authority, client, port, path, accept=accept)
    return cast("dict[str, object]", json.loads(body)) if status == http.client.OK else None


def complaint(name: PartName, port: int, pki: Pki) -> str:
    """Return why a part is not well; empty when it is."""
    authority, client, path = _QUESTIONS[name]
    try:
        status, body = get(pki, authority, client, port, path)
    except (OSError, http.client.HTTPException) as error:
        return f"it does not answer on port {port} ({error})"
    if status == http.client.OK:
        return ""
    return f"{path} answers {status}: {body.decode(errors='replace').strip()[:_SHORT]}"


@functools.lru_cache(maxsize=16)
def _context(authority: Path, certificate: Path, key: Path, made: int) -> ssl.SSLContext:  # noqa: ARG001 -- cache key
    context = ssl.create_default_context(cafile=str(authority))
    context.load_cert_chain(str(certificate), str(key))
    return context
