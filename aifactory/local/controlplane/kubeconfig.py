"""Kubeconfig files that carry their certificates inside, for people and for the parts of the control plane."""

import base64
from pathlib import Path

import yaml

from aifactory.local.controlplane.pki import API, Pki, write_private


def context_name(instance: str) -> str:
    """Return the name of the context (and of the cluster) in the kubeconfig of a local instance."""
    return f"aifactory-{instance}"


def write(path: Path, pki: Pki, *, server: str, client: str, instance: str) -> None:
    """Write a kubeconfig, mode 0600, unless the file says the same already.

    Args:
        path: the file.
        pki: where the certificates are.
        server: URL of the API server.
        client: the leaf whose certificate the caller shows.
        instance: the instance; it names cluster and context.
    """
    name = context_name(instance)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": _data(pki.certificate(API))}}
        ],
        "users": [
            {
                "name": f"{name}-{client}",
                "user": {
                    "client-certificate-data": _data(pki.certificate(client)),
                    "client-key-data": _data(pki.key(client)),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-{client}"}}],
        "current-context": name,
    }
    content = yaml.safe_dump(document, sort_keys=False).encode()
    if not path.exists() or path.read_bytes() != content:
        write_private(path, content)
    path.chmod(0o600)


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
